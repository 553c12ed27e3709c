"""Random numbers keyed by seed and sample, so that no number depends on batches, workers, devices or names of files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.io.datasets import Group

DRAWN = "N(0, 1)"  # where data come from that were drawn


class SampleKeys:
    """What tells the samples of a group apart, whatever their files are called.

    It is the sha256 of a sample's bytes and, for samples of equal bytes, its rank among all of the group; of a sample
    without a file of its own, its place. Files before those that were read are hashed where their ranks are asked for.

    Args:
        group: the samples.
    """

    def __init__(self, group: Group) -> None:
        self._group = group
        self._digests: dict[int, Mapping[str, bytes]] = {}
        self._known: dict[frozenset[str], tuple[list[str], Counter[str]]] = {}

    def saw(self, index: int, digests: Mapping[str, bytes]) -> None:
        """Take in a sample: role -> sha256 of its bytes."""
        self._digests[index] = digests

    def of(self, indices: Iterable[int], roles: Collection[str]) -> list[str]:
        """The keys of samples.

        Args:
            indices: of the samples.
            roles: whose bytes count: those that are read.
        """
        places = tuple(indices)
        if self._group.by_index:
            return [str(index) if self._digests_of(index) else self._group.names[index] for index in places]
        keys, counts = self._known.setdefault(frozenset(roles), ([], Counter()))
        for index in range(len(keys), max(places, default=-1) + 1):
            told = self._told(index, roles)
            keys.append(f"{told} {counts[told]}" if self._digests_of(index) else told)
            counts[told] += 1
        return [keys[index] for index in places]

    def _digests_of(self, index: int) -> Mapping[str, bytes]:
        if index not in self._digests:
            self._digests[index] = self._group.digests(index)
        return self._digests[index]

    def _told(self, index: int, roles: Collection[str]) -> str:
        digests = self._digests_of(index)
        if not digests:
            return self._group.names[index]
        # what is made of a recording has no bytes of its own
        read = digests.keys() & set(roles) or digests.keys() & {"real"} or digests.keys()
        return "+".join(sorted(digests[role].hex() for role in read))


@dataclass(frozen=True, kw_only=True)
class SampleRandom:
    """Random numbers for the samples of one batch.

    Args:
        seed: of the run.
        keys: one a sample, as `SampleKeys` gives them.
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

    def each(self, name: str, shapes: Sequence[tuple[int, ...]], kind: Literal["normal", "uniform"]) -> Tensor:
        """The same for samples of several lengths, with zeros behind the shorter ones.

        Args:
            name: what they are for.
            shapes: of every sample; they differ in the last axis at most.
            kind: N(0, 1), or uniform on [0, 1).
        """
        drawn = [draw(self.seed, key, name, shape, kind) for key, shape in zip(self.keys, shapes, strict=True)]
        return torch.stack(padded(drawn)).to(self.like)


def place_of(index: int) -> str:
    """The name and the key of a latent: its place."""
    return f"z{index:05d}"


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


def padded(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tensors with zeros behind the last axis of the shorter ones.

    Args:
        tensors: equal in all other axes; single numbers stay what they are.
    """
    if not tensors[0].dim():
        return list(tensors)
    longest = max(tensor.shape[-1] for tensor in tensors)
    return [functional.pad(tensor, (0, longest - tensor.shape[-1])) for tensor in tensors]
