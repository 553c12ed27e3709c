"""The directory of a plain zip archive, read in one pass: Python's own reader takes twice as long for torch's.

Torch-free. Only a directory that leaves nothing to interpretation is read here; of all others, or of a broken one,
Python's zipfile says what it is (tests/io/checkpoints/test_zip_directories.py).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

END_OF_DIRECTORY = b"PK\x05\x06"
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s4B4H3L5H2L")
_END_64 = struct.Struct("<4sQ2H2L4Q")  # before the end: the same in 64 bits, which torch always writes, and its place
_PLACE_OF_64 = struct.Struct("<4sLQL")
_N_64 = _END_64.size + _PLACE_OF_64.size
_NEWEST = 63  # version of the format that Python reads
_ELSEWHERE = 0xFFFFFFFF


class Entry(NamedTuple):
    """What a directory says of one entry, under the names of `zipfile.ZipInfo`."""

    filename: str
    compress_type: int
    CRC: int
    compress_size: int
    file_size: int
    header_offset: int


def plain_directory(end: bytes, n_bytes: int) -> list[Entry] | None:
    """The entries of an archive, or None where they are not plain to read.

    Args:
        end: the last bytes of the archive, its directory among them.
        n_bytes: of the archive.
    """
    first = len(end) - _END.size
    if first < _N_64 or end.rfind(END_OF_DIRECTORY) != first:
        return None
    *_, size, offset, n_comment = _END.unpack_from(end, first)
    magic, disk, _, n_disks = _PLACE_OF_64.unpack_from(end, first - _PLACE_OF_64.size)
    if magic == b"PK\x06\x07":
        first -= _N_64
        magic, *_, size_64, offset_64 = _END_64.unpack_from(end, first)
        if magic != b"PK\x06\x06" or disk or n_disks > 1 or (size_64, offset_64) != (size, offset):
            return None
    if n_comment or size > first or offset + size + len(end) - first != n_bytes:
        return None
    position, entries = first - size, []
    try:
        while position < first:
            (magic, _, _, version, _, _, method, _, _, crc, n_packed, n_unpacked, n_name, *others, header) = (
                _ENTRY.unpack_from(end, position)
            )
            behind = position + _ENTRY.size
            position = behind + n_name
            name = end[behind:position].decode("ascii")
            if magic != b"PK\x01\x02" or version > _NEWEST or others[0] or others[1] or len(name) != n_name:
                return None  # of another version, or with fields of its own
            if "\0" in name or "\\" in name or _ELSEWHERE in (n_packed, n_unpacked, header):
                return None
            entries.append(Entry(name, method, crc, n_packed, n_unpacked, header))
    except (struct.error, UnicodeDecodeError):
        return None
    return entries if position == first else None
