"""Distances of sets through Inception and through any network of the user's, on files, against libraries by hand."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from optional import imported
from PIL import Image
from torch import Tensor, nn

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.errors import ExitStatus, InputError, UnsafeCheckpointError, UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.seen_pictures import Preparation
from ganloss_cli.io.checkpoints import Network
from ganloss_cli.pipeline.networks.inception import inception_of
from ganloss_cli.pipeline.number.audit import traced_number
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for
from ganloss_cli.pipeline.number.ranking import ranked

inception, needs_fidelity = imported("torch_fidelity.feature_extractor_inceptionv3")
metric_fid, metric_isc, metric_kid, metric_prc = (
    imported(f"torch_fidelity.metric_{name}")[0] for name in ("fid", "isc", "kid", "prc")
)
COUNT = 5


def pixels(k: int, role: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    random = np.random.default_rng([k, role == "fake"])
    coarse = Image.fromarray(random.integers(0, 256, (6, 5, 3), dtype=np.uint8)).resize((44, 40))
    return (np.asarray(coarse) * (0.8 if role == "fake" else 1.0)).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five real pictures and five fakes, which are no pairs."""
    folder = tmp_path_factory.mktemp("pictures")
    for role in ("real", "fake"):
        (folder / role).mkdir()
        for k in range(COUNT):
            Image.fromarray(pixels(k, role)).save(folder / role / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inception with random weights, whose maps are of one size through all layers, as pytorch-fid saves it."""
    torch.manual_seed(0)
    with (
        mock.patch.object(inception.FeatureExtractorInceptionV3, "load_state_dict"),
        mock.patch.object(inception, "load_state_dict_from_url"),
    ):
        network = inception.FeatureExtractorInceptionV3("inception", ["2048"])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.stack([as_tensor(k, "real") for k in range(3)]))
    file = tmp_path_factory.mktemp("weights") / "pt_inception.pth"
    torch.save(network.state_dict(), file)
    return file


def as_tensor(k: int, role: str) -> Tensor:
    return torch.from_numpy(pixels(k, role)).permute(2, 0, 1)


def by_hand(weights: Path, layer: str) -> list[Tensor]:
    """torch-fidelity's own extractor on the pixels of both sides."""
    extractor = inception.FeatureExtractorInceptionV3("inception", [layer], feature_extractor_weights_path=weights)
    with torch.no_grad():
        return [
            extractor(torch.stack([as_tensor(k, role) for k in range(COUNT)]))[0].double() for role in ("real", "fake")
        ]


@needs_fidelity
def test_on_files_and_weights_of_the_user_s_each_is_torch_fidelity_s_number(data: Path, weights: Path) -> None:
    losses = ["fid:torch_fidelity_768", "kid", "isc", "prc", "prc:recall"]

    reports = [
        evaluate(data=data, losses=losses, backbone=f"inception={weights}", unpaired=True, batch_size=size)
        for size in (COUNT, 2)
    ]

    values = [{result.typed: result.value for result in report.results} for report in reports]
    real, fake = by_hand(weights, "768")
    statistics = [metric_fid.fid_features_to_statistics(rows) for rows in (real, fake)]
    (fid,) = metric_fid.fid_statistics_to_metric(*statistics, False).values()
    real, fake = (rows.float() for rows in by_hand(weights, "2048"))
    kid = metric_kid.kid_features_to_metric(fake, real, kid_subsets=1, kid_subset_size=COUNT, verbose=False)
    prc = metric_prc.prc_features_to_metric(
        fake, real, prc_neighborhood=3, prc_batch_size=10, save_cpu_ram=False, verbose=False
    )
    isc = metric_isc.isc_features_to_metric(by_hand(weights, "logits_unbiased")[1], splits=1)
    # of five samples in 768 dimensions the library takes roots of what rounding left of 0
    assert values[0]["fid:torch_fidelity_768"] == pytest.approx(fid, rel=5e-6)
    assert values[0]["kid"] == pytest.approx(kid[metric_kid.KEY_METRIC_KID_MEAN], rel=1e-5)  # it computes in float32
    assert values[0]["isc"] == pytest.approx(isc[metric_isc.KEY_METRIC_ISC_MEAN], rel=1e-6)
    assert values[0]["prc"] == pytest.approx(prc["f_score"], rel=1e-6)
    assert values[0]["prc:recall"] == pytest.approx(prc["recall"], rel=1e-6)
    assert values[1] == pytest.approx(values[0], rel=1e-4)  # convolutions round otherwise in other batches
    (terms,) = (result.terms for result in reports[0].results if result.typed == "isc")
    assert terms["mean"].value == values[0]["isc"]
    assert terms["std"].value == 0
    (few,) = (f.message for f in reports[0].findings if f.check == "number_of_samples" and f.message.startswith("isc"))
    assert "one split of 5, for 10 would leave empty ones: torch-fidelity gives NaN" in few
    assert [(record.role, len(record.sha256)) for record in reports[0].checkpoints] == [("backbone", 64)]


@needs_fidelity
@pytest.mark.parametrize("resize", ["pytorch", "pillow"])
def test_pictures_are_resized_as_each_library_does(resize: Any) -> None:
    picture = as_tensor(0, "real")

    prepared = Preparation(resize=resize)(picture[None] / 255)[0]

    if resize == "pytorch":  # pytorch-fid 0.3.0: F.interpolate of [0, 1], then 2 x - 1
        sized = nn.functional.interpolate(picture[None] / 255, size=(299, 299), mode="bilinear", align_corners=False)
        expected = (2 * sized - 1)[0]
    else:  # clean-fid 0.1.35: each channel as float by Pillow, clipped, then x - 128 over 128
        planes = [np.asarray(Image.fromarray(plane.float().numpy()).resize((299, 299), Image.Resampling.BICUBIC))
                  for plane in picture]  # fmt: skip
        expected = (torch.from_numpy(np.stack(planes).clip(0, 255)) - 128) / 128
    torch.testing.assert_close(prepared, expected, rtol=0, atol=0)


@needs_fidelity
def test_weights_in_torch_s_hub_cache_are_found(data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = weights.parent / "checkpoints"
    cache.mkdir()
    (cache / "weights-inception-2015-12-05-6726825d.pth").symlink_to(weights)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(weights.parent))

    report = evaluate(data=data, losses=["fid:pytorch_fid_64", "fid:torch_fidelity_64"], unpaired=True)

    assert [record.path for record in report.checkpoints] == [str(cache / "weights-inception-2015-12-05-6726825d.pth")]
    one, other = (result.value for result in report.results)
    assert one != other


def test_without_weights_the_public_file_its_sha256_and_size_are_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("ganloss_cli.evaluators.extras.Extra.missing", lambda self: ())

    assert main(["eval", "--data", str(data), "--losses", "fid", "--unpaired"]) == ExitStatus.USAGE

    told = " ".join(capsys.readouterr().err.split())
    assert "fid needs a backbone (--backbone inception=FILE)" in told
    assert (
        "give --backbone inception=FILE, which pytorch-fid calls pt_inception-2015-12-05-6726825d.pth (96 MB," in told
    )
    assert "sha256 6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2)" in told
    assert "fid:discriminator needs none" in told


@needs_fidelity
def test_other_weights_are_no_inception(data: Path, tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(4, 3, 3, 3)}, tmp_path / "vgg.pth")

    with pytest.raises(InputError, match=r"vgg.pth: no Conv2d_1a_3x3.conv.weight; its tensors are features.0.weight"):
        evaluate(data=data, losses=["fid"], backbone=f"inception={tmp_path / 'vgg.pth'}", unpaired=True)


class Means(nn.Module):
    """Features of pictures: means and deviations of their channels."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([2.0]))

    def forward(self, pictures: Tensor) -> Tensor:
        flat = self.gain * pictures.flatten(2)
        return torch.cat([flat.mean(2), flat.std(2)], dim=1)


NETWORK = """
import torch


class Means(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(1))

    def forward(self, pictures):
        flat = self.gain * pictures.flatten(2)
        return torch.cat([flat.mean(2), flat.std(2)], dim=1)
"""


def means(role: str, low: float = 0.0) -> Tensor:
    pictures = torch.stack([as_tensor(k, role) for k in range(COUNT)]).float() / 255
    return Means()((1 - low) * pictures + low).detach().double()


@needs_fidelity
@pytest.mark.parametrize("low", [0.0, -1.0])
def test_a_network_of_the_user_s_own_gives_the_features(low: float, data: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NETWORK, encoding="utf-8")
    torch.save(Means().state_dict(), tmp_path / "means.pth")
    statistics = [metric_fid.fid_features_to_statistics(means(role, low)) for role in ("real", "fake")]
    (expected,) = metric_fid.fid_statistics_to_metric(*statistics, False).values()
    ranged = {"network_range": f"features={low},1"} if low else {}

    report = evaluate(
        data=data, losses=["fid"], backbone=f"features={tmp_path / 'means.pth'}", unpaired=True,
        networks=f"features={tmp_path / 'net.py'}:Means", **ranged,
    )  # fmt: skip

    assert report.results[0].value == pytest.approx(expected, rel=1e-4)


def test_torchscript_runs_where_code_is_allowed_alone(data: Path, tmp_path: Path) -> None:
    torch.jit.script(Means()).save(tmp_path / "means.pt")
    asked: Any = {"data": data, "losses": ["density:features"], "backbone": f"features={tmp_path / 'means.pt'}"}

    with pytest.raises(UnsafeCheckpointError, match="a torchscript holds code that runs with the network") as caught:
        evaluate(**asked, unpaired=True)
    assert "--allow-code" in str(caught.value.hint)
    report = evaluate(**asked, unpaired=True, allow_code=True)

    assert report.results[0].value is not None


def test_what_is_no_row_a_sample_is_refused(data: Path, tmp_path: Path) -> None:
    torch.jit.script(nn.Flatten(0)).save(tmp_path / "flat.pt")

    with pytest.raises(InputError, match=r"returned .* for 5 samples"):
        evaluate(
            data=data, losses=["density:features"], backbone=f"features={tmp_path / 'flat.pt'}", unpaired=True,
            allow_code=True,
        )  # fmt: skip


class Scripted(nn.Module):
    """What clean-fid calls of NVlabs' TorchScript."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.AdaptiveAvgPool2d((8, 256)), nn.Flatten(1))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures)


def test_inception_as_torchscript_gives_its_last_layer_alone() -> None:
    held = io.BytesIO()
    torch.jit.save(torch.jit.script(Scripted()), held)
    held.seek(0)
    module = torch.jit.load(held)
    network = Network(part="", role="backbone", weights="raw", state_dict={}, module=module)

    layers = inception_of(network, "inception.pt")(torch.zeros(2, 3, 299, 299))

    assert {name: tuple(rows.shape) for name, rows in layers.items()} == {"2048": (2, 3 * 2048)}
    with pytest.raises(InputError, match="a TorchScript without `layers`"):
        inception_of(Network(part="", role="backbone", weights="raw", state_dict={}, module=Means()), "means.pt")


def test_a_backbone_is_named_once(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pth").touch()
    twice = [f"inception={tmp_path / 'a.pth'}"] * 2

    with pytest.raises(UsageError, match="backbone: inception is named twice"):
        evaluate(data=data, losses=["l1"], backbone=twice)


def in_stages(weights: Path, prepared: Tensor) -> Tensor:
    """torch-fidelity's network without its resizing, which is clean-fid's of the same weights."""
    network = inception.FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=weights)
    with torch.no_grad():
        for name, module in network.named_children():
            prepared = module(prepared)
            if name == "AvgPool":
                return prepared.flatten(1)
    raise AssertionError("no AvgPool")


@pytest.fixture(scope="module")
def features(weights: Path) -> dict[str, list[Tensor]]:
    """What each library sees in both sides, by library and option: its own resizing, and mostly its own network."""
    pytorch_fid, resize = imported("pytorch_fid.inception")[0], imported("cleanfid.resize")[0]
    sides = [torch.stack([as_tensor(k, role) for k in range(COUNT)]) for role in ("real", "fake")]
    layers = ["64", "192", "768", "2048", "logits_unbiased", "logits"]
    fidelity = inception.FeatureExtractorInceptionV3("inception", layers, feature_extractor_weights_path=weights)
    with torch.no_grad():
        seen = [fidelity(side) for side in sides]
    found = {f"torch-fidelity {layer}": [rows[k] for rows in seen] for k, layer in enumerate(layers)}
    if pytorch_fid is not None:
        with mock.patch.object(pytorch_fid, "load_state_dict_from_url", return_value=torch.load(weights)):
            network = pytorch_fid.InceptionV3([0, 1, 2, 3]).eval()
        with torch.no_grad():
            seen = [network(side / 255) for side in sides]
        for k, layer in enumerate(layers[:4]):
            found[f"pytorch-fid {layer}"] = [nn.functional.adaptive_avg_pool2d(of[k], 1).flatten(1) for of in seen]
    if resize is not None:
        for name, options in CLEAN_FID.items():
            sized = resize.make_resizer(*options, (299, 299))
            made = [np.stack([sized(picture.permute(1, 2, 0).numpy()) for picture in side]) for side in sides]
            levels = [torch.from_numpy(each).permute(0, 3, 1, 2).float() for each in made]
            # its mode legacy_pytorch has the scale of pytorch-fid's network, the others that of NVlabs'
            scaled = [2 * (each / 255) - 1 if options[0] == "PyTorch" else (each - 128) / 128 for each in levels]
            found[f"clean-fid {name}"] = [in_stages(weights, each) for each in scaled]
    return found


CLEAN_FID = {  # what its modes mean, and the rounded ones of its paper
    "clean": ("PIL", False, "bicubic"), "legacy_pytorch": ("PyTorch", False, "bilinear"),
    "quantised PIL": ("PIL", True, "bicubic"), "quantised PyTorch": ("PyTorch", True, "bilinear"),
}  # fmt: skip


def frechet(real: Tensor, fake: Tensor, *, scale: float = 1.0) -> float:
    # in the dimensions in which they lie, where it is the same: roots of 2048 take seconds
    basis = torch.linalg.qr(torch.cat([real, fake]).double().T)[0]
    statistics = [metric_fid.fid_features_to_statistics(rows.double() @ basis) for rows in (real, fake)]
    for each in statistics:
        each["sigma"] = each["sigma"] * scale
    (value,) = metric_fid.fid_statistics_to_metric(*statistics, False).values()
    return float(value)


def kernel(real: Tensor, fake: Tensor) -> float:
    found = metric_kid.kid_features_to_metric(fake, real, kid_subsets=1, kid_subset_size=COUNT, verbose=False)
    return float(found[metric_kid.KEY_METRIC_KID_MEAN])


def neighbours(figure: str, real: Tensor, fake: Tensor) -> float:
    found = metric_prc.prc_features_to_metric(
        fake, real, prc_neighborhood=3, prc_batch_size=10, save_cpu_ram=False, verbose=False
    )
    return float(found[figure])


def score(real: Tensor, fake: Tensor) -> float:
    return float(metric_isc.isc_features_to_metric(fake.double(), splits=1)[metric_isc.KEY_METRIC_ISC_MEAN])


# which convention each library's number is, called by hand with each option
MADE: dict[str, tuple[str, Callable[[Tensor, Tensor], float], set[str]]] = {
    "fid of torch-fidelity": ("torch-fidelity 2048", frechet, {"fid:torch_fidelity", "fid:torchmetrics",
                                                               "fid:legacy_tensorflow"}),
    **{f"fid of torch-fidelity, {k}": (f"torch-fidelity {k}", frechet, {f"fid:torch_fidelity_{k}"})
       for k in (64, 192, 768)},
    "fid of pytorch-fid": ("pytorch-fid 2048", frechet, {"fid:pytorch_fid", "fid:legacy_pytorch"}),
    **{f"fid of pytorch-fid, {k}": (f"pytorch-fid {k}", frechet, {f"fid:pytorch_fid_{k}"}) for k in (64, 192, 768)},
    "fid of clean-fid": ("clean-fid clean", frechet, {"fid:clean_fid"}),
    "fid of clean-fid, legacy": ("clean-fid legacy_pytorch", frechet, {"fid:legacy_pytorch"}),
    "fid of clean-fid, quantised": ("clean-fid quantised PIL", frechet, {"fid:clean_fid_quantized"}),
    "fid of clean-fid, quantised PyTorch": ("clean-fid quantised PyTorch", frechet, {"fid:pytorch_quantized"}),
    "fid with N": ("torch-fidelity 2048", partial(frechet, scale=1 - 1 / COUNT), {"fid:population"}),
    "kid of torch-fidelity": ("torch-fidelity 2048", kernel, {"kid:torch_fidelity", "kid:torchmetrics"}),
    "kid of clean-fid": ("clean-fid clean", kernel, {"kid:clean_fid"}),
    "kid times 1000": ("torch-fidelity 2048", lambda *both: 1000 * kernel(*both), {"kid:x1000"}),
    "isc of torch-fidelity": ("torch-fidelity logits_unbiased", score, {"isc:torch_fidelity"}),
    "isc with bias": ("torch-fidelity logits", score, {"isc:with_bias"}),
    "prc's precision": ("torch-fidelity 2048", partial(neighbours, "precision"), {"prc:precision"}),
    "prc's recall": ("torch-fidelity 2048", partial(neighbours, "recall"), {"prc:recall"}),
    "prc's F": ("torch-fidelity 2048", partial(neighbours, "f_score"), {"prc:f_score"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def candidates(data: Path, weights: Path) -> list[ConventionValue]:
    """Every convention of distances of sets on the same files, as `audit number` holds them against a number."""
    report = evaluate(
        data=data, losses=[f"{name}:all" for name in ("fid", "kid", "isc", "prc")], unpaired=True,
        backbone=f"inception={weights}",
    )  # fmt: skip
    rows = [(find_loss(result.loss), result) for result in report.results]
    return [
        ConventionValue(loss=loss, convention=loss.convention(result.convention), result=result, unit=None)
        for loss, result in rows
    ]


@needs_fidelity
@pytest.mark.parametrize("made", MADE)
def test_a_number_of_each_library_with_each_option_is_named(
    made: str, features: dict[str, list[Tensor]], candidates: list[ConventionValue]
) -> None:
    seen, measure, wanted = MADE[made]
    if seen not in features:
        pytest.skip(f"needs {seen.partition(' ')[0]}")
    loss = made.partition(" ")[0].removesuffix("'s")
    value = measure(*(rows.float() for rows in features[seen]))
    number = stated_number(f"{loss}={value:.9f}" if loss == "isc" else f"{loss}={value:.5g}")  # of five samples about 1
    formulas = formulas_for(number, [one for one in candidates if one.loss.name == loss], 1e-6)

    best = traced_number(number, ranked(formulas, 1e-6), 1e-6).candidates[0]

    assert best.within_rounding
    assert wanted <= {f"{best.loss}:{best.convention}", *best.same}
    assert best.factor == 1


@needs_fidelity
def test_numbers_of_several_libraries_are_named_with_their_options(
    data: Path, weights: Path, features: dict[str, list[Tensor]], capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = {
        "fid": (frechet, "pytorch-fid 64", "fid:pytorch_fid_64"),
        "kid": (kernel, "clean-fid clean", "kid:clean_fid"),
    }
    typed = [f"{name}={made(*features[seen]):.5g}" for name, (made, seen, _) in numbers.items() if seen in features]
    if not typed:
        pytest.skip("neither pytorch-fid nor clean-fid is installed")

    status = main([
        "audit", "number", *typed, "--data", str(data), "--unpaired", "--backbone", f"inception={weights}"
    ])  # fmt: skip

    told = " ".join(capsys.readouterr().out.split())
    assert status == ExitStatus.DONE, told
    for number in typed:
        assert f"{number} reproduced" in told
        assert numbers[number.partition("=")[0]][2] in told
