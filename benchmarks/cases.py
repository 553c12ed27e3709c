"""A command beside another, and the ratio that is promised."""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from processes import timed


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command beside another.

    Args:
        what: is measured.
        command: that does it.
        expected: the status that it ends with.
        beside: what it is measured against, in words.
        other: the command that does that.
        target: the ratio that is promised at most.
        printed: whether both print the CPU seconds that count, in place of those of the whole process.
        of: what is held against each other: CPU seconds, or the peak of memory; "growth": by how many megabytes the
            peak of the command is above that of the other, at most.
        needs: the package that the other command needs.
        prepare: writes what both read.
    """

    what: str
    command: Sequence[str]
    expected: int = 0
    beside: str
    other: Sequence[str]
    target: float
    printed: bool = False
    of: Literal["cpu", "peak", "growth"] = "cpu"
    needs: str = "ganloss_cli"
    prepare: Callable[[], object] = lambda: None

    def is_possible(self) -> bool:
        """Whether what it needs is installed."""
        return importlib.util.find_spec(self.needs) is not None

    def ratio(self, repeats: int) -> float:
        """What the command takes over what the other does; the first pair warms up."""
        self.prepare()
        if self.of == "growth":
            return max(timed(self.command).peak - timed(self.other).peak for _ in range(repeats))
        pairs = [self._taken(self.command, self.expected) / self._taken(self.other) for _ in range(repeats + 1)]
        return statistics.median(pairs[1:])

    def _taken(self, command: Sequence[str], expected: int = 0) -> float:
        if not self.printed:
            return float(getattr(timed(command, expected=expected), self.of))
        return float(subprocess.run(command, check=True, capture_output=True).stdout)
