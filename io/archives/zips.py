"""ZIP archives: their directory, and members that are stored or deflated. Torch-free.

Layout: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4. The zipfile module keeps half a kilobyte a member and reads a
member through three layers of Python; a data set has a million of them.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ganloss_cli.errors import InputError
from ganloss_cli.io.archives.members import MOST_MEMBER, Member
from ganloss_cli.io.formats import HEAD
from ganloss_cli.io.reading import OpenFile

STORED, DEFLATED = 0, 8
MOST_DIRECTORY = 2**28  # bytes: four million members
# A member larger than this that unpacks to more than so many times its size is no picture and no recording.
LARGE, MOST_RATIO = 2**26, 100
_END, _END_64, _LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_TAIL = 65_535 + _END.size  # bytes that the end of the directory and a comment have at most
_CENTRAL, _LOCAL = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H")
_ENCRYPTED, _UTF_8 = 1 << 0, 1 << 11
_IN_EXTRA = 0xFFFFFFFF
_ZIP64 = 1  # the extra field that holds what is too large


@dataclass(frozen=True, kw_only=True, slots=True)
class ZipMember(Member):
    """A member of a ZIP archive.

    Args:
        offset: of its own header.
        n_packed: bytes that it has in the archive.
        crc: of its content.
        method: how it is packed.
    """

    offset: int
    n_packed: int
    crc: int
    method: int

    def head(self, n_bytes: int = HEAD) -> bytes:
        """Its first bytes, unpacked."""
        start = self._start()
        if self.method == STORED:
            return self.archive[start : start + min(n_bytes, self.n_packed)]
        packed = self.archive[start : start + min(self.n_packed, 4 * n_bytes)]
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, n_bytes)
        except zlib.error as error:
            raise self._damaged(str(error)) from error

    @property
    def lies_open(self) -> bool:
        """Whether it is stored as it is."""
        return self.method == STORED

    def open(self) -> OpenFile:
        """A part of the archive."""
        return self.archive.part(self._start(), self.n_packed)

    def read(self) -> bytearray:
        """Unpacked, once it is known to be of a reasonable size."""
        if self.n_bytes > MOST_MEMBER or (self.n_bytes > LARGE and self.n_bytes > MOST_RATIO * self.n_packed):
            raise InputError(f"{self}: {self.n_packed} bytes that unpack to {self.n_bytes}, more than is unpacked")
        content = self.archive.read(self._start(), self.n_packed)
        if self.method == DEFLATED:
            unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                content = bytearray(unpacking.decompress(content, self.n_bytes + 1))
            except zlib.error as error:
                raise self._damaged(str(error)) from error
        if len(content) != self.n_bytes:
            raise self._damaged(f"it does not have {self.n_bytes} bytes")
        if zlib.crc32(content) != self.crc:
            raise self._damaged("its checksum is another")
        return content

    def _start(self) -> int:
        """Where its content begins: behind a header of its own, which repeats its name."""
        head = self.archive[self.offset : self.offset + _LOCAL.size]
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise self._damaged("it does not lie where the directory says")
        *_, n_name, n_extra = _LOCAL.unpack(head)
        start = int(self.offset + _LOCAL.size + n_name + n_extra)
        if start + self.n_packed > len(self.archive):
            raise self._damaged("it goes on behind the archive's end")
        return start

    def _damaged(self, why: str) -> InputError:
        return InputError(f"{self}: truncated or damaged: {why}", hint="copy or download the archive again")


def zip_members(archive: OpenFile) -> list[Member]:
    """The files of a ZIP archive.

    Args:
        archive: opened.

    Raises:
        InputError: its directory is missing, as in a truncated file, or damaged; members overlap.
    """
    start, n_bytes = _directory(archive)
    members = list(_listed(archive, archive.read(start, n_bytes)))
    in_order = sorted(members, key=lambda member: member.offset)
    for member, following in pairwise([*in_order, None]):
        end = member.offset + _LOCAL.size + member.n_packed  # type: ignore[union-attr]
        if end > (following.offset if following else start):
            beyond = f"overlaps '{following.path}'" if following else "goes on behind the archive's directory"
            raise InputError(f"{member}: {beyond}")
    return [member for member in members if not member.path.endswith("/")]


def _directory(archive: OpenFile) -> tuple[int, int]:
    """Where the directory lies: start and size."""
    first = max(0, len(archive) - _TAIL)
    tail = archive[first:]
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or found + _END.size > len(tail):
        raise _broken(archive, "truncated: a zip archive without its directory")
    end = first + found
    *_, n_bytes, start, _ = _END.unpack_from(tail, found)
    locator = archive[max(end - _LOCATOR.size, 0) : end]
    if locator.startswith(b"PK\x06\x07"):
        _, _, end, _ = _LOCATOR.unpack(locator)
        record = archive[end : end + _END_64.size]
        if len(record) < _END_64.size or not record.startswith(b"PK\x06\x06"):
            raise _broken(archive, "damaged: the end of its directory is not where it says")
        *_, n_bytes, start = _END_64.unpack(record)
    if n_bytes > MOST_DIRECTORY:
        raise InputError(f"{archive.path}: its directory has {n_bytes} bytes; at most {MOST_DIRECTORY} are read")
    if start + n_bytes != end:  # other readers would look elsewhere for it
        raise _broken(archive, "damaged: its directory does not lie where it says")
    return start, n_bytes


def _listed(archive: OpenFile, directory: bytearray) -> Iterator[ZipMember]:
    place = 0
    while place < len(directory):
        if len(directory) < place + _CENTRAL.size or not directory.startswith(b"PK\x01\x02", place):
            raise _broken(archive, "damaged: its directory breaks off")
        fields = _CENTRAL.unpack_from(directory, place)
        _, made_by, _, flags, method, _, _, crc, n_packed, n_bytes, n_name, n_extra, n_comment, *_ = fields
        attributes, offset = fields[-2:]
        place += _CENTRAL.size
        path = bytes(directory[place : place + n_name]).decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
        extra = bytes(directory[place + n_name : place + n_name + n_extra])
        n_bytes, n_packed, offset = _large(archive, extra, [n_bytes, n_packed, offset])
        mode = attributes >> 16 if made_by >> 8 == 3 else 0  # made on Unix
        place += n_name + n_extra + n_comment
        yield ZipMember(
            archive=archive, path=path, n_bytes=n_bytes, offset=offset, n_packed=n_packed, crc=crc, method=method,
            odd=_odd(flags, method, mode),
        )  # fmt: skip


def _large(archive: OpenFile, extra: bytes, numbers: list[int]) -> list[int]:
    """Numbers of which those that do not fit stand in the extra field, in their order."""
    if _IN_EXTRA not in numbers:
        return numbers
    place = 0
    while place + 4 <= len(extra):
        kind, n_bytes = struct.unpack_from("<2H", extra, place)
        if kind == _ZIP64:
            held = extra[place + 4 : place + 4 + n_bytes]
            larger = iter(struct.unpack(f"<{len(held) // 8}Q", held[: len(held) // 8 * 8]))
            try:
                return [next(larger) if number == _IN_EXTRA else number for number in numbers]
            except (StopIteration, RuntimeError):
                break
        place += 4 + n_bytes
    raise _broken(archive, "damaged: a member's size is missing")


def _odd(flags: int, method: int, mode: int) -> str | None:
    if flags & _ENCRYPTED:
        return "encrypted"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link" if stat.S_ISLNK(mode) else "a device or a pipe"
    return None if method in (STORED, DEFLATED) else f"packed by method {method}; expected deflate, or stored"


def _broken(archive: OpenFile, what: str) -> InputError:
    return InputError(f"{archive.path}: {what}", hint="copy or download it again")
