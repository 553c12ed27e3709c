"""IDX, the format of MNIST: a magic number, big-endian lengths, the numbers themselves; often gzipped.

Layout: http://yann.lecun.com/exdb/mnist.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import IDX_DTYPES
from ganloss_cli.io.reading import OpenFile

MOST_PACKED = 1032  # bytes that deflate makes of one, at most
GZIP = b"\x1f\x8b"


def open_idx(path: Path) -> np.ndarray:
    """The array of an IDX file, unpacked where the file is gzipped.

    Args:
        path: of the file.

    Returns:
        the array, (N, ...), with the file's own byte order.

    Raises:
        InputError: truncated, damaged, or longer than its header says.
    """
    held = OpenFile(path)
    if held[:2] == GZIP:
        return _unpacked(held)
    shape, dtype, offset = _header(held[:20], path)
    _check_size(path, len(held), offset + prod(shape) * dtype.itemsize, shape)
    return np.frombuffer(held.read(offset, prod(shape) * dtype.itemsize), dtype).reshape(shape)


def _unpacked(held: OpenFile) -> np.ndarray:
    path = held.path
    try:
        with gzip.GzipFile(fileobj=held.stream()) as file:
            shape, dtype, offset = _header(file.read(20), path)
            file.seek(offset)
            n_bytes = prod(shape) * dtype.itemsize
            if n_bytes > MOST_PACKED * len(held):  # nothing of that size is asked for
                raise EOFError(f"its header says {' x '.join(map(str, shape))}")
            data = file.read(n_bytes + 1)  # one more than there should be, and no bomb beyond it
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: truncated or damaged gzip file ({error})") from error
    _check_size(path, len(data), n_bytes, shape)
    return np.frombuffer(bytearray(data), dtype).reshape(shape)


def _header(head: bytes, path: Path) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    offset = 4 + 4 * head[3]
    if len(head) < offset:
        raise InputError(f"{path}: truncated in its header")
    return struct.unpack(f">{head[3]}I", head[4:offset]), np.dtype(IDX_DTYPES[head[2]]), offset


def _check_size(path: Path, found: int, wanted: int, shape: tuple[int, ...]) -> None:
    if found != wanted:
        what = "truncated" if found < wanted else "longer than its header says"
        raise InputError(f"{path}: {what}; its header says {' x '.join(map(str, shape))}")
