"""Gradient magnitude similarity deviation: how unevenly an image's edges were kept."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.losses.image_protocols import comparable, halved

XUE = "Xue et al. 2014, Gradient Magnitude Similarity Deviation, arXiv:1308.3052"


@distance(
    family="structural",
    keeps_maps=True,
    symmetric=True,
    reference=XUE,
    images="image_only",
    interpretation="0: edges are kept everywhere alike; 0.05: slight, 0.15: heavy distortion",
    conventions=(
        Convention("xue2014", "arXiv:1308.3052 and the authors' MATLAB code"),
        Convention(
            "piq", "piq 0.8.0 gmsd", settings={"deviation": "population"},
            relation="sqrt(1 - 1/n), n the pixels of the shrunk image",
        ),
        Convention(
            "full_size", "arXiv:1308.3052 without its averaging and down-sampling by 2", settings={"shrink": False},
            relation="of the image as it is",
        ),
    ),
)  # fmt: skip
def gmsd(
    real: Tensor,
    fake: Tensor,
    *,
    data_range: float = 1.0,
    constant: float = 170.0,
    shrink: bool = True,
    deviation: Literal["sample", "population"] = "sample",
) -> Tensor:
    """Gradient magnitude similarity deviation.

        GMSD = standard deviation over pixels of (2 g_r g_f + c) / (g_r^2 + g_f^2 + c)

    where g are magnitudes of Prewitt gradients of the luma, halved in size.

    Args:
        real: images on [0, 1]; (N, 3, H, W), or (N, 1, H, W) or (N, H, W) grey.
        fake: what is compared with them; the same shape.
        data_range: the span of the values.
        constant: c, for values on [0, 255].
        shrink: average 2 x 2 pixels and keep one of four first.
        deviation: "sample" divides by n - 1, "population" by n.

    Returns:
        (N,), not negative; 0 for identical images.

    Convention: as the authors' MATLAB code, with std2's n - 1; piq divides by n. Beyond the border is black.

    Raises:
        InputError: the shapes differ, or the images have neither one nor three channels.

    Reference: arXiv:1308.3052.
    """
    real, fake = comparable(real, fake, luma="full")
    edges_real, edges_fake = (_edges(images / data_range, shrink) for images in (real, fake))
    c = constant / 255**2
    similarity = (2 * _root(edges_real * edges_fake) + c) / (edges_real + edges_fake + c)
    maps.keep("similarity of gradients", similarity, higher_is_better=True)
    values = similarity.flatten(1)
    squares = (values - values.mean(1, keepdim=True)).square().sum(1)
    return _root(squares / (values.shape[1] - (deviation == "sample")))


def _edges(images: Tensor, shrink: bool) -> Tensor:
    """Squared magnitudes of Prewitt gradients; (N, 1, H, W)."""
    if shrink:
        height, width = images.shape[2:]
        images = halved(functional.pad(images, (0, width % 2, 0, height % 2)))
    down = images.new_tensor([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]) / 3
    steps = functional.conv2d(images, torch.stack((down, down.T))[:, None], padding=1)
    return steps.square().sum(1, keepdim=True)


def _root(squares: Tensor) -> Tensor:
    """The square root, whose gradient at zero is taken as zero."""
    flat = squares == 0
    return torch.where(flat, 0.0, squares.masked_fill(flat, 1).sqrt())
