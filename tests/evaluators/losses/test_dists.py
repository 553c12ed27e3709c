"""DISTS through its package: the authors' own module with the same random network gives the same numbers."""

import copy
import importlib.util
from collections import OrderedDict
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from optional import imported
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.evaluators.losses import dists as loss

package, needs_dists = imported("DISTS_pytorch.DISTS_pt")
piq, needs_piq = imported("piq")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in pairs: three small ones, and in a folder of its own a large one."""
    folder = tmp_path_factory.mktemp("dists")
    generator = np.random.default_rng(0)
    for name, size, count in (("small", (34, 41, 3), 3), ("large", (258, 290, 3), 1)):
        for role in ("real", "fake"):
            (folder / name / role).mkdir(parents=True)
            for k in range(count):
                pixels = generator.integers(0, 256, size, dtype=np.uint8)
                Image.fromarray(pixels).save(folder / name / role / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def module(place: Path) -> Any:
    """The package's module, whose VGG16 has random weights that are saved under torchvision's names."""
    torch.manual_seed(0)
    trunk = torch.nn.Sequential()
    before = 3
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            trunk.append(torch.nn.Conv2d(before, width, 3, padding=1)).append(torch.nn.ReLU())
            torch.nn.init.kaiming_normal_(trunk[-2].weight)
            before = width
        trunk.append(torch.nn.MaxPool2d(2))
    torch.save({f"features.{key}": value for key, value in trunk.state_dict().items()}, place / "vgg16.pth")
    prefix = str(Path(package.__file__).parent)
    with (
        mock.patch.object(package.models, "vgg16", return_value=mock.Mock(features=trunk)),
        mock.patch.object(package.sys, "prefix", prefix),
    ):
        return package.DISTS().requires_grad_(False)


def pictures(folder: Path, role: str) -> torch.Tensor:
    files = sorted((folder / role).iterdir())
    return torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files]).permute(0, 3, 1, 2) / 255


def measured(folder: Path, *typed: str, **more: Any) -> Any:
    return evaluate(data=folder, losses=list(typed), backbone=f"vgg16={folder.parent / 'vgg16.pth'}", **more)


@needs_dists
def test_on_files_and_weights_of_the_user_s_it_is_the_package_s_number_in_any_batch(place: Path, module: Any) -> None:
    real, fake = (pictures(place / "small", role) for role in ("real", "fake"))
    expected = module(real, fake).tolist()
    exact = copy.deepcopy(module).double()(real.double(), fake.double()).tolist()

    in_threes, alone, doubled = (
        measured(place / "small", "dists", per_sample=True, batch_size=size, dtype=dtype)
        for size, dtype in ((3, "float32"), (1, "float32"), (2, "float64"))
    )

    # 1 - 0.92: the package's own last digit is 1.2e-7 in float32
    for report in (in_threes, alone):
        assert [sample.values["dists"] for sample in report.samples] == pytest.approx(expected, abs=3e-7)
    assert [sample.values["dists"] for sample in doubled.samples] == pytest.approx(exact, rel=1e-6)
    assert in_threes.results[0].library == "DISTS-pytorch 0.1"
    (learned,) = (finding for finding in in_threes.findings if finding.check == "learned_weights")
    assert len(learned.evidence["sha256"]) == 64
    assert any(record.role == "backbone" and record.sha256 for record in in_threes.checkpoints)


@needs_dists
@pytest.mark.parametrize(
    ("mistake", "given"), [("range_255", lambda x: 255 * x), ("range_symmetric", lambda x: 2 * x - 1)]
)
def test_a_number_of_another_range_is_named_as_the_mistake(
    mistake: str, given: Any, place: Path, module: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    number = float(module(*(given(pictures(place / "small", role)) for role in ("real", "fake"))).mean())

    words = ["--data", str(place / "small"), "--backbone", f"vgg16={place / 'vgg16.pth'}"]
    status = main(["audit", "number", f"dists={number:.6f}", *words])

    told = " ".join(capsys.readouterr().out.split())
    assert status == ExitStatus.DONE, told
    assert f"dists:{mistake}, a known mistake: it takes [0, 1]" in told


@needs_dists
@needs_piq
def test_larger_pictures_are_resized_as_the_package_s_helper_and_piq_do(place: Path, module: Any) -> None:
    files = [place / "large" / role / "0.png" for role in ("real", "fake")]
    by_helper = float(module(*(package.prepare_image(Image.open(file), resize=True) for file in files)))
    learned = {"alpha": module.alpha.data, "beta": module.beta.data}
    trunk = torch.nn.Sequential(*(layer for k in range(1, 6) for layer in getattr(module, f"stage{k}")))
    layers = OrderedDict((str(k), trunk[k]) for k in range(30))
    with (
        mock.patch("torch.hub.load_state_dict_from_url", return_value=learned),
        mock.patch("piq.perceptual.vgg16", return_value=mock.Mock(features=torch.nn.Sequential(layers))),
    ):
        by_piq = float(piq.DISTS()(*(pictures(place / "large", role) for role in ("real", "fake"))))

    report = measured(place / "large", "dists", "dists:resized", "dists:piq", dtype="float32")

    full, resized, of_piq = (result.value for result in report.results)
    assert resized == pytest.approx(by_helper, rel=1e-5)
    assert of_piq == pytest.approx(by_piq, rel=1e-5)
    assert len({round(value, 4) for value in (full, resized, of_piq)}) == 3


@needs_dists
def test_an_identical_pair_without_contrast_is_no_0_and_the_result_says_so(place: Path, module: Any) -> None:
    for name in ("real", "fake"):
        (place / "flat" / name).mkdir(parents=True)
        Image.new("RGB", (32, 32), (230, 230, 230)).save(place / "flat" / name / "0.png")

    rounded = measured(place / "flat", "dists", dtype="float32")

    assert rounded.results[0].value == pytest.approx(float(module(*[torch.full((1, 3, 32, 32), 230 / 255)] * 2)))
    assert abs(rounded.results[0].value) > 1e-4
    (told,) = (finding for finding in rounded.findings if finding.check == "rounding_of_a_library")
    assert told.hint == "compute in --dtype float64"
    exact = measured(place / "flat", "dists", dtype="float64")
    assert exact.results[0].value == pytest.approx(0.0, abs=1e-6)
    assert not any(finding.check == "rounding_of_a_library" for finding in exact.findings)


@needs_dists
def test_another_network_is_refused_and_missing_weights_are_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(place))

    with pytest.raises(UsageError, match="dists needs a backbone") as caught:
        evaluate(data=place / "small", losses=["dists"])
    assert str(caught.value.hint).startswith("give --backbone vgg16=FILE, which torchvision calls vgg16-397923af.pth")

    with pytest.raises(InputError, match=r"real has shape \(1, 1, 8, 8\)"):
        loss(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8), lambda *_: [])


def test_without_its_package_the_extra_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda of, *rest: None if of == "DISTS_pytorch" else found(of, *rest)
    )

    assert main(["eval", "--data", str(place / "small"), "--losses", "dists"]) == ExitStatus.USAGE
    told = capsys.readouterr().err
    assert "dists needs the package DISTS-pytorch, not installed" in told
    assert "pip install 'ganloss[perceptual]'" in told


@needs_dists
def test_weights_of_vgg16_in_torch_s_hub_cache_are_found(
    place: Path, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = place / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / "vgg16-397923af.pth").symlink_to(place / "vgg16.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(cache.parent))

    found = evaluate(data=place / "small", losses=["dists"])

    assert found.results[0].value == measured(place / "small", "dists").results[0].value
    (record,) = (record for record in found.checkpoints if record.role == "backbone")
    assert record.path == str(cache / "vgg16-397923af.pth")
    assert record.sha256 is not None
