"""What stands in a pickle's tree for objects of classes that were not imported. Nothing here runs anything.

Torch-free.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from ganloss_cli.io.checkpoints.pickle.tensor_places import NUMPY_DTYPES, Span, TensorRecord, array_of

_PARAMETER = "torch.nn.parameter.Parameter"


class PlainDict(dict[Any, Any]):
    """What every mapping becomes; state set on it, such as torch's `_metadata`, is dropped."""

    def __setstate__(self, state: object) -> None:
        """Drop it."""


class Inert:
    """An object of a class that was not imported: what it was made from, and nothing that runs."""

    called: ClassVar[str] = ""
    arguments: tuple[object, ...]
    state: object
    items: dict[Any, Any]

    def __new__(cls, *arguments: object, **keywords: object) -> Self:
        """A stub; not __init__, because pickles make objects without it."""
        stub = super().__new__(cls)
        stub.arguments, stub.state, stub.items = arguments, keywords, {}
        return stub

    def __call__(self, *arguments: object, **keywords: object) -> Self:
        """What a class or a function that was itself made by a call would give: another stub."""
        return type(self)(*arguments, **keywords)

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __setitem__(self, key: object, value: object) -> None:
        self.items[key] = value

    def append(self, value: object) -> None:
        """Keep an element of what was a list."""
        self.items[len(self.items)] = value

    def add(self, value: object) -> None:
        """Keep an element of what was a set."""
        self.append(value)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What would have been its __dict__, and its slots."""
        states = self.state if isinstance(self.state, tuple) else (self.state,)
        return {
            key: value
            for state in states
            if isinstance(state, dict)
            for key, value in dict.items(state)
            if isinstance(key, str)
        }

    def fields(self) -> Mapping[str, Any]:
        """Its attributes and items by name: what a Namespace or an attribute dictionary held."""
        return {**self.attributes, **{key: value for key, value in self.items.items() if isinstance(key, str)}}


class StandIn:
    """One of our own functions in the hands of a pickle, which may call it and change nothing about it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        """What our function makes of them."""
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function cannot be given a state")


class ArrayStub:
    """A numpy array: pickles make it empty and then give it its shape, dtype and bytes."""

    __slots__ = ("tensor",)

    def __init__(self) -> None:
        self.tensor: TensorRecord | None = None  # stays so for arrays of objects and of text

    def __setstate__(self, state: Any) -> None:
        *_version, shape, dtype, fortran, content = state
        code, span = numpy_code(dtype), bytes_span(content)
        if code is not None and span is not None:
            self.tensor = array_of(shape, code, span, fortran=bool(fortran))


def inert_class(called: str, **attributes: object) -> type[Inert]:
    """A class of stubs under the name that the pickle uses."""
    return type("Inert", (Inert,), {"called": called, **attributes})


def numpy_code(dtype: object) -> str | None:
    """The code of a pickled numpy dtype, "<f4"; None for what holds no numbers, or has their bytes swapped."""
    if not isinstance(dtype, Inert) or not dtype.arguments or not isinstance(dtype.arguments[0], str):
        return None
    order = dtype.state[1] if isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "<"
    return dtype.arguments[0] if order != ">" and dtype.arguments[0] in NUMPY_DTYPES else None


def bytes_span(content: object) -> Span | None:
    """The bytes of an array, whether they were read with the pickle or passed over."""
    if isinstance(content, Span):
        return content
    if isinstance(content, str):  # Python 2 had no other bytes
        content = content.encode("latin-1", "replace")
    if isinstance(content, bytes | bytearray):
        return Span(n_bytes=len(content), content=bytes(content))
    return None


def tensor_record(value: object) -> TensorRecord | None:
    """The unread tensor that a value of a pickle's tree is, or None."""
    if isinstance(value, ArrayStub):
        return value.tensor
    if isinstance(value, Inert) and value.called == _PARAMETER and value.arguments:  # as torch wrote them before 0.4
        value = value.arguments[0]
    return value if isinstance(value, TensorRecord) else None
