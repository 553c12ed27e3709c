"""What only one part of a run can see, or only all parts together, is told as the undivided run tells it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from golden_files import make_files
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli.cli import main
from ganloss_cli.io.datasets import open_data
from ganloss_cli.records.request import Request

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit status, the document without what differs from run to run, and what was said on standard error."""

    def run_(*words: object) -> tuple[int, dict[str, Any], str]:
        capsys.readouterr()
        status = main([*map(str, words), "--format", "json"])
        printed = capsys.readouterr()
        found = json.loads(printed.out) if printed.out else {}
        differing = ("timing", "environment", "command")
        return status, {name: value for name, value in found.items() if name not in differing}, printed.err

    return run_


@pytest.fixture
def merged(run: Run, tmp_path: Path) -> Run:
    """The same of two parts that are merged."""

    def merged_(*words: object, told: tuple[object, ...] = (), of: int = 2) -> tuple[int, dict[str, Any], str]:
        parts = [tmp_path / f"part{k}.json" for k in range(of)]
        for k, part in enumerate(parts):
            assert main([*map(str, words), "--shard", f"{k + 1}/{of}", "-o", str(part), "--quiet"]) == 0
        return run("merge", *parts, *told)

    return merged_


def pictures(folder: Path, *kinds: tuple[int, str]) -> Path:
    """Pictures of 8 x 8 pixels, each noise of a seed and a mode."""
    folder.mkdir(parents=True)
    for k, (seed, mode) in enumerate(kinds):
        noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(noise).convert(mode).save(folder / f"{k}.png")
    return folder


CRITIC = """
import torch


class Critic(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.gain * (x**2).flatten(1).mean(1, keepdim=True)
"""


def test_equal_samples_of_several_parts_draw_as_in_the_undivided_run(tmp_path: Path, run: Run, merged: Run) -> None:
    (tmp_path / "net.py").write_text(CRITIC)
    torch.save({"gain": torch.ones(())}, tmp_path / "d.pt")
    real = pictures(tmp_path / "data" / "real", *((seed, "RGB") for seed in (1, 2, 1, 1, 2, 3)))
    fake = pictures(tmp_path / "data" / "fake", *((seed, "RGB") for seed in (7, 8, 7, 7, 8, 9)))
    words = ("eval", "--disc", tmp_path / "d.pt", "--network", f"discriminator={tmp_path}/net.py:Critic", "--real",
             real, "--fake", fake, "--losses", "gp,dragan", "--network-range", "0,1", "--batch-size", 1)  # fmt: skip

    status, found, _ = merged(*words, told=("--per-sample",), of=3)

    assert status == 0
    assert found == run(*words, "--per-sample")[1]
    values = [sample["gp"] for sample in found["samples"]]
    assert len(set(values)) == 6  # equal pairs have coefficients of their own


def test_files_are_hashed_as_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    sounds, images = Path("sample_data/audio"), Path("sample_data/imgs")
    asked = (
        Request(data=images),
        Request(data=Path("made/aligned"), aligned="AB"),
        Request(data=sounds),
        Request(data=sounds, segment=0.25),
        Request(data=Path("made/pairs.csv")),
    )
    groups = [group for request in asked for group in open_data(request).groups]

    assert [group.digests(1) for group in groups] == [group.read(1).digests for group in groups]
    assert all(group.hashed is not None for group in groups)


def test_an_infinite_score_of_one_part_is_named_by_all(tmp_path: Path, run: Run, merged: Run) -> None:
    scores = {"real_logits": torch.randn(6, 1), "fake_logits": torch.randn(6, 1)}
    scores["real_logits"][4] = float("inf")
    save_file(scores, tmp_path / "scores.safetensors")
    words = ("eval", "--data", tmp_path / "scores.safetensors", "--losses", "d_bce,d_ragan,d_accuracy",
             "--batch-size", 2)  # fmt: skip

    status, found, _ = merged(*words, of=3)

    assert (status, found) == run(*words)[:2]
    assert status == 6
    assert [result["reason"] for result in found["results"]] == ["infinite"] * 3
    assert [result["non_finite_samples"] for result in found["results"]] == [["4"]] * 3


def test_a_grey_picture_that_only_one_part_read_is_told(tmp_path: Path, run: Run, merged: Run) -> None:
    kinds = ((1, "RGB"), (2, "RGB"), (3, "RGB"), (4, "L"))
    data = [pictures(tmp_path / side, *kinds) for side in ("real", "fake")]
    words = ("eval", "--real", data[0], "--fake", data[1], "--losses", "l1", "--batch-size", 1)

    status, found, _ = merged(*words)

    assert (status, found) == run(*words)[:2]
    assert [each["check"] for each in found["findings"]].count("mixed_channels") == 2


def sized(folder: Path, *sides: int) -> Path:
    """Pictures of several sizes."""
    folder.mkdir(parents=True)
    for k, side in enumerate(sides):
        Image.fromarray(np.full((side, side, 3), 30 * k + 9, np.uint8)).save(folder / f"{k}.png")
    return folder


MAPS = """
import torch


class Maps(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.gain * x
"""


@pytest.mark.parametrize("sides", [(8, 8, 6, 6), (8, 8, 8, 6), (8, 6, 8, 8), (8, 8, 6, 8)])
def test_a_loss_that_sizes_of_some_parts_forbid_is_not_applicable_to_all(
    sides: tuple[int, ...], tmp_path: Path, run: Run, merged: Run
) -> None:
    (tmp_path / "net.py").write_text(MAPS)
    torch.save({"gain": torch.ones(())}, tmp_path / "d.pt")
    data = [sized(tmp_path / side, *sides) for side in ("real", "fake")]
    words = ("eval", "--disc", tmp_path / "d.pt", "--network", f"discriminator={tmp_path}/net.py:Maps", "--real",
             data[0], "--fake", data[1], "--network-range", "0,1", "--batch-size", 1)  # fmt: skip

    status, found, _ = merged(*words, told=("--per-sample", "--worst", 1))

    assert (status, found) == run(*words, "--per-sample", "--worst", 1)[:2]
    assert "across the set" in found["not_applicable"]["d_ragan"]
    assert "d_lsgan" in [result["loss"] for result in found["results"]]


def test_a_loss_asked_for_by_name_that_the_sizes_of_parts_forbid_is_refused(
    tmp_path: Path, run: Run, merged: Run
) -> None:
    (tmp_path / "net.py").write_text(MAPS)
    torch.save({"gain": torch.ones(())}, tmp_path / "d.pt")
    data = [sized(tmp_path / side, 8, 8, 6, 6) for side in ("real", "fake")]
    words = ("eval", "--disc", tmp_path / "d.pt", "--network", f"discriminator={tmp_path}/net.py:Maps", "--real",
             data[0], "--fake", data[1], "--network-range", "0,1", "--batch-size", 1,
             "--losses", "d_ragan")  # fmt: skip

    status, _, said = merged(*words)

    assert status == run(*words)[0] == 3
    assert "d_ragan: " in said
    assert "across the set" in said


RECIPE = ("eval", "--ckpt", "sample_data/g.pt", "--data", "sample_data/imgs", "--recipe", "pix2pix", "--limit", 4,
          "--batch-size", 2, "--set", "l1.scale=2", "--set", "pix2pix.lambda_L1=50")  # fmt: skip


@pytest.mark.parametrize("gate", ["G_L1>0.001", "l1<9", "D_real.real.0>0"])
def test_a_recipe_of_parts_has_the_names_of_its_log_and_their_gates(
    gate: str, tmp_path: Path, run: Run, merged: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    told = ("--per-sample", "--worst", 1, "--fail-if", gate)

    status, found, said = merged(*RECIPE, told=told)
    expected_status, expected, expected_said = run(*RECIPE, *told)

    assert (status, found) == (expected_status, expected), (said, expected_said)


@pytest.mark.parametrize(
    ("words", "gate", "hint"),
    [
        (RECIPE, "G_L2>1", "gate on a name that pix2pix"),
        ((*RECIPE[:5], "--losses", "l1"), "psnr<9", "make the parts with psnr in --losses"),
    ],
)
def test_a_gate_on_what_the_parts_did_not_compute_says_what_to_do(
    words: tuple[object, ...], gate: str, hint: str, tmp_path: Path, merged: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files(tmp_path)
    monkeypatch.chdir(tmp_path)

    status, _, said = merged(*words, told=("--fail-if", gate), of=1)

    assert status == 2
    assert hint in " ".join(said.split())


def test_a_side_that_runs_out_in_one_part_leaves_batches_without_its_term(
    tmp_path: Path, run: Run, merged: Run
) -> None:
    torch.manual_seed(0)
    save_file({"real_logits": torch.randn(9, 1), "fake_logits": torch.randn(4, 1)}, tmp_path / "s.safetensors")
    words = ("eval", "--data", tmp_path / "s.safetensors", "--unpaired", "--over", "batch", "--batch-size", 2,
             "--losses", "d_lsgan,d_bce")  # fmt: skip

    status, found, _ = merged(*words, of=3)

    assert (status, found) == run(*words)[:2]
    assert {name: term["count"] for name, term in found["results"][0]["terms"].items()} == {"real.0": 5, "fake.0": 2}


def test_neighbours_are_looked_for_among_the_samples_of_all_parts(tmp_path: Path, run: Run, merged: Run) -> None:
    data = [pictures(tmp_path / name, *((seed + k, "RGB") for k in range(9))) for name, seed in (("r", 0), ("f", 50))]
    words = ("eval", "--real", data[0], "--fake", data[1], "--unpaired", "--losses", "coverage,density",
             "--set", "coverage.k=2", "--batch-size", 1)  # fmt: skip

    status, found, _ = merged(*words, of=9)

    assert (status, found) == run(*words)[:2]
    assert [result["count"] for result in found["results"]] == [9, 9]


def test_scores_that_may_be_probabilities_are_asked_for_where_all_parts_are_merged(
    tmp_path: Path, run: Run, merged: Run
) -> None:
    scores = {f"{side}_logits": torch.linspace(0.1, 0.9, 6)[:, None] for side in ("real", "fake")}
    save_file(scores, tmp_path / "s.safetensors")
    words = ("eval", "--data", tmp_path / "s.safetensors", "--batch-size", 2, "--losses", "d_bce")

    status, _, said = merged(*words, of=3)
    expected_status, _, expected = run(*words)

    assert (status, said) == (expected_status, expected)
    assert "logits or probabilities?" in said
    assert merged("eval", "--data", tmp_path / "s.safetensors", "--losses", "d_lsgan", of=2)[0] == 0


def test_a_part_names_the_picture_whose_channels_are_others_than_those_of_the_parts_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.py").write_text(CONVOLUTION)
    torch.save({"one.weight": torch.ones(1, 3, 1, 1), "one.bias": torch.ones(1)}, tmp_path / "d.pt")
    data = pictures(tmp_path / "real", (1, "RGB"), (2, "RGB"), (3, "L"), (4, "L"))
    words = ("eval", "--disc", tmp_path / "d.pt", "--network", f"discriminator={tmp_path}/net.py:Convolution",
             "--real", data, "--losses", "real_score", "--network-range", "0,1", "--batch-size", 2)  # fmt: skip
    said = []

    for more in ((), ("--shard", "2/2", "-o", tmp_path / "part.json")):
        assert main([*map(str, (*words, *more))]) == 3
        said.append(capsys.readouterr().err)

    assert "2: real has other channels, 1, than those before it, 3" in " ".join(said[0].split())
    assert said[0] == said[1]


CONVOLUTION = """
import torch


class Convolution(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Conv2d(3, 1, 1)

    def forward(self, x):
        return self.one(x)
"""
