"""Random numbers that two processes agree on: keyed by what is drawn, never by when or where."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from typing import Literal

import torch
from torch import Tensor

Distribution = Literal["normal", "uniform"]
# torch's own, whatever stands in for them while a function is probed
_RAND, _RANDN = torch.rand, torch.randn


class Draws:
    """What a loss that draws random numbers gets, and a function of the user's gets from torch's own functions.

    A draw is keyed by its distribution, its number of elements and how often that was drawn before, so that a mixing
    coefficient drawn as (N,) is the one drawn as (N, 1, 1, 1) elsewhere.

    Args:
        samples: how many a batch holds, for draws by sample.
        reflected: give 1 - u for mixing coefficients u, as a function that mixes the other way round would need.
    """

    def __init__(self, samples: int, *, reflected: bool = False) -> None:
        self.seen: Counter[tuple[Distribution, int]] = Counter()
        self._samples = samples
        self._reflected = reflected

    def __call__(self, name: str, shape: tuple[int, ...], kind: Distribution) -> Tensor:
        """The numbers of one draw by sample; (N, *shape), float64."""
        drawn = self.draw((self._samples, *shape), kind)
        return 1 - drawn if self._reflected and name.endswith(".alpha") else drawn

    def draw(self, shape: tuple[int, ...], kind: Distribution) -> Tensor:
        """The numbers of one draw; of that shape, float64."""
        count = math.prod(shape)
        occurrence = self.seen[kind, count]
        self.seen[kind, count] += 1
        return (normal if kind == "normal" else uniform)(f"{kind} {count} {occurrence}", *shape)


def normal(name: str, *shape: int) -> Tensor:
    """N(0, 1), the same for the same name and shape; float64."""
    return _RANDN(shape, generator=_generator(name), dtype=torch.float64)


def uniform(name: str, *shape: int) -> Tensor:
    """On [0, 1), the same for the same name and shape; float64."""
    return _RAND(shape, generator=_generator(name), dtype=torch.float64)


def _generator(name: str) -> torch.Generator:
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))
