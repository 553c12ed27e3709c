"""Arrays in files, of which one sample is read at a time: .safetensors, .npz, .npy, .pt and IDX."""

from __future__ import annotations

import functools
import io
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.headers import outline_of_safetensors
from ganloss_cli.io.checkpoints.formats.sniff import zip_directory
from ganloss_cli.io.checkpoints.formats.tensors import Materialiser
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord, contiguous
from ganloss_cli.io.formats import reason, sniff, supported
from ganloss_cli.io.idx import open_idx
from ganloss_cli.io.pickled import open_pickled
from ganloss_cli.io.reading import OpenFile, enough_memory

NPY_HEADERS = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
# What readers of damaged files raise; torch's loader of pickles raises whatever the damage happens to hit.
DAMAGED = (
    ValueError, TypeError, AttributeError, AssertionError, LookupError, ArithmeticError, EOFError, RuntimeError,
    SyntaxError, TokenError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_MOST_SPREAD = 2  # what is read of a file for one of its samples, in numbers of that
MOST_NPY_HEADER = 10_000  # bytes; numpy's own limit, which it heeds once all are read
LOCAL_HEADER = 30  # bytes of a zip member's own header before its name and extra field


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An array in a file.

    Args:
        shape: (N, ...).
        dtype: of the values as they are stored.
        sample: reads sample i: contiguous, memory of its own; safe to call from several threads.
        whole: reads all of it, also where it is a single number and has no samples.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    sample: Callable[[int], Tensor]
    whole: Callable[[], Tensor]


def open_stored(path: Path) -> Mapping[str, Stored]:
    """The arrays of a file by name; lists and dicts of a .pt file are joined with dots, a lone array is named "".

    Args:
        path: of a .safetensors, .npz, .npy, .pt or IDX file, whatever its suffix.

    Returns:
        name -> array. What is no array (numbers, text) is left out.

    Raises:
        InputError: truncated, damaged, of an unknown format, or with arrays of Python objects, text or complex numbers.
        UnsafeCheckpointError: a pickle that names anything but tensors.
    """
    found = sniff(path)
    if found is None or found.kind not in ("tensor", "idx"):
        was = "an empty file" if path.stat().st_size == 0 else found.name if found else "an unknown format"
        raise InputError(f"{path}: {was}; expected one of {supported('tensor', 'idx')}")
    readers: dict[str, Callable[[Path], Mapping[str, Stored]]] = {
        "npy": _open_npy, "npz": _open_npz, "pt": _open_pt, "safetensors": _open_safetensors, "IDX": _open_idx,
    }  # fmt: skip
    try:
        with enough_memory(path):
            return readers[found.name](path)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    except DAMAGED as error:
        raise InputError(f"{path}: truncated or damaged {found.name} file ({error})") from error


def _open_npy(path: Path) -> Mapping[str, Stored]:
    file = OpenFile(path)
    stream = file.stream()
    shape, fortran, dtype = npy_header(stream, f"{path}")
    return {"": _in_file(file, stream.tell(), shape, dtype, fortran=fortran)}


def _open_idx(path: Path) -> Mapping[str, Stored]:
    array = open_idx(path)
    return {"": _in_memory(torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False)))}


def _open_npz(path: Path) -> Mapping[str, Stored]:
    arrays: dict[str, Stored] = {}
    file = OpenFile(path)
    with zip_directory(path, file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            with archive.open(member) as unpacked:
                shape, fortran, dtype = npy_header(unpacked, f"{path}:{name}")
                n_header = unpacked.tell()
            if member.file_size != n_header + prod(shape) * dtype.itemsize:
                raise InputError(f"{path}: '{name}' says it is {shape} of {dtype}, but holds another number of bytes")
            if member.compress_type == zipfile.ZIP_STORED:
                lengths = np.frombuffer(file[member.header_offset + 26 : member.header_offset + LOCAL_HEADER], "<u2")
                offset = member.header_offset + LOCAL_HEADER + int(lengths.sum()) + n_header
                arrays[name] = _in_file(file, offset, shape, dtype, fortran=fortran)
            else:
                unpack = partial(_unpacked, file, member.filename)
                arrays[name] = _read_once(shape, _decoder(dtype)(bytearray()).dtype, unpack)
    return arrays


def npy_header(file: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """What a .npy file says of itself: shape, whether it is in Fortran order, dtype.

    Args:
        file: at its first byte; left behind the header.
        where: what messages call it.

    Raises:
        InputError: structured arrays, Python objects, text, dates or complex numbers.
        ValueError: no .npy file, or truncated.
    """
    version = np.lib.format.read_magic(file)[0]
    if version not in NPY_HEADERS:
        raise InputError(f"{where}: structured arrays are not read; expected plain numbers")
    count = file.read(2 if version == 1 else 4)
    n_header = int.from_bytes(count, "little")
    if n_header > MOST_NPY_HEADER:
        raise InputError(f"{where}: its header claims {n_header} bytes; at most {MOST_NPY_HEADER} are read")
    shape, fortran, dtype = NPY_HEADERS[version](io.BytesIO(count + file.read(n_header)))
    if not all(type(n) is int and n >= 0 for n in shape):  # to numpy True is a whole number
        raise InputError(f"{where}: its header says a shape of {shape}")
    if dtype.hasobject:
        raise InputError(
            f"{where}: holds Python objects, which are never unpickled",
            hint="save plain arrays: numpy.save(FILE, array), one a role; ganloss compare reads files of reprod_log",
        )
    if dtype.kind not in "biuf":
        raise InputError(f"{where}: holds {dtype}; expected real numbers")
    return shape, fortran, dtype


def _in_file(file: OpenFile, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any], *, fortran: bool) -> Stored:
    if len(file) < offset + prod(shape) * dtype.itemsize:
        raise InputError(f"{file.path}: truncated; its header says {shape} of {dtype}")
    stride = contiguous(shape[::-1])[::-1] if fortran else contiguous(shape)
    return _Place(file=file, offset=offset, stride=stride, itemsize=dtype.itemsize, decode=_decoder(dtype)).stored(
        shape
    )


def _decoder(dtype: np.dtype[Any]) -> Callable[[bytearray], Tensor]:
    native = dtype.newbyteorder("=")
    return lambda content: torch.from_numpy(np.frombuffer(content, dtype).astype(native, copy=False))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where an array lies in a file.

    Args:
        file: that holds it.
        offset: of its first element, in bytes.
        stride: how far apart its elements lie along each axis, in elements.
        itemsize: bytes of one element.
        decode: bytes to elements, in one row.
    """

    file: OpenFile
    offset: int
    stride: tuple[int, ...]
    itemsize: int
    decode: Callable[[bytearray], Tensor]

    def stored(self, shape: tuple[int, ...]) -> Stored:
        dtype = self.decode(bytearray()).dtype
        whole = partial(self._part, 0, shape, self.stride)
        if shape and _reach(shape[1:], self.stride[1:]) > _MOST_SPREAD * prod(shape[1:]):
            return _read_once(shape, dtype, whole)  # the elements of one sample lie all over the file
        return Stored(
            shape=shape,
            dtype=dtype,
            sample=lambda index: self._part(range(shape[0])[index] * self.stride[0], shape[1:], self.stride[1:]),
            whole=whole,
        )

    def _part(self, first: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        """What begins at an element: contiguous, in memory of its own."""
        n_elements = _reach(shape, stride)
        flat = self.decode(self.file.read(self.offset + first * self.itemsize, n_elements * self.itemsize))
        return flat.as_strided(shape, stride).contiguous()


def _reach(shape: tuple[int, ...], stride: tuple[int, ...]) -> int:
    """How many elements of the file an array spans."""
    return 1 + sum((n - 1) * step for n, step in zip(shape, stride, strict=True)) if 0 not in shape else 0


def _read_once(shape: tuple[int, ...], dtype: torch.dtype, read: Callable[[], Tensor]) -> Stored:
    """An array that is read as a whole when its first sample is, however many threads ask."""
    lock, once = threading.Lock(), functools.cache(read)

    def stored() -> Stored:
        with lock:
            return _in_memory(once())

    return Stored(shape=shape, dtype=dtype, sample=lambda index: stored().sample(index), whole=lambda: stored().whole())


def _unpacked(file: OpenFile, member: str) -> Tensor:
    try:
        with zipfile.ZipFile(file.stream()) as archive, archive.open(member) as unpacked:
            array = np.lib.format.read_array(unpacked, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{file.path}: truncated or damaged npz file ({error})") from error
    return torch.from_numpy(np.ascontiguousarray(array, array.dtype.newbyteorder("=")))


def _open_safetensors(path: Path) -> Mapping[str, Stored]:
    file = OpenFile(path)
    outline = outline_of_safetensors(path)
    reader = Materialiser(file, outline)
    return {name: _of_record(reader, value) for name, value in outline.root.items() if isinstance(value, TensorRecord)}


def _open_pt(path: Path) -> Mapping[str, Stored]:
    reader, arrays = open_pickled(path)
    return {
        name: _in_memory(array.detach()) if isinstance(array, Tensor) else _of_record(reader, array)
        for name, array in arrays.items()
    }


def _of_record(reader: Materialiser, record: TensorRecord) -> Stored:
    found = reader.outline.place(record)
    if found is None:
        return _in_memory(reader.tensor(record))
    dtype: torch.dtype = getattr(torch, record.dtype)

    def decode(content: bytearray) -> Tensor:
        return torch.frombuffer(content, dtype=torch.uint8).view(dtype) if content else torch.empty(0, dtype=dtype)

    place = _Place(file=reader.file, offset=found.offset, stride=record.stride, itemsize=dtype.itemsize, decode=decode)
    return place.stored(record.shape)


def _in_memory(tensor: Tensor) -> Stored:
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    return Stored(
        shape=tuple(tensor.shape),
        dtype=tensor.dtype,
        sample=lambda index: tensor[index].clone(memory_format=torch.contiguous_format),
        whole=lambda: tensor.clone(memory_format=torch.contiguous_format),
    )
