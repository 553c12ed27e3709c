"""What the few functions that checkpoints call do in our reader: our own, which build plain values and records.

Torch-free.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ganloss_cli.io.checkpoints.pickle.objects import ArrayStub, Inert, PlainDict, bytes_span, inert_class, numpy_code
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span, TensorRecord, array_of, tensor_of

_NUMPY_NUMBERS = {
    "b1": "?", "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H",
    "u4": "I", "u8": "Q",
}  # fmt: skip
_SCALARS = (str, int, float, bytes, type(None))


def _tensor(storage: Any, offset: Any, shape: Iterable[Any], stride: Iterable[Any], *more: object) -> TensorRecord:
    tensor = tensor_of(storage, getattr(storage, "dtype", None), offset, shape, stride)
    return _lazily_changed(tensor, more[2:]) if len(more) > 2 else tensor


def _tensor_v3(storage: Any, offset: Any, shape: Iterable[Any], stride: Iterable[Any], *more: Any) -> TensorRecord:
    _requires_grad, _hooks, dtype, *rest = more
    return _lazily_changed(tensor_of(storage, dtype, offset, shape, stride), rest)


def _quantised(storage: Any, offset: Any, shape: Iterable[Any], stride: Iterable[Any], *_: object) -> TensorRecord:
    return tensor_of(storage, getattr(storage, "dtype", None), offset, shape, stride)


def _lazily_changed(tensor: TensorRecord, metadata: Sequence[object]) -> TensorRecord:
    """Torch conjugates and negates when a tensor is used; the storage keeps the numbers as they were."""
    told = metadata[0] if metadata and isinstance(metadata[0], dict) else {}
    conjugated, negated = (dict.get(told, name) is True for name in ("conj", "neg"))
    return replace(tensor, conjugated=conjugated, negated=negated) if conjugated or negated else tensor


def _from_type(rebuild: Callable[..., object], _type: object, arguments: Iterable[object], *state: object) -> object:
    if isinstance(_type, type) and issubclass(_type, Inert) and _type.called.endswith(".DTensor"):
        return _distributed(_type, tuple(arguments), state)
    return rebuild(*arguments)


def _distributed(kind: type[Inert], arguments: tuple[Any, ...], state: tuple[Any, ...]) -> object:
    """What one rank holds of a distributed tensor, where that is all of it; else a stub, which is no tensor."""
    slots = state[0][-1] if state and isinstance(state[0], tuple) and state[0] else None
    held = dict.get(slots, "_local_tensor") if isinstance(slots, dict) else None
    whole = arguments[2] if len(arguments) > 2 else None
    return held if isinstance(held, TensorRecord) and held.shape == whole else kind()


def _mapping(*arguments: Any) -> PlainDict:
    if not arguments:
        return PlainDict()
    [content] = arguments
    if isinstance(content, dict):
        return PlainDict(content)
    # a key that is no scalar would be hashed with everything in it
    return PlainDict((key, value) for key, value in content if isinstance(key, _SCALARS))


def _default_dict(_factory: object = None, *arguments: Any) -> PlainDict:
    return _mapping(*arguments)


def _list(*arguments: Any) -> list[Any]:
    return list(*(argument for argument in arguments[:1] if isinstance(argument, (list, tuple, set, frozenset))))


def _set(*arguments: Any) -> set[Any]:
    return {element for element in _list(*arguments) if isinstance(element, _SCALARS)}


def _tuple(elements: Iterable[Any] = ()) -> tuple[Any, ...]:
    return tuple(elements)


def _text_to_bytes(text: Any, encoding: str = "latin1") -> bytes | Span:
    # only how protocol 2 writes bytes; other codecs unpack archives
    if encoding not in ("latin1", "latin-1") or not isinstance(text, (str, Span)):
        raise pickle.UnpicklingError("an encoding that no checkpoint uses")
    return text if isinstance(text, Span) else text.encode("latin1")


def _path(*parts: object) -> str:
    return "/".join(part for part in parts if isinstance(part, str))


def _numpy_scalar(dtype: Any, data: Any = b"") -> object:
    """A numpy number as a Python number; None for what is no number."""
    code = _NUMPY_NUMBERS.get(str(dtype.arguments[0])) if isinstance(dtype, Inert) and dtype.arguments else None
    if code is None or not isinstance(data, bytes):
        return None
    order = dtype.state[1] if isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "<"
    return struct.unpack((">" if order == ">" else "<") + code, data)[0]


def _array(*_: object) -> ArrayStub:
    return ArrayStub()


def _array_from_buffer(content: object, dtype: object, shape: Iterable[Any], order: object = "C") -> object:
    """How protocol 5 writes arrays."""
    code, span = numpy_code(dtype), bytes_span(content)
    return None if code is None or span is None else array_of(shape, code, span, fortran=order == "F")


def _attribute(owner: object, name: object, *_: object) -> object:
    """A class inside a class, as pickles before protocol 4 spell it; of no other attribute is anything known."""
    if isinstance(owner, type) and issubclass(owner, Inert) and isinstance(name, str):
        return inert_class(f"{owner.called}.{name}")
    return None


def _class_by_value(_metaclass: object, name: object, *_: object) -> object:
    """A class that cloudpickle wrote with its code: a stub's, of that name."""
    return inert_class(name if isinstance(name, str) else "class")


def _first(value: object, *_: object) -> object:
    return value


# allowed everywhere
STAND_INS: dict[str, Callable[..., object]] = {
    "_codecs.encode": _text_to_bytes,
    "builtins.frozenset": _set,
    "builtins.list": _list,
    "builtins.set": _set,
    "builtins.tuple": _tuple,
    "collections.Counter": _mapping,
    "collections.OrderedDict": _mapping,
    "collections.defaultdict": _default_dict,
    "collections.deque": _list,
    "numpy._core.multiarray._reconstruct": _array,
    "numpy._core.multiarray.scalar": _numpy_scalar,
    "numpy._core.numeric._frombuffer": _array_from_buffer,
    "numpy.core.multiarray._reconstruct": _array,
    "numpy.core.multiarray.scalar": _numpy_scalar,
    "numpy.core.numeric._frombuffer": _array_from_buffer,
    "torch.Size": _tuple,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_device_tensor_from_numpy": _first,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_qtensor": _quantised,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
}
# of files that are refused otherwise
OF_STUBS: dict[str, Callable[..., object]] = {
    "builtins.getattr": _attribute,
    "cloudpickle.cloudpickle._make_skeleton_class": _class_by_value,
    "cloudpickle.cloudpickle._rehydrate_skeleton_class": _first,
}
PATH_STAND_IN = _path
