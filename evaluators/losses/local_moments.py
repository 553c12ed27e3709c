"""Local means and variances of two images under a sliding window: what SSIM and its kin are made of, made fast.

A processor works on blocks that stay in its cache, a core each, from sums and differences of the images by way of their
blurs to the sums over positions, in the same memory for every block.

Two things keep float32 exact to about 1e-8: four blurs of sum and difference of the images take the place of five of
the images and their products, so that the difference between the images is never lost in their size; and a constant
near the mean is taken off first, so that E[x^2] - E[x]^2 does not cancel.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses import compiled
from ganloss_cli.evaluators.losses.banded import STRIP, blurred, blurs, strips_across, strips_down
from ganloss_cli.evaluators.losses.shares import LocalMoments, Shares
from ganloss_cli.evaluators.losses.windows import Padding, Taps, Window
from ganloss_cli.evaluators.parallel import each_on_one_core
from ganloss_cli.evaluators.sharing import asked_again, shared

Region = tuple[int, int, int, int]  # first and last row, first and last column, of positions of the window
Block = tuple[Region, int, int]  # of a region, the first and the last plane

BLOCK = 1 << 17  # positions worked on at a time on a processor, to stay in its cache


class _Pair(NamedTuple):
    """Planes of both images; (planes, H, W)."""

    real: Tensor
    fake: Tensor


class _Workspace:
    """Memory for blocks of one shape, and every view into it: to make them anew takes as long as a block's arithmetic.

    Args:
        memory: at least twice as large as what is blurred; what it holds is lost.
        shape: of one map with what the window reaches; (rows, planes, columns).
        taps: of the window.
    """

    def __init__(self, memory: Tensor, shape: torch.Size, taps: Taps) -> None:
        rows, n_planes, columns = shape
        n_rows, n_columns = rows - len(taps) + 1, columns - len(taps) + 1
        first, second = memory.view(2, -1)
        maps = _part(first, 4, *shape)
        self.sum, self.difference = maps[:2]
        self.pair, self.squares = maps[:2], maps[2:]
        self.sampled = maps[:2, ::8]
        down = _part(second, 4, n_rows, n_planes, columns)
        # both ways, where the maps were: they are not needed any more
        both = _part(first, 4, n_rows * n_columns, n_planes)
        self.blurs = (
            *blurs(strips_down(maps, taps), taps, down),
            *blurs(strips_across(down.view(4, -1, columns), taps), taps, both),
        )
        self.means, self.mean_squares = both[:2], both[2:]
        self.variances = _part(second, 2, n_rows * n_columns, n_planes)
        self.moments = LocalMoments(
            mean_sum=both[0],
            mean_difference=both[1],
            variance_sum=self.variances[0],
            variance_difference=self.variances[1],
            scratch=True,
        )


class _Workspaces(threading.local):
    """The workspaces of one thread, which lie in the same memory."""

    def __init__(self) -> None:
        self._memory = torch.empty(0)
        self._of_shapes: dict[torch.Size, _Workspace] = {}

    def of(self, seen: Tensor, taps: Taps) -> _Workspace:
        """One for (rows, planes, columns) like these. Uninitialised, and what any other held is lost."""
        shape = seen.shape
        if shape not in self._of_shapes:
            size = 8 * seen.numel()
            if self._memory.numel() < size:
                self._memory = seen.new_empty(size)
            self._of_shapes[shape] = _Workspace(self._memory[:size], shape, taps)
        return self._of_shapes[shape]


def window_means(shares: Shares, real: Tensor, fake: Tensor, window: Window) -> Tensor:
    """Mean, over all positions of the window, of the difference's shares in the moments there.

    Args:
        shares: which, and the constants beside them; k of them.
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
        return (shares(moments) / len(moments.mean_sum)).view(*real.shape[:2], -1)
    needs_gradient = torch.is_grad_enabled() and (real.requires_grad or fake.requires_grad)
    if not needs_gradient and compiled.serves(real, fake, window.taps):
        pair = _Pair(*(_planes(images, window.padding, len(window.taps) // 2) for images in (real, fake)))
        return compiled.means(shares, pair.real, pair.fake, window.taps).view(*real.shape[:2], -1)
    n_planes = real.shape[0] * real.shape[1]
    reach = len(window.taps) - 1 if window.padding == "valid" else 0
    rows, columns = real.shape[2] - reach, real.shape[3] - reach
    on_cores = real.device.type == "cpu" and n_planes * rows * columns > BLOCK
    share = math.ceil(n_planes / torch.get_num_threads()) if on_cores else n_planes
    blocks: list[Block] = []
    for region in _regions(rows, columns, real):
        together = max(1, min(share, _block(real) // _size(region)))
        blocks.extend((region, first, min(first + together, n_planes)) for first in range(0, n_planes, together))
    window_asked_again = asked_again(window_means, real, fake, window.taps, window.padding)
    if needs_gradient or window_asked_again:
        moments_of = functools.partial(_shared_moments, real, fake, window.taps, window.padding)
    else:
        planes = _Pair(*(_planes(images, window.padding, len(window.taps) // 2) for images in (real, fake)))
        moments_of = functools.partial(_moments_in_place, planes, window.taps, _Workspaces())

    def sums(block: Block) -> Tensor:
        return shares(moments_of(*block))

    parts = each_on_one_core(sums, blocks) if on_cores else [sums(block) for block in blocks]
    # blocks come region by region, and every region has all planes
    of_regions = torch.cat(parts).view(-1, n_planes, parts[0].shape[1])
    return (of_regions.sum(0) / (rows * columns)).view(*real.shape[:2], -1)


def window_shares(shares: Shares, real: Tensor, fake: Tensor, window: Window) -> Tensor:
    """The same shares at every position of the window, where `window_means` has their means.

    Args:
        shares: which, and the constants beside them.
        real: (N, C, H, W), that the window fits into.
        fake: the same.
        window: the window that slides over both.

    Returns:
        (N, C, rows, columns, 3).
    """
    reach = len(window.taps) - 1 if window.padding == "valid" else 0
    rows, columns = ((side - reach - 1) // window.stride + 1 for side in real.shape[2:])
    n_planes = real.shape[0] * real.shape[1]
    if window.stride > 1:
        at = shares.at_positions(_strided_moments(real, fake, window)).view(rows, columns, n_planes, 3)
    else:
        at = real.new_empty(rows, columns, n_planes, 3)
        for region in _regions(rows, columns, real):
            top, bottom, left, right = region
            moments = _shared_moments(real, fake, window.taps, window.padding, region, 0, n_planes)
            # of a region the columns come first
            of_region = shares.at_positions(moments).view(right - left, bottom - top, n_planes, 3)
            at[top:bottom, left:right] = of_region.transpose(0, 1)
    return at.permute(2, 0, 1, 3).reshape(*real.shape[:2], rows, columns, 3)


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

    total, difference = real + fake, real - fake
    mean_sum, mean_difference = blurred(total), blurred(difference)
    return LocalMoments(
        mean_sum=mean_sum,
        mean_difference=mean_difference,
        variance_sum=blurred(total**2) - mean_sum**2,
        variance_difference=blurred(difference**2) - mean_difference**2,
    )


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
    """The moments of planes `first` to `last` in a region, in memory of their own and with gradients."""
    real, fake = (_seen(_planes(images, padding, len(taps) // 2), taps, region, first, last) for images in (real, fake))
    pair = torch.stack((real + fake, real - fake))
    level = _level(pair[:, ::8])
    down = blurred(strips_down(torch.cat((pair, (pair - level) ** 2)), taps), taps)
    both = blurred(strips_across(down.view(4, -1, pair.shape[3]), taps), taps)
    moments = both.view(4, -1, pair.shape[2])
    variances = moments[2:] - (moments[:2] - level.flatten(2)) ** 2
    return LocalMoments(
        mean_sum=moments[0], mean_difference=moments[1], variance_sum=variances[0], variance_difference=variances[1]
    )


def _moments_in_place(
    planes: _Pair, taps: Taps, workspaces: _Workspaces, region: Region, first: int, last: int
) -> LocalMoments:
    """The same, valid until this thread asks for others."""
    real, fake = (_seen(images, taps, region, first, last) for images in planes)
    space = workspaces.of(real, taps)
    torch.add(real, fake, out=space.sum)
    torch.sub(real, fake, out=space.difference)
    level = _level(space.sampled)
    _squared_distance(space.pair, level, space.squares)
    for band, strips, result in space.blurs:
        torch.bmm(band, strips, out=result)
    _squared_distance(space.means, level.flatten(2), space.variances)
    torch.sub(space.mean_squares, space.variances, out=space.variances)
    return space.moments


def _seen(planes: Tensor, taps: Taps, region: Region, first: int, last: int) -> Tensor:
    """What the window sees of some planes at some positions; (rows, planes, columns)."""
    top, bottom, left, right = region
    reach = len(taps) - 1
    return planes[first:last, top : bottom + reach, left : right + reach].transpose(0, 1)


def _level(pair: Tensor) -> Tensor:
    """A constant near the mean of every plane, (2, 1, planes, 1): any will do, so it has no gradient."""
    return pair.detach().mean((1, 3), keepdim=True)


def _squared_distance(values: Tensor, level: Tensor, result: Tensor) -> None:
    """(values - level)^2 in one pass over memory."""
    torch.ops.aten.mse_loss.out(values, level, 0, out=result)  # 0: not reduced


@shared
def _planes(images: Tensor, padding: Padding, reach: int) -> Tensor:
    """(N, C, H, W) to (N * C, H, W), padded."""
    if padding != "valid":
        mode = "constant" if padding == "zero" else padding
        images = functional.pad(images, (reach, reach, reach, reach), mode=mode)
    return images.flatten(0, 1)


def _part(memory: Tensor, *shape: int) -> Tensor:
    return memory[: math.prod(shape)].view(shape)
