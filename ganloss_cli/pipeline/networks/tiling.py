"""Images too large for one forward pass of the generator, in tiles."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ganloss_cli.errors import InputError

# Pixels of the input seen around each tile and cut off again.
# Convolutions reach this far at most in part, so a seam may stay visible; a larger tile has fewer of them.
MARGIN = 32


def tiled(make: Callable[[Tensor], Tensor], images: Tensor, tile: int | None) -> Tensor:
    """What the generator makes of images, tile by tile.

    Args:
        make: the generator; its output is a whole multiple of its input in size.
        images: (N, C, H, W).
        tile: side of a tile in pixels of the input; None, or images no larger, take one pass.

    Returns:
        (N, C', s H, s W).

    Raises:
        InputError: the generator's output is no multiple of its input.
    """
    if tile is None or images.dim() != 4 or max(images.shape[2:]) <= tile:
        return make(images)
    height, width = images.shape[2:]
    rows = []
    for top in range(0, height, tile):
        row = []
        for left in range(0, width, tile):
            row.append(_one(make, images, top, left, tile))
        rows.append(torch.cat(row, dim=3))
    return torch.cat(rows, dim=2)


def _one(make: Callable[[Tensor], Tensor], images: Tensor, top: int, left: int, tile: int) -> Tensor:
    height, width = images.shape[2:]
    bottom, right = min(top + tile, height), min(left + tile, width)
    first_row, first_column = max(top - MARGIN, 0), max(left - MARGIN, 0)
    seen = images[:, :, first_row : min(bottom + MARGIN, height), first_column : min(right + MARGIN, width)]
    made = make(seen)
    scale = made.shape[2] // seen.shape[2] if made.dim() == 4 else 0
    if scale == 0 or made.shape[2:] != (seen.shape[2] * scale, seen.shape[3] * scale):
        raise InputError(
            f"--tile: the generator makes {tuple(made.shape[1:])} of {tuple(seen.shape[1:])}, no whole multiple",
            hint="choose a --tile that is a multiple of the generator's stride",
        )
    rows = slice((top - first_row) * scale, (bottom - first_row) * scale)
    columns = slice((left - first_column) * scale, (right - first_column) * scale)
    return made[:, :, rows, columns]
