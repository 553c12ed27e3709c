"""What a user can do wrong, and the exit status each mistake ends with."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses of every command; scripts branch on them, so they never change meaning."""

    DONE = 0
    FAILED = 1  # a gate, a comparison or an audit rule
    USAGE = 2
    INPUT = 3
    UNSAFE = 4
    NOTHING = 5
    NON_FINITE = 6
    INTERNAL = 70
    INTERRUPTED = 130


class GanlossError(Exception):
    """A mistake of the user's, told as "where: what, found against wanted", with one sentence on what to do.

    Args:
        message: lower case, no full stop, the file first.
        hint: one imperative sentence with the exact flag or command, or None.
    """

    status = ExitStatus.USAGE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GanlossError):
    """An unknown option or loss, a need that an option could meet, an output that cannot be written."""

    status = ExitStatus.USAGE


class InputError(GanlossError):
    """An input that cannot be read or understood."""

    status = ExitStatus.INPUT


class NoNetworkError(InputError):
    """A folder in which no network lies."""


class UnsafeCheckpointError(GanlossError):
    """A checkpoint that would run code when loaded."""

    status = ExitStatus.UNSAFE


class NothingEvaluatedError(GanlossError):
    """No sample, or no loss, was evaluated."""

    status = ExitStatus.NOTHING
