"""The outline of what torch wrote before 1.6, and of bare pickles, whose storages are such files inside them.

Torch-free.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.outline import Outline, checked, outline_of_pickles
from ganloss_cli.io.checkpoints.formats.sniff import DAMAGED, opened
from ganloss_cli.io.checkpoints.pickle.objects import bytes_span
from ganloss_cli.io.checkpoints.pickle.operations import Bytes
from ganloss_cli.io.checkpoints.pickle.reader import InertUnpickler
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span, StorageRecord

_ROOT, _KEYS = 3, 4  # behind the magic number, the protocol version and facts about the system
# protocol 2 writes bytes as text, which must be decoded whole; NVlabs' files have a later one
_MOST_DECODED = 64_000_000


def outline_of_legacy(path: Path, *, stubs: bool = False) -> Outline:
    """The outline of what torch wrote before 1.6: five pickles, then the storages, each behind its length.

    Args:
        path: the file.
        stubs: make inert stubs of forbidden globals instead of refusing the file.

    Raises:
        UnsafeCheckpointError: a pickle in it names a forbidden global.
        InputError: it is damaged, or declares more than it holds.
    """
    with opened(path) as data:
        scans = _scans(data, 0, len(data), path, stubs=stubs)
        root, storages = _read(data, scans, len(data), path, stubs=stubs)
    # torch.load fails on a legacy file with a dtype younger than the format
    return outline_of_pickles(root, scans, storages, beyond_torch=("torch.storage.UntypedStorage",))


def outline_of_bare_pickle(path: Path, *, stubs: bool = False) -> Outline:
    """The outline of a pickle that torch.save did not write: Paddle's parameters, NVlabs' modules, arrays by name.

    Raises:
        UnsafeCheckpointError: it names a forbidden global.
        InputError: it is damaged, or declares more than it holds.
    """
    with opened(path) as data:
        scan = checked(scan_pickle(data), path, stubs=stubs)
        nested = _Nested(data, path)
        unpickler = InertUnpickler(scan, str(path), stubs=stubs, nested=nested)
        root = unpickler.read()
        if unpickler.storages:
            raise InputError(f"{path}: a pickle that refers to storages outside of it", hint=DAMAGED)
    return Outline(root=root, globals=scan.globals | nested.globals)


def _scans(data: Bytes, start: int, end: int, path: Path, *, stubs: bool) -> list[Scan]:
    scans: list[Scan] = []
    for _ in range(_KEYS + 1):
        scans.append(checked(scan_pickle(data, scans[-1].end if scans else start, end), path, stubs=stubs))
    return scans


def _read(data: Bytes, scans: list[Scan], end: int, path: Path, *, stubs: bool) -> tuple[Any, dict[str, Span]]:
    """The root and the spans of its storages."""
    unpickler = InertUnpickler(scans[_ROOT], str(path), stubs=stubs)
    root = unpickler.read()
    keys = InertUnpickler(scans[_KEYS], str(path)).read()
    known = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    if not known or sorted(keys) != sorted(unpickler.storages):
        raise InputError(f"{path}: its list of storages is not that of its tensors", hint=DAMAGED)
    records = [unpickler.storages[key] for key in keys]
    return root, dict(_spans(path, data, scans[_KEYS].end, end, records))


def _spans(path: Path, data: Bytes, offset: int, end: int, records: list[StorageRecord]) -> Iterator[tuple[str, Span]]:
    for record in records:
        header = data[offset : min(offset + 8, end)]
        if len(header) < 8 or int.from_bytes(header, "little") != record.count:
            raise InputError(f"{path}: storage {record.key} does not have the length it is declared with", hint=DAMAGED)
        offset += 8
        if offset + record.n_bytes > end:
            raise InputError(
                f"{path}: the file is truncated: storage {record.key} needs {record.n_bytes} bytes"
                f" and {end - offset} are left",
                hint=DAMAGED,
            )
        yield record.key, Span(offset=offset, n_bytes=record.n_bytes)
        offset += record.n_bytes


class _Nested:
    """Reads the storages that a pickled tensor carries: each is a legacy file, held by the pickle as bytes."""

    def __init__(self, data: Bytes, path: Path) -> None:
        self.data = data
        self.path = path
        self.globals: frozenset[str] = frozenset()
        self.n_read = 0
        self.n_decoded = 0

    def __call__(self, content: object) -> StorageRecord:
        span = bytes_span(content)
        if span is None:
            raise pickle.UnpicklingError("a storage without bytes")
        held = self._held(span)
        data, start = (self.data, span.offset) if held is None else (held, 0)
        end = start + span.n_bytes if held is None else len(held)
        scans = _scans(data, start, end, self.path, stubs=True)
        self.globals = self.globals.union(*(scan.globals for scan in scans))
        root, spans = _read(data, scans, end, self.path, stubs=True)
        if not isinstance(root, StorageRecord):
            raise pickle.UnpicklingError("a torch file that is no storage")
        self.n_read += 1
        where = spans[root.key]
        if held is not None:
            where = Span(n_bytes=where.n_bytes, content=held[where.offset : where.offset + where.n_bytes])
        return replace(root, key=f"storage {self.n_read}", span=where)

    def _held(self, span: Span) -> bytes | None:
        """The bytes themselves, where they do not lie in the file as they are."""
        if not span.utf8:
            return span.content
        self.n_decoded += span.n_bytes
        if self.n_decoded > _MOST_DECODED:
            raise InputError(
                f"{self.path}: more than {_MOST_DECODED} bytes of tensors as text, as protocol 2 writes them",
                hint="save it again with torch.save(network.state_dict(), path)",
            )
        text = self.data[span.offset : span.offset + span.n_bytes].decode("utf-8")
        return text.encode("latin-1")
