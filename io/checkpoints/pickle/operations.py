"""The operations of a pickle, one by one, with the length of everything known before anything of it is read.

Torch-free. Only what a name can be made of is decoded; long strings are left where they are.
"""

from __future__ import annotations

import functools
import pickletools
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

MAX_LINE = 65_536
MAX_INLINE = 4_096  # longer strings are tensors, source code and the like: nothing that is read here
MAX_INTEGER = 1_024  # bytes; the state of a random generator has 16

_FIXED = {
    "BININT": "<i", "BININT1": "<B", "BININT2": "<H", "BINFLOAT": ">d", "BINPUT": "<B", "LONG_BINPUT": "<I",
    "BINGET": "<B", "LONG_BINGET": "<I", "EXT1": "<B", "EXT2": "<H", "EXT4": "<i", "PROTO": "<B", "FRAME": "<Q",
}  # fmt: skip
_COUNTED = {
    "SHORT_BINSTRING": "<B", "BINSTRING": "<i", "SHORT_BINBYTES": "<B", "BINBYTES": "<I", "BINBYTES8": "<Q",
    "BYTEARRAY8": "<Q", "SHORT_BINUNICODE": "<B", "BINUNICODE": "<I", "BINUNICODE8": "<Q", "LONG1": "<B",
    "LONG4": "<i",
}  # fmt: skip
_TEXTS = {"SHORT_BINSTRING", "BINSTRING", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_LINES = {
    "INT": 1, "LONG": 1, "FLOAT": 1, "STRING": 1, "UNICODE": 1, "PERSID": 1, "GET": 1, "PUT": 1, "GLOBAL": 2, "INST": 2,
}  # fmt: skip


class Bytes(Protocol):
    """What holds a pickle: bytes, or an open file."""

    def __getitem__(self, part: slice, /) -> bytes: ...
    def __len__(self) -> int: ...


class TooMuchError(ValueError):
    """A limit was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the sixty-eight operations.

    Args:
        name: as pickletools spells it.
        fixed: of an argument of fixed size.
        size: of that argument, in bytes.
        count: of the length before an argument of any size.
        lines: how many lines of text the argument takes.
        is_text: whether the argument is a string that may name a global.
        takes: how many values it takes from the stack, beneath the mark where there is one.
        to_mark: whether it takes everything down to the topmost mark.
        gives: how many values it puts on the stack.
        pushes: whether all it does is to put a value on the stack that names nothing and holds nothing yet.
    """

    name: str
    fixed: struct.Struct | None
    size: int
    count: struct.Struct | None
    lines: int
    is_text: bool
    takes: int
    to_mark: bool
    gives: int
    pushes: bool


class Operation(NamedTuple):
    """One operation of a stream.

    Args:
        kind: which.
        argument: decoded where it is a short string, a name, or a place in the memo; else None.
        start: where it begins.
        end: where the next one begins.
        payload: how many bytes its argument has, where the stream tells them.
    """

    kind: Kind
    argument: Any
    start: int
    end: int
    payload: int


# what Operation(*values) does, in a third of the time
_operation = functools.partial(tuple.__new__, Operation)


def operation_at(data: bytes, position: int, end: int) -> Operation:
    """The operation at `position`, in a pickle that has ended before `end`.

    Raises:
        ValueError: there is none, or it is cut off.
        TooMuchError: an integer is longer than anybody needs.
    """
    if position >= end:
        raise ValueError("no STOP")
    kind = KINDS.get(data[position])
    if kind is None:
        raise ValueError("no such operation")
    # a checkpoint has hundreds of thousands of operations, most of them of the first two sorts
    if kind.fixed:
        behind = position + 1 + kind.size
        if behind > end:
            raise ValueError("truncated")
        # every fixed argument of one byte is unsigned
        argument = data[position + 1] if kind.size == 1 else kind.fixed.unpack(data[position + 1 : behind])[0]
        return _operation((kind, argument, position, behind, 0))
    if kind.count:
        return _counted(kind, kind.count, data, position, end)
    if kind.lines:
        return _in_lines(kind, data, position, end)
    return _operation((kind, None, position, position + 1, 0))


def _counted(kind: Kind, count: struct.Struct, data: bytes, start: int, end: int) -> Operation:
    first = start + 1 + count.size
    n_bytes: int = count.unpack(data[start + 1 : first])[0]
    if n_bytes < 0:
        raise ValueError("a negative length")
    behind = _inside(first + n_bytes, end)
    if kind.name.startswith("LONG") and n_bytes > MAX_INTEGER:
        raise TooMuchError(f"an integer of {n_bytes} bytes")
    text = None
    if kind.is_text and n_bytes <= MAX_INLINE:
        text = data[first:behind].decode("utf-8" if "UNICODE" in kind.name else "latin-1", "surrogatepass")
    return _operation((kind, text, start, behind, n_bytes))


def _in_lines(kind: Kind, data: bytes, start: int, end: int) -> Operation:
    lines, position = [], start + 1
    for _ in range(kind.lines):
        stop = data.find(b"\n", position, min(end, position + MAX_LINE))
        if stop < 0:
            raise ValueError("no end of line")
        lines.append(data[position:stop])
        position = stop + 1
    argument: Any = None
    if kind.lines == 2:
        argument = tuple(line.decode("utf-8") for line in lines)
    elif kind.name in ("GET", "PUT"):
        argument = int(lines[0])
    elif kind.name == "STRING" and b"\\" not in lines[0]:
        argument = lines[0].strip(b"\r ")[1:-1].decode("latin-1")
    elif kind.name == "UNICODE":
        argument = lines[0].decode("raw-unicode-escape")
    return Operation(kind, argument, start, position, len(lines[0]))


def _inside(position: int, end: int) -> int:
    if position > end:
        raise ValueError("truncated")
    return position


def _kind(opcode: pickletools.OpcodeInfo) -> Kind:
    name, before, after = opcode.name, opcode.stack_before, opcode.stack_after
    marked = pickletools.markobject in before
    special = name in ("GLOBAL", "MARK", "PERSID") or name.startswith(("EXT", "GET", "BINGET", "LONG_BINGET"))
    return Kind(
        name=name,
        fixed=struct.Struct(_FIXED[name]) if name in _FIXED else None,
        size=struct.calcsize(_FIXED[name]) if name in _FIXED else 0,
        count=struct.Struct(_COUNTED[name]) if name in _COUNTED else None,
        lines=_LINES.get(name, 0),
        is_text=name in _TEXTS,
        takes=before.index(pickletools.markobject) if marked else len(before),
        to_mark=marked,
        gives=len(after),
        pushes=not before and len(after) == 1 and not special,
    )


KINDS = {ord(opcode.code): _kind(opcode) for opcode in pickletools.opcodes}
