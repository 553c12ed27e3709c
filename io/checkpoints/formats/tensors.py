"""Tensors out of checkpoint files, on the CPU, without running anything of the file."""

from __future__ import annotations

import pickle
import struct
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.formats.archives import outline_of_zip_in
from ganloss_cli.io.checkpoints.formats.groups import first_file
from ganloss_cli.io.checkpoints.formats.outline import NO_PLAIN_TENSORS, Outline
from ganloss_cli.io.checkpoints.formats.sniff import ZIP_ERRORS, Format, opened, zip_directory
from ganloss_cli.io.checkpoints.pickle.objects import Inert, tensor_record
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span, StorageRecord, TensorRecord
from ganloss_cli.io.reading import OpenFile

MAX_DEPTH = 16
MAX_VALUES = 5_000_000  # more than any pickle has operations; a few shared lists can stand for more
# what torch's readers raise on a damaged file
_TORCH_ERRORS = (
    pickle.UnpicklingError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AssertionError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    struct.error,
)


class ProgramNetwork(nn.Module):
    """An exported program as a module; its mode was fixed by the export, so eval() and train() change nothing."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def train(self, mode: bool = True) -> ProgramNetwork:
        """Leave the program as it was exported."""
        return self

    def forward(self, *arguments: Any) -> Any:
        """What the program returns."""
        return self.program(*arguments)


def read_records(path: Path, outline: Outline, root: Any, *, wanted: Iterable[TensorRecord] | None = None) -> Any:
    """A tree with tensors in the place of their records; torch reads what has sparse or quantised tensors.

    Args:
        path: the file.
        outline: of it, checked; says where storages lie.
        root: the tree; the outline's own, or what became of it.
        wanted: the records to read, of those in the tree; by default all.

    Raises:
        InputError: it is damaged, or stands for more than any checkpoint holds.
    """
    with opened(first_file(path)) as file:
        return read_by_torch(file) if outline.left_to_torch else Materialiser(file, outline, wanted).plain(root)


def read_by_torch(file: OpenFile) -> Any:
    """The object of a torch.save file, read by torch into memory of its own.

    Raises:
        InputError: it is damaged.
    """
    try:
        # without this torch takes the indices of a sparse tensor as they are, and later reads wherever they point
        checked = torch.sparse.check_sparse_tensor_invariants()  # type: ignore[no-untyped-call]
        with warnings.catch_warnings(action="ignore"), checked:
            return torch.load(file.stream(), map_location="cpu", weights_only=True)
    except _TORCH_ERRORS as error:
        raise InputError(f"{file.path}: torch cannot read it: {_first_line(error)}") from error


def load_program(path: Path, file_format: Format, *, allow_code: bool) -> nn.Module:
    """A TorchScript archive or an exported program: code and weights in one.

    Raises:
        UnsafeCheckpointError: nobody allowed its code to run.
        InputError: torch cannot load it.
    """
    if not allow_code:
        raise UnsafeCheckpointError(
            f"{path}: refused: a {file_format} holds code that runs with the network",
            hint="pass --allow-code if you trust the file",
        )
    try:
        if file_format == "torchscript":
            return torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call,no-any-return]
        return ProgramNetwork(torch.export.load(path).module())
    except _TORCH_ERRORS as error:
        raise InputError(f"{path}: torch cannot load this {file_format}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


class Materialiser:
    """Turns the records of an outline into tensors; storages that several tensors share are read once.

    Args:
        file: what they are read of.
        outline: of it.
        wanted: those to read; by default all.
    """

    def __init__(self, file: OpenFile, outline: Outline, wanted: Iterable[TensorRecord] | None = None) -> None:
        self.file = file
        self.path = file.path
        self.outline = outline
        self.wanted = None if wanted is None else {id(record) for record in wanted}
        self.storages: dict[object, torch.UntypedStorage] = {}
        self.tensors: dict[int, Tensor] = {}  # by the identity of their records, which the tree keeps alive
        self.n_visited = 0
        self._others: dict[Path, OpenFile] = {}

    def plain(self, value: Any, depth: int = 0) -> Any:
        """The same tree with tensors in it."""
        record = tensor_record(value)
        if record is not None:
            return record if self.wanted is not None and id(record) not in self.wanted else self.tensor(record)
        if isinstance(value, Inert) and value.called in NO_PLAIN_TENSORS:
            what, hint = NO_PLAIN_TENSORS[value.called]
            raise InputError(f"{self.path}: {what}, cannot be read", hint=hint)
        if depth == MAX_DEPTH or not isinstance(value, dict | list | tuple):
            return value
        self.n_visited += 1 + len(value)
        if self.n_visited > MAX_VALUES:
            raise InputError(f"{self.path}: more than {MAX_VALUES} values in its mappings and lists")
        if isinstance(value, dict):
            return {key: self.plain(element, depth + 1) for key, element in dict.items(value)}
        return [self.plain(element, depth + 1) for element in value]

    def tensor(self, record: TensorRecord) -> Tensor:
        """One tensor."""
        if id(record) not in self.tensors:
            if record.dtype.startswith("q"):  # its scales are not looked at; torch would take it for what it is not
                raise InputError(
                    f"{self.path}: a quantised tensor among settings, cannot be read",
                    hint="save tensor.dequantize() instead",
                )
            if record.chunks:
                self.tensors[id(record)] = self._joined(record)
                return self.tensors[id(record)]
            tensor = torch.empty(0, dtype=getattr(torch, record.dtype))
            try:
                tensor.set_(self._storage(record.storage), record.offset, record.shape, record.stride)
            except RuntimeError as error:
                raise InputError(
                    f"{self.path}: a tensor of {record.dtype} cannot be read: {_first_line(error)}"
                ) from error
            tensor = tensor.conj().resolve_conj() if record.conjugated else tensor
            self.tensors[id(record)] = -tensor if record.negated else tensor
        return self.tensors[id(record)]

    def keep_only(self, storage: StorageRecord) -> None:
        """Forget every tensor that was read, and every storage but this one."""
        self.tensors.clear()
        key: object = storage.key or id(storage)
        self.storages = {known: held for known, held in self.storages.items() if known == key}

    def _joined(self, record: TensorRecord) -> Tensor:
        """A tensor of the blocks that it was saved in, each of which is a torch file within a file."""
        dtype = getattr(torch, record.dtype)
        alone = len(record.chunks) == 1
        tensor = torch.empty((0,) if alone else record.shape, dtype=dtype)
        for chunk in record.chunks:
            part = self._file_of(chunk.span).part(chunk.span.offset, chunk.span.n_bytes)
            outline = outline_of_zip_in(part)
            block = Materialiser(part, outline).plain(outline.root)
            if not isinstance(block, Tensor) or block.shape != chunk.sizes or block.dtype != dtype:
                raise InputError(f"{part.path}: a block of {record.storage.key} is not what its checkpoint says it is")
            if alone:
                return block
            place = tuple(slice(first, first + n) for first, n in zip(chunk.offsets, chunk.sizes, strict=True))
            tensor[place] = block
        return tensor

    def _file_of(self, span: Span) -> OpenFile:
        """The file in which bytes lie, where a checkpoint has several."""
        if span.file is None:
            return self.file
        if span.file not in self._others:
            self._others[span.file] = OpenFile(span.file)
        return self._others[span.file]

    def _storage(self, record: StorageRecord) -> torch.UntypedStorage:
        key: object = record.key or id(record)
        if key not in self.storages:
            content = self._bytes(record.span or self.outline.storages[record.key])
            if len(content) != record.n_bytes:  # torch would make a storage longer, with whatever lies in memory
                raise InputError(f"{self.path}: {len(content)} bytes where {record.n_bytes} are declared")
            flat = torch.frombuffer(content, dtype=torch.uint8) if content else torch.empty(0, dtype=torch.uint8)
            self.storages[key] = flat.untyped_storage()
        return self.storages[key]

    def _bytes(self, span: Span) -> bytearray:
        if span.content is not None:
            return bytearray(span.content)
        if span.entry:
            return self._entry(span)
        content = self._file_of(span).read(span.offset, span.n_bytes)
        try:
            return bytearray(content.decode("utf-8").encode("latin-1")) if span.utf8 else content
        except UnicodeError as error:
            raise InputError(f"{self.path}: an array written as text that is none: {error}") from error

    def _entry(self, span: Span) -> bytearray:
        try:
            with zip_directory(self.path, self.file) as archive, archive.open(span.entry) as stream:
                stream.read(span.offset)
                return bytearray(stream.read())
        except ZIP_ERRORS as error:
            raise InputError(f"{self.path}: entry '{span.entry}' is damaged: {error}") from error
