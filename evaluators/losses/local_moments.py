"""Local means and variances of two images under a sliding window: what SSIM and its kin are made of, made fast.

A separable window that slides over an image is a banded matrix on either axis. Cut into strips of `STRIP` positions it
is one small dense matrix, the same for every strip, and a blur is two batched products with it; that is several times
faster on a processor than sliding the window tap by tap. What is left is to stay in the cache: a processor works on
blocks of some strips, a core each, from sums and differences to the sums over positions, in the same few buffers.

Two things keep float32 exact to about 1e-8: four blurs of sum and difference of the images take the place of five of
the images and their products, so that the difference between the images is never lost in their size; and a constant
near the mean is taken off first, so that E[x^2] - E[x]^2 does not cancel.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.parallel import each_on_one_core
from ganloss_cli.evaluators.sharing import asked_again, shared

Padding = Literal["valid", "reflect", "zero"]
Taps = tuple[float, ...]
Region = tuple[int, int, int, int]  # first and last row, first and last column, of positions of the window
Block = tuple[Region, int, int]  # of a region, the first and the last plane

STRIP = 16  # positions; the wasted part of the product, 10 columns of 26, still costs less than a wider one
BLOCK = 1 << 16  # positions worked on at a time on a processor, to stay in its cache


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
    """Moments of sum and difference of some image planes at some positions of the window.

    With s = real + fake and d = real - fake: mean_real mean_fake = (mean_s^2 - mean_d^2) / 4, the covariance is
    (variance_s - variance_d) / 4, and the variances add up to (variance_s + variance_d) / 2.

    Args:
        means: of the sum, and of the difference; (2, positions, planes).
        variances: the same.
        scratch: whether who reads them may overwrite them.
    """

    means: Tensor
    variances: Tensor
    scratch: bool = False

    def over(self, moments: Tensor) -> Tensor | None:
        """Where a result may be written that takes the place of these moments; None: in memory of its own."""
        return moments if self.scratch else None


class _Buffers(threading.local):
    """Memory that one thread uses again for every block; new memory would cost as much as the arithmetic."""

    def __init__(self) -> None:
        self._flat: dict[str, Tensor] = {}

    def tensor(self, name: str, shape: Sequence[int], like: Tensor) -> Tensor:
        """Uninitialised, and whatever had this name before is lost."""
        size = math.prod(shape)
        if name not in self._flat or self._flat[name].numel() < size:
            self._flat[name] = like.new_empty(size)
        return self._flat[name][:size].view(*shape)


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
        return (summed(moments) / moments.means.shape[1]).view(*real.shape[:2], -1)
    n_planes = real.shape[0] * real.shape[1]
    reach = len(window.taps) - 1 if window.padding == "valid" else 0
    rows, columns = real.shape[2] - reach, real.shape[3] - reach
    on_cores = real.device.type == "cpu" and n_planes * rows * columns > BLOCK
    share = math.ceil(n_planes / torch.get_num_threads()) if on_cores else n_planes
    blocks: list[Block] = []
    for region in _regions(rows, columns, real):
        together = max(1, min(share, _block(real) // _size(region)))
        blocks.extend((region, first, min(first + together, n_planes)) for first in range(0, n_planes, together))
    needs_gradient = torch.is_grad_enabled() and (real.requires_grad or fake.requires_grad)
    window_asked_again = asked_again(window_means, real, fake, window.taps, window.padding)
    buffers = None if needs_gradient or window_asked_again else _Buffers()

    def sums(block: Block) -> Tensor:
        if buffers is None:
            return summed(_shared_moments(real, fake, window.taps, window.padding, *block))
        return summed(_moments(real, fake, window.taps, window.padding, *block, buffers))

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
        return functional.conv2d(planes[:, None], weights, stride=window.stride).flatten(1).T

    pair = (real + fake, real - fake)
    means = torch.stack([blurred(planes) for planes in pair])
    variances = torch.stack([blurred(planes * planes) for planes in pair]) - means * means
    return LocalMoments(means=means, variances=variances)


def _block(images: Tensor) -> int:
    return BLOCK if images.device.type == "cpu" else 64 * BLOCK


def _size(region: Region) -> int:
    top, bottom, left, right = region
    return (bottom - top) * (right - left)


def _regions(rows: int, columns: int, images: Tensor) -> Iterator[Region]:
    """The positions in rectangles of whole strips, and what is left at the lower and right edges."""
    for left, right in _spans(columns, columns):
        highest = max(STRIP, _block(images) // (right - left) // STRIP * STRIP)
        for top, bottom in _spans(rows, highest):
            yield top, bottom, left, right


def _spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    whole = length // STRIP * STRIP
    for first in range(0, whole, longest):
        yield first, min(first + longest, whole)
    if whole < length:
        yield whole, length


@shared
def _shared_moments(
    real: Tensor, fake: Tensor, taps: Taps, padding: Padding, region: Region, first: int, last: int
) -> LocalMoments:
    return _moments(real, fake, taps, padding, region, first, last, None)


def _moments(
    real: Tensor,
    fake: Tensor,
    taps: Taps,
    padding: Padding,
    region: Region,
    first: int,
    last: int,
    buffers: _Buffers | None,
) -> LocalMoments:
    """The moments of planes `first` to `last` in a region; without buffers, with gradients."""
    top, bottom, left, right = region
    reach = len(taps) - 1
    seen = (slice(first, last), slice(top, bottom + reach), slice(left, right + reach))
    real, fake = _planes(real, padding, reach // 2)[seen], _planes(fake, padding, reach // 2)[seen]
    maps, level = _maps(real, fake, buffers)
    blurred = _blurred(maps, taps, buffers)
    near_means, squares = blurred[:2], blurred[2:]
    scratch = buffers is not None
    variances = torch.addcmul(squares, near_means, near_means, value=-1, out=squares if scratch else None)
    means = torch.add(near_means, level, out=near_means if scratch else None)
    return LocalMoments(means=means, variances=variances, scratch=scratch)


def _maps(real: Tensor, fake: Tensor, buffers: _Buffers | None) -> tuple[Tensor, Tensor]:
    """What is blurred: sum and difference less a constant, and their squares; (4, rows, planes, columns).

    The constants, (2, 1, planes), may be any near the mean: the moments are put right again, so they have no gradient.
    """
    real, fake = real.transpose(0, 1), fake.transpose(0, 1)
    if buffers is None:
        pair = torch.stack((real + fake, real - fake))
        level = _level(pair)
        pair = pair - level
        return torch.cat((pair, pair * pair)), level.flatten(2)
    maps = buffers.tensor("maps", (4, *real.shape), real)
    torch.add(real, fake, out=maps[0])
    torch.sub(real, fake, out=maps[1])
    level = _level(maps[:2])
    maps[:2] -= level
    torch.mul(maps[:2], maps[:2], out=maps[2:])
    return maps, level.flatten(2)


def _level(pair: Tensor) -> Tensor:
    return pair[:, ::8].detach().mean((1, 3), keepdim=True)


@shared
def _planes(images: Tensor, padding: Padding, reach: int) -> Tensor:
    """(N, C, H, W) to (N * C, H, W), padded."""
    if padding != "valid":
        mode = "constant" if padding == "zero" else padding
        images = functional.pad(images, (reach, reach, reach, reach), mode=mode)
    return images.flatten(0, 1)


def _blurred(maps: Tensor, taps: Taps, buffers: _Buffers | None) -> Tensor:
    """(4, rows, planes, columns) to (4, positions, planes), the positions in no particular order."""
    reach = len(taps) - 1
    n_maps, rows, n_planes, columns = maps.shape
    vertical = _band(taps, min(rows - reach, STRIP), maps.dtype, maps.device)
    horizontal = _band(taps, min(columns - reach, STRIP), maps.dtype, maps.device)
    # columns of all planes side by side, then rows of all planes one below the other: the same memory
    strips = maps.flatten(2).unfold(1, vertical.shape[1], len(vertical))  # (4, strips, planes * columns, taps)
    down = _products(vertical, strips.mT, "down", buffers).reshape(n_maps, -1, columns)
    strips = down.unfold(2, horizontal.shape[1], len(horizontal)).transpose(1, 2)  # (4, strips, rows * planes, taps)
    return _products(horizontal, strips.mT, "both", buffers).reshape(n_maps, -1, n_planes)


def _products(band: Tensor, strips: Tensor, name: str, buffers: _Buffers | None) -> Tensor:
    """Of (positions of a strip, taps) with (maps, strips, taps, n); (maps, strips, positions of a strip, n)."""
    n_maps, n_strips, _, n = strips.shape
    band = band.expand(n_strips, *band.shape)
    if buffers is None:
        return torch.stack([torch.bmm(band, of_map) for of_map in strips])
    # a call for each map: one for all would copy the strips, which overlap
    products = buffers.tensor(name, (n_maps, n_strips, band.shape[1], n), strips)
    for of_map, product in zip(strips, products, strict=True):
        torch.bmm(band, of_map, out=product)
    return products


@functools.lru_cache(maxsize=64)
def _band(taps: Taps, strip: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The window at `strip` neighbouring positions, a row for each; (strip, strip + taps - 1)."""
    rows = [[0.0] * i + list(taps) + [0.0] * (strip - 1 - i) for i in range(strip)]
    return torch.tensor(rows, dtype=torch.float64).to(dtype).to(device)
