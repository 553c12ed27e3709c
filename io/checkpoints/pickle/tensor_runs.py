"""The thirty operations with which torch writes a tensor, found as one.

Torch-free. A checkpoint of ten thousand tensors is the same few operations over and over, protocol 2, with other
numbers; following them one by one takes a second. Only what this pattern holds is taken at once; anything else, however
little it differs, is followed operation by operation, to the same result (tests/io/checkpoints/test_tensor_runs.py).
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

_GET = rb"(h.|j.{4})"  # BINGET, LONG_BINGET
_PUT = rb"(q.|r.{4})"  # BINPUT, LONG_BINPUT
INTEGER = rb"(?:K.|M..|J.{4})"  # BININT1, BININT2, BININT
# EMPTY_TUPLE, TUPLE1 to TUPLE3, or MARK ... TUPLE, kept or not
_TUPLE = rb"(\)|%(i)s\x85|%(i)s{2}\x86|%(i)s{3}\x87|\(%(i)s{4,32}t)%(put)s?" % {b"i": INTEGER, b"put": _PUT}
# _rebuild_tensor_v2(persistent id of ("storage", class, key, device, count), offset, shape, stride, requires_grad,
# OrderedDict()): the function, the word, the classes and the device are in the memo since the first tensor
_RUN = re.compile(
    rb"%(get)s\(\(%(get)s%(get)sX(.)\x00\x00\x00(\d{1,9})%(put)s%(get)s%(i)st%(put)sQ%(i)s%(tuple)s%(tuple)s[\x88\x89]"
    rb"%(get)s\)R%(put)st%(put)sR%(put)s" % {b"get": _GET, b"put": _PUT, b"i": INTEGER, b"tuple": _TUPLE},
    re.DOTALL,
)
NUMBERS = re.compile(INTEGER, re.DOTALL)
_LONGEST = 1 << 10  # bytes; 64 integers of five bytes and what lies between them
_OPENING = frozenset(b"hj")
_MARK = ord("(")


class TensorRun(NamedTuple):
    """What the operations that make one tensor do to the memo, and how long the tuples among them are.

    Args:
        end: where the next operation begins.
        gets: places in the memo that are read: the function, "storage", the storage's class, its device, OrderedDict.
        puts: places that are written: the storage's key, its persistent id, the shape and the stride (None for an
            empty one, which is not kept), the OrderedDict, the arguments, the tensor.
        key: of the storage.
        n_shape: integers in the shape.
        n_stride: integers in the stride.
        n_marks: tuples of more than three among these two, which begin with a mark.
    """

    end: int
    gets: tuple[int, ...]
    puts: list[int | None]
    key: str
    n_shape: int
    n_stride: int
    n_marks: int


def tensor_run(data: bytes, position: int, end: int) -> TensorRun | None:
    """The run that begins at `position`, or None.

    Args:
        data: what holds the pickle.
        position: of an operation.
        end: where the pickle must have ended.
    """
    if data[position] not in _OPENING:
        return None
    match = _RUN.match(data, position, min(end, position + _LONGEST))
    if match is None:
        return None
    (function, word, storage, n_key, key, put_key, device, put_id, shape, put_shape, stride, put_stride, ordered,
     put_ordered, put_arguments, put_tensor) = match.groups()  # fmt: skip
    if n_key[0] != len(key):
        return None
    puts = (put_key, put_id, put_shape, put_stride, put_ordered, put_arguments, put_tensor)
    return TensorRun(
        end=match.end(),
        gets=_places((function, word, storage, device, ordered)),
        puts=[None if put is None else _place(put) for put in puts],
        key=key.decode("ascii"),
        n_shape=len(NUMBERS.findall(shape)),
        n_stride=len(NUMBERS.findall(stride)),
        n_marks=(shape[0] == _MARK) + (stride[0] == _MARK),
    )


@functools.lru_cache(maxsize=64)
def _places(operations: tuple[bytes, ...]) -> tuple[int, ...]:
    return tuple(map(_place, operations))  # the same for most tensors


def _place(operation: bytes) -> int:
    return operation[1] if len(operation) == 2 else int.from_bytes(operation[1:], "little")
