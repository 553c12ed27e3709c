"""Where files of data lie: in folders, in archives, or wherever a pattern matches. Torch-free."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import Format, reason, sniff, unread
from ganloss_cli.io.reading import OpenFile, read_whole

NEVER_DATA = frozenset({"thumbs.db", "desktop.ini", "__macosx", "__pycache__"})


class File(ABC):
    """A file, alone or within an archive; as text it is what messages call it."""

    name: str  # its own, without folders

    @abstractmethod
    def __str__(self) -> str: ...

    @property
    @abstractmethod
    def on_disk(self) -> Path:
        """The file that its bytes are in: itself, or the archive."""

    @abstractmethod
    def oddity(self) -> str | None:
        """What it is, where it is nothing that can be read: "a broken link"."""

    @abstractmethod
    def sniff(self) -> Format | None:
        """Its format by its first bytes."""

    @abstractmethod
    def unread(self) -> str | None:
        """What it is, where it is known and not read: its name."""

    @abstractmethod
    def size(self) -> int:
        """How many bytes it has."""

    @abstractmethod
    def read(self) -> bytearray:
        """All of its bytes.

        Raises:
            InputError: they cannot be read, or are not what they were.
        """

    @abstractmethod
    def open(self) -> OpenFile:
        """Its bytes where they lie, if it lies open."""

    @property
    def lies_open(self) -> bool:
        """Whether its bytes are where they lie, and need not be unpacked first."""
        return True


@dataclass(frozen=True)
class LooseFile(File):
    """A file of a folder."""

    path: Path

    @property
    def name(self) -> str:  # type: ignore[override]
        """Its own name."""
        return self.path.name

    def __str__(self) -> str:
        return str(self.path)

    @property
    def on_disk(self) -> Path:
        """Itself."""
        return self.path

    def oddity(self) -> str | None:
        """A broken link, a pipe, a socket."""
        if self.path.is_file():
            return None
        return "a broken link" if self.path.is_symlink() else "not a file"

    def sniff(self) -> Format | None:
        """Its format."""
        return sniff(self.path)

    def unread(self) -> str | None:
        """Its name."""
        return unread(self.path)

    def size(self) -> int:
        """As the system has it."""
        return self.path.stat().st_size

    def read(self) -> bytearray:
        """All of its bytes."""
        return read_whole(self.path)

    def open(self) -> OpenFile:
        """Opened, for whoever closes it."""
        return OpenFile(self.path)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What lies in a tree: another tree, or a file.

    Args:
        name: its own.
        tree: None for a file.
        file: None for a tree.
        is_link: it lies elsewhere.
    """

    name: str
    tree: Tree | None = None
    file: File | None = None
    is_link: bool = False


class Tree(ABC):
    """Files and trees below one another; as text it is what messages call it."""

    name: str  # its own
    identity: object  # the same for the same tree, however it was reached
    labels: Mapping[str, int] | None = None  # of its files, as messages call them, where it holds labels itself

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def entries(self) -> Sequence[Entry]:
        """What lies in it directly, sorted by name; hidden entries and the droppings of file managers are left out.

        Raises:
            InputError: it cannot be read.
        """


class Folder(Tree):
    """A folder of the file system.

    Args:
        path: of it.
        opens: what else than a folder a folder may be: a database.
    """

    def __init__(self, path: Path, opens: Callable[[Path], Tree | None] = lambda _: None) -> None:
        self._path, self._opens = path, opens

    def __str__(self) -> str:
        return str(self._path)

    @property
    def name(self) -> str:  # type: ignore[override]
        """Its own name, also of "."."""
        return self._path.resolve().name

    @property
    def identity(self) -> object:  # type: ignore[override]
        """Where it is in the file system."""
        status = self._path.stat()
        return status.st_dev, status.st_ino

    def entries(self) -> Sequence[Entry]:
        """What lies in it."""
        try:
            with os.scandir(self._path) as listing:
                found = sorted((entry for entry in listing if is_shown(entry.name)), key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(f"{self._path}: {reason(error)}") from error
        return [self._entry(entry) for entry in found]

    def _entry(self, entry: os.DirEntry[str]) -> Entry:
        path = Path(entry.path)
        try:
            is_folder = entry.is_dir()
        except OSError as error:  # a link that goes where one may not look
            raise InputError(f"{path}: {reason(error)}") from error
        if not is_folder:
            return Entry(name=entry.name, file=LooseFile(path))
        tree = self._opens(path) or Folder(path, self._opens)
        return Entry(name=entry.name, tree=tree, is_link=entry.is_symlink())


class Members(Tree):
    """Files by their relative names, wherever they lie.

    Args:
        called: what messages call it.
        name: its own.
        files: by relative name, with slashes.
        labels: of its files.
        within: it lies in another of its kind.
    """

    def __init__(
        self,
        called: str,
        name: str,
        files: Mapping[str, File],
        *,
        labels: Mapping[str, int] | None = None,
        within: bool = False,
    ) -> None:
        self._called, self.name, self._files, self.labels = called, name, files, labels
        self._separator = "/" if within else ":"
        self.identity = id(self)

    def __str__(self) -> str:
        return self._called

    def entries(self) -> Sequence[Entry]:
        """What lies in it directly."""
        below: dict[str, dict[str, File]] = {}
        entries = []
        for relative, file in self._files.items():
            first, slash, rest = relative.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = file
            elif is_shown(first):
                entries.append(Entry(name=first, file=file))
        for first, files in below.items():
            if is_shown(first):
                called = f"{self._called}{self._separator}{first}"
                entries.append(Entry(name=first, tree=Members(called, first, files, labels=self.labels, within=True)))
        return sorted(entries, key=lambda entry: entry.name)


def below(tree: Tree, path: str) -> Tree:
    """The tree at a path below another, as `a.zip:imgs/real` names it.

    Args:
        tree: where to begin.
        path: with slashes.

    Raises:
        InputError: there is none.
    """
    for part in path.strip("/").split("/"):
        found = next((entry.tree for entry in tree.entries() if entry.name == part and entry.tree is not None), None)
        if found is None:
            raise InputError(f"{tree}: holds no folder '{part}'")
        tree = found
    return tree


def is_shown(name: str) -> bool:
    """Whether an entry is neither hidden nor the dropping of a file manager."""
    return not name.startswith(".") and name.lower() not in NEVER_DATA
