"""LPIPS through its package: the package's own module with the same random trunk gives the same numbers."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from optional import imported
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.pipeline.number.audit import traced_number
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for
from ganloss_cli.pipeline.number.ranking import ranked

package, needs_lpips = imported("lpips")
TRUNKS = {"alex": "alexnet", "squeeze": "squeezenet", "vgg": "vgg16"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs of pictures."""
    folder = tmp_path_factory.mktemp("lpips")
    generator = np.random.default_rng(0)
    for role in ("real", "fake"):
        (folder / "data" / role).mkdir(parents=True)
        for k in range(2):
            pixels = generator.integers(0, 256, (70, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "data" / role / f"{k}.png")
    return folder


def reference(net: str, place: Path, version: str = "0.1") -> Any:
    """The package's module with random weights, whose trunk is saved under torchvision's names."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = package.LPIPS(net=net, version=version, pnet_rand=True, verbose=False)
    state = {f"features.{key.partition('.')[2]}": value for key, value in module.net.state_dict().items()}
    torch.save(state, place / f"{net}.pth")
    return module


def pictures(place: Path, role: str) -> torch.Tensor:
    files = sorted((place / "data" / role).iterdir())
    return torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files]).permute(0, 3, 1, 2) / 255


@needs_lpips
@pytest.mark.parametrize("net", TRUNKS)
def test_on_files_and_weights_of_the_user_s_it_is_the_package_s_number(net: str, place: Path) -> None:
    module = reference(net, place)
    real, fake = (pictures(place, role) for role in ("real", "fake"))
    with torch.no_grad():
        expected = module(real, fake, normalize=True).flatten().tolist()
    typed = f"lpips:{net}"

    report = evaluate(
        data=place / "data", losses=[typed], backbone=f"{TRUNKS[net]}={place / f'{net}.pth'}", per_sample=True
    )

    assert report.samples is not None
    assert [sample.values[typed] for sample in report.samples] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert report.results[0].library == "lpips 0.1.4"
    (layers,) = (finding for finding in report.findings if finding.check == "linear_layers")
    assert f"lpips/weights/v0.1/{net}.pth" in layers.message
    assert len(layers.evidence["sha256"]) == 64
    assert any(record.role == "backbone" and record.sha256 for record in report.checkpoints)


@needs_lpips
def test_a_number_of_pictures_on_0_1_is_named_as_the_mistake(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = reference("alex", place)
    with torch.no_grad():
        mistaken = float(module(pictures(place, "real"), pictures(place, "fake")).mean())

    words = ["--data", str(place / "data"), "--backbone", f"alexnet={place / 'alex.pth'}"]
    status = main(["audit", "number", f"lpips={mistaken:.6f}", *words])

    told = " ".join(capsys.readouterr().out.split())
    assert status == ExitStatus.DONE, told
    assert "lpips:alex_unit, a known mistake: images on [0, 1] are given as they are" in told


@pytest.fixture(scope="module")
def candidates(place: Path) -> list[ConventionValue]:
    """Every convention on the same files, as `audit number` holds them against a number."""
    for net in TRUNKS:
        reference(net, place)
    loss = find_loss("lpips")
    report = evaluate(
        data=place / "data", losses=["lpips:all"],
        backbone=[f"{trunk}={place / f'{net}.pth'}" for net, trunk in TRUNKS.items()],
    )  # fmt: skip
    return [
        ConventionValue(loss=loss, convention=loss.convention(result.convention), result=result)
        for result in report.results
    ]


@needs_lpips
@pytest.mark.parametrize("net", TRUNKS)
@pytest.mark.parametrize("version", ["0.1", "0.0"])
def test_a_number_of_each_network_and_release_in_either_range_is_named(
    net: str, version: str, place: Path, candidates: list[ConventionValue]
) -> None:
    module = reference(net, place, version)
    real, fake = (pictures(place, role) for role in ("real", "fake"))
    release = "_v0_0" if version == "0.0" else ""

    for normalize, unit in ((True, ""), (False, "_unit")):
        with torch.no_grad():
            number = stated_number(f"lpips={float(module(real, fake, normalize=normalize).mean()):.5g}")
        best = traced_number(number, ranked(formulas_for(number, candidates, 1e-6), 1e-6), 1e-6).candidates[0]

        assert f"{best.loss}:{best.convention}" == f"lpips:{net}{release}{unit}"
        assert best.within_rounding
        assert (best.mistake is not None) is bool(unit)


@needs_lpips
def test_another_network_is_refused_with_the_one_that_is_looked_through(place: Path) -> None:
    reference("alex", place)

    with pytest.raises(UsageError, match="lpips:vgg looks through vgg16, not alexnet") as caught:
        evaluate(data=place / "data", losses=["lpips:vgg"], backbone=f"alexnet={place / 'alex.pth'}")

    assert caught.value.hint == "give --backbone vgg16=FILE"


@needs_lpips
def test_without_weights_their_public_file_is_named(place: Path) -> None:
    with pytest.raises(UsageError, match="lpips needs a backbone") as caught:
        evaluate(data=place / "data", losses=["lpips"])

    assert (
        caught.value.hint == "give --backbone alexnet=FILE, which torchvision calls alexnet-owt-7be5be79.pth (244 MB, "
        "sha256 7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02)"
    )


def test_without_its_package_the_extra_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda of, *rest: None if of == "lpips" else found(of, *rest))

    assert main(["eval", "--data", str(place / "data"), "--losses", "lpips"]) == ExitStatus.USAGE
    told = capsys.readouterr().err
    assert "lpips needs the package lpips, not installed" in told
    assert "pip install 'ganloss[perceptual]'" in told
