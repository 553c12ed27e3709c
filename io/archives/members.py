"""Files within an archive: what every kind of archive says of them. Torch-free."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import HEAD, Format, format_of_head, name_of_head
from ganloss_cli.io.reading import OpenFile
from ganloss_cli.io.trees import File

MOST_MEMBER = 2**31  # bytes of one member, unpacked


@dataclass(frozen=True, kw_only=True, slots=True)
class Member(File):
    """A file within an archive.

    Args:
        archive: that holds it.
        path: its name there.
        n_bytes: it has, unpacked.
        odd: what it is, where it is nothing that can be read.
    """

    archive: OpenFile
    path: str
    n_bytes: int
    odd: str | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """Its own name."""
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.archive.path}:{self.path}"

    @property
    def on_disk(self) -> Path:
        """The archive."""
        return self.archive.path

    def oddity(self) -> str | None:
        """A link, a device, something encrypted."""
        return self.odd

    def size(self) -> int:
        """As the archive says."""
        return self.n_bytes

    def sniff(self) -> Format | None:
        """Its format."""
        return format_of_head(self.head())

    def unread(self) -> str | None:
        """Its name."""
        return name_of_head(self.head())

    @abstractmethod
    def head(self, n_bytes: int = HEAD) -> bytes:
        """Its first bytes."""


def by_name(members: Iterable[Member], archive: OpenFile) -> dict[str, File]:
    """Members by plain relative names: what stands in front of an absolute one is left out.

    Args:
        members: of one archive.
        archive: for messages.

    Raises:
        InputError: two have the same name, or one leads out of the archive.
    """
    found: dict[str, File] = {}
    for member in members:
        parts = [part for part in member.path.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise InputError(f"{member}: a name that leads out of the archive")
        relative = "/".join(parts)
        if relative in found:
            raise InputError(f"{archive.path}: holds '{relative}' twice")
        found[relative] = member
    return found
