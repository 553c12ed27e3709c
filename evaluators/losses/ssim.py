"""Structural similarity, and the many things that are called SSIM."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.image_protocols import Luma, comparable
from ganloss_cli.evaluators.losses.local_moments import window_means, window_shares
from ganloss_cli.evaluators.losses.shares import Shares
from ganloss_cli.evaluators.losses.windows import Padding, Window, gaussian, uniform

WANG = "Wang et al. 2004, Image Quality Assessment: From Error Visibility to Structural Similarity"
BLOG = "the blog on GAN loss functions"
Form = Literal["similarity", "one_minus", "half_one_minus"]

WANG2004 = Convention("wang2004", f"{WANG}, doi:10.1109/TIP.2003.819861")
REFLECTED = Convention(
    "torchmetrics", "torchmetrics 1.9.0 with data_range=1", settings={"padding": "reflect"},
    relation="also at the border, where the image is reflected",
)  # fmt: skip
RANGE_255 = Convention(
    "pytorch_msssim", "pytorch-msssim 1.0.0, data_range=255 by default", settings={"data_range": 255.0},
    relation="near 1 whatever the images: the constants are 255^2 times too large",
    mistake="images on [0, 1] are compared as if they were on [0, 255]",
)  # fmt: skip


@loss(
    family="structural",
    synonyms=("dssim",),
    keeps_maps=True,
    symmetric=True,
    span=(-1.0, 1.0),
    reference=f"{WANG}, doi:10.1109/TIP.2003.819861",
    higher_is_better=True,
    paired=True,
    images="image_only",
    weights="ema",
    interpretation="1: identical; above 0.95: hard to tell apart; 0: no structure in common",
    conventions=(
        WANG2004,
        WANG2004.alias("keras", "tensorflow 2.21.0 tf.image.ssim with max_val=1, in float32"),
        REFLECTED,
        REFLECTED.alias("ignite", "pytorch-ignite 0.5.5 ignite.metrics.SSIM with data_range=1"),
        REFLECTED.alias("kornia", "kornia 0.9.0 kornia.metrics.ssim with window_size=11"),
        Convention(
            "ffmpeg", "ffmpeg 7.0, the filter ssim on planes of one weight",
            settings={"window": "uniform", "window_size": 8, "stride": 4, "covariance": "sample"},
            relation="in 8 x 8 boxes, at every fourth position",
        ),
        Convention(
            "piq", "piq 0.8.0", settings={"shrink": True},
            relation="of images shrunk by round(shorter side / 256); the default below 384 pixels",
        ),
        RANGE_255,
        Convention(
            "scikit_image", "scikit-image 0.26.0 with data_range=1",
            settings={"window": "uniform", "window_size": 7, "covariance": "sample"},
            relation="in 7 x 7 boxes, with the sample covariance, 49/48 of the population's",
        ),
        Convention(
            "twelve_bits", "image-similarity-measures 0.3.6, max_p=4095 by default",
            settings={"window": "uniform", "window_size": 7, "covariance": "sample", "data_range": 4095 / 255},
            relation="scikit_image with constants 258 times as large: nearer to 1",
            mistake="images of 8 bits are compared as if they had 12",
        ),
        Convention(
            "sewar", "sewar 0.4.10 ssim, the first of its two values", settings={"window": "uniform"},
            relation="in 11 x 11 boxes of equal weights",
        ),
        Convention(
            "pytorch_ssim", "Po-Hsun-Su/pytorch-ssim@3add453 pytorch_ssim/__init__.py", settings={"padding": "zero"},
            relation="also at the border, beyond which is black",
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
        Convention("luma", "BT.601 luma, from 0 to 1", settings={"luma": "full"}, relation="of the luma alone"),
        Convention(
            "one_minus", "1 - SSIM, as a loss", inverted=True, leaves_span=True, settings={"form": "one_minus"},
            relation="1 - wang2004",
        ),
        Convention(
            "dssim", "(1 - SSIM) / 2, as a loss", inverted=True, settings={"form": "half_one_minus"},
            relation="(1 - wang2004) / 2",
        ),
        Convention(
            "kornia_loss", "kornia 0.9.0 ssim_loss with window_size=11", inverted=True,
            settings={"padding": "reflect", "form": "half_one_minus"}, relation="(1 - torchmetrics) / 2",
        ),
        Convention(
            "symmetric_range", "images on [-1, 1] with data_range=2", settings={"zero": 0.5},
            relation="another luminance term: grey counts as zero",
        ),
        Convention(
            "symmetric_range_as_unit", "images on [-1, 1] with data_range=1", settings={"zero": 0.5, "data_range": 0.5},
            relation="smaller constants, and grey counts as zero", mistake="images on [-1, 1] span 2, not 1",
        ),
        Convention(
            "blog", BLOG, inverted=True, leaves_span=True,
            settings={"window": "uniform", "window_size": 3, "stride": 3, "padding": "zero", "form": "one_minus"},
            relation="1 - SSIM in 3 x 3 boxes side by side",
            mistake="a pooling layer's stride is its size by default, so eight of nine positions are left out; black "
            "beyond the border counts",
        ),
    ),
)  # fmt: skip
def ssim(
    real: Tensor,
    fake: Tensor,
    *,
    data_range: float = 1.0,
    zero: float = 0.0,
    window: Literal["gaussian", "uniform"] = "gaussian",
    window_size: int = 11,
    sigma: float = 1.5,
    stride: int = 1,
    padding: Padding = "valid",
    covariance: Literal["population", "sample"] = "population",
    k1: float = 0.01,
    k2: float = 0.03,
    quantize: bool = False,
    luma: Luma = "none",
    border: int = 0,
    shrink: bool = False,
    form: Form = "similarity",
) -> Tensor:
    """Structural similarity of two images, between -1 and 1.

        SSIM = mean over positions of (2 mx my + C1) (2 sxy + C2) / ((mx^2 + my^2 + C1) (sx^2 + sy^2 + C2)),
        with C1 = (k1 L)^2 and C2 = (k2 L)^2

    where m are means, s^2 variances and sxy the covariance in a window of 11 x 11 pixels, Gaussian with sigma 1.5.

    Args:
        real: images on [0, 1]; (N, C, H, W) or (N, H, W), no side shorter than the window.
        fake: what is compared with them; the same shape.
        data_range: L, the span of the values.
        zero: the value on [0, 1] that counts as zero: 0.5 for images that were compared on [-1, 1].
        window: the shape of the window.
        window_size: its side, in pixels.
        sigma: standard deviation of a Gaussian window, in pixels.
        stride: between positions of the window, in pixels.
        padding: "valid": only where the window lies inside; "reflect" or "zero": at every pixel.
        covariance: "sample" multiplies variances and covariance by n / (n - 1), n the pixels of the window.
        k1: of the constant beside the means.
        k2: of the constant beside the variances.
        quantize: clamp and round to 8 bits first.
        luma: compare the BT.601 luma, "limited" (16 to 235) or "full".
        border: pixels that are cut off on every side.
        shrink: average squares of round(shorter side / 256) pixels first.
        form: the similarity, 1 - similarity, or half of that.

    Returns:
        (N,): the mean over positions and channels; 1 for identical images. Not clamped.

    Convention: each channel on its own, then their mean; population covariance; positions where the window lies
    inside. scikit-image agrees with gaussian_weights=True, sigma=1.5, use_sample_covariance=False.

    Reference: doi:10.1109/TIP.2003.819861.
    """
    real, fake = comparable(real, fake, quantize=quantize, luma=luma, border=border, shrink=shrink)
    taps = gaussian(window_size, sigma) if window == "gaussian" else uniform(window_size)
    n_pixels = window_size**2
    scale = n_pixels / (n_pixels - 1) if covariance == "sample" else 1.0
    shares = Shares(c1=(k1 * data_range) ** 2, c2=(k2 * data_range) ** 2 / scale, zero=zero)
    seen = Window(taps=taps, padding=padding, stride=stride)
    means = window_means(shares, real, fake, seen)
    if maps.are_wanted():
        similar = 1 - dissimilarity(window_shares(shares, real, fake, seen))
        maps.keep("local SSIM", similar, higher_is_better=True)
    one_minus = dissimilarity(means).mean(1)
    return {"similarity": 1 - one_minus, "one_minus": one_minus, "half_one_minus": one_minus / 2}[form].to(real.dtype)


def dissimilarity(means: Tensor) -> Tensor:
    """1 - SSIM from the means of `Shares`.

    The factors of SSIM are 1 - 2 a and 1 - 2 b: exact to the last digit where the images agree, and one division less.

    Args:
        means: (..., 3), or the shares of one position.

    Returns:
        (...).
    """
    a, b, both = means.unbind(-1)
    return 2 * a + 2 * b - 4 * both
