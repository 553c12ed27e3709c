"""Tar archives, as WebDataset writes its shards: where each member lies, read in place. Torch-free.

Headers are read by the standard library's `TarInfo`; its `TarFile` would load names of any length into memory.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from ganloss_cli.errors import InputError
from ganloss_cli.io.archives.members import MOST_MEMBER, Member
from ganloss_cli.io.formats import HEAD
from ganloss_cli.io.reading import OpenFile

BLOCK = tarfile.BLOCKSIZE
MOST_RECORD = 2**20  # bytes of a long name or of the records of a member
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_ODD = {
    tarfile.LNKTYPE: "a link", tarfile.SYMTYPE: "a link", tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe", tarfile.GNUTYPE_SPARSE: "a sparse file",
}  # fmt: skip
_SPARSE = "GNU.sparse."  # records of a file whose holes are left out
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_RECORDS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE)


@dataclass(frozen=True, kw_only=True, slots=True)
class TarMember(Member):
    """A member of a tar archive; it lies there as it is.

    Args:
        start: its first byte.
    """

    start: int

    def head(self, n_bytes: int = HEAD) -> bytes:
        """Its first bytes."""
        return self.archive[self.start : self.start + min(n_bytes, self.n_bytes)]

    def open(self) -> OpenFile:
        """The part of the archive that it is."""
        return self.archive.part(self.start, self.n_bytes)

    def read(self) -> bytearray:
        """All of its bytes."""
        if self.n_bytes > MOST_MEMBER:
            raise InputError(f"{self}: has {self.n_bytes} bytes; at most {MOST_MEMBER} are read")
        return self.archive.read(self.start, self.n_bytes)


def tar_members(archive: OpenFile) -> list[Member]:
    """The files of a tar archive.

    Args:
        archive: opened.

    Raises:
        InputError: truncated, also where it ends without the block of zeros that closes it; a damaged header.
    """
    return list(_listed(archive))


def _listed(archive: OpenFile) -> Iterator[Member]:
    place, said = 0, dict[str, str]()
    while (block := archive[place : place + BLOCK]).strip(b"\0"):
        info = _header(archive, block, place)
        kind, start = info.type, place + BLOCK
        size = _size(info, said, archive)
        has_content = kind not in (*_LINKS, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
        place = start + (-(-size // BLOCK) * BLOCK if has_content else 0)
        if place > len(archive):
            raise _broken(archive, f"truncated within '{said.get('path', info.name)}'")
        if kind == tarfile.GNUTYPE_LONGNAME:
            said["path"] = _text(archive, start, size).rstrip("\0")
        elif kind in _RECORDS:
            said.update(_records(archive, start, size) if kind != tarfile.XGLTYPE else {})
        elif kind != tarfile.GNUTYPE_LONGLINK:
            name, odd = said.get("path", info.name), _oddity(kind, said)
            said = {}
            if kind != tarfile.DIRTYPE:
                yield TarMember(archive=archive, path=name, n_bytes=size if has_content else 0, odd=odd, start=start)
    if len(block) < BLOCK:
        raise _broken(archive, "truncated: a tar archive without its end")
    if archive[place : place + 2**16].strip(b"\0"):
        raise InputError(
            f"{archive.path}: goes on behind its end, as tar archives do that were written one after the other",
            hint="give them as files of their own, with a pattern such as --data 'val-{0000..0003}.tar'",
        )


def _oddity(kind: bytes, said: dict[str, str]) -> str | None:
    if any(name.startswith(_SPARSE) for name in said):
        return _ODD[tarfile.GNUTYPE_SPARSE]
    return None if kind in _FILES else _ODD.get(kind, "of a kind that is not known")


def _header(archive: OpenFile, block: bytes, place: int) -> tarfile.TarInfo:
    if len(block) < BLOCK:
        raise _broken(archive, "truncated: a tar archive that ends within a header")
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise _broken(archive, f"damaged: no header at byte {place} ({error})") from error


def _size(info: tarfile.TarInfo, said: dict[str, str], archive: OpenFile) -> int:
    stated = said.get("size", "")
    size = int(stated) if stated.isdecimal() and len(stated) < 20 else info.size
    if size < 0:
        raise _broken(archive, f"damaged: the size of '{info.name}' is negative")
    return size


def _records(archive: OpenFile, start: int, size: int) -> dict[str, str]:
    """What POSIX's extended header says of the member behind it: lines of "LENGTH NAME=VALUE"."""
    text, found = _text(archive, start, size), dict[str, str]()
    content = text.encode("utf-8", "surrogateescape")
    while content:
        length, space, _ = content.partition(b" ")
        if not (space and length.isdigit() and len(length) < 8 and len(length) < int(length) <= len(content)):
            break  # zeros that fill the block
        name, _, value = content[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        found[name.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        content = content[int(length) :]
    return {name: value for name, value in found.items() if name in ("path", "size") or name.startswith(_SPARSE)}


def _text(archive: OpenFile, start: int, size: int) -> str:
    if size > MOST_RECORD:
        raise InputError(f"{archive.path}: a name of {size} bytes; at most {MOST_RECORD} are read")
    return archive[start : start + size].decode("utf-8", "surrogateescape")


def _broken(archive: OpenFile, what: str) -> InputError:
    return InputError(f"{archive.path}: {what}", hint="copy or download it again")
