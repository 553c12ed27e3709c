"""Arrays in files, of which one sample is read at a time: .safetensors, .npz, .npy, .pt and IDX."""

from __future__ import annotations

import functools
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import reason, sniff, supported
from ganloss_cli.io.idx import open_idx
from ganloss_cli.io.pickled import load_pickled

NPY_HEADERS = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
# What readers of damaged files raise; torch's loader of pickles raises whatever the damage happens to hit.
DAMAGED = (
    ValueError, TypeError, AttributeError, AssertionError, LookupError, ArithmeticError, EOFError, RuntimeError,
    SyntaxError, TokenError, struct.error, zipfile.BadZipFile, zlib.error, SafetensorError,
)  # fmt: skip
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
        return readers[found.name](path)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    except DAMAGED as error:
        raise InputError(f"{path}: truncated or damaged {found.name} file ({error})") from error


def _open_npy(path: Path) -> Mapping[str, Stored]:
    with path.open("rb") as file:
        shape, fortran, dtype = npy_header(file, f"{path}")
        offset = file.tell()
    return {"": _mapped(path, offset, shape, fortran, dtype)}


def _open_idx(path: Path) -> Mapping[str, Stored]:
    return {"": _of_array(open_idx(path))}


def _open_npz(path: Path) -> Mapping[str, Stored]:
    arrays: dict[str, Stored] = {}
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            with archive.open(member) as unpacked:
                shape, fortran, dtype = npy_header(unpacked, f"{path}:{name}")
                n_header = unpacked.tell()
            if member.file_size != n_header + prod(shape) * dtype.itemsize:
                raise InputError(f"{path}: '{name}' says it is {shape} of {dtype}, but holds another number of bytes")
            if member.compress_type == zipfile.ZIP_STORED:
                file.seek(member.header_offset + 26)
                lengths = np.frombuffer(file.read(4), "<u2")
                offset = member.header_offset + LOCAL_HEADER + int(lengths.sum()) + n_header
                arrays[name] = _mapped(path, offset, shape, fortran, dtype)
            else:
                arrays[name] = _unpacked(path, member.filename, shape, dtype)
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
    shape, fortran, dtype = NPY_HEADERS[version](file)
    if dtype.hasobject:
        raise InputError(
            f"{where}: holds Python objects, which are never unpickled",
            hint="save plain arrays: numpy.save(FILE, array), one a role; ganloss compare reads files of reprod_log",
        )
    if dtype.kind not in "biuf":
        raise InputError(f"{where}: holds {dtype}; expected real numbers")
    return shape, fortran, dtype


def _mapped(path: Path, offset: int, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> Stored:
    if prod(shape) == 0:
        return _of_array(np.empty(shape, dtype))
    if path.stat().st_size < offset + prod(shape) * dtype.itemsize:
        raise InputError(f"{path}: truncated; its header says {shape} of {dtype}")
    return _of_array(np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C"))


def _of_array(array: np.ndarray) -> Stored:
    native = array.dtype.newbyteorder("=")
    return Stored(
        shape=array.shape,
        dtype=torch.from_numpy(np.empty(0, native)).dtype,
        sample=lambda index: torch.from_numpy(np.array(array[index], native, order="C")),
        whole=lambda: torch.from_numpy(np.array(array, native, order="C")),
    )


def _unpacked(path: Path, member: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Stored:
    """A compressed array, unpacked when its first sample is read."""
    lock = threading.Lock()

    @functools.cache
    def unpacked() -> Stored:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                return _of_array(np.lib.format.read_array(file, allow_pickle=False))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{path}: truncated or damaged npz file ({error})") from error

    def stored() -> Stored:
        with lock:  # unpack once, however many threads ask
            return unpacked()

    return Stored(
        shape=shape,
        dtype=_of_array(np.empty(0, dtype)).dtype,
        sample=lambda index: stored().sample(index),
        whole=lambda: stored().whole(),
    )


def _open_safetensors(path: Path) -> Mapping[str, Stored]:
    file = safe_open(path, framework="pt")
    return {name: _lazy(file, name) for name in file.keys()}  # type: ignore[no-untyped-call]  # noqa: SIM118 (no mapping)


def _lazy(file: Any, name: str) -> Stored:
    view = file.get_slice(name)
    shape = tuple(view.get_shape())
    dtype = view[0:0].dtype if shape else file.get_tensor(name).dtype
    return Stored(
        shape=shape,
        dtype=dtype,
        sample=lambda index: file.get_slice(name)[index : index + 1][0].clone(),
        whole=lambda: file.get_tensor(name),
    )


def _open_pt(path: Path) -> Mapping[str, Stored]:
    return {name: _of_tensor(tensor) for name, tensor in _flat(load_pickled(path))}


def _flat(content: object, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """The tensors of nested dicts and lists with their names, joined with dots."""
    if isinstance(content, Tensor):
        yield name, content.detach()
    parts = content.items() if isinstance(content, Mapping) else ()
    if isinstance(content, list | tuple):
        parts = enumerate(content)  # type: ignore[assignment]
    for key, part in parts:
        yield from _flat(part, f"{name}.{key}" if name else str(key))


def _of_tensor(tensor: Tensor) -> Stored:
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
