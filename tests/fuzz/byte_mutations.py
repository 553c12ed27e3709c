"""Mutants of bytes and of JSON documents."""

from __future__ import annotations

import json
import struct
from random import Random
from typing import Any

from pickle_mutations import INTEGERS, TEXTS

VALUES = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "F32",
    "a\x1b[31m",
    [],
    {},
    [[[]]],
    [0, 0],
)


def mutated_bytes(data: bytes, others: list[bytes], chance: Random) -> bytes:
    """The same bytes but for a few."""
    mutant = bytearray(data or b"\0")
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(mutant) + 1)
        kind = chance.randrange(7)
        size = chance.choice((1, 2, 4, 8, 64, 1000))
        if kind == 0 and place < len(mutant):
            mutant[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            number = chance.choice(INTEGERS)
            order = chance.choice("<>")
            width = chance.choice("bhiq")
            bits = {"b": 8, "h": 16, "i": 32, "q": 64}[width]
            wrapped = (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
            packed = struct.pack(order + width, wrapped)
            mutant[place : place + len(packed)] = packed
        elif kind == 2:
            del mutant[place : place + size]
        elif kind == 3:
            mutant[place:place] = mutant[place : place + size] * chance.choice((1, 2, 50))
        elif kind == 4:
            mutant[place:place] = chance.randbytes(size)
        elif kind == 5:
            del mutant[place:]
        else:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            mutant[place : place + size] = other[start : start + size]
        if not mutant:
            mutant = bytearray(b"\0")
    return bytes(mutant[:2_000_000])


def mutated_json(data: bytes, chance: Random) -> bytes:
    document = json.loads(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        document = _other_value(document, chance)
    return json.dumps(document).encode()


def _other_value(value: Any, chance: Random) -> Any:
    """The same document but for one value or name of it."""
    if chance.random() < 0.1 or not isinstance(value, dict | list) or not value:
        return chance.choice((*VALUES, *INTEGERS))
    if isinstance(value, list):
        changed = list(value)
        place = chance.randrange(len(changed))
        if chance.random() < 0.2:
            changed[place:place] = changed * chance.choice((1, 3))
        else:
            changed[place] = _other_value(changed[place], chance)
        return changed
    entries = list(value.items())
    place = chance.randrange(len(entries))
    key, held = entries[place]
    kind = chance.randrange(8)
    if kind == 0:
        del entries[place]
    elif kind == 1:
        entries[place] = (chance.choice(TEXTS).decode("latin-1"), held)
    elif kind == 2:
        entries[place] = (key, chance.choice(entries)[1])
    else:
        entries[place] = (key, _other_value(held, chance))
    return dict(entries)
