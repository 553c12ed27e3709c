"""Local means and variances of two images under a sliding window: what SSIM and its kin are made of, made fast.

A separable window that slides over an image is a banded matrix on either axis. Cut into strips of `STRIP` positions it
is one small dense matrix, the same for every strip, and a blur is two products with it; that is several times faster on
a processor than sliding the window tap by tap. Two things keep float32 exact to about 1e-8: four blurs of sum and
difference of the images take the place of five of the images and their products, so that the difference between the
images is never lost in their size; and a constant near the mean is taken off first, so that E[x^2] - E[x]^2 does not
cancel.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.parallel import each_on_one_core
from ganloss_cli.evaluators.sharing import shared

Padding = Literal["valid", "reflect", "zero"]
Taps = tuple[float, ...]
Region = tuple[int, int, int, int]  # first and last row, first and last column, of positions of the window
Block = tuple[Region, int, int]  # of a region, the first and the last plane

STRIP = 16  # positions; the wasted part of the product, 10 columns of 26, still costs less than a wider one
BLOCK = 1 << 18  # positions worked on at a time on a processor, to stay in its cache


@dataclass(frozen=True, kw_only=True)
class Window:
    """A separable window and where it may stand.

    Args:
        taps: its weights along either axis; they add up to 1.
        padding: "valid": only inside the image; else centred on every pixel, with the image reflected at its border
            without repeating the border ("reflect"), or zero beyond it ("zero").
        stride: pixels from one position to the next.
    """

    taps: Taps
    padding: Padding = "valid"
    stride: int = 1


@dataclass(frozen=True, kw_only=True)
class LocalMoments:
    """Moments of some image planes at some positions of the window; each is (planes, positions).

    With s = real + fake and d = real - fake: mean_real mean_fake = (mean_s^2 - mean_d^2) / 4, the covariance is
    (variance_s - variance_d) / 4, and the variances add up to (variance_s + variance_d) / 2.
    """

    mean_of_sum: Tensor
    mean_of_difference: Tensor
    variance_of_sum: Tensor
    variance_of_difference: Tensor


@functools.cache
def gaussian(size: int, sigma: float) -> Taps:
    """A sampled Gaussian of `size` taps, normalised.

    Args:
        size: number of taps.
        sigma: standard deviation, in pixels.
    """
    weights = [math.exp(-(((i - (size - 1) / 2) / sigma) ** 2) / 2) for i in range(size)]
    return tuple(weight / math.fsum(weights) for weight in weights)


def uniform(size: int) -> Taps:
    """A box of `size` taps."""
    return (1 / size,) * size


def window_means(summed: Callable[[LocalMoments], Tensor], real: Tensor, fake: Tensor, window: Window) -> Tensor:
    """Mean, over all positions of the window, of something computed from the moments there.

    Args:
        summed: from the moments of some planes, sums over their positions; (planes, k).
        real: (N, C, H, W).
        fake: (N, C, H, W).
        window: the window that slides over both.

    Returns:
        (N, C, k).

    Raises:
        InputError: the window does not fit into the image.
    """
    _check_size(real, window)
    if window.stride > 1:
        moments = _strided_moments(real, fake, window)
        return (summed(moments) / moments.mean_of_sum.shape[1]).view(*real.shape[:2], -1)
    n_planes = real.shape[0] * real.shape[1]
    reach = len(window.taps) - 1 if window.padding == "valid" else 0
    rows, columns = real.shape[2] - reach, real.shape[3] - reach
    on_cores = real.device.type == "cpu" and n_planes * rows * columns > BLOCK // 4
    share = math.ceil(n_planes / torch.get_num_threads()) if on_cores else n_planes
    blocks: list[Block] = []
    for region in _regions(rows, columns, real):
        together = max(1, min(share, _block(real) // _size(region)))
        blocks.extend((region, first, min(first + together, n_planes)) for first in range(0, n_planes, together))

    def sums(block: Block) -> Tensor:
        return summed(_moments(real, fake, window.taps, window.padding, *block))

    parts = each_on_one_core(sums, blocks) if on_cores else [sums(block) for block in blocks]
    # blocks come region by region, and every region has all planes
    of_regions = torch.cat(parts).view(-1, n_planes, parts[0].shape[1])
    return (of_regions.sum(0) / (rows * columns)).view(*real.shape[:2], -1)


def _check_size(images: Tensor, window: Window) -> None:
    height, width = images.shape[2:]
    # a reflection has no pixels beyond the opposite border
    needed = {"valid": len(window.taps), "reflect": len(window.taps) // 2 + 1, "zero": 1}[window.padding]
    if min(height, width) < needed:
        raise InputError(
            f"images of {height} x {width} pixels are too small for a window of {len(window.taps)} x "
            f"{len(window.taps)}, which needs {needed} x {needed}",
            hint="give larger images, or a smaller window with --set LOSS.window_size=SIZE",
        )


def _strided_moments(real: Tensor, fake: Tensor, window: Window) -> LocalMoments:
    reach = len(window.taps) // 2
    real, fake = _planes(real, window.padding, reach), _planes(fake, window.padding, reach)
    taps = torch.tensor(window.taps, dtype=torch.float64).to(real.dtype).to(real.device)
    weights = torch.outer(taps, taps)[None, None]

    def blurred(planes: Tensor) -> Tensor:
        return functional.conv2d(planes[:, None], weights, stride=window.stride).flatten(1)

    total, difference = real + fake, real - fake
    mean_s, mean_d = blurred(total), blurred(difference)
    return LocalMoments(
        mean_of_sum=mean_s,
        mean_of_difference=mean_d,
        variance_of_sum=blurred(total * total) - mean_s * mean_s,
        variance_of_difference=blurred(difference * difference) - mean_d * mean_d,
    )


def _block(images: Tensor) -> int:
    return BLOCK if images.device.type == "cpu" else 64 * BLOCK


def _size(region: Region) -> int:
    top, bottom, left, right = region
    return (bottom - top) * (right - left)


def _regions(rows: int, columns: int, images: Tensor) -> Iterator[Region]:
    """The positions in rectangles of whole strips, and what is left at the lower and right edges."""
    highest = max(STRIP, _block(images) // columns // STRIP * STRIP)
    for top, bottom in _spans(rows, highest):
        for left, right in _spans(columns, columns):
            yield top, bottom, left, right


def _spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    whole = length // STRIP * STRIP
    for first in range(0, whole, longest):
        yield first, min(first + longest, whole)
    if whole < length:
        yield whole, length


@shared
def _moments(
    real: Tensor, fake: Tensor, taps: Taps, padding: Padding, region: Region, first: int, last: int
) -> LocalMoments:
    """The moments of planes `first` to `last` in a region."""
    top, bottom, left, right = region
    reach = len(taps) - 1
    seen = (slice(first, last), slice(top, bottom + reach), slice(left, right + reach))
    real, fake = _planes(real, padding, reach // 2)[seen], _planes(fake, padding, reach // 2)[seen]
    # any constant near the mean does: the moments are put right again, so its gradient is nil
    level_real, level_fake = _level(real), _level(fake)
    real, fake = real - level_real, fake - level_fake
    total, difference = real + fake, real - fake
    mean_s, mean_d = _blurred(total, taps), _blurred(difference, taps)
    return LocalMoments(
        mean_of_sum=mean_s + (level_real + level_fake).flatten(1),
        mean_of_difference=mean_d + (level_real - level_fake).flatten(1),
        variance_of_sum=torch.addcmul(_blurred(total * total, taps), mean_s, mean_s, value=-1),
        variance_of_difference=torch.addcmul(_blurred(difference * difference, taps), mean_d, mean_d, value=-1),
    )


@shared
def _planes(images: Tensor, padding: Padding, reach: int) -> Tensor:
    """(N, C, H, W) to (N * C, H, W), padded."""
    if padding != "valid":
        mode = "constant" if padding == "zero" else padding
        images = functional.pad(images, (reach, reach, reach, reach), mode=mode)
    return images.flatten(0, 1)


def _level(planes: Tensor) -> Tensor:
    return planes[:, ::8].detach().mean((1, 2), keepdim=True)


def _blurred(planes: Tensor, taps: Taps) -> Tensor:
    """(planes, rows, columns) to (planes, positions), the positions in no particular order."""
    reach = len(taps) - 1
    rows, columns = planes.shape[1] - reach, planes.shape[2] - reach
    vertical = _band(taps, min(rows, STRIP), planes.dtype, planes.device)
    horizontal = _band(taps, min(columns, STRIP), planes.dtype, planes.device)
    return (_by_convolution if planes.device.type == "cpu" else _by_products)(planes, vertical, horizontal)


def _by_convolution(planes: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    # A strided convolution with a channel for every position of a strip is the product with the band; on a processor
    # it is twice as fast as the batched product, while on a GPU cuDNN may round its operands to TF32.
    down = functional.conv2d(planes[:, None], vertical[:, None, :, None], stride=(len(vertical), 1))
    both = functional.conv2d(down.flatten(1, 2)[:, None], horizontal[:, None, None, :], stride=(1, len(horizontal)))
    return both.flatten(1)


def _by_products(planes: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    down = vertical @ planes.unfold(1, vertical.shape[1], len(vertical)).mT
    both = down.flatten(1, 2).unfold(2, horizontal.shape[1], len(horizontal)) @ horizontal.mT
    return both.flatten(1)


@functools.lru_cache(maxsize=64)
def _band(taps: Taps, strip: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The window at `strip` neighbouring positions, a row for each; (strip, strip + taps - 1)."""
    rows = [[0.0] * i + list(taps) + [0.0] * (strip - 1 - i) for i in range(strip)]
    return torch.tensor(rows, dtype=torch.float64).to(dtype).to(device)
