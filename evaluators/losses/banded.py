"""Blurs with a separable window, as products with a banded matrix.

A strip is the rows (columns) that the window sees from STRIP neighbouring positions. Blurring it is one small product
with the same banded matrix for every strip, several times faster on a processor than sliding the window tap by tap.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from ganloss_cli.evaluators.losses.windows import Taps

STRIP = 8  # positions; of the product, 10 columns of 18 are wasted, but narrower ones are too small to be fast


def strips_down(maps: Tensor, taps: Taps) -> Tensor:
    """(maps, rows, planes, columns) to (maps, strips, rows of a strip, planes * columns); a view."""
    strip = min(maps.shape[1] - len(taps) + 1, STRIP)
    return maps.flatten(2).unfold(1, strip + len(taps) - 1, strip).mT


def strips_across(maps: Tensor, taps: Taps) -> Tensor:
    """(maps, rows, columns) to (maps, strips, columns of a strip, rows); a view."""
    strip = min(maps.shape[2] - len(taps) + 1, STRIP)
    return maps.unfold(2, strip + len(taps) - 1, strip).transpose(1, 2).mT


def blurs(strips: Tensor, taps: Taps, results: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Band, strips and result of each map, for torch.bmm."""
    band = _bands(strips, taps)
    of_maps = results.view(len(strips), *band.shape[:2], strips.shape[3])
    return [(band, of_map, result) for of_map, result in zip(strips, of_maps, strict=True)]


def blurred(strips: Tensor, taps: Taps) -> Tensor:
    """(maps, strips, length of a strip, n) to (maps, strips, positions of a strip, n)."""
    band = _bands(strips, taps)
    # a call for each map: one for all would copy the strips, which overlap
    return torch.stack([torch.bmm(band, of_map) for of_map in strips])


def _bands(strips: Tensor, taps: Taps) -> Tensor:
    """The same for every strip; (strips, positions of a strip, length of a strip)."""
    n_positions = strips.shape[2] - len(taps) + 1
    return _band(taps, n_positions, strips.dtype, strips.device).expand(strips.shape[1], -1, -1)


@functools.lru_cache(maxsize=64)
@torch.inference_mode(False)  # it is kept, and may have to do with gradients later
def _band(taps: Taps, strip: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The window at `strip` neighbouring positions, a row for each; (strip, strip + taps - 1)."""
    rows = [[0.0] * i + list(taps) + [0.0] * (strip - 1 - i) for i in range(strip)]
    return torch.tensor(rows, dtype=torch.float64).to(dtype).to(device)
