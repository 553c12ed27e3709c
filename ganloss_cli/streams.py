"""Standard output holds one document; everything else that is said goes to standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from ganloss_cli.errors import UsageError
from ganloss_cli.reporters.figures import printable

TYPE_CHECKING = False  # see the package
if TYPE_CHECKING:
    from typing import Literal

_silent = False  # in all processes of a launcher but the one that speaks for them
_COLOURS = {"error": "1;31", "warning": "33", "hint": "36"}
# what stands in for the few glyphs of a table where the encoding of standard output lacks them
_ASCII = str.maketrans({"─": "-", "—": "-", "±": "+", "↑": "^", "↓": "v", "×": "x", "·": "-", "…": "~"})


def speak(*, wanted: bool) -> None:
    """Whether this process writes anything from now on: of several that do the same, one does."""
    global _silent
    _silent = not wanted


def say(kind: Literal["error", "warning", "hint"], message: str) -> None:
    """One message on standard error, as "error: MESSAGE".

    Args:
        kind: the word before the colon.
        message: may quote foreign text; its control characters are shown, never sent.
    """
    label = f"\033[{_COLOURS[kind]}m{kind}:\033[0m" if _coloured() else f"{kind}:"
    say_as_is(f"{label} {printable(message)}")


def say_as_is(text: str) -> None:
    """A text of our own, such as a traceback, on standard error; a closed one is nobody's mistake."""
    if sys.stderr is None or _silent:
        return
    with contextlib.suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _coloured() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def require_stdout() -> None:
    """Refuse to start work whose document could not be written.

    Raises:
        UsageError: standard output is closed.
    """
    if sys.stdout is None:
        raise UsageError("standard output: is closed", hint="send it to /dev/null where only --output is wanted")


def write_document(text: str) -> None:
    """Write the document to standard output, whole.

    A reader that went away, such as `head`, is no error: the run keeps its exit status.

    Raises:
        UsageError: standard output is closed, or what it leads to is full.
    """
    require_stdout()
    if _silent:
        return
    try:
        sys.stdout.write(_encodable(text, sys.stdout.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        discard_stdout()
        raise UsageError(f"standard output: cannot be written: {error.strerror}") from error


def _encodable(text: str, encoding: str | None) -> str:
    codec = encoding or "utf-8"
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(codec, "backslashreplace").decode(codec)
    return text


def discard_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush does not fail again."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


@contextlib.contextmanager
def nothing_on_stdout(*, quiet: bool) -> Iterator[None]:
    """Within this block, what libraries and the user's own networks print does not reach standard output.

    Args:
        quiet: drop it, instead of sending it to standard error.
    """
    with open(os.devnull, "w", encoding="utf-8") as null:  # noqa: PTH123  a device, not a path
        elsewhere = null if quiet or sys.stderr is None else sys.stderr
        with contextlib.redirect_stdout(elsewhere):
            yield
