"""Relativistic losses hold reals against fakes that belong to nobody: first against first, whatever the batches."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import logsigmoid

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.records.report import Report

NET = """
import torch
class Judge(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))
    def forward(self, x):
        return self.gain * x.flatten(1).mean(dim=1, keepdim=True)
"""
Evaluated = Callable[..., Report]


def draw(folder: Path, n: int, seed: int, size: int = 8) -> torch.Tensor:
    """Grey pictures, named differently in every folder, and the score that the judge gives each of them."""
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (n, size, size), dtype=np.uint8)
    for k, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{folder.name}{k:03d}.png")
    return torch.from_numpy(pixels).double().flatten(1).mean(dim=1) / 127.5 - 1


@pytest.fixture
def evaluated(tmp_path: Path) -> Evaluated:
    (tmp_path / "net.py").write_text(NET)
    torch.save({"gain": torch.ones(())}, tmp_path / "d.pt")

    def run(**options: object) -> Report:
        return evaluate(
            disc=tmp_path / "d.pt", networks=f"discriminator={tmp_path / 'net.py'}:Judge", data=tmp_path / "data",
            network_range=("-1,1",), **{"scores": "logits", **options},
        )  # fmt: skip

    return run


@pytest.mark.parametrize("batch_size", [None, 1, 4])
def test_unpaired_reals_and_fakes_are_held_against_each_other_in_the_order_of_their_names(
    tmp_path: Path, evaluated: Evaluated, batch_size: int | None
) -> None:
    real, fake = (draw(tmp_path / "data" / side, 10, seed) for seed, side in enumerate(("real", "fake")))

    report = evaluated(losses="d_rsgan,d_ragan", batch_size=batch_size)

    values = {result.loss: result.value for result in report.results}
    assert values["d_rsgan"] == pytest.approx(float(-logsigmoid(real - fake).mean()), rel=1e-6)
    average = -logsigmoid(real - fake.mean()).mean() - logsigmoid(real.mean() - fake).mean()
    assert values["d_ragan"] == pytest.approx(float(average), rel=1e-6)
    assert [finding.message for finding in report.findings if finding.check == "held_by_order"] == [
        "d_rsgan: reals and fakes are unpaired; the first real is held against the first fake, and so on"
    ]


def test_unequal_counts_are_refused_with_what_makes_them_equal(tmp_path: Path, evaluated: Evaluated) -> None:
    draw(tmp_path / "data" / "real", 5, 0)
    draw(tmp_path / "data" / "fake", 3, 1)

    with pytest.raises(UsageError, match="needs as many reals as fakes, and there are 5 reals and 3 fakes") as refused:
        evaluated(losses="g_rahinge")

    assert refused.value.hint is not None
    assert "--limit 3" in refused.value.hint


def test_samples_of_mixed_sizes_are_refused_where_their_order_is_lost(tmp_path: Path, evaluated: Evaluated) -> None:
    draw(tmp_path / "data" / "real", 4, 0)
    draw(tmp_path / "data" / "fake", 4, 1)
    Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save(tmp_path / "data" / "real" / "real001.png")

    with pytest.raises(InputError, match="of several sizes cannot be held against each other"):
        evaluated(losses="d_rsgan", batch_size=2)


def test_nothing_is_noted_of_a_loss_that_could_not_be_computed(tmp_path: Path, evaluated: Evaluated) -> None:
    for seed, side in enumerate(("real", "fake")):
        folder = tmp_path / "data" / side
        draw(folder, 4, seed)
        for path in folder.iterdir():  # bright, so that every score lies in [0, 1]: a logit or a probability?
            Image.fromarray(np.asarray(Image.open(path)) // 4 + 160).save(path)

    report = evaluated(scores=None)

    assert "logits or probabilities" in report.not_applicable["d_rsgan"]
    assert not [finding for finding in report.findings if finding.message.startswith("d_rsgan")]


def test_a_batch_of_which_one_side_has_run_out_is_no_batch_of_a_loss_over_sets(
    tmp_path: Path, evaluated: Evaluated
) -> None:
    draw(tmp_path / "data" / "real", 5, 0)
    draw(tmp_path / "data" / "fake", 3, 1)

    values = {result.loss: result for result in evaluated(losses="lecam,d_lsgan", over="batch", batch_size=2).results}

    assert values["lecam"].count == 2  # the third batch holds a real alone
    assert values["lecam"].value is not None
    assert (values["d_lsgan"].terms["real.0"].count, values["d_lsgan"].terms["fake.0"].count) == (3, 2)
