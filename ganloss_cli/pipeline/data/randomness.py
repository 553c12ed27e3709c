"""Random numbers keyed by seed and sample, so that no number depends on batches, workers or devices."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

DRAWN = "N(0, 1)"  # where data come from that were drawn


@dataclass(frozen=True, kw_only=True)
class SampleRandom:
    """Random numbers for the samples of one batch.

    Args:
        seed: of the run.
        keys: one a sample, such as its name.
        like: the tensor whose dtype and device the numbers take.
    """

    seed: int
    keys: Sequence[str]
    like: Tensor

    def __call__(self, name: str, shape: tuple[int, ...], kind: Literal["normal", "uniform"]) -> Tensor:
        """Independent numbers for every sample.

        Args:
            name: what they are for; another name gives other numbers.
            shape: of one sample.
            kind: N(0, 1), or uniform on [0, 1).

        Returns:
            (N, *shape).
        """
        drawn = [draw(self.seed, key, name, shape, kind) for key in self.keys]
        return torch.stack(drawn).to(self.like) if drawn else self.like.new_empty((0, *shape))


def draw(seed: int, key: str, name: str, shape: tuple[int, ...], kind: Literal["normal", "uniform"]) -> Tensor:
    """One sample's numbers: a function of the arguments alone.

    Args:
        seed: of the run.
        key: of the sample.
        name: what they are for.
        shape: how many.
        kind: N(0, 1), or uniform on [0, 1).

    Returns:
        float32, on the CPU.
    """
    # Philox is the same on every machine; sha256 is, unlike hash(), the same in every process
    entropy = int.from_bytes(hashlib.sha256(f"{seed}\0{name}\0{key}".encode()).digest()[:16], "little")
    generator = np.random.Generator(np.random.Philox(entropy))
    if kind == "normal":
        return torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))
    return torch.from_numpy(generator.random(shape, dtype=np.float32))
