"""Which kind of checkpoint a file is, by its first bytes and never by its suffix.

Torch-free.
"""

from __future__ import annotations

import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.groups import is_group
from ganloss_cli.io.checkpoints.formats.zip_directories import END_OF_DIRECTORY, Entry, plain_directory
from ganloss_cli.io.checkpoints.pickle.scan import scan_pickle
from ganloss_cli.io.patterns import hint_for_missing
from ganloss_cli.io.reading import OpenFile

Format = Literal[
    "torch zip", "torch legacy", "safetensors", "torchscript", "exported program", "npz", "pickle", "sharded",
    "distributed checkpoint",
]  # fmt: skip

SUPPORTED = (
    "torch.save files (.pt, .pth, .ckpt ...), .safetensors, .npz, Paddle's .pdparams, NVlabs' .pkl, TorchScript and"
    " torch.export programs, checkpoints in parts with their index, and torch.distributed.checkpoint folders"
)
# protocol, a frame from protocol 4 on, and LONG1 0x1950a86a20f9469cfc6c: as torch wrote before 1.6
LEGACY_MAGIC = re.compile(rb"\x80.(?:\x95.{8})?\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\.", re.DOTALL)
MAX_HEADER = 8_000_000  # bytes of JSON; 20 000 tensors take 2 500 000
MAX_DIRECTORY = 4_000_000  # bytes of a zip's central directory: fifty thousand entries
# what the zipfile module raises on a damaged archive; names that are no UTF-8 are a ValueError
ZIP_ERRORS = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
DAMAGED = "copy or download it again"
_TAIL = 65_557  # bytes at the end that it lies within
_IN_ANOTHER_RECORD = 0xFFFFFFFF
_ZIP64_RECORDS = 56 + 20  # bytes between the directory and its end
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
ZipEntry = zipfile.ZipInfo | Entry
_LAST: dict[tuple[int, bytes], Sequence[ZipEntry]] = {}


def format_of(path: Path) -> Format | None:
    """The format, or None for what is no checkpoint.

    Raises:
        InputError: the file cannot be opened, is empty, or is a zip archive whose directory is broken.
    """
    if is_group(path):
        return "distributed checkpoint" if path.is_dir() else "sharded"
    with opened(path, to_identify=True) as data:
        head = data[:32]
        if head.startswith(b"PK\x03\x04") or (is_versioned(head) and END_OF_DIRECTORY in data[-_TAIL:]):
            return _format_of_zip(path, data)
        if _is_safetensors(path, head, len(data)):
            return "safetensors"
        if LEGACY_MAGIC.match(head):
            return "torch legacy"
        return "pickle" if _is_pickle(data) else None


def is_versioned(head: bytes) -> bool:
    """Whether this is a zip archive whose first two bytes were overwritten by a version, as GPT-SoVITS does."""
    return head[:2].isalnum() and head[2:4] == b"\x03\x04" and head[:2] != b"PK"


@contextmanager
def opened(path: Path, *, to_identify: bool = False) -> Iterator[OpenFile]:
    """The bytes of a file, as `OpenFile` has them: what is not looked at is not read.

    Raises:
        InputError: it does not exist, cannot be read, or is empty.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file", hint=hint_for_missing(path))
    with closing(OpenFile(path, to_identify=to_identify)) as data:
        if not len(data):
            raise InputError(f"{path}: the file is empty")
        yield data


def zip_directory(path: Path, data: OpenFile) -> zipfile.ZipFile:
    """The directory of a zip archive, once its declared size is known to be reasonable.

    Raises:
        InputError: the directory is missing (a truncated file), too large or broken.
    """
    _start_of_directory(path, data)
    try:
        return zipfile.ZipFile(data.stream())
    except ZIP_ERRORS as error:
        raise InputError(f"{path}: not a readable zip archive: {error}", hint=DAMAGED) from error


def zip_entries(path: Path, data: OpenFile) -> Sequence[ZipEntry]:
    """What the directory of a zip archive lists. That of the last one is kept: a file is identified, and then read.

    Raises:
        InputError: as of `zip_directory`.
    """
    directory = len(data), data[_start_of_directory(path, data) :]
    if directory not in _LAST:
        listed: Sequence[ZipEntry] | None = plain_directory(directory[1], len(data))
        if listed is None:
            with zip_directory(path, data) as archive:
                listed = archive.infolist()
        _LAST.clear()
        _LAST[directory] = listed
    return _LAST[directory]


def _start_of_directory(path: Path, data: OpenFile) -> int:
    first = max(0, len(data) - _TAIL)
    tail = data[first:]
    found = tail.rfind(END_OF_DIRECTORY)
    if found < 0 or found + _END_OF_DIRECTORY.size > len(tail):
        raise InputError(f"{path}: the file is truncated: a zip archive without its directory", hint=DAMAGED)
    position = first + found
    _, _, _, _, _, size, offset, _ = _END_OF_DIRECTORY.unpack_from(tail, found)
    if size > min(MAX_DIRECTORY, len(data)):
        raise InputError(f"{path}: the zip directory claims {size} bytes in a file of {len(data)}")
    # other readers would look elsewhere for it; an archive of four gigabytes keeps the place in a record of its own
    if offset < _IN_ANOTHER_RECORD and position - offset - size not in (0, _ZIP64_RECORDS):
        raise InputError(f"{path}: the zip directory does not lie where the archive says", hint=DAMAGED)
    return max(0, position - int(size) - _ZIP64_RECORDS)


def _format_of_zip(path: Path, data: OpenFile) -> Format | None:
    entries = [info.filename for info in zip_entries(path, data)]
    names = {name.partition("/")[2] for name in entries}
    if "archive_format" in names or "serialized_exported_program.json" in names or "models/model.json" in names:
        return "exported program"
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        return "torchscript"
    if "data.pkl" in names:
        return "torch zip"
    return "npz" if entries and all(name.endswith(".npy") for name in entries) else None


def _is_safetensors(path: Path, head: bytes, n_bytes: int) -> bool:
    if len(head) < 10 or head[8:9] != b"{":
        return False
    header = int.from_bytes(head[:8], "little")
    if MAX_HEADER < header <= n_bytes:
        raise InputError(f"{path}: a safetensors header of {header} bytes; at most {MAX_HEADER} are read")
    return 2 <= header <= n_bytes


def _is_pickle(data: OpenFile) -> bool:
    """Whether the bytes are a pickle, or enough of one to run code before it breaks."""
    head = data[:2]
    if len(head) > 1 and head[0] == 0x80 and head[1] <= pickle.HIGHEST_PROTOCOL:
        return True
    scan = scan_pickle(data)
    return scan.problem is None or (scan.calls and bool(scan.globals))
