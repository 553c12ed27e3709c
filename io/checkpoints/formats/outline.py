"""What a checkpoint file holds, without reading a tensor: its globals, its object tree, where its storages lie.

Torch-free. Everything the file declares is checked against what it has before anything of that size is allocated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.formats.sniff import DAMAGED
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden, torch_reads, way_out
from ganloss_cli.io.checkpoints.pickle.scan import Scan
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span, StorageRecord
from ganloss_cli.records.listing import listed

# called with a number, each takes as much memory as it says
_NOT_FOR_TORCH = ("builtins.bytearray", "torch.Tensor")


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A checkpoint file, unread but for its pickles and headers.

    Args:
        root: the object in it; tensors are TensorRecords.
        globals: everything its pickles name.
        storages: by key.
        checksums: the CRC-32 that the file keeps of a storage, by key.
        for_torch: whether torch.load with weights_only=True reads it.
    """

    root: Any
    globals: frozenset[str] = frozenset()
    storages: Mapping[str, Span] = field(default_factory=dict)
    checksums: Mapping[str, int] = field(default_factory=dict)
    for_torch: bool = False


def outline_of_pickles(
    root: object,
    scans: Iterable[Scan],
    storages: Mapping[str, Span],
    *,
    beyond_torch: tuple[str, ...] = (),
    checksums: Mapping[str, int] | None = None,
) -> Outline:
    """The outline of what torch.save wrote.

    Args:
        root: what was read.
        scans: of every pickle in it.
        storages: by key.
        beyond_torch: globals with which torch's own reader fails in this format.
        checksums: of the storages, where the format keeps them.
    """
    scans = list(scans)
    names = frozenset[str]().union(*(scan.globals for scan in scans))
    # torch writes protocol 2 by default, and its weights_only reader knows no other
    plain = all(scan.protocol == 2 for scan in scans) and names.isdisjoint((*_NOT_FOR_TORCH, *beyond_torch))
    return Outline(
        root=root,
        globals=names,
        storages=storages,
        checksums=checksums or {},
        for_torch=plain and all(map(torch_reads, names)),
    )


def checked(scan: Scan, path: Path, *, stubs: bool) -> Scan:
    """A scan that may be read.

    Args:
        scan: of one pickle.
        path: its file, for errors.
        stubs: whether forbidden globals are let through to become inert stubs.

    Raises:
        UnsafeCheckpointError: it names a forbidden global.
        InputError: it is broken, or larger than it may be.
    """
    names = () if stubs else forbidden(scan.globals)
    if names:
        raise UnsafeCheckpointError(
            f"{path}: refused: unpickling it would import {some_globals(names)}; nothing of it was run",
            hint=way_out(names, can_be_rescued=True),
        )
    if scan.problem:
        code = forbidden(scan.globals)
        also = f"; until there it would import {some_globals(code)}" if code else ""
        raise InputError(f"{path}: {scan.problem}{also}", hint=DAMAGED)
    return scan


def some_globals(names: tuple[str, ...], most: int = 5) -> str:
    """Names of globals in a sentence, without what would steer a terminal."""
    return listed((name.encode("unicode_escape").decode()[:100] for name in names), most)


def check_size(path: Path, record: StorageRecord, n_bytes: int) -> None:
    """A storage is as long as its tensors believe.

    Raises:
        InputError: it is not.
    """
    if record.n_bytes != n_bytes:
        raise InputError(
            f"{path}: storage {record.key} is declared with {record.n_bytes} bytes but the file holds {n_bytes}"
        )
