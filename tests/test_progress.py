import io
import sys

import pytest
from rich.console import Console

from ganloss_cli.progress import Bar, NoProgress, progress_on_stderr


def test_progress_is_shown_only_on_a_terminal_and_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(progress_on_stderr(wanted=True), NoProgress)

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(progress_on_stderr(wanted=True), Bar)
    assert isinstance(progress_on_stderr(wanted=False), NoProgress)

    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_on_stderr(wanted=True), NoProgress)


def test_the_bar_shows_what_how_many_and_leaves_no_trace() -> None:
    screen = io.StringIO()
    bar = Bar(Console(file=screen, force_terminal=True, width=80))

    bar.start(4, "evaluating [all]")
    bar.advance(3)
    bar.start(None, "writing")
    bar.advance(1)
    bar.stop()
    bar.stop()

    assert "evaluating [all]" in screen.getvalue()
    assert "3/4" in screen.getvalue()
    assert "1/?" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")
