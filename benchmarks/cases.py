"""A command beside another, and the ratio that is promised."""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import time
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

    def ratio(self, repeats: int, seconds: float) -> float:
        """What the command takes over what the other does: the median of pairs, of which the first warms up.

        Args:
            repeats: of the pair, at most.
            seconds: after which no further pair is started; where one takes as long, it is what counts.
        """
        self.prepare()
        started, pairs = time.monotonic(), [self._pair()]
        while len(pairs) <= repeats and time.monotonic() - started < seconds:
            pairs.append(self._pair())
        return max(pairs) if self.of == "growth" else statistics.median(pairs[1:] or pairs)

    def _pair(self) -> float:
        if self.of == "growth":
            return timed(self.command).peak - timed(self.other).peak
        return self._taken(self.command, self.expected) / self._taken(self.other)

    def _taken(self, command: Sequence[str], expected: int = 0) -> float:
        if not self.printed:
            return float(getattr(timed(command, expected=expected), self.of))
        return float(subprocess.run(command, check=True, capture_output=True).stdout)
