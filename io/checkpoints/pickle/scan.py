"""What a pickle would import and how large it says it is, read off its opcodes: nothing is executed or imported.

Torch-free.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ganloss_cli.io.checkpoints.pickle.machine import Machine
from ganloss_cli.io.checkpoints.pickle.operations import (
    MAX_INLINE,
    MAX_LINE,
    Bytes,
    Operation,
    TooMuchError,
    operation_at,
)
from ganloss_cli.io.checkpoints.pickle.repeats import Repeats
from ganloss_cli.io.checkpoints.pickle.tensor_entries import follow_entries
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span
from ganloss_cli.io.checkpoints.pickle.tensor_runs import tensor_run

_WINDOW = 1 << 18  # bytes that are read at once
_MOST_AT_ONCE = 2 * MAX_LINE + MAX_INLINE  # that are looked at of one operation: two lines, or a short string


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What the opcodes of one pickle say.

    Args:
        globals: every "module.name" it would import, Python 2 spellings made Python 3.
        calls: whether it would call anything.
        protocol: of the pickle, as it says itself.
        problem: why it cannot be read to its end, or None.
        end: where it ends, behind its STOP.
        spans: its long strings, which `thin` leaves out.
        thin: the same pickle with a persistent id, the number of a span, in the place of every long string; empty
            where there is a problem.
    """

    globals: frozenset[str]
    calls: bool
    protocol: int
    problem: str | None = None
    end: int = 0
    spans: tuple[Span, ...] = ()
    thin: bytes = b""


def scan_pickle(data: Bytes, start: int = 0, end: int | None = None) -> Scan:
    """Read one pickle to its STOP.

    Args:
        data: what holds it.
        start: its first byte.
        end: where it must have ended; by default the end of `data`.

    Returns:
        The globals found up to the end or up to the problem; a broken pickle runs its code before it breaks.
    """
    machine, thinner = Machine(), _Thinner(start)
    repeats = Repeats(machine)
    problem, behind = None, 0  # positions are those in the window
    entries_follow = True  # once what looked like entries was something else, none are looked for
    last = len(data) if end is None else end
    window = data[start : min(start + _WINDOW, last)]
    try:
        stopped = False
        while not stopped:
            if behind + _MOST_AT_ONCE > len(window) and thinner.base + len(window) < last:
                base = thinner.move(window, behind)
                window, behind = data[base : min(base + _WINDOW, last)], 0
            run = tensor_run(window, behind, len(window))
            if run and machine.follow_run(run):
                further = follow_entries(machine, window, run) if entries_follow else None
                entries_follow = further is not None
                behind = further or run.end
                continue
            operation = operation_at(window, behind, last - thinner.base)
            if operation.payload > MAX_INLINE or operation.kind.name == "FRAME":
                thinner.leave_out(window, operation)
            machine.follow(operation)
            behind = operation.end
            if repeats.saw(operation):
                behind = repeats.follow(window, behind)
            stopped = operation.kind.name == "STOP"
    except TooMuchError as error:
        problem = str(error)
    except (ValueError, IndexError, KeyError, OverflowError, struct.error):
        problem = "truncated or corrupt pickle"
    return Scan(
        globals=frozenset(machine.names),
        calls=machine.calls,
        protocol=machine.protocol,
        problem=problem,
        end=thinner.base + behind,
        spans=tuple(thinner.spans),
        thin=b"" if problem else thinner.thin(window, behind),
    )


class _Thinner:
    """Collects a pickle without its long strings, and without frames, whose lengths would no longer be true.

    Args:
        base: where the window lies in the file; what is kept are the very bytes that were scanned.
    """

    def __init__(self, base: int) -> None:
        self.base = base
        self.kept_to = 0
        self.pieces: list[bytes] = []
        self.spans: list[Span] = []

    def leave_out(self, window: bytes, operation: Operation) -> None:
        self.pieces.append(window[self.kept_to : operation.start])
        self.kept_to = operation.end
        if operation.kind.count is not None:
            self.pieces.append(b"J" + struct.pack("<i", len(self.spans)) + b"Q")  # BININT, BINPERSID
            first = self.base + operation.end - operation.payload
            self.spans.append(Span(offset=first, n_bytes=operation.payload, utf8="UNICODE" in operation.kind.name))

    def move(self, window: bytes, position: int) -> int:
        """Take leave of a window; the next one begins at this position of it."""
        self.pieces.append(window[self.kept_to : position])
        self.base, self.kept_to = self.base + position, 0
        return self.base

    def thin(self, window: bytes, end: int) -> bytes:
        return b"".join((*self.pieces, window[self.kept_to : end]))
