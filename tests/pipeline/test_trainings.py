"""Which training's terms and totals are computed, and whether the report says so."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.evaluators.recipes.published import RECIPES, find_recipe, namesakes
from ganloss_cli.io.architectures.table import FAMILIES
from ganloss_cli.io.networks.rrdbnet import RRDBNet
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator
from ganloss_cli.io.networks.superresolution import SRResNet
from ganloss_cli.io.networks.superresolution_discriminators import UNetDiscriminator, VGGDiscriminator
from ganloss_cli.records.report import Report


def pair(folder: Path, generator: nn.Module, discriminator: nn.Module, side: int) -> dict[str, Path]:
    """A super-resolution by 4 and its discriminator, with two pictures."""
    random = np.random.default_rng(0)
    for name, pixels in (("LR", side // 4), ("HR", side)):
        (folder / name).mkdir()
        for k in range(2):
            picture = random.integers(0, 256, (pixels, pixels, 3), dtype=np.uint8)
            Image.fromarray(picture).save(folder / name / f"{k}.png")
    torch.save(generator.state_dict(), folder / "g.pth")
    torch.save(discriminator.state_dict(), folder / "d.pth")
    return {"ckpt": folder / "g.pth", "disc": folder / "d.pth", "data": folder}


def said(report: Report, check: str) -> str:
    return " ".join(finding.message for finding in report.findings if finding.check == check)


def test_the_networks_that_a_recipe_names_are_architectures() -> None:
    known = {family.name for family in FAMILIES}

    assert {name for recipe in RECIPES.values() for name in recipe.networks} <= known


def test_realesrgan_s_networks_get_the_terms_of_realesrgan_and_every_total_says_so(tmp_path: Path) -> None:
    torch.manual_seed(0)
    discriminator = UNetDiscriminator(in_channels=3, width=4)

    report = evaluate(**pair(tmp_path, RRDBNet(width=8, n_blocks=1, growth=4), discriminator, 32))

    terms = {result.typed: result for result in report.results}
    reals = [np.asarray(Image.open(tmp_path / "HR" / f"{k}.png")) for k in range(2)]
    with torch.no_grad():
        scores = discriminator.eval()(torch.from_numpy(np.stack(reals)).permute(0, 3, 1, 2).float() / 255)[0][0]
    assert terms["l_d_real"].value == pytest.approx(float(nn.functional.softplus(-scores).mean()), rel=1e-5)
    assert {result.recipe.repository for result in report.results if result.recipe} == {"xinntao/Real-ESRGAN"}
    assert "realesrgan (xinntao/Real-ESRGAN)" in said(report, "recipe_recognised")


def test_the_table_and_json_name_the_training_of_a_total(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = pair(tmp_path, RRDBNet(width=8, n_blocks=1, growth=4), UNetDiscriminator(in_channels=3, width=4), 32)
    words = [str(word) for name, value in given.items() for word in (f"--{name}", value)]

    for form in ("table", "json", "markdown"):
        main(["eval", *words, "--format", form])

        out = " ".join(capsys.readouterr().out.split())
        assert "realesrgan" in out
        assert "xinntao/Real-ESRGAN" in out


def test_networks_that_the_repository_trains_in_another_way_get_no_recipe_of_it(tmp_path: Path) -> None:
    generator = SRResNet(in_channels=3, out_channels=3, width=8, n_blocks=1, scale=4)
    given = pair(tmp_path, generator, VGGDiscriminator(in_channels=3, width=4, n_halvings=3), 32)

    report = evaluate(**given)  # MSRGAN's, whose scores are not held against the other side's as ESRGAN's are

    assert all(result.recipe is None for result in report.results)


def test_none_of_several_trainings_is_picked_in_silence(sample_data: Path) -> None:
    report = evaluate(ckpt=sample_data / "g.pt", data=sample_data / "imgs", limit=2)

    told = said(report, "several_trainings_fit")
    assert "cyclegan (junyanz/pytorch-CycleGAN-and-pix2pix)" in told
    assert "pix2pix (junyanz/pytorch-CycleGAN-and-pix2pix)" in told
    assert all(result.recipe is None for result in report.results)


@pytest.mark.parametrize(
    ("recipe", "severity"), [("stylegan2_pytorch", "warning"), ("dcgan", "note"), ("stylegan2", None)]
)
def test_a_recipe_of_another_repository_than_the_networks_is_told(
    recipe: str, severity: str | None, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    torch.save(StyleGAN2Discriminator(channels=[4, 4, 4], image_channels=3).state_dict(), tmp_path / "d.pt")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 4, 16, 16, 3), dtype=np.uint8)
    for side, k in itertools.product(range(2), range(4)):
        folder = tmp_path / "data" / ("real", "fake")[side]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pictures[side, k]).save(folder / f"{k}.png")

    report = evaluate(disc=tmp_path / "d.pt", data=tmp_path / "data", recipe=recipe)

    found = [finding for finding in report.findings if finding.check == "recipe_of_another_training"]
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all("stylegan2 (rosinality/stylegan2-pytorch)" in finding.message for finding in found)


def test_a_name_of_several_repositories_says_so(tmp_path: Path) -> None:
    torch.save({"real_logits": torch.randn(3), "fake_logits": torch.randn(3)}, tmp_path / "t.pt")

    report = evaluate(data=tmp_path / "t.pt", recipe="stylegan2_pytorch", scores="logits")

    told = said(report, "recipes_of_one_name")
    assert "this is stylegan2_pytorch (lucidrains/stylegan2-pytorch)" in told
    assert "stylegan2 (rosinality/stylegan2-pytorch)" in told


def test_namesakes_are_of_other_repositories() -> None:
    assert [each.name for each in namesakes(find_recipe("discogan"))] == ["discogan_carpedm20"]
    assert namesakes(find_recipe("hifigan")) == ()
