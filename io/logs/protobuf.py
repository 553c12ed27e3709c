"""The fields of protocol buffers' messages, read without their descriptions. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message: its number and wire type; a number's value, or where its bytes lie."""

    number: int
    wire: int
    value: int
    start: int
    end: int


def fields(data: bytes | bytearray, position: int, end: int) -> Iterator[Field]:
    """The fields of a message.

    Args:
        data: what holds it.
        position: its first byte.
        end: the byte behind it.

    Raises:
        ValueError: it is none.
    """
    while position < end:
        key, position = varint(data, position, end)
        number, wire = key >> 3, key & 7
        value, start = 0, position
        if wire == VARINT:
            value, position = varint(data, position, end)
        elif wire == DELIMITED:
            length, start = varint(data, position, end)
            position = start + length
        elif wire in (FIXED64, FIXED32):
            position += 8 if wire == FIXED64 else 4
        else:
            raise ValueError("a wire type that no message of a log has")
        if position > end:
            raise ValueError("a field that reaches beyond its message")
        yield Field(number, wire, value, start, position)


def varint(data: bytes | bytearray, position: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends.

    Args:
        data: what holds it.
        position: its first byte.
        end: the byte behind what may hold it.
    """
    value = shift = 0
    while position < end and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number without an end")


def signed(value: int) -> int:
    """The lower 64 bits of a varint as the signed number that they stand for."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >= 1 << 63 else value
