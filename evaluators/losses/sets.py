"""Losses over a whole set, which no sample has a value of its own for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganloss_cli.evaluators.shapes import check_one_shape

Whole = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """What a loss over a set needs of every sample, and how the set's loss follows from all of them.

    Args:
        finish: the loss, or its named terms, of the tensors of all samples; float64.
        parts: by name, tensors whose first axis is the sample, one for each batch so far.
    """

    finish: Callable[[Whole], Tensor | Mapping[str, Tensor]]
    parts: Mapping[str, tuple[Tensor, ...]]

    @classmethod
    def of(cls, finish: Callable[[Whole], Tensor | Mapping[str, Tensor]], parts: Whole) -> SampleSet:
        """The set that holds one batch."""
        return cls(finish=finish, parts={name: (tensor,) for name, tensor in parts.items()})

    @classmethod
    def summed(cls, values: Tensor) -> SampleSet:
        """The set whose loss is the sum of what its samples give."""
        return cls.of(_sum, {"values": values})

    @property
    def count(self) -> int:
        """How many samples went in, of the larger side."""
        return max(sum(map(len, tensors)) for tensors in self.parts.values())

    def merge(self, other: SampleSet) -> SampleSet:
        """The set of both sets' samples.

        Raises:
            InputError: what it needs of them has different shapes.
        """
        for name, tensors in self.parts.items():
            check_one_shape(name, tensors[0], other.parts[name][0])
        return SampleSet(
            finish=self.finish, parts={name: tensors + other.parts[name] for name, tensors in self.parts.items()}
        )

    def detach(self) -> SampleSet:
        """The same set without the graph that made its tensors."""
        parts = {name: tuple(tensor.detach() for tensor in tensors) for name, tensors in self.parts.items()}
        return SampleSet(finish=self.finish, parts=parts)

    def value(self) -> Tensor | Mapping[str, Tensor]:
        """The loss, or its named terms, as float64 tensors that can be differentiated."""
        # .double() on the device would fail on MPS, which has no float64
        return self.finish({name: torch.cat([t.cpu().double() for t in ts]) for name, ts in self.parts.items()})

    def compute(self) -> float | dict[str, float]:
        """The loss of the set, or its named terms."""
        value = self.value()
        if isinstance(value, Tensor):
            return float(value.detach())
        return {name: float(term.detach()) for name, term in value.items()}


def _sum(whole: Whole) -> Tensor:
    return whole["values"].sum()
