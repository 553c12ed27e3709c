"""Multi-scale structural similarity mixed with a blurred absolute difference, a loss of image restoration."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.losses.image_protocols import comparable
from ganloss_cli.evaluators.losses.local_moments import window_shares
from ganloss_cli.evaluators.losses.shares import Shares
from ganloss_cli.evaluators.losses.windows import Taps, Window, gaussian

ZHAO = "Zhao et al. 2017, Loss Functions for Image Restoration with Neural Networks, arXiv:1511.08861"
SIGMAS = (0.5, 1.0, 2.0, 4.0, 8.0)  # pixels, the coarsest last
COPIES = 3  # of every scale's window, in the layout that goes astray


@distance(
    family="structural",
    synonyms=("mixture", "msssim_l1"),
    symmetric=True,
    images="image_only",
    reference=ZHAO,
    interpretation="0: identical; .84 of what MS-SSIM lacks to 1, and .16 of the mean absolute difference",
    conventions=(
        Convention("zhao2017", f"{ZHAO}, equation 13, at every pixel in place of a patch's centre"),
        Convention(
            "pl4nn", "NVlabs/PL4NN@f2019de src/loss.py, MSSSIML1, at every pixel in place of a patch's centre",
            settings={"alpha": 0.025}, relation=".025 and .975 in place of .84 and .16: nearly the difference alone",
        ),
        Convention(
            "kornia", "kornia 0.9.0 MS_SSIMLoss", settings={"alpha": 0.025, "scale": 200.0},
            relation="200 times pl4nn, so far above 1",
        ),
        Convention(
            "kornia_before_0_9", "psyrocloud/MS-SSIM_L1_LOSS@6c97918 MS_SSIM_L1_loss.py; kornia 0.8.2 MS_SSIMLoss",
            settings={"alpha": 0.025, "scale": 200.0, "layout": "scale_major"},
            relation="one product of all channels, each seen at some of the scales",
            mistake="windows are laid out scale by scale where the grouped convolution wants them channel by channel: "
            "red is seen at the two finest scales alone and blue at the two coarsest, and luminance is blue's, cubed",
        ),
    ),
)  # fmt: skip
def ms_ssim_l1(
    real: Tensor,
    fake: Tensor,
    *,
    alpha: float = 0.84,
    scale: float = 1.0,
    data_range: float = 1.0,
    sigmas: tuple[float, ...] = SIGMAS,
    k1: float = 0.01,
    k2: float = 0.03,
    layout: Literal["channel_major", "scale_major"] = "channel_major",
) -> Tensor:
    """MS-SSIM and the absolute difference, mixed.

        mean over pixels and channels of scale (alpha (1 - l_M prod_j cs_j) + (1 - alpha) G_M * |r - f| / L)

    where l is SSIM's luminance, cs its contrast and structure, j runs over Gaussians, M is the widest, and G_M * is a
    blur by it. All have as many taps as the widest, 4 sigma_M + 1.

    Args:
        real: images on [0, 1]; (N, C, H, W) or (N, H, W).
        fake: what is compared with them; the same shape.
        alpha: the share of MS-SSIM, from 0 to 1.
        scale: what the loss is multiplied by.
        data_range: L, the span of the values.
        sigmas: standard deviations of the Gaussians, in pixels, the coarsest last.
        k1: of the constant beside the means.
        k2: of the constant beside the variances.
        layout: "scale_major" gives every channel the windows that copies get that list them scale by scale, a mistake.

    Returns:
        (N,), not negative where contrasts agree.

    Convention: all scales have full resolution, unlike ms_ssim's, and beyond the border the images are black. The
    authors' code looks at the centre of each patch alone; kornia multiplies by 200 and weighs MS-SSIM by .025.

    Raises:
        InputError: the shapes differ or are not of images; scale_major with a number of channels that does not divide
            three windows a scale.

    Reference: arXiv:1511.08861.
    """
    real, fake = comparable(real, fake)
    taps = [gaussian(2 * int(2 * sigmas[-1]) + 1, sigma) for sigma in sigmas]
    shares = Shares(c1=(k1 * data_range) ** 2, c2=(k2 * data_range) ** 2)
    of_scales = [window_shares(shares, real, fake, Window(taps=each, padding="zero")) for each in taps]
    luminance, contrast = (1 - 2 * torch.stack([each[..., k] for each in of_scales]) for k in (0, 1))
    if layout == "channel_major":
        similarity = (luminance[-1] * contrast.prod(0)).mean(1)
    else:
        similarity = _product_of_all(luminance, contrast)
    blurred = _blurred((real - fake).abs(), taps[-1]).mean(1) / data_range
    return scale * (alpha * (1 - similarity) + (1 - alpha) * blurred).flatten(1).mean(1)


def _product_of_all(luminance: Tensor, contrast: Tensor) -> Tensor:
    """What a list of windows, three a scale, gives when a channel takes as many as follow one another in it.

    Args:
        luminance: (scales, N, C, H, W).
        contrast: the same.
    """
    n_scales, channels = len(luminance), luminance.shape[2]
    each, rest = divmod(COPIES * n_scales, channels)
    if rest:
        raise InputError(f"{COPIES * n_scales} windows cannot be dealt to {channels} channels", hint="use RGB images")
    pairs = [(place // COPIES, place // each) for place in range(COPIES * n_scales)]
    factors = [luminance[at, :, channel] for at, channel in pairs[-COPIES:]]
    factors += [contrast[at, :, channel] for at, channel in pairs]
    return torch.stack(factors).prod(0)


def _blurred(planes: Tensor, taps: Taps) -> Tensor:
    """By a separable window, with zeros beyond the border; (N, C, H, W)."""
    reach, channels = len(taps) // 2, planes.shape[1]
    window = planes.new_tensor(taps).expand(channels, 1, 1, -1)
    across = functional.conv2d(planes, window, padding=(0, reach), groups=channels)
    return functional.conv2d(across, window.transpose(2, 3), padding=(reach, 0), groups=channels)
