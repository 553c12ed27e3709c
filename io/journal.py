"""A journal: lines of JSON that are appended whole and never changed, by several processes at once. Torch-free."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.formats import reason, refuse_special
from ganloss_cli.io.writing import OutputFile

MOST_LINE = 1_000_000  # bytes of a line; what is larger lies in files beside the journal
Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a line lies."""

    path: Path
    start: int
    n_bytes: int


class Journal:
    """Lines with the field "keys", found by any of these.

    A line that a process left unfinished, and lines of others, are passed over and kept.

    Args:
        paths: of journals that are read; the first is written, and need not be there yet.

    Raises:
        UsageError: the first cannot be written.
        InputError: another cannot be read.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.path = paths[0]
        with self._opened():
            pass
        self._places: dict[str, Place] = {}
        self._read = dict.fromkeys(reversed(paths), 0)  # of two lines with one key, that of the first journal
        self.read_on()

    def read_on(self) -> None:
        """Read what was appended since the last reading, by whichever process.

        Raises:
            InputError: a journal cannot be read any more.
        """
        for path, start in self._read.items():
            for place, line in _lines(path, start):
                self._read[path] = place.start + place.n_bytes
                self._places.update(dict.fromkeys(line["keys"], place))

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._places)

    def find(self, key: str) -> dict[str, Any] | None:
        """The line of a key; None where there is none, or where an array of it is gone."""
        place = self._places.get(key)
        if place is None:
            return None
        with place.path.open("rb") as file:
            file.seek(place.start)
            line: dict[str, Any] = json.loads(file.read(place.n_bytes))
        beside = (_beside(place.path, digest) for digest in line.get("beside", ()))
        return {**line, "journal": place.path} if all(file.exists() for file in beside) else None

    def array(self, line: Mapping[str, Any], digest: str) -> Array:
        """An array that lies beside the journal of a line.

        Raises:
            InputError: it is not what was written.
        """
        file = _beside(line["journal"], digest)
        try:
            array: Array = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"{file}: cannot be read: {error}", hint=f"remove {file}") from error
        if hashlib.sha256(array.tobytes()).hexdigest() != digest:
            raise InputError(f"{file}: is damaged", hint=f"remove {file}")
        return array

    def keep(self, array: Array) -> str:
        """Write an array beside the journal, whole; returns what it is found by."""
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        file = _beside(self.path, digest)
        if not file.exists():
            held = io.BytesIO()
            np.save(held, array, allow_pickle=False)
            try:
                file.parent.mkdir(exist_ok=True)
            except OSError as error:
                raise self._unwritable(error) from error
            with OutputFile(file) as output:
                output.commit(held.getvalue())
        return digest

    def append(self, line: Mapping[str, Any]) -> None:
        """Write a line, whole or not at all.

        Raises:
            UsageError: the disk is full, or the place became unwritable; what was there before stays.
        """
        with self._opened() as number:
            size = os.fstat(number).st_size
            torn = size and os.pread(number, 1, size - 1) != b"\n"
            data = memoryview(b"\n" * bool(torn) + json.dumps(line, separators=(",", ":")).encode() + b"\n")
            try:
                while data:
                    data = data[os.write(number, data) :]
                os.fsync(number)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(number, size)
                raise

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, for this process alone."""
        number = -1
        try:
            if self.path.exists():
                refuse_special(self.path)
            number = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.lockf(number, fcntl.LOCK_EX)
            yield number
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            if number >= 0:
                os.close(number)  # and with it the lock

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"{self.path}: the journal cannot be written ({reason(error)})",
            hint="what it holds is kept: run the same command once there is room",
        )


def _beside(path: Path, digest: str) -> Path:
    return path.with_name(f"{path.name}.d") / f"{digest}.npy"


def _lines(path: Path, start: int) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Whole lines of ours, from a place on."""
    try:
        refuse_special(path)
        with path.open("rb") as file:
            file.seek(start)
            for text in file:
                place, start = Place(path=path, start=start, n_bytes=len(text)), start + len(text)
                with contextlib.suppress(ValueError, RecursionError):
                    line = json.loads(text)
                    if isinstance(line, dict) and isinstance(line.get("keys"), list) and text.endswith(b"\n"):
                        yield place, line
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
