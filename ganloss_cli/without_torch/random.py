"""The random numbers of torch's generator on a processor: both it and numpy's are the Mersenne twister."""

from __future__ import annotations

import numpy as np

_TOGETHER = 16  # numbers that torch makes at once
_FLOAT, _DOUBLE = np.float32(2**-24), 2.0**-53


class Generator:
    """As of torch; of one seed, which `randn` begins with anew."""

    def __init__(self) -> None:
        self.words = np.random.RandomState(0)

    def manual_seed(self, seed: int) -> Generator:
        """Begin anew."""
        self.words = np.random.RandomState(seed)
        return self

    def draw(self, count: int) -> np.ndarray:
        """Words of 32 bits."""
        return self.words.randint(0, 2**32, size=count, dtype=np.uint32)


def normal(count: int, generator: Generator) -> np.ndarray:
    """Normally distributed float32 numbers, as `torch.randn` draws them (Box-Muller).

    Args:
        count: how many.
        generator: draws them.
    """
    if count < _TOGETHER:
        return _one_by_one(count, generator)
    drawn = _uniform(count, generator)
    whole = count // _TOGETHER * _TOGETHER
    drawn[:whole] = _turned(drawn[:whole])
    if whole < count:  # the last sixteen are drawn again
        drawn[-_TOGETHER:] = _turned(_uniform(_TOGETHER, generator))
    return drawn


def _uniform(count: int, generator: Generator) -> np.ndarray:
    return (generator.draw(count) & 0xFFFFFF).astype(np.float32) * _FLOAT


def _turned(uniform: np.ndarray) -> np.ndarray:
    """Eight radii and eight angles to sixteen numbers."""
    first, second = uniform.reshape(-1, 2, 8).transpose(1, 0, 2)
    radius, angle = np.sqrt(-2 * np.log(1 - first)), np.float32(2 * np.pi) * second
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)


def _one_by_one(count: int, generator: Generator) -> np.ndarray:
    words = generator.draw(4 * ((count + 1) // 2)).astype(np.uint64)
    uniform = ((words[0::2] << np.uint64(32) | words[1::2]) & np.uint64(2**53 - 1)).astype(np.float64) * _DOUBLE
    radius, angle = np.sqrt(-2 * np.log1p(-uniform[1::2])), 2 * np.pi * uniform[0::2]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[:count].astype(np.float32)
