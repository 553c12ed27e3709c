"""Entries of a mapping that take the same operations one after the other, found as one from the third on.

Torch-free. What lies where in a distributed checkpoint is a mapping of records, a hundred operations a tensor, which
differ in their numbers and names alone; following them one by one takes a second for ten thousand. How an entry changes
the machine is learnt from the one before, which was followed: the same kinds of operations on values alike make values
alike. Whatever differs from it is followed operation by operation, to the same result
(tests/io/checkpoints/test_repeats.py).
"""

from __future__ import annotations

import pickletools
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ganloss_cli.io.checkpoints.pickle.machine import Machine, Value
from ganloss_cli.io.checkpoints.pickle.operations import Operation

_GETS = {"BINGET", "LONG_BINGET"}
_INTEGERS = {"BININT", "BININT1", "BININT2", "LONG1"}
_PLAIN = {
    "MEMOIZE", "EMPTY_TUPLE", "EMPTY_DICT", "EMPTY_LIST", "NEWOBJ", "MARK", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
    "REDUCE", "BUILD", "SETITEM", "SETITEMS", "APPEND", "APPENDS", "NONE", "NEWTRUE", "NEWFALSE",
}  # fmt: skip
_TEXT = "SHORT_BINUNICODE"
_GET = rb"(h.|j.{4})"
_INTEGER = rb"(?:K.|M..|J.{4}|(\x8a\x05.{5}|\x8a\x06.{6}))"  # those of more than four bytes count for what they take
_NAME = rb"\x8c(.[ -~]{1,255}?)"
_CODES = {opcode.name: opcode.code.encode("latin-1") for opcode in pickletools.opcodes}
_LEAST, _MOST = 16, 256  # operations of an entry
_REMEMBERED = 2_048
_MOST_KNOWN = 32  # sorts of entries: tensors differ in their axes


class _Step(NamedTuple):
    """One operation that was followed, and the machine behind it; `value` is what it put on the stack."""

    operation: Operation
    height: int
    value: Value | None
    depth: int
    size: int
    n_bytes: int


_Hole = tuple[int, int] | Literal["name", "integer"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one entry does, the numbers and names in it aside.

    Args:
        pattern: of its operations; its groups are places in the memo that are read, names, and long integers.
        holes: of each group, how deep and how large the value that is read is; else what it is.
        values: name (None for other values), depth and size of each value that it leaves.
        kept: which of them go into the memo, in order.
        pushed: which of them lie on the stack.
        n_bytes: that its objects take, without names.
        count: of its operations.
    """

    pattern: re.Pattern[bytes]
    holes: tuple[_Hole, ...]
    values: tuple[tuple[int | None, int, int], ...]
    kept: tuple[int, ...]
    pushed: tuple[int, ...]
    n_bytes: int
    count: int


class Repeats:
    """Learns entries from what a machine follows, and takes those alike at once.

    Args:
        machine: that follows the pickle.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._steps: list[_Step] = []
        self._known: dict[tuple[str, ...], Entry | None] = {}
        self._seen: set[tuple[str, ...]] = set()

    def saw(self, operation: Operation) -> bool:
        """Whether an entry ends with an operation that was followed, and entries alike may lie behind it."""
        stack = self.machine.stack
        top = stack[-1] if stack else None
        depth, size = (top.depth, top.size) if top else (0, 0)
        self._steps.append(_Step(operation, len(stack), top, depth, size, self.machine.n_bytes))
        if len(self._steps) > _REMEMBERED:
            del self._steps[: _REMEMBERED // 2]
        return operation.kind.name == "BUILD" and self._ended()

    def follow(self, data: bytes, position: int) -> int:
        """Take known entries, as many as there are; returns where the next operation begins.

        Args:
            data: what holds the pickle.
            position: of an operation.
        """
        last, start = self._steps[-1], position
        known = [entry for entry in self._known.values() if entry]
        while end := next((end for entry in known if (end := self._taken(entry, data, position))), None):
            position = end
        if position > start:
            self._steps = [last._replace(height=len(self.machine.stack), n_bytes=self.machine.n_bytes)]
        return position

    def _taken(self, entry: Entry, data: bytes, position: int) -> int | None:
        """Where the entry that begins at `position` ends; None, and nothing is changed, where it is another."""
        match = entry.pattern.match(data, position)
        if match is None:
            return None
        memo = self.machine.memo
        names, n_bytes = [], entry.n_bytes
        for hole, text in zip(entry.holes, match.groups(), strict=True):
            if hole == "integer":
                n_bytes += 2 * (len(text) - 2) if text else 0
            elif hole == "name":
                if text[0] != len(text) - 1:
                    return None
                names.append(text[1:].decode("ascii"))
                n_bytes += 2 * text[0]
            else:
                value = memo.get(text[1] if len(text) == 2 else int.from_bytes(text[1:], "little"))
                if value is None or (value.depth, value.size) != hole:
                    return None
        values = [Value(None if name is None else names[name], depth, size) for name, depth, size in entry.values]
        first = len(memo)
        memo.update((first + k, values[place]) for k, place in enumerate(entry.kept))
        self.machine.stack.extend(values[place] for place in entry.pushed)
        self.machine.take(entry.count, n_bytes)
        return match.end()

    def _ended(self) -> bool:
        """Whether the operations since the last value of the same mapping are an entry that is known now."""
        base = self._steps[-1].height - 2
        first = None
        for k in range(len(self._steps) - 2, max(len(self._steps) - _MOST, 0) - 1, -1):
            step = self._steps[k]
            if step.height < base:
                break
            if step.height == base and step.operation.kind.name == "BUILD":
                first = k + 1
                break
        if first is None or len(self._steps) - first < _LEAST:
            return False
        steps = self._steps[first:]
        kinds = tuple(_sort(step.operation) for step in steps)
        if kinds in self._seen and kinds not in self._known and len(self._known) < _MOST_KNOWN:
            self._known[kinds] = self._learnt(steps, self._steps[first - 1].n_bytes)
        if len(self._seen) < _REMEMBERED:
            self._seen.add(kinds)
        return self._known.get(kinds) is not None

    def _learnt(self, steps: list[_Step], n_bytes: int) -> Entry | None:
        """None where an entry does what is not taken at once."""
        memo = self.machine.memo
        first = len(memo) - sum(step.operation.kind.name == "MEMOIZE" for step in steps)
        read: dict[int, _Step] = {}
        names: dict[int, int] = {}
        holes: list[_Hole] = []
        for step in steps:
            sort, value = _sort(step.operation), step.value
            if sort == "get":
                # what is read is older than the entry, and stays as it was
                if value is None or step.operation.argument >= first or (value.depth, value.size) != step[3:5]:
                    return None
                read[id(value)] = step
                holes.append((step.depth, step.size))
            elif sort == _TEXT:
                names[id(value)] = len(names)
                holes.append("name")
            elif sort == "integer":
                holes.append("integer")
            elif sort not in _PLAIN:
                return None
        kept = [memo.get(k) for k in range(first, len(memo))]
        left = [*kept, *self.machine.stack[-2:]]
        distinct = {id(value): value for value in left if value is not None}
        if None in left or distinct.keys() & read.keys():
            return None
        places = {key: place for place, key in enumerate(distinct)}
        payload = sum(step.operation.payload for step in steps)
        return Entry(
            pattern=re.compile(b"".join(map(_pattern, steps)), re.DOTALL),
            holes=tuple(holes),
            values=tuple((names.get(key), value.depth, value.size) for key, value in distinct.items() if value),
            kept=tuple(places[id(value)] for value in kept),
            pushed=tuple(places[id(value)] for value in left[-2:]),
            n_bytes=steps[-1].n_bytes - n_bytes - 2 * payload,
            count=len(steps),
        )


def _sort(operation: Operation) -> str:
    """The kind of an operation; those that put the same on the stack are of one."""
    name = operation.kind.name
    return "get" if name in _GETS else "integer" if name in _INTEGERS else name


def _pattern(step: _Step) -> bytes:
    sort = _sort(step.operation)
    return {"get": _GET, "integer": _INTEGER, _TEXT: _NAME}.get(sort) or re.escape(_CODES[sort])
