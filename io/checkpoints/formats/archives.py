"""The outline of zip archives with a pickle in them: what torch writes since 1.6, and TorchScript.

Torch-free.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.outline import Outline, check_size, checked, outline_of_pickles
from ganloss_cli.io.checkpoints.formats.sniff import DAMAGED, ZipEntry, is_versioned, opened, zip_entries
from ganloss_cli.io.checkpoints.pickle.reader import InertUnpickler
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span
from ganloss_cli.io.reading import OpenFile

_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22x2H")


def outline_of_zip(path: Path, *, stubs: bool = False, verify: bool = True) -> Outline:
    """The outline of what torch writes since 1.6.

    Args:
        path: the file.
        stubs: make inert stubs of forbidden globals instead of refusing the file.
        verify: read every storage once to compare its checksum.

    Raises:
        UnsafeCheckpointError: a pickle in it names a forbidden global.
        InputError: it is damaged, or declares more than it holds.
    """
    with opened(path) as data:
        return outline_of_zip_in(data, stubs=stubs, verify=verify)


def outline_of_zip_in(data: OpenFile, *, stubs: bool = False, verify: bool = True) -> Outline:
    """The same, of a file that is open already or lies within another."""
    path = data.path
    listed = zip_entries(path, data)
    folder = _folder(path, listed)
    stored = _Stored(path=path, data=data, entries=_entries(path, listed))
    for name in stored.entries:
        stored.check(name)
    scans = {name: checked(stored.scan(name), path, stubs=stubs) for name in stored.entries if name.endswith(".pkl")}
    outline = _outline(stored, folder, scans, stubs=stubs)
    if is_versioned(data[:4]):  # torch knows no such files
        outline = replace(outline, for_torch=False)
    order = stored.entries.get(f"{folder}/byteorder")
    if order is not None and order.file_size == len(b"big"):  # the other one is "little"
        raise InputError(f"{path}: written by a machine of the other byte order; expected a little-endian file")
    if verify:  # else a flipped bit would not be noticed
        for key in outline.storages:
            stored.verify(f"{folder}/data/{key}")
    return outline


def outline_of_torchscript(path: Path) -> Outline:
    """The outline of a TorchScript archive; its code is not looked at.

    Raises:
        InputError: it is damaged, or declares more than it holds.
    """
    with opened(path) as data:
        listed = zip_entries(path, data)
        folder = _folder(path, listed)
        stored = _Stored(path=path, data=data, entries=_entries(path, listed))
        name = f"{folder}/data.pkl"
        stored.check(name)
        scans = {name: checked(stored.scan(name), path, stubs=True)}
        return _outline(stored, folder, scans, stubs=True)


@dataclass(kw_only=True)
class _Stored:
    """The entries of an archive that lie in it as they are."""

    path: Path
    data: OpenFile
    entries: Mapping[str, ZipEntry]
    _headers: io.BufferedReader = field(init=False)  # of small tensors, many lie in one block of it

    def __post_init__(self) -> None:
        self._headers = self.data.stream()

    def check(self, name: str) -> None:
        """Torch stores its entries as they are, so none is larger than the file."""
        info = self.entries[name]
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise InputError(
                f"{self.path}: entry '{name}' is compressed, which torch never writes",
                hint="save it again with torch.save",
            )
        if info.header_offset + info.file_size > len(self.data):
            raise InputError(f"{self.path}: entry '{name}' claims {info.file_size} bytes in a file of {len(self.data)}")

    def scan(self, name: str) -> Scan:
        """The scan of an entry that is a pickle, once its checksum is known to be right."""
        self.verify(name)
        span = self.span(name)
        return scan_pickle(self.data, span.offset, span.offset + span.n_bytes)

    def verify(self, name: str) -> None:
        """Read an entry once and compare its checksum."""
        span = self.span(name)
        if self.has_checksums and checksum(self.data, span.offset, span.n_bytes) != self.entries[name].CRC:
            raise InputError(f"{self.path}: entry '{name}' is damaged: its CRC-32 is another", hint=DAMAGED)

    @property
    def has_checksums(self) -> bool:
        """Whether there are any; torch.serialization.set_crc32_options may have left them out."""
        return any(info.CRC for info in self.entries.values())

    def span(self, name: str) -> Span:
        """Where the bytes of an entry lie in the file."""
        info = self.entries[name]
        self._headers.seek(max(info.header_offset, 0))
        header = self._headers.read(_LOCAL_HEADER.size if info.header_offset >= 0 else 0)
        if len(header) == _LOCAL_HEADER.size:
            magic, n_name, n_extra = _LOCAL_HEADER.unpack(header)
            start: int = info.header_offset + _LOCAL_HEADER.size + n_name + n_extra
            versioned = info.header_offset == 0 and is_versioned(header)
            if (magic == b"PK\x03\x04" or versioned) and start + info.file_size <= len(self.data):
                return Span(offset=start, n_bytes=info.file_size)
        raise InputError(f"{self.path}: entry '{name}' is damaged: it does not lie where it should", hint=DAMAGED)


def checksum(data: OpenFile, start: int, n_bytes: int) -> int:
    """The CRC-32 of a part of a file, read piece by piece."""
    found, end = 0, start + n_bytes
    for position in range(start, end, _CHUNK):
        found = zlib.crc32(data[position : min(position + _CHUNK, end)], found)
    return found


def _outline(stored: _Stored, folder: str, scans: Mapping[str, Scan], *, stubs: bool) -> Outline:
    path, entries = stored.path, stored.entries
    unpickler = InertUnpickler(scans[f"{folder}/data.pkl"], str(path), stubs=stubs)
    root = unpickler.read()
    names = {key: f"{folder}/data/{key}" for key in unpickler.storages}
    for key, name in names.items():
        if name not in entries:
            raise InputError(f"{path}: storage {key} is missing", hint=DAMAGED)
        stored.check(name)
        check_size(path, unpickler.storages[key], entries[name].file_size)
    spans = {key: stored.span(name) for key, name in names.items()}
    checksums = {key: entries[name].CRC for key, name in names.items()} if stored.has_checksums else {}
    return outline_of_pickles(root, scans.values(), spans, checksums=checksums)


def _folder(path: Path, listed: Iterable[ZipEntry]) -> str:
    """The folder that everything of torch's lies in."""
    parts = (info.filename.partition("/") for info in listed)
    folders = [folder for folder, _, name in parts if name == "data.pkl"]
    if len(folders) != 1:
        raise InputError(f"{path}: expected one data.pkl in the archive, found {len(folders)}", hint=DAMAGED)
    return folders[0]


def _entries(path: Path, listed: Iterable[ZipEntry]) -> Mapping[str, ZipEntry]:
    entries: dict[str, ZipEntry] = {}
    for info in listed:
        if info.filename in entries:  # readers differ in which of the two they take
            raise InputError(f"{path}: entry '{info.filename}' is there twice", hint=DAMAGED)
        entries[info.filename] = info
    return entries
