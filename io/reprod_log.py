"""reprod_log files, .npy arrays of one dict of arrays, read without paddle and without unpickling an object.

Stand-ins of our own take the place of the few numpy names that such a file may hold.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.pickle.allow_list import python3_name
from ganloss_cli.io.checkpoints.pickle.scan import scan_pickle
from ganloss_cli.io.formats import reason, refuse_special
from ganloss_cli.io.reading import read_whole

NPY_MAGIC = b"\x93NUMPY"
_HEADERS = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
_NUMBERS = {"b1", "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1"}
_WIDER = {"u2": "i4", "u4": "i8"}  # torch has few operations on these
_OBJECT = "O8"
_BROKEN = (
    pickle.UnpicklingError, AttributeError, EOFError, IndexError, KeyError, OverflowError, RecursionError, TypeError,
    UnicodeError, ValueError,
)  # fmt: skip


def is_reprod_log(path: Path) -> bool:
    """Whether a file is a .npy file of Python objects.

    Raises:
        InputError: it cannot be opened.
    """
    refuse_special(path)
    try:
        with path.open("rb") as file:
            return file.read(len(NPY_MAGIC)) == NPY_MAGIC and b"|O" in file.read(256).partition(b"\n")[0]
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error


def read_reprod_log(path: Path) -> dict[str, Tensor]:
    """The arrays of a reprod_log file by key, each of the shape and dtype that it was logged with.

    Args:
        path: what `ReprodLogger.save` wrote.

    Raises:
        UnsafeCheckpointError: it names a global other than numpy's own for arrays.
        InputError: it is damaged, or holds something other than one dict of arrays.
    """
    logged = _objects(path)
    try:
        if len(logged) == 1 and isinstance(logged[0], dict):
            return {str(key): _tensor(path, str(key), value) for key, value in logged[0].items()}
    except _BROKEN as error:
        raise _unreadable(path, error) from error
    raise InputError(f"{path}: holds no dict of arrays, as ReprodLogger.save writes it")


def read_object_rows(path: Path) -> list[Tensor]:
    """The rows of a .npy file whose numbers, or whose rows, are Python objects; float64.

    Args:
        path: what numpy.save wrote of a tuple of rows, with dtype=object.

    Raises:
        UnsafeCheckpointError: it names a global other than numpy's own for arrays.
        InputError: it is damaged, or holds something other than numbers.
    """
    rows = _objects(path)
    try:
        if all(isinstance(row, _Array) for row in rows):
            return [torch.from_numpy(row.numbers()).double() for row in rows if isinstance(row, _Array)]
        return [*torch.tensor(rows, dtype=torch.float64).reshape(rows.shape)]
    except _BROKEN as error:
        raise _unreadable(path, error) from error


class _Objects(list[object]):
    """The elements of an array of objects, in the order of the file, and its shape."""

    shape: tuple[int, ...] = ()


def _objects(path: Path) -> _Objects:
    """What a .npy file of Python objects holds."""
    data = bytes(read_whole(path))
    start = _end_of_header(path, data)
    scan = scan_pickle(data, start)
    if foreign := sorted(scan.globals - _STAND_INS.keys()):
        raise UnsafeCheckpointError(
            f"{path}: refused: unpickling it would import {foreign[0].encode('unicode_escape').decode()[:100]};"
            " nothing of it was run",
            hint="log plain arrays only: reprod_logger.add(key, tensor.detach().cpu().numpy())",
        )
    if scan.problem:
        raise InputError(f"{path}: {scan.problem}")
    try:
        content = _Reader(io.BytesIO(data[start : scan.end]), encoding="latin-1").load()
        objects = _Objects(content.objects() if isinstance(content, _Array) else ())
        objects.shape = tuple(content.shape) if isinstance(content, _Array) else ()
    except _BROKEN as error:
        raise _unreadable(path, error) from error
    return objects


def _unreadable(path: Path, error: BaseException) -> InputError:
    return InputError(f"{path}: the pickle in it cannot be read: {str(error) or type(error).__name__}")


def _end_of_header(path: Path, data: bytes) -> int:
    file = io.BytesIO(data)
    try:
        _HEADERS[np.lib.format.read_magic(file)[0]](file)
    except (ValueError, KeyError, TypeError, SyntaxError, TokenError, RecursionError) as error:
        raise InputError(f"{path}: truncated or damaged npy file ({error})") from error
    return file.tell()


def _tensor(path: Path, key: str, value: object) -> Tensor:
    if isinstance(value, _Array):
        return torch.from_numpy(value.numbers())
    if isinstance(value, bool | int | float):
        return torch.tensor(value, dtype=torch.float64)
    raise InputError(f"{path}: '{key}' is no array of numbers")


class _Dtype:
    """Stands in for numpy.dtype: a code such as f4, and a byte order."""

    def __init__(self, code: str, *_: object) -> None:
        self.code = code.removeprefix("<").removeprefix("|")
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]

    def stored(self) -> np.dtype[Any]:
        """The dtype of the bytes in the file."""
        if self.code not in _NUMBERS and self.code not in _WIDER:
            raise ValueError(f"an array of {self.code!r}, which is no real number that torch has")
        return np.dtype(self.code).newbyteorder(">" if self.order == ">" else "<")


class _Array:
    """Stands in for numpy.ndarray: shape, dtype, order, and bytes or a list of objects."""

    shape: tuple[int, ...] = ()
    dtype: _Dtype
    fortran = False
    content: object = b""

    def __init__(self, *_: object) -> None:
        """Empty, as numpy's _reconstruct makes it."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.dtype, self.fortran, self.content = state

    def objects(self) -> list[object]:
        """The elements of an array of objects."""
        return self.content if self.dtype.code == _OBJECT and isinstance(self.content, list) else []

    def numbers(self) -> np.ndarray[Any, Any]:
        """The array, in memory of its own.

        Raises:
            ValueError: objects or text, or another number of bytes than its shape takes.
        """
        dtype = self.dtype.stored()
        content = self.content.encode("latin-1") if isinstance(self.content, str) else self.content
        if not isinstance(content, bytes | bytearray) or len(content) != prod(self.shape) * dtype.itemsize:
            raise ValueError(f"an array of shape {self.shape} with another number of bytes")
        array = np.frombuffer(content, dtype).reshape(self.shape, order="F" if self.fortran else "C")
        return array.astype(_WIDER.get(self.dtype.code, self.dtype.code), order="C")


def _from_buffer(content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str) -> _Array:
    """Stands in for numpy's _frombuffer, which protocol 5 calls."""
    array = _Array()
    array.content, array.dtype, array.shape, array.fortran = content, dtype, tuple(shape), order == "F"
    return array


_STAND_INS: Mapping[str, Any] = {
    "numpy.core.multiarray._reconstruct": _Array,
    "numpy._core.multiarray._reconstruct": _Array,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy._core.numeric._frombuffer": _from_buffer,
    "numpy.ndarray": _Array,
    "numpy.dtype": _Dtype,
}


class _Reader(pickle.Unpickler):
    """Knows the stand-ins alone; nothing named in the file is imported or called."""

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for a global."""
        return _STAND_INS[python3_name(module, name)]
