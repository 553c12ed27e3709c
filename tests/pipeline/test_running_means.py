"""The mean of the path length penalty: from the checkpoint, from an option, or from the data; the result says which."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ganloss_cli import evaluate
from ganloss_cli.io.networks.stylegan2 import StyleGAN2Generator
from ganloss_cli.records.report import Report, Result

Evaluated = Callable[..., tuple[Result, Report]]


@pytest.fixture
def evaluated(tmp_path: Path) -> Evaluated:
    torch.manual_seed(0)
    state = StyleGAN2Generator(channels=[8, 6], style=6, n_mapping=2).state_dict()

    def run(held: dict[str, object], **options: object) -> tuple[Result, Report]:
        torch.save({"g": state, **held}, tmp_path / "000100.pt")
        report = evaluate(ckpt=tmp_path / "000100.pt", samples=4, losses="path_length", **options)
        return report.results[0], report

    return run


def test_without_a_mean_that_of_the_samples_is_taken_and_the_number_depends_on_them(evaluated: Evaluated) -> None:
    result, _ = evaluated({})

    assert result.settings["mean_path_length"] is None
    assert result.batch_dependent


@pytest.mark.parametrize("name", ["mean_path_length", "pl_mean"])
@pytest.mark.parametrize("held", [0.25, torch.tensor(0.25), torch.tensor([0.25])])
def test_the_mean_that_a_checkpoint_holds_is_taken_and_said(name: str, held: object, evaluated: Evaluated) -> None:
    result, report = evaluated({name: held})
    given, _ = evaluated({}, settings="path_length.mean_path_length=0.25")

    assert result.settings["mean_path_length"] == 0.25
    assert result.value == given.value
    assert not result.batch_dependent
    assert "path_length: mean_path_length is 0.25, the running mean that the checkpoint holds" in {
        finding.message for finding in report.findings
    }


def test_an_option_wins_over_the_checkpoint(evaluated: Evaluated) -> None:
    result, report = evaluated({"pl_mean": 0.25}, settings="path_length.mean_path_length=0.5")

    assert result.settings["mean_path_length"] == 0.5
    assert not {finding.check for finding in report.findings} & {"held_by_checkpoint"}
