"""Structural similarity at five scales."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.image_protocols import comparable, halved
from ganloss_cli.evaluators.losses.local_moments import window_means
from ganloss_cli.evaluators.losses.shares import Shares
from ganloss_cli.evaluators.losses.ssim import dissimilarity
from ganloss_cli.evaluators.losses.windows import Padding, Window, gaussian
from ganloss_cli.evaluators.sharing import shared

WANG = "Wang, Simoncelli and Bovik 2003, Multi-scale structural similarity, doi:10.1109/ACSSC.2003.1292216"
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # section 3.2 of the paper

CUT_OFF = {
    0.0: "at some scale contrast and structure are opposed; a negative similarity counts as zero, and so does the "
    "product of all scales (torchmetrics with normalize=None gives nan)"
}
WANG2003 = Convention("wang2003", WANG)

# What a side of odd length gets before it is halved: one more pixel like its last, nothing (the last is dropped), a
# zero on both ends, or one more like its first, on both axes if either is odd; "shifted": one more like its first,
# of even sides too, whose last pixel is then dropped, and each channel is averaged with the one before it.
Odd = Literal["symmetric", "drop", "zero", "first", "shifted"]
# A negative similarity has no power that is a real number.
Negative = Literal["zero", "shifted", "complex"]


@loss(
    family="structural",
    synonyms=("msssim",),
    multi_scale=True,
    symmetric=True,
    span=(0.0, 1.0),
    known_values=CUT_OFF,
    reference=WANG,
    higher_is_better=True,
    paired=True,
    images="image_only",
    weights="ema",
    interpretation="1: identical; usually above SSIM, for coarse structure is easier to keep",
    conventions=(
        WANG2003,
        WANG2003.alias("keras", "tensorflow 2.21.0 tf.image.ssim_multiscale, in float32"),
        Convention(
            "pytorch_msssim_unit", "pytorch-msssim 1.0.0 ms_ssim with data_range=1", settings={"odd": "zero"},
            relation="equal unless a side is odd at some scale, which is then filled up with zeros on both ends",
        ),
        Convention(
            "piq", "piq 0.8.0 multi_scale_ssim", settings={"odd": "first"},
            relation="equal unless a side is odd at some scale, whose first row or column is then repeated",
        ),
        Convention(
            "pytorch_msssim", "pytorch-msssim 1.0.0 ms_ssim, data_range=255 by default",
            settings={"odd": "zero", "data_range": 255.0},
            relation="near 1 whatever the images: the constants are 255^2 times too large",
            mistake="images on [0, 1] are compared as if they were on [0, 255]",
        ),
        Convention(
            "torchmetrics", "torchmetrics 1.9.0 with data_range=1",
            settings={"padding": "reflect", "channels": "averaged", "odd": "drop"},
            relation="channels are averaged at each scale, before the product; the coarsest scale up to its border",
        ),
        Convention(
            "torchmetrics_simple", "torchmetrics 1.9.0 with data_range=1 and normalize='simple'",
            settings={"padding": "reflect", "channels": "averaged", "odd": "drop", "negative": "shifted"},
            relation="of (1 + similarity) / 2 at each scale",
        ),
        Convention(
            "sewar", "sewar 0.4.10 msssim", leaves_span=True,
            settings={"channels": "averaged", "odd": "shifted", "negative": "complex"},
            relation="halved one pixel earlier and with the channel before, channels averaged at each scale; the real "
            "part of complex powers, which may be negative",
        ),
        Convention(
            "one_minus", "1 - MS-SSIM, as a loss", inverted=True, settings={"one_minus": True}, relation="1 - wang2003",
        ),
    ),
)  # fmt: skip
def ms_ssim(
    real: Tensor,
    fake: Tensor,
    *,
    data_range: float = 1.0,
    exponents: tuple[float, ...] = WEIGHTS,
    window_size: int = 11,
    sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    padding: Padding = "valid",
    channels: Literal["apart", "averaged"] = "apart",
    negative: Negative = "zero",
    odd: Odd = "symmetric",
    one_minus: bool = False,
) -> Tensor:
    """Structural similarity at several scales, between 0 and 1.

        MS-SSIM = SSIM_M^w_M * product over the finer scales j of CS_j^w_j

    where each scale has half the side of the one before, CS is the contrast and structure of SSIM, and SSIM_M that of
    the coarsest scale with its luminance.

    Args:
        real: images on [0, 1]; (N, C, H, W) or (N, H, W), whose sides still hold the window at the coarsest scale:
            161 pixels and more for five scales.
        fake: what is compared with them; the same shape.
        data_range: L, the span of the values.
        exponents: w, one a scale, the finest first.
        window_size: side of the Gaussian window, in pixels.
        sigma: its standard deviation, in pixels.
        k1: of the constant beside the means.
        k2: of the constant beside the variances.
        padding: where the window may stand for SSIM_M; CS is taken where it lies inside.
        channels: take the product for each channel, then the mean, or average channels at each scale first.
        negative: what a negative similarity counts as, which has no power: zero; all are moved by (1 + CS) / 2; or
            its complex power, of whose product the real part is taken.
        odd: what is done to a side of odd length before it is halved.
        one_minus: 1 - MS-SSIM, as a loss.

    Returns:
        (N,): the mean over channels; 1 for identical images.

    Convention: halved by the mean of 2 x 2 pixels; each channel on its own, then their mean; negative similarities
    count as zero, as in all libraries.

    Raises:
        InputError: the shapes differ, or the images are too small for so many scales.

    Reference: doi:10.1109/ACSSC.2003.1292216.
    """
    real, fake = comparable(real, fake)
    _check_size(real, len(exponents), window_size, odd)
    taps = gaussian(window_size, sigma)
    shares = Shares(c1=(k1 * data_range) ** 2, c2=(k2 * data_range) ** 2)
    similarities = []
    for _ in exponents[1:]:
        means = window_means(shares.of_variances(), real, fake, Window(taps=taps))
        similarities.append(1 - 2 * means[..., 0])
        real, fake = _halved(real, odd), _halved(fake, odd)
    means = window_means(shares, real, fake, Window(taps=taps, padding=padding))
    similarities.append(1 - dissimilarity(means))
    values = torch.stack(similarities)  # (scales, N, C)
    if channels == "averaged":
        values = values.mean(2, keepdim=True)
    product = _product(values, values.new_tensor(exponents).view(-1, 1, 1), negative).mean(1)
    return (1 - product if one_minus else product).to(real.dtype)


def _product(values: Tensor, powers: Tensor, negative: Negative) -> Tensor:
    """Of the powers of all scales."""
    if negative == "complex":
        return (torch.complex(values, torch.zeros_like(values)) ** powers).prod(0).real
    values = values.clamp(min=0) if negative == "zero" else (values + 1) / 2
    return (values**powers).prod(0)


def _check_size(images: Tensor, n_scales: int, window_size: int, odd: Odd) -> None:
    height, width = coarsest = tuple(images.shape[2:])
    for _ in range(n_scales - 1):
        coarsest = tuple(side // 2 if odd == "drop" else (side + 1) // 2 for side in coarsest)
    if min(coarsest) < window_size:
        raise InputError(
            f"images of {height} x {width} pixels are too small for {n_scales} scales: the coarsest has "
            f"{coarsest[0]} x {coarsest[1]}, less than the window of {window_size} x {window_size}",
            hint="give larger images, or use ssim",
        )


@shared
def _halved(images: Tensor, odd: Odd) -> Tensor:
    extra = [side % 2 for side in images.shape[2:]]
    if odd == "zero":
        images = functional.pad(images, (extra[1], extra[1], extra[0], extra[0]))
    if odd == "symmetric" and any(extra):
        images = functional.pad(images, (0, extra[1], 0, extra[0]), mode="replicate")
    if odd == "shifted":  # scipy's uniform_filter also goes along the axis of the channels
        images = (images + torch.cat([images[:, :1], images[:, :-1]], 1)) / 2
    if odd == "shifted" or (odd == "first" and any(extra)):
        images = functional.pad(images, (1, 0, 1, 0), mode="replicate")
    return halved(images)
