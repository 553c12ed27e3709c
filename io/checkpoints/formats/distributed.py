"""The outline of a torch.distributed.checkpoint: .distcp files, and a pickle that says what lies where in them.

Torch-free. Torch's own tools unpickle `.metadata`, and with it whatever it names. Here it is read as every pickle is,
and only the records that torch writes into it are let through. Each block of a tensor is a torch file within a file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.formats.archives import outline_of_zip_in
from ganloss_cli.io.checkpoints.formats.groups import METADATA, files_of
from ganloss_cli.io.checkpoints.formats.outline import Outline, checked, some_globals
from ganloss_cli.io.checkpoints.formats.sniff import DAMAGED, opened
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden
from ganloss_cli.io.checkpoints.pickle.objects import Inert
from ganloss_cli.io.checkpoints.pickle.reader import InertUnpickler
from ganloss_cli.io.checkpoints.pickle.scan import scan_pickle
from ganloss_cli.io.checkpoints.pickle.tensor_places import (
    ITEM_SIZES,
    Chunk,
    Span,
    StorageRecord,
    TensorRecord,
    contiguous,
)
from ganloss_cli.io.reading import OpenFile

_RECORDS = re.compile(
    r"torch\.distributed\.checkpoint\.metadata\.(?:Metadata|MetadataIndex|TensorStorageMetadata|TensorProperties"
    r"|ChunkStorageMetadata|BytesStorageMetadata|StorageMeta|_MEM_FORMAT_ENCODING)"
    r"|torch\.distributed\.checkpoint\.filesystem\._StorageInfo"
    r"|torch\.distributed\.checkpoint\._extension\.\w+"
)
_ZIP = b"PK\x03\x04"
_MAX_BESIDE = 16_000_000  # bytes
_MAX_DEPTH = 16
_MAX_VALUES = 1_000
_SENSELESS = (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError)


def outline_of_distributed(folder: Path, *, stubs: bool = False) -> Outline:
    """The outline of a distributed checkpoint, without reading a tensor.

    Args:
        folder: of the checkpoint.
        stubs: make inert stubs of forbidden globals instead of refusing it.

    Raises:
        UnsafeCheckpointError: its metadata names what torch never writes there.
        InputError: it is damaged, or lacks files.
    """
    path = folder / METADATA
    with opened(path) as data:
        scan = scan_pickle(data)
        refused = tuple(name for name in forbidden(scan.globals) if not _RECORDS.fullmatch(name))
        if refused and not stubs:
            raise UnsafeCheckpointError(
                f"{path}: refused: unpickling it would import {some_globals(refused)}; nothing of it was run",
                hint="save the weights alone with torch.save(network.state_dict(), path) where you trust the folder",
            )
        metadata = InertUnpickler(checked(scan, path, stubs=True), str(path), stubs=True).read()
    try:
        root = _Reader(folder, metadata).tree()
    except _SENSELESS as error:
        raise InputError(f"{path}: not the metadata of a distributed checkpoint: {error}", hint=DAMAGED) from error
    return Outline(root=root, globals=frozenset(name for name in scan.globals if not _RECORDS.fullmatch(name)))


def beside_distributed(folder: Path) -> dict[Any, Any]:
    """What the one torch file in a checkpoint's folder holds, as steps and loops that Lightning keeps out of the rest.

    Args:
        folder: of the checkpoint.
    """
    files = [file for file in folder.iterdir() if file.is_file() and file not in files_of(folder)]
    if len(files) != 1 or not 0 < files[0].stat().st_size <= _MAX_BESIDE:
        return {}
    try:
        with opened(files[0]) as data:
            if data[:4] != _ZIP:
                return {}
            outline = outline_of_zip_in(data.part(0, len(data)), stubs=True)
    except InputError:
        return {}
    return outline.root if isinstance(outline.root, dict) and not forbidden(outline.globals) else {}


class _Reader:
    """Turns the metadata of a distributed checkpoint into the tree that was saved.

    Args:
        folder: of the checkpoint.
        metadata: its pickle, read as inert records.
    """

    def __init__(self, folder: Path, metadata: Any) -> None:
        fields = metadata.fields()
        if not all(isinstance(fields[name], dict) for name in ("state_dict_metadata", "storage_data")):
            raise TypeError("no mapping of its tensors")
        self.folder = folder
        self.entries: Mapping[str, Inert] = fields["state_dict_metadata"]
        self.paths: Mapping[str, Any] = fields.get("planner_data") or {}
        self.places = {_key(index): info.fields() for index, info in fields["storage_data"].items()}
        self.files: dict[str, OpenFile] = {}
        self.n_values = 0

    def tree(self) -> dict[str, Any]:
        """Mappings and lists as they were saved, lists as mappings of numbers; tensors are records."""
        root: dict[str, Any] = {}
        for name, entry in self.entries.items():
            *path, last = self._path(name)
            home = root
            for key in path:
                home = home.setdefault(key, {})
            home[last] = self._value(name, entry)
        return root

    def _path(self, name: str) -> list[str]:
        path = self.paths.get(name, (name,))
        if not isinstance(path, tuple) or not 0 < len(path) <= _MAX_DEPTH:
            raise ValueError(f"an impossible place of {name}")
        return [str(key) for key in path if isinstance(key, str | int)]

    def _value(self, name: str, entry: Inert) -> object:
        if not entry.called.endswith("TensorStorageMetadata"):
            return self._plain(name)
        fields = entry.fields()
        dtype = fields["properties"].state[0]
        shape = _sizes(fields["size"])
        chunks = tuple(self._chunk(name, chunk.fields(), shape) for chunk in fields["chunks"])
        if sum(math.prod(chunk.sizes) for chunk in chunks) != math.prod(shape):
            raise ValueError(f"blocks that are not all of {name}")
        for chunk in chunks:
            if math.prod(chunk.sizes) * ITEM_SIZES[dtype] > chunk.span.n_bytes:
                raise ValueError(f"a block of {name} in {chunk.span.n_bytes} bytes")
        storage = StorageRecord(key=name, dtype=dtype, count=math.prod(shape))
        return TensorRecord(
            storage=storage, dtype=dtype, offset=0, shape=shape, stride=contiguous(shape), chunks=chunks
        )

    def _chunk(self, name: str, fields: Mapping[str, Any], shape: tuple[int, ...]) -> Chunk:
        offsets, sizes = _sizes(fields["offsets"]), _sizes(fields["sizes"])
        if any(first + n > whole for first, n, whole in zip(offsets, sizes, shape, strict=True)):
            raise ValueError(f"a block beyond {name}")
        return Chunk(offsets=offsets, sizes=sizes, span=self._span(name, offsets))

    def _plain(self, name: str) -> object:
        """A value that is no tensor, such as a step: a small torch file, read as every checkpoint is."""
        span = self._span(name, None)
        self.n_values += 1
        if span.file is None or self.n_values > _MAX_VALUES:  # settings of an optimizer are thousands
            return None
        part = self._opened(name, span.file.name).part(span.offset, span.n_bytes)
        if part[:4] != _ZIP:
            return None
        outline = outline_of_zip_in(part, stubs=True)
        return None if forbidden(outline.globals) else outline.root

    def _span(self, name: str, offsets: tuple[int, ...] | None) -> Span:
        place = self.places[name, offsets]
        file, first, n_bytes = place["relative_path"], place["offset"], place["length"]
        if place.get("transform_descriptors"):
            raise InputError(f"{self.folder}: its files were compressed on writing, cannot be read")
        if type(first) is not int or type(n_bytes) is not int or first < 0 or n_bytes < 0:
            raise ValueError(f"an impossible place of {name}")
        data = self._opened(name, file)
        if first + n_bytes > len(data):
            raise InputError(f"{data.path}: ends before {name}", hint=DAMAGED)
        return Span(file=data.path, offset=first, n_bytes=n_bytes)

    def _opened(self, name: str, file: str) -> OpenFile:
        if file not in self.files:
            path = self.folder / file
            if path.name != file:
                raise ValueError(f"an impossible place of {name}")
            if not path.is_file():
                raise InputError(f"{path}: missing, and {METADATA} says that tensors lie in it", hint=DAMAGED)
            self.files[file] = OpenFile(path)
        return self.files[file]


def _key(index: Inert) -> tuple[str, tuple[int, ...] | None]:
    fields = index.fields()
    offset = fields.get("offset")  # of a value that is no tensor there is none
    return fields["fqn"], None if offset is None else _sizes(offset)


def _sizes(value: Any) -> tuple[int, ...]:
    sizes = tuple(value)
    if any(type(n) is not int or not 0 <= n < 2**63 for n in sizes):
        raise ValueError("an impossible shape")
    return sizes
