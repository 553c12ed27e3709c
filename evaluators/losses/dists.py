"""DISTS: structure and texture of feature maps, by the authors' package on a network that the user gives."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Backbone, Batch
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.extras import Extra, learned_weights
from ganloss_cli.evaluators.losses.image_protocols import prepared
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.records.report import Finding

Resized = Literal["none", "pillow", "torch"]
CONTRAST = 1 / 255  # below this deviation float32's rounding of a mean square shows beside c = 1e-6
CHANNELS = (64, 128, 256, 512, 512)
LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
EXTRA = Extra(name="perceptual", packages=("DISTS-pytorch",))
through_vgg = functools.partial(Convention, backbone="vgg16", layers=LAYERS)


def _told(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    yield learned_weights("learned_weights", "dists", "alpha and beta", _weights_file())
    sides = [side for side in (batch.real, batch.fake) if side is not None and side.dtype != torch.float64]
    if any(bool((side.detach().flatten(2).std(2, correction=0) < CONTRAST).any()) for side in sides):
        yield Finding(
            check="rounding_of_a_library",
            severity="warning",
            message="dists: some picture has a channel without contrast, of which the package takes a variance and a "
            "covariance in two ways: rounding moves its value by up to 0.06, an identical pair's too",
            hint="compute in --dtype float64",
        )


@distance(
    family="features",
    extra=EXTRA,
    symmetric=True,
    on_request=True,
    span=(0.0, 1.12395),  # alpha adds up to 0.87605 and beta to 0.12395; means of maps behind a ReLU are not negative
    reference="Ding et al. 2020, Image Quality Assessment: Unifying Structure and Texture Similarity, arXiv:2004.07728",
    interpretation="0: identical to the network, which may differ from pixel to pixel where textures are alike; it "
    "changes with the size, and the paper brings larger pictures to 256 pixels: dists:resized",
    findings=_told,
    conventions=(
        through_vgg("full_size", "DISTS-pytorch 0.1"),
        through_vgg(
            "resized", "DISTS-pytorch 0.1, prepare_image(image, resize=True), as in arXiv:2004.07728",
            settings={"resized": "pillow"},
            relation="of pictures whose shorter side is brought to 256 by Pillow's bilinear, which filters, in 8 bits",
        ),
        through_vgg(
            "piq", "piq 0.8.0, DISTS", settings={"resized": "torch"},
            relation="the same up to 256 pixels; larger ones are brought to 256 by torch's bilinear, not filtered",
        ),
        through_vgg(
            "range_255", "DISTS-pytorch 0.1, of images on [0, 255]", settings={"given": "levels"},
            relation="of images on [0, 255]", mistake="it takes [0, 1], and says nothing of larger values",
        ),
        through_vgg(
            "range_symmetric", "DISTS-pytorch 0.1, of images on [-1, 1]", settings={"given": "symmetric"},
            relation="of images on [-1, 1]", leaves_span=True, mistake="it takes [0, 1], and normalises them itself",
        ),
    ),
)  # fmt: skip
def dists(
    real: Tensor,
    fake: Tensor,
    backbone: Backbone,
    *,
    resized: Resized = "none",
    shorter_side: int = 256,
    given: Literal["unit", "levels", "symmetric"] = "unit",
) -> Tensor:
    """Deep image structure and texture similarity.

        DISTS = 1 - sum over maps and channels of alpha (2 m_r m_f + c) / (m_r^2 + m_f^2 + c)
                    + beta (2 s_rf + c) / (s_r^2 + s_f^2 + c),  c = 1e-6

    m, s^2 and s_rf are mean, variance and covariance over the positions of a map; the images are the first map.

    Args:
        real: images on [0, 1]; (N, 3, H, W).
        fake: what is meant to equal them; the same shape.
        backbone: VGG16, from images to the last ReLU of each block, the package's L2 pooling between them.
        resized: whether larger pictures are brought to a shorter side: by "pillow", "torch", or "none".
        shorter_side: which, in pixels.
        given: "levels" puts the images on [0, 255], "symmetric" on [-1, 1]; both are mistakes.

    Returns:
        (N,), on [0, 1.124], 0 for identical images but for rounding.

    Convention: as the package's DISTS, its learned alpha and beta over their sum.

    Raises:
        InputError: the shapes differ, or the backbone is no VGG16.
        UsageError: DISTS-pytorch is not installed, or does not work.

    Reference: arXiv:2004.07728.
    """
    check_shapes(real=real, fake=fake)
    if real.dim() != 4 or real.shape[1] != 3:
        raise InputError(f"dists: sees RGB images (N, 3, H, W), but real has shape {tuple(real.shape)}")
    package = EXTRA.module("DISTS_pytorch.DISTS_pt")
    learned = {name: each.to(real) for name, each in _weights().items()}

    def maps(images: Tensor) -> list[Tensor]:
        return [images, *backbone(prepared(images, "imagenet"), CHANNELS, _pooled)]

    # the package's module builds a network of downloaded weights; all that its forward asks of it is this
    module = SimpleNamespace(forward_once=maps, chns=[3, *CHANNELS], **learned)
    pair = [_ranged(_sized(images, resized, shorter_side), given) for images in (real, fake)]
    values: Tensor = package.DISTS.forward(module, *pair, require_grad=True)
    return values.reshape(len(real))


def _pooled(hidden: Tensor) -> Tensor:
    """Roots of weighted means of squares, by the package."""
    pooling = EXTRA.module("DISTS_pytorch.DISTS_pt").L2pooling(channels=hidden.shape[1])
    made: Tensor = pooling.to(hidden)(hidden)
    return made


def _ranged(images: Tensor, given: str) -> Tensor:
    return {"unit": images, "levels": 255 * images, "symmetric": 2 * images - 1}[given]


def _sized(images: Tensor, resized: Resized, wanted: int) -> Tensor:
    """Larger pictures with a shorter side of `wanted` pixels, as the package's helper or piq makes them."""
    height, width = images.shape[2:]
    shorter = min(height, width)
    if resized == "none" or shorter <= wanted:
        return images
    if resized == "torch":
        scale = wanted / shorter
        return functional.interpolate(images, scale_factor=scale, recompute_scale_factor=False, mode="bilinear")
    size = (int(wanted * width / shorter), int(wanted * height / shorter))
    levels = (images.detach().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    made = [np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BILINEAR)) for each in levels]
    return (torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2) / 255).to(images)


def _weights_file() -> Path:
    """The file of alpha and beta: in the package, and where its module looks for it, the environment's prefix."""
    inside = EXTRA.file("weights.pt")
    return inside if inside.is_file() else Path(sys.prefix) / "weights.pt"


@functools.cache
def _weights() -> Mapping[str, Tensor]:
    """Alpha and beta, (1, 1475, 1, 1) each."""
    state = torch.load(_weights_file(), map_location="cpu", weights_only=True)
    return {name: state[name] for name in ("alpha", "beta")}
