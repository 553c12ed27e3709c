"""Lightning's loggers count batches from 0, its checkpoints the steps of all optimizers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from ganloss_cli.cli import main

SAMPLES = Path(__file__).parents[2] / "sample_data"
PSNR = 24.878  # of the checkpoint and pictures in sample_data


def save(path: Path, step: int, batches: int, **total: int) -> Path:
    """What lightning 2.6.6 saves of a training by two optimizers, as far as counters go."""
    held = torch.load(SAMPLES / "g.pt", weights_only=True)
    state = {f"{role}.{key}": value for role in ("generator", "discriminator") for key, value in held[role].items()}
    loop: dict[str, Any] = {"epoch_loop.state_dict": {"_batches_that_stepped": batches}}
    if total:
        loop["epoch_loop.batch_progress"] = {"total": {"started": total["ready"], **total}, "is_last_batch": False}
    content = {"epoch": 0, "global_step": step, "pytorch-lightning_version": "2.6.6", "state_dict": state}
    torch.save({**content, "loops": {"fit_loop": loop}}, path)
    return path


def audited(capsys: pytest.CaptureFixture[str], *words: object) -> Mapping[str, Any]:
    main(["audit", "log", *map(str, words), "--data", str(SAMPLES / "imgs"), "--format", "json", "--quiet"])
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The metrics.csv of such a training, logged every 50 batches."""
    lines = ("epoch,psnr,step", "0,20.5,49", f"0,{PSNR},99", "0,25.5,100", "0,26.5,199", "0,27.5,200")
    path = tmp_path / "metrics.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


# as lightning 2.6.6 was seen to count: within a batch, where callbacks save every n batches; in a validation; behind an
# epoch. Without the progress of batches, which it did not always keep, the first is the usual case.
@pytest.mark.parametrize(
    ("batches", "total"),
    [(99, {"ready": 100, "completed": 99}), (99, {"ready": 100, "completed": 100}),
     (100, {"ready": 100, "completed": 100}), (99, {})],
)  # fmt: skip
def test_the_row_that_belongs_to_a_checkpoint_is_found_and_told(
    batches: int, total: dict[str, int], log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ckpt = save(log.parent / "epoch=0-step=200.ckpt", 200, batches, **total)
    save(log.parent / "epoch=0-step=400.ckpt", 400, 199, ready=200, completed=199)

    document = audited(capsys, log, "--ckpt", ckpt)

    (number,) = document["numbers"]
    assert (document["step"], number["at"], number["logged"], number["outcome"]) == (99, 99, PSNR, "exact")
    assert document["other_steps"] == [199]
    (note,) = [finding for finding in document["findings"] if finding["check"] == "lightning_step"]
    assert (note["severity"], note["evidence"]) == ("note", {"path": str(ckpt), "step": 99})


def test_a_step_that_is_given_wins(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ckpt = save(log.parent / "epoch=0-step=200.ckpt", 200, 99, ready=100, completed=99)

    document = audited(capsys, log, "--ckpt", ckpt, "--step", 199)

    assert [number["at"] for number in document["numbers"]] == [199]
    assert "lightning_step" not in {finding["check"] for finding in document["findings"]}
