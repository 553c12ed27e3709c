"""Reasons for which a logged number may differ are tried: what moves it towards the log comes first."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_selected
from ganloss_cli.pipeline.log import passes, tried
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request

Audited = Callable[..., tuple[int, dict[str, object]]]
NETS = '''
import torch
from torch import nn


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 1, 1, bias=False)

    def forward(self, x):
        return self.first(x).mean((1, 2, 3))


class Normed(Plain):
    """Batch statistics in train mode: the mean of the scores is then zero."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(1)

    def forward(self, x):
        return self.norm(super().forward(x)[:, None]) + 2


class Compared(Plain):
    """Minibatch discrimination: what it returns grows with the number of samples beside one."""

    def forward(self, x):
        score = super().forward(x)
        return score + (score[:, None] - score[None]).abs().mul(-1).exp().sum(1)
'''


@pytest.fixture
def audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Audited:
    """The audit of one logged number of 32 images under a discriminator."""
    images = torch.rand(32, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    np.savez(tmp_path / "t.npz", real=images.numpy())
    (tmp_path / "nets.py").write_text(NETS)

    def run(kind: str, number: float, *words: object) -> tuple[int, dict[str, object]]:
        state = {"first.weight": torch.full((1, 3, 1, 1), 0.5)}
        if kind == "Normed":
            ones = {f"norm.{name}": torch.ones(1) for name in ("weight", "running_var")}
            means = {"norm.bias": torch.zeros(1), "norm.running_mean": torch.full((1,), 3.0)}
            state |= {**ones, **means, "norm.num_batches_tracked": torch.tensor(1)}
        torch.save(state, tmp_path / "d.pt")
        (tmp_path / "log.csv").write_text(f"step,mine\n1,{number!r}\n")
        status = main([
            "audit", "log", str(tmp_path / "log.csv"), "--map", "mine=real_score:stylegan3", "--step", "1",
            "--disc", str(tmp_path / "d.pt"), "--network", f"discriminator={tmp_path / 'nets.py'}:{kind}",
            "--real", f"{tmp_path / 't.npz'}:real", "--range", "0,1", *map(str, words), "--format", "json", "-q",
        ])  # fmt: skip
        (found,) = json.loads(capsys.readouterr().out)["numbers"]
        return status, found

    return run


def test_a_number_of_train_mode_is_found_by_trying_it(audited: Audited) -> None:
    status, found = audited("Normed", 2.0)  # by hand: normalised scores have mean zero, and 2 is added

    (best, *_) = found["tried_reasons"]
    assert (status, found["outcome"]) == (ExitStatus.FAILED, "no match")
    assert (best["what"], best["towards"]) == ("train mode (batch norm)", True)
    assert best["after"] == pytest.approx(2.0, abs=1e-5)
    assert best["remaining"] == pytest.approx(0.0, abs=1e-5)


def test_a_network_without_such_layers_is_not_suspected_of_them(audited: Audited) -> None:
    _, found = audited("Plain", 9.0)

    told = json.dumps([found["reasons"], found["tried_reasons"]])
    assert [word for word in ("batch norm", "dropout", "train mode") if word in told] == []


def test_a_score_of_pictures_is_not_said_to_be_of_training_batches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = np.random.default_rng(0).random((4, 3, 16, 16)).astype(np.float32)
    np.savez(tmp_path / "t.npz", real=pair, fake=pair[::-1])
    (tmp_path / "log.csv").write_text("step,psnr\n1,50.123\n")

    main(["audit", "log", str(tmp_path / "log.csv"), "--data", str(tmp_path / "t.npz"), "-f", "json", "-q"])

    (found,) = json.loads(capsys.readouterr().out)["numbers"]
    assert (found["outcome"], found["reasons"]) == ("no match", [])


def test_the_batch_size_is_named_where_scores_depend_on_it(audited: Audited) -> None:
    _, whole = audited("Compared", 0.0)
    _, of_a_batch = audited("Compared", 0.0, "--batch-size", 16)

    _, found = audited("Compared", of_a_batch["recomputed"])

    (best, *_) = found["tried_reasons"]
    assert whole["recomputed"] > of_a_batch["recomputed"] + 10  # 16 more neighbours, each almost alike
    assert (best["what"], best["towards"]) == ("batches of 16", True)
    assert best["after"] == pytest.approx(of_a_batch["recomputed"], rel=1e-6)


def test_the_range_is_tried_where_it_is_assumed(audited: Audited) -> None:
    # 0.5 times the sum of three channels of mean 1/2: on [0, 1] it is 3/4, on [-1, 1] nearly 0
    _, found = audited("Plain", 0.75)

    (best, *_) = found["tried_reasons"]
    assert (best["what"], best["towards"]) == ("network range [0, 1]", True)
    assert best["after"] == pytest.approx(0.75, abs=0.05)


def test_without_reasons_none_is_computed_and_each_is_listed_as_not_tried(audited: Audited) -> None:
    _, found = audited("Normed", 2.0, "--no-reasons")

    assert [reason["after"] for reason in found["tried_reasons"]] == [None] * len(found["tried_reasons"])
    assert "train mode (batch norm)" in [reason["what"] for reason in found["tried_reasons"]]


def test_reasons_are_tried_on_few_samples(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []

    def counted(request: Request, *rest: object) -> Report:
        limits.append(request.limit)
        return evaluate_selected(request, *rest)

    monkeypatch.setattr(tried, "MOST_SAMPLES", 8)
    monkeypatch.setattr(tried, "MOST_TIMES", math.inf)
    monkeypatch.setattr(passes, "evaluate_selected", counted)

    _, found = audited("Normed", 2.0)

    first, plain, *others = limits
    assert (first, plain, set(others)) == (None, 8, {8})
    assert found["tried_reasons"][0]["after"] == pytest.approx(2.0, abs=1e-5)


def test_reasons_that_there_is_no_time_for_are_not_tried(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tried, "MOST_TIMES", 0.0)

    _, found = audited("Normed", 2.0)

    assert {reason["after"] for reason in found["tried_reasons"]} == {None}


@pytest.mark.parametrize("format_", ["table", "markdown", "junit"])
def test_every_format_for_people_tells_what_was_tried(
    format_: str, audited: Audited, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audited("Normed", 2.0)

    network = f"discriminator={tmp_path / 'nets.py'}:Normed"
    words = ("--map", "mine=real_score:stylegan3", "--step", 1, "--disc", tmp_path / "d.pt", "--network", network,
             "--real", f"{tmp_path / 't.npz'}:real", "--range", "0,1")  # fmt: skip
    main(["audit", "log", str(tmp_path / "log.csv"), *map(str, words), "-f", format_, "-q"])
    told = " ".join(capsys.readouterr().out.split())
    main(["audit", "log", str(tmp_path / "log.csv"), *map(str, words), "-f", format_, "-q", "--no-reasons"])
    untold = " ".join(capsys.readouterr().out.split())

    assert "train mode (batch norm): " in told
    assert "nearer to the log" in told
    assert "train mode (batch norm) (not tried)" in untold
