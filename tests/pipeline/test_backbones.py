"""Perceptual losses look through a VGG that the user gives; expected numbers are computed with torch.nn.functional."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UnsafeCheckpointError, UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.io.architectures.backbones import layer_names

# torchvision's numbers of the convolutions, block by block
VGG16 = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
VGG19 = ((0, 2), (5, 7), (10, 12, 14, 16), (19, 21, 23, 25), (28, 30, 32, 34))
WIDTHS = (2, 3, 2, 3, 2)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def vgg(blocks):
    """A state dict under torchvision's names, narrow, its weights a formula."""
    state, before = {}, 3
    for numbers, width in zip(blocks, WIDTHS, strict=True):
        for number in numbers:
            n = width * before * 9
            state[f"features.{number}.weight"] = torch.sin(torch.arange(n) * 0.7 + number).view(width, before, 3, 3) / 2
            state[f"features.{number}.bias"] = torch.cos(torch.arange(width) * 1.3 + number) / 4
            before = width
    return state


def maps_of(state, blocks, images):
    """Name of a layer -> its map."""
    hidden, maps = images, {}
    for block, numbers in enumerate(blocks, start=1):
        for k, number in enumerate(numbers, start=1):
            weight, bias = (state[f"features.{number}.{part}"].double() for part in ("weight", "bias"))
            maps[f"conv{block}_{k}"] = hidden = functional.conv2d(hidden, weight, bias, padding=1)
            maps[f"relu{block}_{k}"] = hidden = functional.relu(hidden)
        maps[f"pool{block}"] = hidden = functional.max_pool2d(hidden, 2)
    return maps


@pytest.fixture
def place(tmp_path):
    """Three pairs of images, and VGGs of both depths."""
    generator = np.random.default_rng(0)
    for folder in ("real", "fake"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        for k in range(3):
            pixels = generator.integers(0, 256, (36, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / folder / f"{k}.png")
    torch.save(vgg(VGG16), tmp_path / "vgg16.pth")
    torch.save(vgg(VGG19), tmp_path / "vgg19.pth")
    return tmp_path


def images(place, role):
    files = sorted((place / "data" / role).iterdir())
    return torch.stack([torch.from_numpy(np.array(Image.open(file))) for file in files]).permute(0, 3, 1, 2) / 255.0


def seen(place, blocks, prepare):
    state = vgg(blocks)
    return [maps_of(state, blocks, prepare(images(place, role).double())) for role in ("real", "fake")]


def imagenet(pictures):
    mean, deviation = (torch.tensor(v, dtype=torch.float64).view(3, 1, 1) for v in (MEAN, DEVIATION))
    return (pictures - mean) / deviation


def symmetric(pictures):
    return 2 * pictures - 1


def values(place, losses, backbone="vgg19", **choices):
    report = evaluate(
        data=place / "data", losses=losses, backbone=f"{backbone}={place / backbone}.pth", dtype="float64", **choices
    )
    return {result.typed: result.value for result in report.results}


def distance(pair, layers, measure, weights=(1,) * 5):
    real, fake = pair
    return float(sum(w * measure(real[name] - fake[name]).mean() for name, w in zip(layers, weights, strict=True)))


LAST = {
    "vgg16": ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
    "vgg19": ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4"),
}


@pytest.mark.parametrize(("backbone", "blocks"), [("vgg16", VGG16), ("vgg19", VGG19)])
def test_perceptual_compares_the_last_activation_of_each_block(place, backbone, blocks):
    found = values(place, "perceptual", backbone)

    expected = distance(seen(place, blocks, imagenet), LAST[backbone], torch.square)
    assert found["perceptual"] == pytest.approx(expected, rel=1e-9)


def test_a_convention_compares_the_layers_that_its_source_names(place):
    found = values(place, "perceptual:esrgan,perceptual:realesrgan,perceptual:pix2pixhd,perceptual:leftthomas")

    before = ("conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4")
    first = [f"relu{block}_1" for block in range(1, 6)]
    esrgan = distance(seen(place, VGG19, imagenet), before[-1:], torch.abs, (1,))
    realesrgan = distance(seen(place, VGG19, imagenet), before, torch.abs, (0.1, 0.1, 1, 1, 1))
    pix2pixhd = distance(seen(place, VGG19, symmetric), first, torch.abs, (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1))
    leftthomas = distance(seen(place, VGG19, lambda pictures: pictures), ["pool5"], torch.square, [1])
    assert found["perceptual:esrgan"] == pytest.approx(esrgan, rel=1e-9)
    assert found["perceptual:realesrgan"] == pytest.approx(realesrgan, rel=1e-9)
    assert found["perceptual:pix2pixhd"] == pytest.approx(pix2pixhd, rel=1e-9)
    assert found["perceptual:leftthomas"] == pytest.approx(leftthomas, rel=1e-9)


def test_gram_compares_what_channels_have_in_common(place):
    found = values(place, "gram")

    expected = 0.0
    real, fake = seen(place, VGG19, imagenet)
    for name in LAST["vgg19"]:
        grams = [torch.einsum("nchw,ndhw->ncd", m, m) / m[0].numel() for m in (real[name], fake[name])]
        expected += float((grams[0] - grams[1]).square().sum((1, 2)).mean())
    assert found["gram"] == pytest.approx(expected, rel=1e-9)


def test_losses_that_prepare_images_alike_share_one_pass(place):
    report = evaluate(
        data=place / "data",
        losses="perceptual,perceptual:esrgan,gram,gram:gatys2016",
        backbone=f"vgg19={place / 'vgg19.pth'}",
    )

    assert report.timing["forward_passes"] == {"backbone": 2}  # of the reals and of the fakes


def test_no_layer_behind_the_deepest_that_is_compared_is_run(place):
    state = vgg(VGG19)
    state["features.30.weight"].fill_(float("nan"))  # conv5_2
    torch.save(state, place / "vgg19.pth")

    found = values(place, "perceptual:pix2pixhd")

    assert np.isfinite(found["perceptual:pix2pixhd"])


def test_the_report_lists_the_backbone_and_the_layers(place):
    report = evaluate(data=place / "data", losses="perceptual", backbone=f"vgg19={place / 'vgg19.pth'}")

    (record,) = report.checkpoints
    assert (record.role, record.architecture) == ("backbone", "vgg19")
    assert record.sha256 == hashlib.sha256((place / "vgg19.pth").read_bytes()).hexdigest()
    (finding,) = (finding for finding in report.findings if finding.check == "backbone_layers")
    assert finding.evidence["layers"] == list(LAST["vgg19"])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {f"net.vgg.{key}": value for key, value in state.items()},
        lambda state: {**state, "classifier.0.weight": torch.zeros(4, 2), "classifier.0.bias": torch.zeros(4)},
    ],
    ids=["in a mapping", "of DataParallel", "under a prefix", "with its classifier"],
)
def test_a_backbone_is_found_however_it_was_saved(place, wrap):
    expected = values(place, "perceptual")
    torch.save(wrap(vgg(VGG19)), place / "vgg19.pth")

    assert values(place, "perceptual") == expected


def test_without_a_backbone_the_option_is_named(place):
    with pytest.raises(UsageError, match=r"perceptual needs a backbone \(--backbone vgg19=FILE\)"):
        evaluate(data=place / "data", losses="perceptual")


def test_a_layer_that_the_backbone_lacks_names_the_other_one(place):
    with pytest.raises(UsageError, match="compares conv3_4, conv4_4, conv5_4, which vgg16") as refused:
        values(place, "perceptual:esrgan", "vgg16")

    assert "vgg19=FILE" in refused.value.hint


def test_the_other_depth_is_refused_by_name(place):
    with pytest.raises(InputError, match="has the layers of vgg16, expected those of vgg19") as refused:
        evaluate(data=place / "data", losses="perceptual", backbone=f"vgg19={place / 'vgg16.pth'}")

    assert "--backbone vgg16=FILE" in refused.value.hint


def test_a_backbone_with_batch_norm_is_refused(place):
    torch.save({**vgg(VGG16), "features.1.weight": torch.ones(2)}, place / "vgg16.pth")

    with pytest.raises(InputError, match="layers between its convolutions, as vgg16_bn"):
        values(place, "perceptual", "vgg16")


def test_another_network_is_refused_with_what_it_holds(place):
    torch.save({"conv.weight": torch.zeros(3, 3, 3, 3)}, place / "vgg16.pth")

    with pytest.raises(InputError, match=r"no features.0.weight; its tensors are conv.weight"):
        values(place, "perceptual", "vgg16")


def test_an_unknown_backbone_names_all_that_are_known(place):
    with pytest.raises(UsageError, match="expected vgg16=FILE or vgg19=FILE"):
        evaluate(data=place / "data", losses="perceptual", backbone=f"resnet50={place / 'vgg16.pth'}")


class Exploding:
    def __reduce__(self):
        return print, ("run",)


def test_a_backbone_that_would_run_code_is_refused(place, capsys):
    torch.save({**vgg(VGG16), "extra": Exploding()}, place / "vgg16.pth")

    with pytest.raises(UnsafeCheckpointError, match="print"):
        values(place, "perceptual", "vgg16")
    assert capsys.readouterr().out == ""


ROWS = [(loss, row) for loss in ("perceptual", "gram") for row in find_loss(loss).conventions if row.layers]


@pytest.mark.parametrize(("loss", "row"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_a_convention_has_a_weight_for_each_of_its_layers(loss, row):
    assert len(row.settings["layer_weights"]) == len(row.layers)
    assert set(row.layers) <= set(layer_names("vgg19"))
