"""A command beside another, and the ratio that is promised."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Sequence
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
        of: what is held against each other: CPU seconds, or the peak of memory.
    """

    what: str
    command: Sequence[str]
    expected: int = 0
    beside: str
    other: Sequence[str]
    target: float
    printed: bool = False
    of: Literal["cpu", "peak"] = "cpu"

    def ratio(self, repeats: int) -> float:
        """What the command takes over what the other does; the first pair warms up."""
        pairs = [self._taken(self.command, self.expected) / self._taken(self.other) for _ in range(repeats + 1)]
        return statistics.median(pairs[1:])

    def _taken(self, command: Sequence[str], expected: int = 0) -> float:
        if not self.printed:
            return float(getattr(timed(command, expected=expected), self.of))
        return float(subprocess.run(command, check=True, capture_output=True).stdout)
