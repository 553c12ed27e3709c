"""LMDB databases as BasicSR writes them: images by name, and a list of the names in meta_info.txt. Torch-free.

Form: XPixelGroup/BasicSR@8d56e3a basicsr/utils/lmdb_util.py. Needs the package `lmdb`, which the extra of that name
installs.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.formats import HEAD, Format, format_of_head, name_of_head
from ganloss_cli.io.reading import OpenFile, read_text
from ganloss_cli.io.trees import File, Members

DATA, NAMES = "data.mdb", "meta_info.txt"
_LINE = re.compile(r"(?P<name>.+) \(\d+,\d+,\d+\) -?\d+")  # "0001_s001.png (480,480,3) 1"
_SUFFIX = re.compile(r"\.[A-Za-z]{3,4}$")
# lmdb.h and mdb.c of LMDB 0.9: a page header of 16 bytes, then MDB_meta; its first database has the size of a page
_META = struct.Struct("<2L2Q L44x 48x 2Q")
_PAGE_HEADER, _MAGIC, _VERSION = 16, 0xBEEFC0DE, 1
_LEAST_PAGE, _MOST_PAGE = 256, 65_536


class Database:
    """A database, opened for as long as anybody reads its records; a process may not open one twice.

    Args:
        folder: of it.

    Raises:
        InputError: it is truncated or damaged.
    """

    def __init__(self, folder: Path) -> None:
        import lmdb

        self.folder, self._error = folder, lmdb.Error
        _require_whole(folder / DATA)
        try:
            # without its lock file, which reading would make: nobody writes into a finished data set
            self._opened = lmdb.open(str(folder), readonly=True, lock=False, readahead=False, create=False)
        except lmdb.Error as error:
            raise InputError(f"{folder / DATA}: damaged, or no LMDB database ({error})") from error

    def value(self, key: bytes, where: object) -> bytearray:
        """One value; `where` is what messages call it."""
        try:
            with self._opened.begin(buffers=True) as transaction:
                value = transaction.get(key)
                if value is not None:
                    return bytearray(value)
        except self._error as error:
            raise InputError(f"{where}: cannot be read: {error}") from error
        raise InputError(f"{where}: {NAMES} names it, but {DATA} does not hold it")


_OPEN: WeakValueDictionary[tuple[int, int], Database] = WeakValueDictionary()


@dataclass(frozen=True, kw_only=True)
class Record(File):
    """A value of a database.

    Args:
        database: that holds it.
        key: of the value.
        name: as the list has it.
    """

    database: Database
    key: bytes
    name: str

    def __str__(self) -> str:
        return f"{self.database.folder}:{self.name}"

    @property
    def on_disk(self) -> Path:
        """The database's one file."""
        return self.database.folder / DATA

    def oddity(self) -> None:
        """It is always a file."""

    def sniff(self) -> Format | None:
        """Its format."""
        return format_of_head(bytes(self.read()[:HEAD]))

    def unread(self) -> str | None:
        """Its name."""
        return name_of_head(bytes(self.read()[:HEAD]))

    def size(self) -> int:
        """How many bytes it has."""
        return len(self.read())

    @property
    def lies_open(self) -> bool:
        """It is handed out by the database alone."""
        return False

    def open(self) -> OpenFile:
        """Never: `lies_open` says so."""
        raise NotImplementedError

    def read(self) -> bytearray:
        """All of its bytes."""
        return self.database.value(self.key, self)


def database_tree(folder: Path) -> Members | None:
    """The images of a database; None for any other folder.

    Args:
        folder: that may be one.

    Raises:
        UsageError: it is one, and the package `lmdb` is not installed.
        InputError: it is one, and is truncated or damaged.
    """
    if not ((folder / DATA).is_file() and (folder / NAMES).is_file()):
        return None
    try:
        import lmdb  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"{folder}: an LMDB database, and the package lmdb is not installed",
            hint="install the extra lmdb: pip install 'ganloss[lmdb]'",
        ) from error
    status = (folder / DATA).stat()
    identity = status.st_dev, status.st_ino
    database = _OPEN.get(identity) or Database(folder)
    _OPEN[identity] = database
    files: dict[str, File] = {}
    for name in _names(folder / NAMES):
        if name in files:
            raise InputError(f"{folder / NAMES}: names '{name}' twice")
        key = _SUFFIX.sub("", name).encode()
        files[name] = Record(database=database, key=key, name=name)
    return Members(str(folder), folder.name, files)


def _names(path: Path) -> Iterator[str]:
    lines = read_text(path, "a list of names").decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            yield match["name"]
        elif line.strip():
            raise InputError(f"{path}: line {number}: expected NAME (H,W,C) LEVEL, got {line.strip()[:60]!r}")


def _require_whole(path: Path) -> None:
    """Refuse a file that is shorter than it says: LMDB maps it, and ends the process where a page is missing."""
    with closing(OpenFile(path)) as file:
        first = _meta(file, 0)
        second = _meta(file, first[0]) if first else None
        metas = [meta for meta in (first, second) if meta is not None]
        if not metas:
            raise InputError(f"{path}: damaged, or no LMDB database of this machine's kind")
        page, last, _ = max(metas, key=lambda meta: meta[2])
        if (last + 1) * page > len(file):
            raise InputError(f"{path}: truncated: it has {len(file)} of {(last + 1) * page} bytes")


def _meta(file: OpenFile, place: int) -> tuple[int, int, int] | None:
    """Size of a page, number of the last one, and number of the transaction, of one of the two pages that tell."""
    content = file[place + _PAGE_HEADER : place + _PAGE_HEADER + _META.size]
    if len(content) < _META.size:
        return None
    magic, version, _, _, page, last, transaction = _META.unpack(content)
    known = magic == _MAGIC and version == _VERSION and _LEAST_PAGE <= page <= _MOST_PAGE
    return (page, last, transaction) if known else None
