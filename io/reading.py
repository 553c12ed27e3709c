"""The bytes of files, read into our own memory.

Nothing is mapped: a training rewrites its files in place, and a page that is gone ends a process without a word.
Torch-free.
"""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ganloss_cli.errors import GanlossError, InputError
from ganloss_cli.io.formats import reason, refuse_special
from ganloss_cli.io.writing import refuse_output

MOST_TEXT = 256_000_000  # bytes of a log, a manifest or a report


class OpenFile:
    """A file's bytes, as a sequence that reads what is asked for; safe to use from several threads.

    Args:
        path: of the file.
        to_identify: only to tell what it is; it may be an output of an earlier run in a folder that is looked through.

    Raises:
        InputError: it cannot be opened, or, on reading, it is no longer what it was when it was opened.
        UsageError: an output of this run will take its place.
    """

    def __init__(self, path: Path, *, to_identify: bool = False) -> None:
        refuse_special(path)
        self.path = path
        try:
            self._number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise InputError(f"{path}: {reason(error)}") from error
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from error
        self.close = weakref.finalize(self, os.close, self._number)  # whoever reads samples keeps it to the end
        status = os.fstat(self._number)
        if not to_identify:
            refuse_output(path, status)
        self._stamp = _stamp(status)

    def __len__(self) -> int:
        return self._stamp[0]

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        try:
            content = os.pread(self._number, max(stop - start, 0), start)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror}") from error
        # one call reads two gigabytes at most
        return content if len(content) >= stop - start else bytes(self.read(start, stop - start))

    def part(self, start: int, n_bytes: int) -> FilePart:
        """A file that lies within this one.

        Args:
            start: its first byte.
            n_bytes: how many it has.
        """
        return FilePart(self, start, n_bytes)

    def stream(self) -> io.BufferedReader:
        """The same bytes for a library that wants a file."""
        return io.BufferedReader(_Stream(self))

    def read(self, start: int, n_bytes: int) -> bytearray:
        """Bytes of the file, in memory of their own.

        Args:
            start: the first of them.
            n_bytes: how many.
        """
        with enough_memory(self.path):
            content = bytearray(n_bytes)
        done, view = 0, memoryview(content)
        try:
            while done < n_bytes and (n_read := os.preadv(self._number, [view[done:]], start + done)):
                done += n_read
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror}") from error
        if done < n_bytes:
            raise _changed(self.path)
        self.require_unchanged()
        return content

    def require_unchanged(self) -> None:
        """Make sure that what was read so far is of one and the same file.

        Raises:
            InputError: its size, its time or its inode is another.
        """
        if _stamp(os.fstat(self._number)) != self._stamp:
            raise _changed(self.path)


class FilePart(OpenFile):
    """A file that lies within another.

    Args:
        file: the other.
        start: the first byte.
        n_bytes: how many there are.
    """

    def __init__(self, file: OpenFile, start: int, n_bytes: int) -> None:
        self.path, self._whole, self._start, self._n_bytes = file.path, file, start, n_bytes

    def __len__(self) -> int:
        return self._n_bytes

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        return self._whole[self._start + start : self._start + max(start, stop)]

    def read(self, start: int, n_bytes: int) -> bytearray:
        """Bytes of this part, in memory of their own."""
        return self._whole.read(self._start + start, n_bytes)

    def require_unchanged(self) -> None:
        """The same of the file that it lies within."""
        self._whole.require_unchanged()

    def close(self) -> None:  # type: ignore[override]
        """The file that it lies within stays open."""


class _Stream(io.RawIOBase):
    """An open file with a position of its own."""

    def __init__(self, file: OpenFile) -> None:
        super().__init__()
        self._held, self._position = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + (0, self._position, len(self._held))[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        content = self._held[self._position : self._position + len(buffer)]
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Whatever is read of a file within this block is of one and the same file.

    Raises:
        InputError: its size, its time or its inode is another in the end, whatever else the block found wrong.
    """
    before = _stamp_of(path)
    try:
        with enough_memory(path):
            yield
    except GanlossError as error:
        if _stamp_of(path) != before:
            raise _changed(path) from error
        raise
    if _stamp_of(path) != before:
        raise _changed(path)


@contextmanager
def enough_memory(path: object) -> Iterator[None]:
    """Name the file of which more is read in this block than there is memory for.

    Raises:
        InputError: it is.
    """
    try:
        yield
    except MemoryError as error:
        raise InputError(f"{path}: takes more memory than there is") from error


def read_whole(path: Path) -> bytearray:
    """All bytes of a file.

    Raises:
        InputError: it cannot be read, or changes meanwhile.
    """
    with closing(OpenFile(path)) as file:
        return file.read(0, len(file))


def read_text(path: Path, what: str, most: int = MOST_TEXT) -> bytes:
    """All bytes of a file of text; one that a training goes on writing is read as far as it has come.

    Args:
        path: of the file.
        what: it is read as, for the message that it is too large.
        most: bytes that it may have.

    Raises:
        InputError: it cannot be read, is too large, or becomes shorter meanwhile.
    """
    with closing(OpenFile(path)) as file:
        if len(file) > most:
            raise InputError(f"{path}: has {len(file)} bytes; as {what} at most {most} are read")
        return file[:]


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev


def _stamp_of(path: Path) -> tuple[int, int, int, int] | None:
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def _changed(path: Path) -> InputError:
    return InputError(
        f"{path}: changed while it was read", hint="run again once it is written, or on a copy: trainings rewrite files"
    )
