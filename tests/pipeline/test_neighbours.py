"""What of a checkpoint can be used although something beside it cannot."""

from pathlib import Path
from typing import Any

import pytest
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.networks.patchgan import PatchGAN
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator

MYSTERY = {"mystery.weight": torch.zeros(3, 3), "mystery.bias": torch.zeros(3)}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.pt"
    generator = torch.Generator().manual_seed(0)
    torch.save({role: torch.rand(2, 3, 32, 32, generator=generator) for role in ("real", "fake")}, path)
    return path


def values(report: Any) -> dict[str, float]:
    return {result.loss: result.value for result in report.results}


def test_a_discriminator_judges_given_fakes_beside_a_generator_that_is_not_known(tmp_path: Path, data: Path) -> None:
    judge = {f"loss.discriminator.{key}": value for key, value in PatchGAN(ndf=4).state_dict().items()}
    torch.save({"state_dict": {**MYSTERY, **judge}}, tmp_path / "last.ckpt")

    report = evaluate(ckpt=tmp_path / "last.ckpt", data=data, losses="real_score,fake_score")

    assert values(report).keys() == {"real_score", "fake_score"}
    assert "unrecognised_network" in [finding.check for finding in report.findings]


def test_a_loss_that_needs_what_is_not_known_says_what_it_is(tmp_path: Path) -> None:
    torch.save({"generator": MYSTERY, "discriminator": PatchGAN(ndf=4).state_dict()}, tmp_path / "last.pt")
    torch.save({"real": torch.rand(2, 3, 32, 32)}, tmp_path / "reals.pt")

    with pytest.raises(InputError, match=r"unknown architecture; its 2 tensors begin with mystery\.weight"):
        evaluate(ckpt=tmp_path / "last.pt", data=tmp_path / "reals.pt", losses="fake_score")


def test_an_average_that_cannot_be_opened_does_not_stop_the_raw_losses(tmp_path: Path, data: Path) -> None:
    raw = ResnetGenerator(ngf=4, n_blocks=1).state_dict()
    torch.save({"generator": raw, "generator_ema": MYSTERY}, tmp_path / "last.pt")

    report = evaluate(ckpt=tmp_path / "last.pt", data=data, losses="ssim")

    assert values(report).keys() == {"ssim"}
    [said] = [finding for finding in report.findings if finding.check == "average_not_opened"]
    assert "generator_ema" in said.message
    with pytest.raises(InputError, match="unknown architecture"):
        evaluate(ckpt=tmp_path / "last.pt", data=data, losses="ssim", weights="ema")


def test_an_average_whose_weights_do_not_fit_does_not_stop_the_raw_losses(tmp_path: Path, data: Path) -> None:
    raw = ResnetGenerator(ngf=4, n_blocks=1).state_dict()
    torch.save({"generator": raw, "generator_ema": {**raw, "extra.weight": torch.zeros(1)}}, tmp_path / "last.pt")

    report = evaluate(ckpt=tmp_path / "last.pt", data=data, losses="ssim")

    [said] = [finding for finding in report.findings if finding.severity == "warning" and "averaged" in finding.message]
    assert "quality is that of its raw weights" in said.message


def test_two_that_may_be_the_generator_are_listed_with_the_option_that_decides(tmp_path: Path) -> None:
    torch.save({"one": MYSTERY, "two": MYSTERY, "discriminator": PatchGAN(ndf=4).state_dict()}, tmp_path / "last.pt")
    torch.save({"real": torch.rand(2, 3, 32, 32)}, tmp_path / "reals.pt")

    with pytest.raises(UsageError, match=r"may be one of these: .*\(one\).*\(two\)") as asked:
        evaluate(ckpt=tmp_path / "last.pt", data=tmp_path / "reals.pt", losses="fake_score")

    assert "--network" in str(asked.value.hint)
