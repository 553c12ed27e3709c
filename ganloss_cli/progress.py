"""How far a long run is: what the pipeline tells, and the bar that shows it on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress:
    """What the pipeline calls while it works; this one shows nothing."""

    def start(self, total: int | None, what: str) -> None:
        """A new stretch of work begins, in place of the one before.

        Args:
            total: how many samples it has, or None where that is not known.
            what: what is done with them, a word or two.
        """

    def advance(self, n: int) -> None:
        """`n` more samples are done."""

    def stop(self) -> None:
        """No more work; safe to call at any time, any number of times."""


class NoProgress(Progress):
    """Shows nothing."""


class Bar(Progress):
    """A bar on a terminal, with rate and time left, that leaves no trace when it stops.

    Args:
        console: writes to standard error.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self, total: int | None, what: str) -> None:
        """Draw a fresh bar."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.stop()
        columns = (
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(compact=True),
        )  # fmt: skip
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task(what, total=total, rate="")
        self._bar.start()

    def advance(self, n: int) -> None:
        """Move the bar."""
        if self._bar is None or self._task is None:
            return
        self._bar.advance(self._task, n)
        speed = self._bar.tasks[0].speed
        if speed is not None:
            self._bar.update(self._task, rate=f"{speed:.0f}/s" if speed >= 100 else f"{speed:.3g}/s")

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = None


def progress_on_stderr(*, wanted: bool) -> Progress:
    """The bar where standard error is a terminal that can draw one, else nothing.

    Args:
        wanted: False after `--quiet` or `--no-progress`.
    """
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        return NoProgress()
    from rich.console import Console

    console = Console(stderr=True)
    return NoProgress() if console.is_dumb_terminal else Bar(console)
