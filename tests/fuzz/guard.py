"""Watches one call: what it may not do, how long it may take and how much memory."""

from __future__ import annotations

import pickle
import signal
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

MOST_SECONDS = 10
MOST_BYTES = 200_000_000
# what only code of the file would do while it is being read; audit events of the interpreter
FORBIDDEN = (
    "exec", "import", "marshal.", "os.chmod", "os.exec", "os.fork", "os.link", "os.mkdir", "os.posix_spawn",
    "os.putenv", "os.remove", "os.rename", "os.rmdir", "os.spawn", "os.startfile", "os.symlink", "os.system",
    "os.truncate", "pickle.", "pty.", "shutil.", "socket.", "subprocess.", "tempfile.", "urllib.",
    "ctypes.dlopen", "code.__new__", "webbrowser.",
)  # fmt: skip


class ForbiddenActError(Exception):
    """Something was about to be imported, run or written."""


class TooSlowError(Exception):
    """The time that one input may take is over."""


@dataclass
class Guard:
    """Armed while an input is being read.

    Args:
        armed: whether acts are refused.
        learning: whether they are taken for allowed, because the files are known to be harmless.
        allowed: what was learnt.
        acts: what was tried, and prevented.
    """

    armed: bool = False
    learning: bool = False
    allowed: set[str] = field(default_factory=set)
    acts: tuple[str, ...] = ()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse and note an act; every audit event of the process comes by here."""
        if not self.armed:
            return
        act = _act(event, arguments)
        if act and self.learning:
            self.allowed.add(act)
        elif act and act not in self.allowed:
            self.acts = (*self.acts, act[:200])
            raise ForbiddenActError(act[:200])


def _act(event: str, arguments: tuple[Any, ...]) -> str:
    """What it is in words; empty if nobody minds."""
    if event == "open":
        writes = isinstance(arguments[1], str) and bool(set(arguments[1]) & set("wax+"))
        return f"open for writing {arguments[0]!r}" if writes else ""
    if event == "compile":  # ast.literal_eval parses the header of an .npy file, and runs nothing
        return "" if arguments[1] in ("<unknown>", b"<unknown>") else f"compile {arguments!r}"
    if event == "import":
        return "" if arguments[0] in sys.modules else f"import {arguments[0]}"
    if event == "exec":
        code = arguments[0]
        return f"exec {getattr(code, 'co_name', code)!r} {getattr(code, 'co_names', '')!r}"
    return f"{event} {arguments!r}" if event.startswith(FORBIDDEN) else ""


GUARD = Guard()


def install() -> None:
    """Watch this process from now on; an audit hook cannot be taken away again."""
    sys.addaudithook(GUARD)
    signal.signal(signal.SIGPROF, _too_slow)


def prove() -> None:
    """Show, with low limits, that each of the three is noticed here; a guard that sees nothing would find nothing.

    Raises:
        AssertionError: one is not.
    """
    for act, error in (
        (lambda: pickle.loads(pickle.dumps(OrderedDict)), ForbiddenActError),
        (lambda: bytearray(50_000_000), MemoryError),
        (_spin, TooSlowError),
    ):
        try:
            with watched(most_seconds=0.5, most_bytes=10_000_000):
                act()
        except error:
            continue
        raise AssertionError(f"{error.__name__} was not raised")


@contextmanager
def watched(n_bytes: int = 0, *, most_seconds: float = MOST_SECONDS, most_bytes: int = MOST_BYTES) -> Iterator[None]:
    """Nothing forbidden happens inside, it ends in time, and needs little memory.

    Args:
        n_bytes: of the file; a mutant may hold what it claims, and reading that takes as much.
        most_seconds: of the processor.
        most_bytes: beyond those of the file.

    Raises:
        ForbiddenActError: something was tried, whether or not an exception of it came out.
        TooSlowError: it took too long.
        MemoryError: it took too much.
    """
    before = _reset_peak()
    GUARD.acts, GUARD.armed = (), True
    signal.setitimer(signal.ITIMER_PROF, most_seconds)  # of the processor: other programs take their share
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        GUARD.armed = False
        if GUARD.acts:
            raise ForbiddenActError(GUARD.acts[0])
    taken = _peak() - before
    if taken > most_bytes + n_bytes:
        raise MemoryError(f"{taken // 1_000_000} MB")


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise TooSlowError("more than its time")


def _spin() -> None:
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        pass


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """The most memory this process ever had in use, in bytes; only Linux tells."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
