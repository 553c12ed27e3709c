"""What a checkpoint file holds, without reading a tensor: its globals, its object tree, where its storages lie.

Torch-free. Everything the file declares is checked against what it has before anything of that size is allocated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.formats.sniff import DAMAGED
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden, torch_reads, way_out
from ganloss_cli.io.checkpoints.pickle.scan import Scan
from ganloss_cli.io.checkpoints.pickle.tensor_places import ITEM_SIZES, Span, StorageRecord, TensorRecord
from ganloss_cli.records.listing import listed

# called with a number, each takes as much memory as it says
_NOT_FOR_TORCH = ("builtins.bytearray", "torch.Tensor")
# what is written with these has no plain numbers in it
NO_PLAIN_TENSORS = {
    "torch._utils._rebuild_meta_tensor_no_storage": (
        "a tensor of the meta device, which has a shape and no numbers",
        "save the state dict of a network that was given its weights",
    ),
    "torch.distributed.tensor.DTensor": (
        "one rank's part of a tensor that is spread over several",
        "save tensor.full_tensor(), or with torch.distributed.checkpoint.save",
    ),
    "torch._utils._rebuild_nested_tensor": ("a nested tensor", "save its parts: tensor.unbind()"),
    # of files that torch itself does not read, because there is more in them than tensors
    "torch._utils._rebuild_sparse_tensor": ("a sparse tensor among settings", "save tensor.to_dense() instead"),
}
_LEFT_TO_TORCH = {"torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_qtensor"}
NOT_PLAIN = frozenset(NO_PLAIN_TENSORS) | _LEFT_TO_TORCH  # what no record of an unread tensor stands for


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

    @property
    def left_to_torch(self) -> bool:
        """Whether a file has sparse or quantised tensors, and nothing that torch does not read."""
        return self.for_torch and not self.globals.isdisjoint(_LEFT_TO_TORCH)

    def place(self, record: TensorRecord) -> Span | None:
        """Where a tensor's numbers lie in a file, if they lie there as they are: from its first to its last."""
        span = record.storage.span or self.storages.get(record.storage.key)
        changed = record.conjugated or record.negated or record.dtype.startswith("q")
        if span is None or changed or record.chunks or span.entry or span.utf8 or span.content is not None:
            return None
        steps = zip(record.shape, record.stride, strict=True)
        reach = 1 + sum((n - 1) * step for n, step in steps) if record.count else 0
        first, size = record.offset, ITEM_SIZES[record.dtype]
        return replace(span, offset=span.offset + first * size, n_bytes=reach * size)


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
