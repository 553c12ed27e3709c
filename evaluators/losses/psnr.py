"""Peak signal-to-noise ratio: decibels of a mean squared error, and what is done before and after taking them."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.elements import in_float64, of_elements
from ganloss_cli.evaluators.losses.image_protocols import Luma, comparable
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets

BLOG = "the blog on GAN loss functions"
ROOT = "the root is taken of the mean squared error, which halves the decibels"

Peak = Literal["data_range", "observed_span", "observed_maximum"]

POOLED = Convention(
    "pooled", "torchmetrics 1.9.0 with data_range=1", settings={"pooled": True},
    relation="dB of the mean error of all images, never more than the mean of their dB",
)  # fmt: skip
PER_IMAGE = Convention("per_image", "XPixelGroup/BasicSR@8d56e3a basicsr/metrics/psnr_ssim.py, no border, RGB")

DECIBELS = {
    80.0: "what piq and others give for an identical pair, 1e-8 added to the error",
    100.0: "what ignite 0.5.5 gives for an identical pair, 1e-10 added to the error",
    80 + 20 * math.log10(255): "what piq and piqa give for an identical pair on [0, 255]",
    20 * math.log10(255 / 2.0**-52): "what OpenCV 5.0.0 gives for an identical pair, 2^-52 added to the error's root",
    20 * math.log10(255): "an error of one grey level of 255 everywhere",
    10 * math.log10(12 * 255**2): "rounding to 8 bits and nothing else",
    math.inf: "an identical pair has an infinite PSNR; psnr:cap80 caps it at 80 dB",
}


@loss(
    family="structural",
    known_values=DECIBELS,
    symmetric=True,
    span=(None, None),
    reference="Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR in image/video quality assessment, "
    "doi:10.1049/el:20080522",
    higher_is_better=True,
    unit="dB",
    paired=True,
    images="image_only",
    weights="ema",
    interpretation="above 40 dB: the error is hard to see; below 20 dB: plain to see; 8-bit rounding alone gives 59 dB",
    conventions=(
        PER_IMAGE,
        PER_IMAGE.alias("keras", "tensorflow 2.21.0 tf.image.psnr with max_val=1, in float32"),
        Convention(
            "cap80", "piq 0.8.0, IQA-PyTorch, BasicSR's calculate_psnr_pt: 1e-8 added to the error",
            settings={"floor": 1e-8}, relation="at most 80 dB, that of identical images",
        ),
        POOLED,
        Convention(
            "kornia", "kornia 0.9.0 psnr_loss, as a loss", inverted=True, settings={"pooled": True, "sign": -1},
            relation="minus pooled",
        ),
        POOLED.alias("keras3", "keras 3.15.1 ops.psnr, unlike TensorFlow's tf.image.psnr"),
        Convention(
            "half", f"{BLOG}, for one image", settings={"root": True}, relation="half", factor=0.5, mistake=ROOT,
        ),
        Convention(
            "half_pooled", f"{BLOG}, for a batch", settings={"root": True, "pooled": True}, relation="half of pooled",
            mistake=ROOT,
        ),
        Convention(
            "sr", "XPixelGroup/BasicSR@8d56e3a basicsr/metrics/psnr_ssim.py",
            settings={"quantize": True, "luma": "limited", "border": 4},
            relation="of 8-bit luma without a border of 4 pixels (the border is the scale)",
        ),
        Convention(
            "sr_rgb", "XPixelGroup/BasicSR@8d56e3a basicsr/metrics/psnr_ssim.py with test_y_channel: false",
            settings={"quantize": True, "border": 4},
            relation="of 8-bit RGB without a border of 4 pixels (the border is the scale)",
        ),
        Convention(
            "luma", "piq 0.8.0 with convert_to_greyscale, without its floor", settings={"luma": "full"},
            relation="of BT.601 luma from 0 to 1",
        ),
        Convention(
            "luma_limited", "BT.601 luma from 16/255 to 235/255", settings={"luma": "limited"},
            relation="1.32 dB above luma",
        ),
        Convention(
            "range_255", "images on [0, 1] with data_range=255", settings={"data_range": 255.0},
            relation="48.13 dB more", mistake="images on [0, 1] are compared as if they were on [0, 255]",
        ),
        Convention(
            "twelve_bits", "image-similarity-measures 0.3.6, max_p=4095 by default",
            settings={"data_range": 4095 / 255},
            relation="24.11 dB more", mistake="images of 8 bits are compared as if they had 12",
        ),
        Convention(
            "symmetric_range_as_unit", "images on [-1, 1] with data_range=1", settings={"data_range": 0.5},
            relation="6.02 dB less", mistake="images on [-1, 1] span 2, not 1",
        ),
        Convention(
            "observed_span", "torchmetrics before 1.0 with data_range=None",
            settings={"pooled": True, "peak": "observed_span"}, relation="pooled, with the reals' own span as the peak",
        ),
        Convention(
            "leftthomas", "leftthomas/SRGAN@7ddfdf2 train.py", settings={"pooled": True, "peak": "observed_maximum"},
            relation="pooled, with the reals' own maximum as the peak",
        ),
    ),
)  # fmt: skip
def psnr(
    real: Tensor,
    fake: Tensor,
    *,
    data_range: float = 1.0,
    floor: float = 0.0,
    pooled: bool = False,
    root: bool = False,
    peak: Peak = "data_range",
    quantize: bool = False,
    luma: Luma = "none",
    border: int = 0,
    sign: Literal[1, -1] = 1,
) -> Tensor | SampleSet:
    """Peak signal-to-noise ratio of two images, in decibels.

        PSNR = 10 log10(L^2 / mean (r - f)^2)

    Args:
        real: images on [0, 1]; (N, C, H, W) or (N, H, W).
        fake: what is compared with them; the same shape.
        data_range: L, the span of the values.
        floor: added to the mean squared error over L^2; 1e-8 caps the ratio at 80 dB.
        pooled: take decibels of the mean over all images, instead of the mean of each image's decibels.
        root: take the root of the mean squared error first, which is a mistake.
        peak: what L is: the setting data_range, or the span or the maximum of all reals.
        quantize: clamp and round to 8 bits first.
        luma: compare the BT.601 luma, "limited" (16 to 235) or "full".
        border: pixels that are cut off on every side.
        sign: -1 for a loss to minimise.

    Returns:
        (N,), in dB, infinite for identical images; pooled, a statistic of the whole set.

    Convention: each image's own ratio, over all its channels and pixels, then the mean over images. torchmetrics pools
    the errors of all images; piq adds 1e-8 to the error, so identical images have 80 dB.

    Reference: doi:10.1049/el:20080522.
    """
    real, fake = comparable(real, fake, quantize=quantize, luma=luma, border=border)
    squares = of_elements(lambda r, f: (r - f).square(), real, fake, "sum")
    pixels = torch.full_like(squares, math.prod(real.shape[1:]))
    factor = sign * (5 if root else 10)
    if not pooled:
        return _decibels(squares / pixels, data_range**2, floor=floor, factor=factor)
    finish = partial(_of_set, floor=floor, factor=factor, data_range=data_range, peak=peak)
    ends = {"lowest": real.flatten(1).amin(1), "highest": real.flatten(1).amax(1)}
    return SampleSet.of(finish, {"squares": squares, "pixels": pixels, **ends})


def _decibels(error: Tensor, power: float | Tensor, *, floor: float, factor: float) -> Tensor:
    return in_float64(lambda ratio: -factor * torch.log10(ratio), error / power + floor)


@finishes_sets
def _of_set(whole: Whole, *, floor: float, factor: float, data_range: float, peak: Peak) -> Tensor:
    error = whole["squares"].sum() / whole["pixels"].sum()
    lowest, highest = whole["lowest"].min(), whole["highest"].max()
    levels = {"observed_span": highest - lowest, "observed_maximum": highest}
    power = levels.get(peak, torch.full_like(highest, data_range)) ** 2
    return _decibels(error, power, floor=floor, factor=factor)
