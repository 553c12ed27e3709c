"""LPIPS: a learned distance of feature maps, with the package's linear layers on a network that the user gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Backbone, Batch
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.extras import Extra, learned_weights
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.records.report import Finding

Net = Literal["alex", "vgg", "squeeze"]
Version = Literal["0.1", "0.0"]
# the network of torchvision, and the layers whose maps are compared
ALEX = {"backbone": "alexnet", "layers": ("relu1", "relu2", "relu3", "relu4", "relu5")}
VGG = {"backbone": "vgg16", "layers": ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")}
SQUEEZE = {"backbone": "squeezenet", "layers": ("relu1", "fire3", "fire5", "fire6", "fire7", "fire8", "fire9")}
PLACES: Mapping[Net, Mapping[str, Any]] = {"alex": ALEX, "vgg": VGG, "squeeze": SQUEEZE}
EXTRA = Extra(name="perceptual", packages=("lpips",))
MISTAKE = "images on [0, 1] are given as they are, and it takes [-1, 1]: normalize=True was left out"


def _row(name: str, net: Net, relation: str, **settings: Any) -> Convention:
    options = {"net": net, **settings} if net != "alex" else settings
    mistake = MISTAKE if settings.get("given") == "unit" else None
    version = settings.get("version", "0.1")
    source = f"lpips 0.1.4, net='{net}', version='{version}'"
    return Convention(name, source, settings=options, relation=relation, mistake=mistake, **PLACES[net])


def _linear_layers(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    file = _weights(settings["net"], settings["version"])
    yield learned_weights("linear_layers", "lpips", f"linear layers {'/'.join(file.parts[-4:])}", file)


@distance(
    family="features",
    extra=EXTRA,
    symmetric=True,
    on_request=True,
    reference="Zhang et al. 2018, The Unreasonable Effectiveness of Deep Features, arXiv:1801.03924",
    interpretation="0: identical to the network; alex, vgg and squeeze are three "
    "scales: papers on super-resolution and editing mostly print alex, as a loss vgg is usual",
    findings=_linear_layers,
    conventions=(
        _row("alex", "alex", "the default"),
        _row("vgg", "vgg", "through VGG16, mostly the larger number"),
        _row("squeeze", "squeeze", "through SqueezeNet 1.1"),
        _row("alex_v0_0", "alex", "the first release: other linear layers, and no scaling of the input", version="0.0"),
        _row("vgg_v0_0", "vgg", "the first release, through VGG16", version="0.0"),
        _row("squeeze_v0_0", "squeeze", "the first release, through SqueezeNet 1.1", version="0.0"),
        _row("alex_unit", "alex", "of images on [0, 1]", given="unit"),
        _row("vgg_unit", "vgg", "through VGG16, of images on [0, 1]", given="unit"),
        _row("squeeze_unit", "squeeze", "through SqueezeNet 1.1, of images on [0, 1]", given="unit"),
        _row("alex_v0_0_unit", "alex", "the first release, of images on [0, 1]", version="0.0", given="unit"),
        _row("vgg_v0_0_unit", "vgg", "the first release, of images on [0, 1]", version="0.0", given="unit"),
        _row("squeeze_v0_0_unit", "squeeze", "the first release, of images on [0, 1]", version="0.0", given="unit"),
    ),
)  # fmt: skip
def lpips(
    real: Tensor,
    fake: Tensor,
    backbone: Backbone,
    *,
    net: Net = "alex",
    version: Version = "0.1",
    given: Literal["symmetric", "unit"] = "symmetric",
) -> Tensor:
    """Learned perceptual image patch similarity.

        LPIPS = sum over maps l of mean over positions of w_l . (phi_l(r) / ||phi_l(r)|| - phi_l(f) / ||phi_l(f)||)^2

    Args:
        real: images on [0, 1]; (N, 3, H, W).
        fake: what is meant to equal them; the same shape.
        backbone: from scaled images to the maps of `net`, the shallowest first.
        net: whose linear layers w weigh the channels: "alex", "vgg" (VGG16) or "squeeze" (SqueezeNet 1.1).
        version: "0.1", or "0.0" for the first release, which did not scale its input.
        given: "symmetric" moves the images to [-1, 1]; "unit" leaves them on [0, 1], which is a mistake.

    Returns:
        (N,), not negative.

    Convention: as the package lpips with normalize=True, or on images on [-1, 1].

    Raises:
        InputError: the shapes differ, or the backbone gives other maps than the linear layers weigh.
        UsageError: lpips is not installed, or does not work.

    Reference: arXiv:1801.03924.
    """
    check_shapes(real=real, fake=fake)
    if real.dim() != 4 or real.shape[1] != 3:
        raise InputError(f"lpips: sees RGB images (N, 3, H, W), but real has shape {tuple(real.shape)}")
    package = EXTRA.module("lpips")
    scale: Callable[[Tensor], Tensor] = package.ScalingLayer().to(real) if version == "0.1" else torch.nn.Identity()
    weights = linear_layers(net, version)
    channels = tuple(weight.shape[1] for weight in weights)
    ranged = [2 * images - 1 if given == "symmetric" else images for images in (real, fake)]
    seen = [backbone(scale(images), channels) for images in ranged]
    values = real.new_zeros(len(real))
    for r, f, weight in zip(*seen, weights, strict=True):
        difference = (package.normalize_tensor(r) - package.normalize_tensor(f)) ** 2
        weighed = torch.nn.functional.conv2d(difference, weight.to(difference))
        values = values + package.spatial_average(weighed, keepdim=False).flatten()
    return values


def _weights(net: Net, version: Version) -> Path:
    """The file of the linear layers, which comes with the package; nothing is downloaded."""
    return EXTRA.file("weights", f"v{version}", f"{net}.pth")


@functools.cache
def linear_layers(net: Net, version: Version) -> tuple[Tensor, ...]:
    """The weights of the linear layers, (1, C, 1, 1) each.

    Args:
        net: whose maps they weigh.
        version: of the package's weights.
    """
    state = torch.load(_weights(net, version), map_location="cpu", weights_only=True)
    return tuple(state[f"lin{k}.model.1.weight"] for k in range(len(PLACES[net]["layers"])))
