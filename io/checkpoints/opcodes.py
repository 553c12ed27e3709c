"""What a pickle would import and how large it says it is, read off its opcodes: nothing is executed or imported.

Torch-free. A symbolic stack follows strings through the memo, so that STACK_GLOBAL is resolved as the pickle machine
would; where that is impossible the global counts as unresolved, which nothing allows.
"""

from __future__ import annotations

import struct
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from dataclasses import dataclass, field

from ganloss_cli.io.checkpoints.operations import KINDS, MAX_INLINE, Bytes, Operation, TooMuchError, operations
from ganloss_cli.io.checkpoints.unread import Span

MAX_OPERATIONS = 5_000_000  # a checkpoint of 10 000 tensors has about 300 000
MAX_NESTING = 200
MAX_VALUES = 500_000  # on the stack, and in the memo
MAX_GLOBALS = 10_000
MAX_BYTES = 100_000_000  # that the objects would take, tensors aside
MAX_KEY = 1_000  # values in the key of a mapping: hashing one visits them all, however often they are shared
_CHECK_EVERY = 256  # operations, none of which takes more than some thousand bytes
UNRESOLVED = "a name computed by the pickle"

_CALLS = {"REDUCE", "OBJ", "INST", "NEWOBJ", "NEWOBJ_EX", "BUILD"}
_PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
_GETS = {"GET", "BINGET", "LONG_BINGET"}
_FILLS = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"}
_EXTENSIONS = {"EXT1", "EXT2", "EXT4"}
_NAMING = {"GLOBAL", "INST", "STACK_GLOBAL"} | _EXTENSIONS
# operation -> where the hashed ones among its operands begin, and how far they are apart
_HASHED = {"SETITEM": (1, 2), "SETITEMS": (1, 2), "DICT": (0, 2), "ADDITEMS": (1, 1), "FROZENSET": (0, 1)}
# bytes that an object takes: a number and its place in a list, an empty container, a stub with all it has
_COSTS = {kind.name: 40 * kind.gives for kind in KINDS.values()}
_COSTS |= dict.fromkeys(_CALLS, 600) | {"EMPTY_SET": 300, "FROZENSET": 300, "EMPTY_DICT": 100, "EMPTY_LIST": 100}
_SCALARS = {"NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "BINFLOAT"}


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What the opcodes of one pickle say.

    Args:
        globals: every "module.name" it would import, Python 2 spellings made Python 3.
        calls: whether it would call anything.
        protocol: of the pickle, as it says itself.
        problem: why it cannot be read to its end, or None.
        end: where it ends, behind its STOP.
        spans: its long strings, which `thin` leaves out.
        thin: the same pickle with a persistent id, the number of a span, in the place of every long string; empty
            where there is a problem.
    """

    globals: frozenset[str]
    calls: bool
    protocol: int
    problem: str | None = None
    end: int = 0
    spans: tuple[Span, ...] = ()
    thin: bytes = b""


@dataclass(slots=True)
class _Value:
    """Something on the symbolic stack: its text where it is a string, how deeply it nests, how many values it holds."""

    text: str | None = None
    depth: int = 0
    size: int = 1


_SCALAR = _Value()  # nothing can be put into one, so one stands for all


@dataclass(slots=True)
class _Machine:
    stack: list[_Value | None] = field(default_factory=list)  # None is a mark
    memo: dict[int, _Value] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    calls: bool = False
    protocol: int = 0
    n_bytes: int = 0


def scan_pickle(data: Bytes, start: int = 0, end: int | None = None) -> Scan:
    """Read one pickle to its STOP.

    Args:
        data: what holds it.
        start: its first byte.
        end: where it must have ended; by default the end of `data`.

    Returns:
        The globals found up to the end or up to the problem; a broken pickle runs its code before it breaks.
    """
    machine, thinner = _Machine(), _Thinner(data, start)
    problem, behind = None, start
    try:
        for count, operation in enumerate(operations(data, start, len(data) if end is None else end)):
            kind, argument, _, behind_it, payload = operation
            machine.n_bytes += _COSTS[kind.name] + (2 * payload if payload <= MAX_INLINE else 0)
            if payload > MAX_INLINE or kind.name == "FRAME":
                thinner.leave_out(operation)
            if kind.pushes:
                scalar = kind.name in _SCALARS
                machine.stack.append(_SCALAR if scalar else _Value(argument if kind.is_text else None))
            else:
                _STEPS[kind.name](machine, operation, count)
            behind = behind_it
            if count % _CHECK_EVERY == 0:
                _check_limits(machine, count)
    except TooMuchError as error:
        problem = str(error)
    except (ValueError, IndexError, KeyError, OverflowError, struct.error):
        problem = "truncated or corrupt pickle"
    return Scan(
        globals=frozenset(machine.names),
        calls=machine.calls,
        protocol=machine.protocol,
        problem=problem,
        end=behind,
        spans=tuple(thinner.spans),
        thin=b"" if problem else thinner.thin(behind),
    )


def python3_name(module: str, name: str) -> str:
    """The dotted name of a global, with Python 2's spelling mapped as unpickling does."""
    module, name = NAME_MAPPING.get((module, name), (module, name))
    return f"{IMPORT_MAPPING.get(module, module)}.{name}"


class _Thinner:
    """Collects a pickle without its long strings, and without frames, whose lengths would no longer be true."""

    def __init__(self, data: Bytes, start: int) -> None:
        self.data = data
        self.kept_to = start
        self.pieces: list[bytes] = []
        self.spans: list[Span] = []

    def leave_out(self, operation: Operation) -> None:
        self.pieces.append(self.data[self.kept_to : operation.start])
        self.kept_to = operation.end
        if operation.kind.count is not None:
            self.pieces.append(b"J" + struct.pack("<i", len(self.spans)) + b"Q")  # BININT, BINPERSID
            first = operation.end - operation.payload
            self.spans.append(Span(offset=first, n_bytes=operation.payload, utf8="UNICODE" in operation.kind.name))

    def thin(self, end: int) -> bytes:
        return b"".join((*self.pieces, self.data[self.kept_to : end]))


def _check_limits(machine: _Machine, count: int) -> None:
    if count >= MAX_OPERATIONS:
        raise TooMuchError(f"more than {MAX_OPERATIONS} pickle operations")
    if len(machine.stack) > MAX_VALUES or len(machine.memo) > MAX_VALUES:
        raise TooMuchError(f"more than {MAX_VALUES} values at once")
    if len(machine.names) > MAX_GLOBALS:
        raise TooMuchError(f"more than {MAX_GLOBALS} different globals")
    if machine.n_bytes > MAX_BYTES:
        raise TooMuchError(f"objects of more than {MAX_BYTES} bytes beside its tensors")


def _put(machine: _Machine, operation: Operation, count: int) -> None:
    if operation.argument > count:  # the C unpickler allocates a table of that size
        raise TooMuchError(f"memo index {operation.argument} in a pickle of {count} operations")
    machine.memo[operation.argument] = _top(machine.stack)


def _get(machine: _Machine, operation: Operation, _: int) -> None:
    machine.stack.append(machine.memo[operation.argument])


def _memoize(machine: _Machine, _: Operation, __: int) -> None:
    machine.memo[len(machine.memo)] = _top(machine.stack)


def _protocol(machine: _Machine, operation: Operation, _: int) -> None:
    machine.protocol = max(machine.protocol, operation.argument)


def _mark(machine: _Machine, _: Operation, __: int) -> None:
    machine.stack.append(None)


def _pop(machine: _Machine, _: Operation, __: int) -> None:
    machine.stack.pop()


def _duplicate(machine: _Machine, _: Operation, __: int) -> None:
    machine.stack.append(_top(machine.stack))


def _call(machine: _Machine, operation: Operation, count: int) -> None:
    machine.calls = True
    _combine(machine, operation, count)


def _combine(machine: _Machine, operation: Operation, _: int) -> None:
    """Take operands, and put what is made of them on the stack."""
    kind, name = operation.kind, operation.kind.name
    children = _operands(machine.stack, operation)
    if name in _NAMING:
        _note_globals(machine, operation, children)
    if name in _HASHED:
        first, step = _HASHED[name]
        if any(key.size > MAX_KEY for key in children[first::step]):
            raise TooMuchError(f"a key of more than {MAX_KEY} values")
    fills = name in _FILLS
    depth, size = -1, 1
    for child in children[1:] if fills else children:
        depth = max(depth, child.depth)
        size += child.size
    depth += 1
    if depth > MAX_NESTING:
        raise TooMuchError(f"more than {MAX_NESTING} levels of nesting")
    if fills:
        filled = children[0]
        filled.depth = max(filled.depth, depth)
        filled.size = min(size + filled.size, MAX_KEY + 1)
        machine.stack.append(filled)
    elif kind.gives:
        machine.stack.append(_Value(None, depth, min(size, MAX_KEY + 1)))


def _operands(stack: list[_Value | None], operation: Operation) -> list[_Value]:
    """Take what the operation consumes, in the order it was pushed."""
    takes, first = operation.kind.takes, len(stack) - operation.kind.takes
    if operation.kind.to_mark:
        mark = len(stack) - 1
        while stack[mark] is not None:  # an IndexError where there is none
            mark -= 1
        above, first = stack[mark + 1 :], mark - takes
        del stack[mark:]
    else:
        above = []
    if first < 0:
        raise ValueError("too few values")
    beneath = stack[first:]
    del stack[first:]
    for value in beneath:
        if value is None:
            raise ValueError("a mark where a value should be")
    return beneath + above if above else beneath  # type: ignore[return-value]


def _note_globals(machine: _Machine, operation: Operation, children: list[_Value]) -> None:
    name = operation.kind.name
    if name in ("GLOBAL", "INST"):
        machine.names.add(python3_name(*operation.argument))
    elif name == "STACK_GLOBAL":
        module, attribute = children[0].text, children[1].text
        unresolved = module is None or attribute is None
        machine.names.add(UNRESOLVED if unresolved else python3_name(module, attribute))  # type: ignore[arg-type]
    elif name in _EXTENSIONS:
        machine.names.add(f"copyreg extension {operation.argument}")


def _top(stack: list[_Value | None]) -> _Value:
    top = stack[-1]
    if top is None:
        raise ValueError("a mark where a value should be")
    return top


# what each operation does to the symbolic machine, but those that push a bare value
_STEPS: dict[str, Callable[[_Machine, Operation, int], None]] = {kind.name: _combine for kind in KINDS.values()}
_STEPS |= dict.fromkeys(_CALLS, _call) | dict.fromkeys(_PUTS, _put) | dict.fromkeys(_GETS, _get)
_STEPS |= {"MEMOIZE": _memoize, "PROTO": _protocol, "MARK": _mark, "POP": _pop, "DUP": _duplicate}
