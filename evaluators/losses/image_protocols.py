"""What publications do to images before they compare them: 8 bits, luma, a shaved border, half the size, ImageNet's."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.parallel import on_one_core
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.evaluators.sharing import shared

# ITU-R BT.601: luma of RGB on [0, 1]; "limited" as in video, from 16/255 to 235/255, "full" from 0 to 1.
Luma = Literal["none", "limited", "full"]
WEIGHTS = {"limited": (65.481, 128.553, 24.966), "full": (299.0, 587.0, 114.0)}
SCALE = {"limited": (255.0, 16.0), "full": (1000.0, 0.0)}

# What networks that were trained on ImageNet take: (x - mean) / deviation for each channel of RGB on [0, 1].
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Preparation = Literal["imagenet", "symmetric", "unit"]


@shared
def prepared(images: Tensor, preparation: Preparation) -> Tensor:
    """Images as a network takes them.

    Args:
        images: on [0, 1]; (N, 3, H, W).
        preparation: "imagenet", "symmetric" for [-1, 1], or "unit" for as they are.
    """
    if preparation == "imagenet":
        mean, deviation = (images.new_tensor(v).view(3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_DEVIATION))
        return (images - mean) / deviation
    return 2 * images - 1 if preparation == "symmetric" else images


@shared
def comparable(
    real: Tensor, fake: Tensor, *, quantize: bool = False, luma: Luma = "none", border: int = 0, shrink: bool = False
) -> tuple[Tensor, Tensor]:
    """Both images as a publication compares them.

    Args:
        real: on [0, 1]; (N, C, H, W) or (N, H, W).
        fake: the same.
        quantize: clamp to [0, 1] and round to 8 bits first.
        luma: then turn RGB into luma; a grey image stays as it is.
        border: then cut off so many pixels on every side.
        shrink: then average squares of round(shorter side / 256) pixels, where that is more than one.

    Returns:
        both as (N, C, H, W); half precision is widened to float32, whose variances of flat regions are not rounding.

    Raises:
        InputError: shapes differ, are not of images, or leave nothing to compare.
    """
    check_shapes(real=real, fake=fake)
    if real.dim() not in (3, 4):
        raise InputError(f"images are (N, C, H, W) or (N, H, W), but real has shape {tuple(real.shape)}")
    first, second = (_prepared(images, quantize, luma, border) for images in (real, fake))
    factor = max(1, round(min(first.shape[2:]) / 256))
    if shrink and factor > 1:
        first, second = functional.avg_pool2d(first, factor), functional.avg_pool2d(second, factor)
    return first, second


def _prepared(images: Tensor, quantize: bool, luma: Luma, border: int) -> Tensor:
    if images.dtype in (torch.bfloat16, torch.float16):
        images = images.float()
    if images.dim() == 3:
        images = images.unsqueeze(1)
    if quantize:
        images = images.clamp(0, 1).mul(255).round().div(255)
    if luma != "none":
        images = to_luma(images, luma)
    if border:
        height, width = images.shape[2:]
        if min(height, width) <= 2 * border:
            raise InputError(
                f"images of {height} x {width} pixels have nothing left without a border of {border}",
                hint="set a smaller border, for example --set LOSS.border=0",
            )
        images = images[:, :, border:-border, border:-border]
    return images


def to_luma(images: Tensor, luma: Luma) -> Tensor:
    """BT.601 luma of RGB images on [0, 1]; (N, 3, H, W) to (N, 1, H, W), and a grey image as it is.

    Args:
        images: (N, 3, H, W) or (N, 1, H, W).
        luma: "limited" for 16/255 to 235/255, as papers on super-resolution use; "full" for 0 to 1.

    Raises:
        InputError: neither one nor three channels.
    """
    if images.shape[1] == 1:
        return images
    if images.shape[1] != 3:
        raise InputError(f"luma needs RGB or grey images, but real has {images.shape[1]} channels")
    scale, offset = SCALE[luma]
    red, green, blue = (images[:, k : k + 1] * weight for k, weight in enumerate(WEIGHTS[luma]))
    return (red + green + blue + offset) / scale


def halved(images: Tensor) -> Tensor:
    """Means of squares of 2 x 2 pixels; an odd last row or column is dropped.

    Args:
        images: (N, C, H, W).
    """
    height, width = images.shape[2] // 2 * 2, images.shape[3] // 2 * 2
    with on_one_core():  # a busy second core is waited for ten times as long as one takes
        # eight times faster than a pooling layer on a processor
        rows = images[:, :, :height:2, :width] + images[:, :, 1:height:2, :width]
        return (rows[..., ::2] + rows[..., 1::2]).mul_(0.25)
