"""Windows that slide over an image, and where they may stand."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal

Padding = Literal["valid", "reflect", "zero"]
Taps = tuple[float, ...]


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
