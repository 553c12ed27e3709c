"""Tensors that have not been read: where each lies in the file, and what it would be.

Torch-free and numpy-free. Whatever a file declares here has been checked against what it declares elsewhere.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

_Record = TypeVar("_Record")

ITEM_SIZES = {
    "bfloat16": 2, "bool": 1, "complex32": 4, "complex64": 8, "complex128": 16, "float16": 2, "float32": 4,
    "float64": 8, "float8_e4m3fn": 1, "float8_e4m3fnuz": 1, "float8_e5m2": 1, "float8_e5m2fnuz": 1,
    "float8_e8m0fnu": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "qint8": 1, "quint8": 1, "qint32": 4,
    "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
}  # fmt: skip
# numpy's codes, without the byte order
NUMPY_DTYPES = {
    "b1": "bool", "c16": "complex128", "c8": "complex64", "f2": "float16", "f4": "float32", "f8": "float64",
    "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64", "u1": "uint8", "u2": "uint16", "u4": "uint32",
    "u8": "uint64",
}  # fmt: skip


def _refuse_state(_record: object, _state: object) -> None:
    raise pickle.UnpicklingError("a tensor cannot be given a state")


def sealed(record: type[_Record]) -> type[_Record]:
    """Keep a pickle from changing the fields of a record: dataclasses with slots take any state, unchecked."""
    record.__setstate__ = _refuse_state  # type: ignore[attr-defined]
    return record


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where bytes lie.

    Args:
        n_bytes: as they are in the file.
        offset: in the file, or in the entry of an archive.
        entry: of a zip archive; empty for the file itself.
        content: the bytes, where they are few and were read with their pickle.
        utf8: the bytes are text, as protocol 2 writes them: Latin-1 in UTF-8.
        file: the file, where a checkpoint has several.
    """

    n_bytes: int
    offset: int = 0
    entry: str = ""
    content: bytes | None = None
    utf8: bool = False
    file: Path | None = None


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A block of a tensor that was saved by itself, as a torch file within a file.

    Args:
        offsets: of its first element in the tensor, along each axis.
        sizes: along each axis.
        span: where the torch file lies.
    """

    offsets: tuple[int, ...]
    sizes: tuple[int, ...]
    span: Span


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRecord:
    """A run of bytes that tensors share: its name in the file, the type of its elements, how many there are."""

    key: str
    dtype: str
    count: int
    offset: int = 0  # of a view into another storage, in elements; only legacy files have them
    span: Span | None = None  # where it lies, if the pickle itself holds it

    @property
    def n_bytes(self) -> int:
        """What the file must hold for it."""
        return self.count * ITEM_SIZES[self.dtype]


@sealed
@dataclass(frozen=True, slots=True, kw_only=True)
class TensorRecord:
    """A tensor that has not been read: where it lies in its storage, in elements.

    Args:
        storage: that it lies in.
        dtype: of its elements.
        offset: of its first element.
        shape: how many elements there are along each axis.
        stride: how far apart they lie.
        conjugated: its numbers are the conjugates of those in the storage.
        negated: its numbers are those in the storage with the other sign.
        chunks: the blocks it was saved in, where it has no storage of its own.
    """

    storage: StorageRecord
    dtype: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    conjugated: bool = False
    negated: bool = False
    chunks: tuple[Chunk, ...] = ()

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """What its elements take, however few the file holds for them."""
        return self.count * ITEM_SIZES[self.dtype]


def tensor_of(storage: Any, dtype: Any, offset: Any, shape: Iterable[Any], stride: Iterable[Any]) -> TensorRecord:
    """A tensor whose every element lies inside its storage.

    Raises:
        pickle.UnpicklingError: it does not.
    """
    if not isinstance(storage, StorageRecord) or not isinstance(dtype, str) or dtype not in ITEM_SIZES:
        raise pickle.UnpicklingError("a tensor without a storage")
    sizes, steps = tuple(shape), tuple(stride)
    if len(sizes) != len(steps):
        raise pickle.UnpicklingError("a tensor with an impossible shape")
    for n in (*sizes, *steps, offset):
        if type(n) is not int or not 0 <= n < 2**63:
            raise pickle.UnpicklingError("a tensor with an impossible shape")
    start = last = storage.offset + offset
    if 0 not in sizes:
        for n, step in zip(sizes, steps, strict=True):
            last += (n - 1) * step
        if (last + 1) * ITEM_SIZES[dtype] > storage.n_bytes:
            raise pickle.UnpicklingError(f"a tensor of shape {sizes} reaches beyond its storage")
    return TensorRecord(storage=storage, dtype=dtype, offset=start, shape=sizes, stride=steps)


def array_of(shape: Iterable[Any], code: str, span: Span, *, fortran: bool = False) -> TensorRecord:
    """A numpy array as a tensor of its own storage.

    Args:
        shape: of the array.
        code: of its dtype, with or without a byte order: "<f4".
        span: its bytes, and nothing else.
        fortran: whether the first axis varies fastest.

    Raises:
        pickle.UnpicklingError: it is no array of numbers in this machine's byte order, or its bytes do not fit.
    """
    dtype = NUMPY_DTYPES.get(code.lstrip("<=|"))
    sizes = tuple(shape)
    if dtype is None:
        raise pickle.UnpicklingError(f"an array of dtype {code[:20]!r}")
    if any(type(n) is not int or not 0 <= n < 2**63 for n in sizes):
        raise pickle.UnpicklingError("an array with an impossible shape")
    count = math.prod(sizes)
    n_bytes = count * ITEM_SIZES[dtype]
    fits = n_bytes <= span.n_bytes <= 2 * n_bytes if span.utf8 else n_bytes == span.n_bytes
    if not fits:
        raise pickle.UnpicklingError(f"an array of shape {sizes} in {span.n_bytes} bytes")
    storage = StorageRecord(key="", dtype=dtype, count=count, span=span)
    steps = contiguous(sizes[::-1])[::-1] if fortran else contiguous(sizes)
    return TensorRecord(storage=storage, dtype=dtype, offset=0, shape=sizes, stride=steps)


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a tensor whose last axis varies fastest."""
    steps: list[int] = []
    step = 1
    for size in reversed(shape):
        steps.insert(0, step)
        step *= max(size, 1)
    return tuple(steps)
