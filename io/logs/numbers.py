"""Numbers of a log by the million, in little memory. Torch-free."""

from __future__ import annotations

import functools
import itertools
import math
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

BLOCK = 1 << 15  # places that are looked at together
_FLOAT32_HALF_UNIT = 2.0**-24


class _AsTuple(Sequence[Any]):
    """A sequence that compares as its tuple does."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence | array) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


class Numbers(array):  # type: ignore[type-arg]  # which takes none while it runs
    """Numbers of eight bytes each, side by side. They compare as their tuple does."""

    __slots__ = ()
    __eq__, __hash__ = _AsTuple.__eq__, _AsTuple.__hash__  # type: ignore[assignment]


class Places(_AsTuple):
    """One value a place, put in from the first to the last; a block that rises by one step, or stays, costs nothing.

    Args:
        missing: the value of a place that none is put to.
    """

    __slots__ = ("_blocks", "_last", "_missing", "_settled")

    def __init__(self, missing: Any = None) -> None:
        self._blocks: list[Sequence[Any]] = []
        self._last: list[Any] = []
        self._missing, self._settled = missing, 0  # how many places the blocks have

    def put(self, place: int, value: Any) -> None:
        """Take in the value of a place behind all places that have one."""
        last = self._last
        if place - self._settled != len(last):
            last = self.filled(place)._last
        last.append(value)
        if len(last) == BLOCK:
            self._blocks.append(_settled(last))
            self._last, self._settled = [], self._settled + BLOCK

    def filled(self, n: int) -> Places:
        """These, with what is missing of the first n."""
        for place in range(len(self), n):
            self.put(place, self._missing)
        return self

    def __len__(self) -> int:
        return self._settled + len(self._last)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return tuple(self)[place]
        block, within = divmod(range(len(self))[place], BLOCK)
        return (self._blocks[block] if block < len(self._blocks) else self._last)[within]

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain(*self._blocks, self._last)


class HalfUnits(_AsTuple):
    """Half a unit of the last place of float32 numbers, found when it is asked for.

    Args:
        values: the numbers.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Sequence[float]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: Any) -> Any:
        return tuple(self)[place] if isinstance(place, slice) else _half_unit(self._values[place])

    def __iter__(self) -> Iterator[float]:
        return map(_half_unit, self._values)


def _half_unit(value: float) -> float:
    return _FLOAT32_HALF_UNIT * abs(value) if math.isfinite(value) else 0.0


def _settled(values: list[Any]) -> Sequence[Any]:
    """The same values in little memory."""
    first, second = values[:2]
    if values.count(first) == len(values):
        return _same(first, len(values))
    if isinstance(first, int) and isinstance(second, int) and second != first:
        rising = range(first, first + len(values) * (second - first), second - first)
        if values == list(rising):
            return rising
    kinds = set(map(type, values))
    return array("q" if kinds == {int} else "d", values) if kinds in ({int}, {float}) else tuple(values)


@functools.lru_cache(maxsize=64, typed=True)
def _same(value: Any, count: int) -> tuple[Any, ...]:
    """One tuple for all blocks of one value."""
    return (value,) * count
