"""What a file is, by its first bytes: people rename files. Torch-free."""

from __future__ import annotations

import gzip
import re
import stat
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganloss_cli.errors import InputError

FormatKind = Literal["image", "audio", "tensor", "idx", "archive"]
HEAD = 512  # bytes that are enough to tell every format: the header of a tar archive's first member
BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_SPECIAL = ((stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"), (stat.S_ISCHR, "device"), (stat.S_ISBLK, "device"))
IDX_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}  # by its third byte


@dataclass(frozen=True, kw_only=True)
class Format:
    """One kind of file that can be read.

    Args:
        name: what people call it.
        kind: what it holds.
        matches: whether a file begins so, from its first `HEAD` bytes.
    """

    name: str
    kind: FormatKind
    matches: Callable[[bytes], bool]


def _begins(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == form


def _is_bmp(head: bytes) -> bool:
    return head[:2] == b"BM" and len(head) >= 18 and int.from_bytes(head[14:18], "little") in BMP_HEADER_SIZES


def _is_pnm(head: bytes) -> bool:
    return re.match(rb"P[1-6]\s[\s#\d]", head) is not None


def _is_mp3(head: bytes) -> bool:
    # frame synchronisation, layer III, and neither the bit rate nor the sample rate that the standard forbids
    if head.startswith(b"ID3"):
        return True
    synchronised = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return synchronised and head[2] >> 4 != 0b1111 and head[2] & 0b1100 != 0b1100


def _is_safetensors(head: bytes) -> bool:
    return len(head) > 8 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < 2**32


def _is_pickle(head: bytes) -> bool:
    # torch.save before 1.6 begins with a pickled number; the reader of .pt files refuses all other bare pickles
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _is_idx(head: bytes) -> bool:
    return len(head) >= 8 and head[:2] == b"\0\0" and head[2] in IDX_DTYPES and 1 <= head[3] <= 4


def _is_tar(head: bytes) -> bool:
    # the sum of the bytes of the header, those of the sum itself taken for spaces, stands in it as octal digits
    stated = re.match(rb" *([0-7]+)", head[148:156]) if head[257:262] == b"ustar" else None
    return stated is not None and int(stated[1], 8) == sum(head[:148] + 8 * b" " + head[156:])


FORMATS: tuple[Format, ...] = (
    Format(name="PNG", kind="image", matches=_begins(b"\x89PNG\r\n\x1a\n")),
    Format(name="JPEG", kind="image", matches=_begins(b"\xff\xd8\xff")),
    Format(name="WebP", kind="image", matches=_riff(b"WEBP")),
    Format(name="BMP", kind="image", matches=_is_bmp),
    Format(name="TIFF", kind="image", matches=_begins(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    Format(name="GIF", kind="image", matches=_begins(b"GIF87a", b"GIF89a")),
    Format(name="PPM", kind="image", matches=_is_pnm),
    Format(name="AVIF", kind="image", matches=lambda head: head[4:12] in (b"ftypavif", b"ftypavis")),
    Format(name="WAV", kind="audio", matches=_riff(b"WAVE")),
    Format(name="FLAC", kind="audio", matches=_begins(b"fLaC")),
    Format(name="OGG", kind="audio", matches=_begins(b"OggS")),
    Format(name="MP3", kind="audio", matches=_is_mp3),
    Format(name="npy", kind="tensor", matches=_begins(b"\x93NUMPY")),
    Format(name="npz", kind="tensor", matches=lambda head: False),  # a zip: its members tell
    Format(name="pt", kind="tensor", matches=_is_pickle),
    Format(name="safetensors", kind="tensor", matches=_is_safetensors),
    Format(name="IDX", kind="idx", matches=_is_idx),
    Format(name="ZIP", kind="archive", matches=lambda head: False),
    Format(name="tar", kind="archive", matches=_is_tar),
)
# archives that would have to be unpacked for any of their files, by how they begin
_PACKED = {
    "a gzip archive": b"\x1f\x8b",
    "an xz archive": b"\xfd7zXZ\0",
    "a bzip2 archive": b"BZh",
    "a Zstandard archive": b"\x28\xb5\x2f\xfd",
}
# what is told by name where it is met, and read by nobody here
_UNREAD = {
    "JPEG XL": _begins(b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
    "JPEG 2000": _begins(b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
    "HEIF": lambda head: head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1"),
    "OpenEXR": _begins(b"v/1\x01"),
    "MP4 audio": lambda head: head[4:8] == b"ftyp" and head[8:11] == b"M4A",
    "AIFF": lambda head: head[:4] == b"FORM" and head[8:11] == b"AIF",
    "ASF (.wma)": _begins(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    **{name: _begins(begin) for name, begin in _PACKED.items()},
}
BY_NAME = {known.name: known for known in FORMATS}


def supported(*kinds: FormatKind) -> str:
    """The names of the formats, for a message that lists them."""
    return ", ".join(known.name for known in FORMATS if not kinds or known.kind in kinds)


def refuse_special(path: Path) -> None:
    """Refuse what is no file with bytes of its own: opening a pipe would wait for ever for somebody to write into it.

    Raises:
        InputError: it is one.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # opening it says why
    kind = next((word for test, word in _SPECIAL if test(mode)), None)
    if kind:
        raise InputError(f"{path}: is a {kind}; expected a file", hint="write what comes out of it to a file first")


def sniff(path: Path) -> Format | None:
    """What a file is.

    Args:
        path: of a file.

    Returns:
        its format, or None for an empty file or one of no known format.

    Raises:
        InputError: it cannot be opened.
    """
    refuse_special(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _sniff_zip(path, head)
        if head.startswith(b"\x1f\x8b"):
            return BY_NAME["IDX"] if _is_idx(_gunzipped_head(path)) else None
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    return format_of_head(head)


def format_of_head(head: bytes) -> Format | None:
    """What a file is that begins so; an archive's members have to tell more.

    Args:
        head: its first `HEAD` bytes.
    """
    if _is_tar(head):  # before all others: it begins with a name, which may begin as anything
        return BY_NAME["tar"]
    return next((known for known in FORMATS if known.matches(head)), None)


def unread(path: Path) -> str | None:
    """What a file is that is known and not read: its name.

    Args:
        path: of a file that `sniff` does not know.
    """
    with path.open("rb") as file:
        return name_of_head(file.read(HEAD))


def hint_for_unread(name: str | None, called: object) -> str | None:
    """What to do with a file of a format that is not read, where that is known.

    Args:
        name: of the format, as `unread` has it.
        called: the file.
    """
    unpack = f"unpack it with tar -xf {called}; a .zip and a plain .tar are read as they are"
    return unpack if name in _PACKED else None


def name_of_head(head: bytes) -> str | None:
    """The same of a file that begins so."""
    return next((name for name, matches in _UNREAD.items() if matches(head)), None)


def reason(error: OSError) -> str:
    """What the system says about a path, in lower case."""
    return (error.strerror or str(error)).lower()


def _sniff_zip(path: Path, head: bytes) -> Format | None:
    from ganloss_cli.io.archives.zips import zip_members  # whose files know this module
    from ganloss_cli.io.reading import OpenFile

    try:
        with closing(OpenFile(path)) as archive:
            names = [member.path for member in zip_members(archive)]
    except InputError:  # its reader says why; the first member tells which that is
        names = [head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("utf-8", "replace")]
    if any(name.endswith("data.pkl") for name in names):
        return BY_NAME["pt"]
    return BY_NAME["npz" if names and all(name.endswith(".npy") for name in names) else "ZIP"]


def _gunzipped_head(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(HEAD)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""
