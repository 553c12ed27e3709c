"""Losses over a whole set, which no sample has a value of its own for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Self, TypeVar

import torch
from torch import Tensor

from ganloss_cli.evaluators.shapes import check_one_shape
from ganloss_cli.evaluators.statistics import State, array_of, travels

Whole = Mapping[str, Tensor]
Finish = TypeVar("Finish", bound=Callable[..., Tensor | Mapping[str, Tensor]])
_FINISHES: dict[str, Callable[..., Tensor | Mapping[str, Tensor]]] = {}


def finishes_sets(function: Finish) -> Finish:
    """Enter what `SampleSet.finish` may be, and return it unchanged: its name then stands for it in other processes.

    Settings beside the tensors are keywords, of types that JSON has.
    """
    _FINISHES[_name(function)] = function
    return function


def _name(function: Callable[..., object]) -> str:
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


@travels
@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """What a loss over a set needs of every sample, and how the set's loss follows from all of them.

    Args:
        finish: the loss, or its named terms, of the tensors of all samples; float64. A function marked
            `@finishes_sets`, or a partial of one.
        parts: by name, tensors whose first axis is the sample, one for each batch so far.
    """

    finish: Callable[[Whole], Tensor | Mapping[str, Tensor]]
    parts: Mapping[str, tuple[Tensor, ...]]

    @classmethod
    def of(cls, finish: Callable[[Whole], Tensor | Mapping[str, Tensor]], parts: Whole) -> Self:
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

    def merge(self, other: SampleSet) -> Self:
        """The set of both sets' samples.

        Raises:
            InputError: what it needs of them has different shapes.
        """
        self.check_beside(other)
        return replace(self, parts={name: tensors + other.parts[name] for name, tensors in self.parts.items()})

    def check_beside(self, other: SampleSet) -> None:
        """Refuse samples of which it needs other shapes.

        Raises:
            InputError: what it needs of them has different shapes.
        """
        for name, tensors in self.parts.items():
            check_one_shape(name, tensors[0], other.parts[name][0])

    def detach(self) -> Self:
        """The same set without the graph that made its tensors."""
        parts = {name: tuple(tensor.detach() for tensor in tensors) for name, tensors in self.parts.items()}
        return replace(self, parts=parts)

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

    @property
    def is_cheap(self) -> bool:
        """Whether it is computed anew well below a second."""
        return True

    def redrawn(self, draw: Callable[[int], Tensor]) -> SampleSet:
        """The set of samples drawn from it with replacement; parts of as many samples are drawn alike."""
        whole = {name: torch.cat(tensors) for name, tensors in self.parts.items()}
        return SampleSet.of(self.finish, {name: tensor[draw(len(tensor))] for name, tensor in whole.items()})

    def state(self) -> State:
        """All of it, the samples of all batches in one array a part."""
        function, settings = (
            (self.finish.func, self.finish.keywords) if isinstance(self.finish, partial) else (self.finish, {})
        )
        parts = {name: array_of(torch.cat(tensors)) for name, tensors in self.parts.items()}
        return {"finish": _name(function), "settings": settings, "parts": parts}

    @classmethod
    def of_state(cls, state: State) -> Self:
        """The same set again."""
        function = partial(_FINISHES[state["finish"]], **state["settings"])
        return cls.of(function, {name: torch.from_numpy(array) for name, array in state["parts"].items()})


@finishes_sets
def _sum(whole: Whole) -> Tensor:
    return whole["values"].sum()
