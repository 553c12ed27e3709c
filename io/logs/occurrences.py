"""Which rows and sessions a log's numbers are of, by their steps alone. Torch-free."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable


class Occurrences:
    """How often a tag had a step before; nothing is kept of one whose steps only rise, however many there are.

    Args:
        steps: gives those that the tag has had so far.
    """

    def __init__(self, steps: Callable[[], Iterable[int | None]]) -> None:
        self._steps = steps
        self._highest: int | None = None
        self._counts: Counter[int | None] | None = None

    def count(self, step: int) -> int:
        """How many numbers of this step came before the one that has it now."""
        rises = self._highest is None or step > self._highest
        if rises:
            self._highest = step
        elif self._counts is None:
            self._counts = Counter(self._steps())
        if self._counts is None:
            return 0
        self._counts[step] += 1
        return self._counts[step] - 1


class Rows:
    """A row for each step and occurrence, numbered as they come."""

    def __init__(self) -> None:
        self._steps, self._numbers = array("q"), array("q")  # of those that rise
        self._others: dict[tuple[int, int], int] = {}
        self.sessions = 1

    def number(self, step: int, occurrence: int) -> int:
        """The row of a number.

        Args:
            step: which it has.
            occurrence: how often its tag had that step before.
        """
        known = len(self._numbers) + len(self._others)
        if occurrence:
            self.sessions = max(self.sessions, 1 + occurrence)
            return self._others.setdefault((step, occurrence), known)
        if not self._steps or step > self._steps[-1]:
            self._steps.append(step)
            self._numbers.append(known)
        if step == self._steps[-1]:
            return self._numbers[-1]
        place = bisect_left(self._steps, step)
        if self._steps[place] == step:
            return self._numbers[place]
        return self._others.setdefault((step, 0), known)
