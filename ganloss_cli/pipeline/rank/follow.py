"""`--follow`: the checkpoints of a training that still runs, each as soon as it is written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ganloss_cli.errors import InputError, NoNetworkError
from ganloss_cli.io.checkpoints import State, size_of
from ganloss_cli.pipeline.rank.each import Evaluated, Series

STILL = 2.0  # seconds for which a size must not change: a file that is being written grows
_POLL = 0.5


@dataclass(kw_only=True)
class Following:
    """Evaluates states as they come, until a step is there, or Ctrl-C.

    Args:
        series: that they are evaluated in.
        states: lists them anew.
        until: the step that ends it; None waits for Ctrl-C.
        clock: tells the time.
        wait: passes some.
    """

    series: Series
    states: Callable[[], tuple[State, ...]]
    until: int | None = None
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
    _sizes: dict[Path, tuple[int, float]] = field(default_factory=dict)  # and since when
    _found: dict[Path, tuple[tuple[Path, ...], list[int], Evaluated]] = field(default_factory=dict)

    def run(self, done: Callable[[Evaluated], None]) -> list[Evaluated]:
        """What was evaluated, in the order of the states; what was deleted since then stays.

        Args:
            done: is called with each.

        Raises:
            GanlossError: the data cannot be read, or a state that was named by itself.
        """
        with contextlib.suppress(KeyboardInterrupt):
            while not self._ended():
                for state, sizes in self._new():
                    evaluated = self.series.one(state)
                    self._found[state.files[0]] = (state.files, sizes, evaluated)
                    self._raise_of_data(evaluated)
                    done(evaluated)
                if not self._ended():
                    self.wait(_POLL)
        return sorted((each for *_, each in self._found.values()), key=lambda each: each.state.order)

    def _ended(self) -> bool:
        steps = [each.step for *_, each in self._found.values() if each.step is not None]
        return self.until is not None and any(step >= self.until for step in steps)

    def _new(self) -> Iterator[tuple[State, list[int]]]:
        """States that are written whole and were not evaluated as they now are."""
        try:
            states = self.states()
        except (NoNetworkError, FileNotFoundError):  # none yet; or one went away while it was looked at
            return
        for state in states:
            with contextlib.suppress(FileNotFoundError):
                sizes = [self._size(file) for file in state.files]
                still = all(self.clock() - self._sizes[file][1] >= STILL for file in state.files)
                before = self._found.get(state.files[0])
                if still and (before is None or before[:2] != (state.files, sizes)):
                    yield state, sizes

    def _size(self, file: Path) -> int:
        size = size_of(file)
        if self._sizes.get(file, (None,))[0] != size:
            self._sizes[file] = size, self.clock()
        return size

    def _raise_of_data(self, evaluated: Evaluated) -> None:
        """Raise what would fail every other state as well."""
        succeeded = any(each.report for *_, each in self._found.values())
        if isinstance(evaluated.error, InputError) and not (succeeded or evaluated.its_own_fault):
            raise evaluated.error
