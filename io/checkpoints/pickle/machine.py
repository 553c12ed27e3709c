"""A symbolic pickle machine: what an unpickler's stack and memo would hold, as far as names and sizes go.

Torch-free, and nothing is executed or imported. Strings are followed through the memo, so that STACK_GLOBAL is resolved
as the pickle machine would; where that is impossible the global counts as unresolved, which nothing allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ganloss_cli.io.checkpoints.pickle.allow_list import python3_name
from ganloss_cli.io.checkpoints.pickle.operations import KINDS, MAX_INLINE, Operation, TooMuchError
from ganloss_cli.io.checkpoints.pickle.tensor_runs import TensorRun

MAX_OPERATIONS = 5_000_000  # a checkpoint of 10 000 tensors has about 300 000
MAX_NESTING = 200
MAX_VALUES = 500_000  # on the stack, and in the memo
MAX_GLOBALS = 10_000
MAX_BYTES = 100_000_000  # that the objects would take, tensors aside
MAX_KEY = 1_000  # values in the key of a mapping: hashing one visits them all, however often they are shared
_COST_OF_ARGUMENT = 8  # bytes; a set made of a list, say, visits everything in it, however often that is shared
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

# the operations of a tensor, but for PUT, which costs nothing, and for what a shape and a stride hold
_OF_RUN = (
    *["BINGET"] * 5, *["MARK"] * 2, "BINUNICODE", *["BININT1"] * 2, *["TUPLE"] * 2, "BINPERSID", *["TUPLE1"] * 2,
    "NEWFALSE", "EMPTY_TUPLE", *["REDUCE"] * 2,
)  # fmt: skip
_COST_OF_RUN = sum(_COSTS[name] for name in _OF_RUN)


@dataclass(slots=True)
class Value:
    """Something on the symbolic stack: its text where it is a string, how deeply it nests, how many values it holds."""

    text: str | None = None
    depth: int = 0
    size: int = 1


_SCALAR = Value()  # nothing can be put into one, so one stands for all
_ORDERED = 1, 3  # depth and size of what OrderedDict() makes


class MadeTensor(NamedTuple):
    """What the operations of a tensor make; nothing can be put into its tuples, so one stands for all alike.

    Args:
        identity: what the persistent id of its storage is.
        shape: of the tensor.
        stride: of the tensor.
        arguments: that it is made with.
        n_bytes: that all of this takes, the storage's key aside.
        n_operations: of them, but for those that put something into the memo.
    """

    identity: Value
    shape: Value
    stride: Value
    arguments: Value
    n_bytes: int
    n_operations: int

    def values(self, key: str) -> tuple[Value, ...]:
        """What is kept of one tensor, in the order in which it is made: the tensor itself comes last."""
        made = Value(None, 4, self.arguments.size + 2)
        return Value(key), self.identity, self.shape, self.stride, Value(None, *_ORDERED), self.arguments, made


@dataclass(slots=True)
class Machine:
    """What follows a pickle.

    Args:
        stack: the values on it.
        memo: the values kept by their places.
        names: the globals seen, as "module.name".
        calls: whether anything is called.
        protocol: as the pickle says itself.
        n_bytes: that its objects would take.
        count: operations followed.
    """

    stack: list[Value | None] = field(default_factory=list)  # None is a mark
    memo: dict[int, Value] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    calls: bool = False
    protocol: int = 0
    n_bytes: int = 0
    count: int = 0
    _checked: int = -1
    _tuples: dict[tuple[int, int], Value] = field(default_factory=dict)
    _made: dict[tuple[int, int, int], MadeTensor] = field(default_factory=dict)

    def follow(self, operation: Operation) -> None:
        """One operation.

        Raises:
            TooMuchError: a limit was passed.
            ValueError, IndexError, KeyError: no unpickler would get beyond it.
        """
        kind, argument, _, _, payload = operation
        self.n_bytes += _COSTS[kind.name] + (2 * payload if payload <= MAX_INLINE else 0)
        if kind.pushes:
            self.stack.append(_SCALAR if kind.name in _SCALARS else Value(argument if kind.is_text else None))
        else:
            _STEPS[kind.name](self, operation)
        self._check_limits(1)

    def follow_run(self, run: TensorRun) -> bool:
        """A tensor's operations at once; False, and nothing is changed, where they must be followed one by one."""
        memo = self.memo
        if not self.reads_little(run.gets):
            return False
        written = [place for place in run.puts if place is not None]
        # what is read must not be written on the way
        if min(written) <= max(run.gets) or max(written) > self.count:
            return False
        made = self.made(run.n_shape, run.n_stride, run.n_marks)
        values = made.values(run.key)
        memo.update((place, value) for place, value in zip(run.puts, values, strict=True) if place is not None)
        self.stack.append(values[-1])
        self.calls = True
        self.take(made.n_operations + len(written), made.n_bytes + 2 * len(run.key))
        return True

    def reads_little(self, places: Iterable[int]) -> bool:
        """Whether in these places of the memo lies something that holds nothing."""
        values = map(self.memo.get, places)
        return all(value is not None and not value.depth and value.size == 1 for value in values)

    def made(self, n_shape: int, n_stride: int, n_marks: int) -> MadeTensor:
        """What a run with a shape and a stride of so many integers makes, of which so many begin with a mark."""
        known = self._made.get((n_shape, n_stride, n_marks))
        if known is None:
            shape, stride = self._tuple(n_shape, 1), self._tuple(n_stride, 1)
            n_inside, size = n_shape + n_stride + n_marks, 12 + shape.size + stride.size
            arguments = self._tuple(size, 3)
            called_with = _ORDERED[1] + arguments.size + 2
            known = self._made[n_shape, n_stride, n_marks] = MadeTensor(
                identity=self._tuple(5, 1),
                shape=shape,
                stride=stride,
                arguments=arguments,
                n_bytes=_COST_OF_RUN + _COSTS["BININT1"] * n_inside + _COST_OF_ARGUMENT * called_with,
                n_operations=len(_OF_RUN) + n_inside,
            )
        return known

    def take(self, count: int, n_bytes: int) -> None:
        """Operations that were not followed one by one.

        Args:
            count: how many.
            n_bytes: that their objects take.

        Raises:
            TooMuchError: a limit was passed.
        """
        self.n_bytes += n_bytes
        self._check_limits(count)

    def _tuple(self, n_values: int, depth: int) -> Value:
        """One for all tuples alike, since nothing can be put into one."""
        known = self._tuples.get((n_values, depth))
        if known is None:
            known = self._tuples[n_values, depth] = Value(None, min(depth, n_values), n_values + 1)
        return known

    def _check_limits(self, n_followed: int) -> None:
        self.count += n_followed
        if self.count - self._checked < _CHECK_EVERY and self.n_bytes <= MAX_BYTES:
            return
        self._checked = self.count
        if self.count > MAX_OPERATIONS:
            raise TooMuchError(f"more than {MAX_OPERATIONS} pickle operations")
        if len(self.stack) > MAX_VALUES or len(self.memo) > MAX_VALUES:
            raise TooMuchError(f"more than {MAX_VALUES} values at once")
        if len(self.names) > MAX_GLOBALS:
            raise TooMuchError(f"more than {MAX_GLOBALS} different globals")
        if self.n_bytes > MAX_BYTES:
            raise TooMuchError(f"objects of more than {MAX_BYTES} bytes beside its tensors")


def _put(machine: Machine, operation: Operation) -> None:
    if operation.argument > machine.count:  # the C unpickler allocates a table of that size
        raise TooMuchError(f"memo index {operation.argument} in a pickle of {machine.count} operations")
    machine.memo[operation.argument] = _top(machine.stack)


def _get(machine: Machine, operation: Operation) -> None:
    machine.stack.append(machine.memo[operation.argument])


def _memoize(machine: Machine, _: Operation) -> None:
    machine.memo[len(machine.memo)] = _top(machine.stack)


def _protocol(machine: Machine, operation: Operation) -> None:
    machine.protocol = max(machine.protocol, operation.argument)


def _mark(machine: Machine, _: Operation) -> None:
    machine.stack.append(None)


def _pop(machine: Machine, _: Operation) -> None:
    machine.stack.pop()


def _duplicate(machine: Machine, _: Operation) -> None:
    machine.stack.append(_top(machine.stack))


def _call(machine: Machine, operation: Operation) -> None:
    machine.calls = True
    _combine(machine, operation)


def _combine(machine: Machine, operation: Operation) -> None:
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
    if name == "REDUCE":
        machine.n_bytes += _COST_OF_ARGUMENT * size
    if fills:
        filled = children[0]
        filled.depth = max(filled.depth, depth)
        filled.size = min(size + filled.size, MAX_BYTES)
        machine.stack.append(filled)
    elif kind.gives:
        machine.stack.append(Value(None, depth, min(size, MAX_BYTES)))


def _operands(stack: list[Value | None], operation: Operation) -> list[Value]:
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


def _note_globals(machine: Machine, operation: Operation, children: list[Value]) -> None:
    name = operation.kind.name
    if name in ("GLOBAL", "INST"):
        machine.names.add(python3_name(*operation.argument))
    elif name == "STACK_GLOBAL":
        module, attribute = children[0].text, children[1].text
        unresolved = module is None or attribute is None
        machine.names.add(UNRESOLVED if unresolved else python3_name(module, attribute))  # type: ignore[arg-type]
    elif name in _EXTENSIONS:
        machine.names.add(f"copyreg extension {operation.argument}")


def _top(stack: list[Value | None]) -> Value:
    top = stack[-1]
    if top is None:
        raise ValueError("a mark where a value should be")
    return top


# what each operation does to the symbolic machine, but those that push a bare value
_STEPS: dict[str, Callable[[Machine, Operation], None]] = {kind.name: _combine for kind in KINDS.values()}
_STEPS |= dict.fromkeys(_CALLS, _call) | dict.fromkeys(_PUTS, _put) | dict.fromkeys(_GETS, _get)
_STEPS |= {"MEMOIZE": _memoize, "PROTO": _protocol, "MARK": _mark, "POP": _pop, "DUP": _duplicate}
