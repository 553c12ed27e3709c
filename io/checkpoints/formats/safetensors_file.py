"""Writes .safetensors files tensor by tensor, each copied from where it lies in another checkpoint.

Torch-free, but for tensors that do not lie in their file as they are.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.groups import first_file
from ganloss_cli.io.checkpoints.formats.headers import SAFETENSORS_DTYPES
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.pickle.tensor_places import ITEM_SIZES, TensorRecord, contiguous
from ganloss_cli.io.reading import OpenFile

if TYPE_CHECKING:
    from torch import Tensor

    from ganloss_cli.io.checkpoints.formats.tensors import Materialiser

_MARK = {"converter": "ganloss"}  # first of the header of every file that is written here
_MARKED = b'{"__metadata__":{"converter":"ganloss"'
_CODES = {dtype: code for code, dtype in SAFETENSORS_DTYPES.items()}
_PIECE = 1 << 24  # bytes that are copied at once


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that tensors are copied from.

    Args:
        path: of the checkpoint.
        outline: of it.
    """

    path: Path
    outline: Outline


@dataclass(frozen=True, kw_only=True)
class Held:
    """A tensor of another file: unread, or read by torch where only torch reads it."""

    source: Source
    tensor: TensorRecord | Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.tensor.shape)

    @property
    def dtype(self) -> str:
        """The name of its dtype."""
        return str(self.tensor.dtype).removeprefix("torch.")

    @property
    def n_bytes(self) -> int:
        """What it takes in the file."""
        return math.prod(self.shape) * ITEM_SIZES[self.dtype]


def is_conversion(path: Path) -> bool:
    """Whether a file is one that `write_safetensors` wrote, and nobody has saved anew.

    Args:
        path: the file.
    """
    try:
        with path.open("rb") as file:
            return file.read(8 + len(_MARKED))[8:] == _MARKED
    except OSError:
        return False


def check_writable(name: str, held: Held) -> None:
    """Refuse what safetensors has no type for.

    Args:
        name: of the tensor.
        held: the tensor.

    Raises:
        InputError: there is none for it.
    """
    layout = str(getattr(held.tensor, "layout", "torch.strided"))
    if held.dtype not in _CODES or layout != "torch.strided":
        what = held.dtype if held.dtype not in _CODES else layout.removeprefix("torch.").replace("_", " ")
        raise InputError(
            f"{held.source.path}: {name} is {what}, for which safetensors has no type",
            hint="save tensor.to_dense(), tensor.dequantize() or torch.view_as_real(tensor) in its place",
        )


def write_safetensors(path: Path, tensors: Mapping[str, Held], metadata: Mapping[str, str]) -> None:
    """Write a file of tensors; their numbers are copied bit by bit, one tensor or less in memory at a time.

    Args:
        path: of the file.
        tensors: by name.
        metadata: texts for the header.

    Raises:
        InputError: a tensor cannot be read, or safetensors has no type for it.
        OSError: the file cannot be written.
    """
    for name, held in tensors.items():
        check_writable(name, held)
    by_size = sorted(tensors, key=lambda name: -ITEM_SIZES[tensors[name].dtype])  # each begins where it is aligned
    places, end = {}, 0
    for name in by_size:
        places[name] = [end, end := end + tensors[name].n_bytes]
    entries = {
        name: {"dtype": _CODES[held.dtype], "shape": held.shape, "data_offsets": places[name]}
        for name, held in tensors.items()
    }
    header = json.dumps({"__metadata__": {**_MARK, **metadata}, **entries}, separators=(",", ":"))
    content = header.encode()
    content += b" " * (-len(content) % 8)
    with path.open("xb") as file:
        file.write(len(content).to_bytes(8, "little") + content)
        copying = _Copying()
        for name in by_size:
            copying.copy(tensors[name], file)
        file.flush()
        os.fsync(file.fileno())


class _Copying:
    """Keeps the last storage that was read, for the tensors that share it."""

    def __init__(self) -> None:
        self.reader: Materialiser | None = None

    def copy(self, held: Held, file: BinaryIO) -> None:
        n_written = sum(file.write(piece) for piece in self._pieces(held))
        if n_written != held.n_bytes:
            raise InputError(f"{held.source.path}: {n_written} bytes where {held.n_bytes} are declared")

    def _pieces(self, held: Held) -> Iterator[bytearray | memoryview]:
        record = held.tensor
        span = held.source.outline.place(record) if isinstance(record, TensorRecord) else None
        if span is None or span.n_bytes != held.n_bytes or not _in_order(held.tensor):
            yield self._read(held)
            return
        with closing(OpenFile(span.file or first_file(held.source.path))) as data:
            for first in range(span.offset, span.offset + span.n_bytes, _PIECE):
                yield data.read(first, min(_PIECE, span.offset + span.n_bytes - first))

    def _read(self, held: Held) -> memoryview:
        import torch

        from ganloss_cli.io.checkpoints.formats.tensors import Materialiser

        tensor = held.tensor
        if isinstance(tensor, TensorRecord):
            source = held.source
            if self.reader is None or self.reader.outline is not source.outline:
                self.reader = Materialiser(OpenFile(first_file(source.path)), source.outline)
            self.reader.keep_only(tensor.storage)
            tensor = self.reader.tensor(tensor)
        flat = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
        return flat.view(torch.uint8).numpy().data if flat.numel() else memoryview(b"")


def _in_order(tensor: Any) -> bool:
    """Whether the elements of a record lie in the order of its axes."""
    steps = zip(tensor.shape, tensor.stride, contiguous(tensor.shape), strict=True)
    return all(n == 1 or step == plain for n, step, plain in steps)
