"""Where a loss comes from: its values at every place of a sample, as its own code has them before their mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Map:
    """What a loss has at every place.

    Args:
        name: what it is, as people call it: "local SSIM".
        values: (N, C, rows, columns), the first row on top; of spectra (N, C, frames, bands), the lowest band first.
        higher_is_better: whether the loss comes from where they are low.
        sides: of spectra, those of real and fake that the values are the difference of; the same shape each.
    """

    name: str
    values: Tensor
    higher_is_better: bool = False
    sides: tuple[Tensor, Tensor] | None = None


_kept: ContextVar[list[Map] | None] = ContextVar("ganloss_maps", default=None)


@contextmanager
def kept_maps() -> Iterator[list[Map]]:
    """Within this block, losses keep their maps in this list; outside they forget them, and compute faster for it."""
    maps: list[Map] = []
    token = _kept.set(maps)
    try:
        yield maps
    finally:
        _kept.reset(token)


def are_wanted() -> bool:
    """Whether maps are kept, for a loss that otherwise never has them in one piece."""
    return _kept.get() is not None


def keep(
    name: str, values: Tensor, *, higher_is_better: bool = False, sides: tuple[Tensor, Tensor] | None = None
) -> None:
    """Keep a map, where they are wanted; see `Map`."""
    maps = _kept.get()
    if maps is not None:
        maps.append(Map(name=name, values=values, higher_is_better=higher_is_better, sides=sides))


def keep_joined(parts: list[Map], shape: tuple[int, ...]) -> None:
    """Keep one map of maps that follow one another, as blocks of frames do.

    Args:
        parts: each with values of (frames, bands).
        shape: of the whole, but for the bands.
    """
    if parts and are_wanted():
        values, *sides = (
            torch.cat(of_parts).view(*shape, -1)
            for of_parts in zip(*((part.values, *(part.sides or ())) for part in parts), strict=True)
        )
        keep(parts[0].name, values, sides=(sides[0], sides[1]) if sides else None)
