"""Many entries of a state dict at once: a name, and behind it the run of its tensor.

Torch-free. Behind a run that was followed, most of a checkpoint is the same bytes again, but for names, numbers and
places in the memo, which count up. An expression made for what that run reads takes one entry after the other, and what
they do to the machine is checked for all of them together. Whatever differs is followed one by one, to the same result
(tests/io/checkpoints/test_tensor_entries.py).
"""

from __future__ import annotations

import functools
import re
import struct
from itertools import compress

from ganloss_cli.io.checkpoints.pickle.machine import Machine, Value
from ganloss_cli.io.checkpoints.pickle.tensor_runs import INTEGER, NUMBERS, TensorRun

_LEAST, _MOST = 2, 1_000  # at once; picklers put a thousand into a mapping at once
_PUT = rb"r(.{4})"  # LONG_BINPUT: the memo has outgrown a byte
_KEY = b"|".join(rb"X\x0%d\x00\x00\x00\d{%d}" % (n, n) for n in range(1, 10))
_TUPLE = rb"(\)|%(i)s\x85|%(i)s{2}\x86|%(i)s{3}\x87|\(%(i)s{4,32}t)(?:%(put)s)?" % {b"i": INTEGER, b"put": _PUT}
_OPENING = 5  # bytes before the text of a name or a key
_COST_OF_NAME, _OPERATIONS_OF_NAME = 40, 2  # BINUNICODE and PUT


def follow_entries(machine: Machine, data: bytes, run: TensorRun) -> int | None:
    """Follow the entries behind a run that was followed.

    Args:
        machine: that has followed it.
        data: what holds the pickle.
        run: of the tensor before them.

    Returns:
        where the next operation begins; None, and nothing is changed, where what looked like entries is something else.
    """
    match = _pattern(run.gets).scanner(data, run.end).match  # type: ignore[attr-defined]  # of the C implementation
    found: list[tuple[bytes, ...]] = []
    end = run.end
    while len(found) < _MOST and (entry := match()):
        found.append(entry.groups())
        end = entry.end()
    if len(found) < _LEAST:
        return run.end
    kept = [[put for put in _puts(entry) if put is not None] for entry in found]
    puts = b"".join(map(b"".join, kept))
    places = struct.unpack(f"<{len(puts) // 4}I", puts)
    names = [entry[1] for entry in found]
    counts_up = places == tuple(range(places[0], places[0] + len(places)))
    if not counts_up or bytes(map(len, names)) != b"".join(entry[0] for entry in found):
        return None
    # what is read must not be written on the way, and the C unpickler makes room for every place
    if places[0] <= max(run.gets) or places[0] > machine.count or not machine.reads_little(run.gets):
        return None
    values: list[Value] = []
    n_bytes, count = 0, len(places)
    for entry, name in zip(found, names, strict=True):
        made = machine.made(*_n_integers(entry[6], entry[8]))
        one = (Value(name.decode("ascii")), *made.values(entry[3][_OPENING:].decode("ascii")))
        machine.stack += one[0], one[-1]
        values += one if entry[7] and entry[9] else compress(one, map(bool, _puts(entry)))
        n_bytes += made.n_bytes + _COST_OF_NAME + 2 * (len(name) + len(entry[3]) - _OPENING)
        count += made.n_operations + 1
    machine.memo.update(zip(places, values, strict=True))
    machine.take(count, n_bytes)
    return end


def _puts(entry: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Where the name, the key, the persistent id, the shape, the stride, the OrderedDict and so on are kept."""
    return entry[2], entry[4], entry[5], entry[7], *entry[9:]


@functools.lru_cache(maxsize=64)
def _pattern(places: tuple[int, ...]) -> re.Pattern[bytes]:
    function, word, storage, device, ordered = map(_get, places)
    return re.compile(
        rb"X(.)\x00\x00\x00([ -~]{1,255}?)%(put)s%(function)s\(\(%(word)s%(storage)s(%(key)s)%(put)s%(device)s%(i)st"
        rb"%(put)sQ%(i)s%(tuple)s%(tuple)s[\x88\x89]%(ordered)s\)R%(put)st%(put)sR%(put)s"
        % {
            b"function": function, b"word": word, b"storage": storage, b"device": device, b"ordered": ordered,
            b"key": _KEY, b"put": _PUT, b"i": INTEGER, b"tuple": _TUPLE,
        },
        re.DOTALL,
    )  # fmt: skip


def _get(place: int) -> bytes:
    """How a pickler reads a place of the memo."""
    return re.escape(b"h" + bytes([place]) if place < 256 else b"j" + struct.pack("<I", place))


@functools.lru_cache(maxsize=4_096)
def _n_integers(shape: bytes, stride: bytes) -> tuple[int, int, int]:
    """In the shape, in the stride, and how many of the two begin with a mark."""
    n_marks = shape.startswith(b"(") + stride.startswith(b"(")
    return len(NUMBERS.findall(shape)), len(NUMBERS.findall(stride)), n_marks
