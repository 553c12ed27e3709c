"""States with arrays in them, as values of JSON: arrays lie in the text, or wherever else they are put."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ganloss_cli.records.plain import as_data

Array = npt.NDArray[Any]
_MARK = "array"
_TYPES = {"float64": "<f8", "uint8": "|u1"}  # the same on every machine


def packed(tree: Any, place: Callable[[Array], Mapping[str, Any]]) -> Any:
    """A state as values of JSON.

    Args:
        tree: mappings, lists, records, plain values, and arrays of float64 or bytes.
        place: puts an array somewhere, and says where.
    """
    if isinstance(tree, np.ndarray):
        kind = next(name for name, descr in _TYPES.items() if tree.dtype == np.dtype(descr))
        return {_MARK: kind, "shape": list(tree.shape), **place(np.ascontiguousarray(tree, _TYPES[kind]))}
    if isinstance(tree, Mapping):
        return {str(key): packed(value, place) for key, value in tree.items()}
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return [packed(value, place) for value in tree]
    return as_data(tree)


def unpacked(data: Any, fetch: Callable[[Mapping[str, Any]], Array]) -> Any:
    """The state again.

    Args:
        data: what `packed` made of it.
        fetch: the bytes or the numbers of an array, from what its `place` said, in one dimension.

    Raises:
        TypeError, KeyError, ValueError: something else.
    """
    if isinstance(data, Mapping) and data.get(_MARK) in _TYPES:
        array = fetch(data)
        return array.view(_TYPES[data[_MARK]]).reshape(data["shape"])
    if isinstance(data, Mapping):
        return {key: unpacked(value, fetch) for key, value in data.items()}
    return [unpacked(value, fetch) for value in data] if isinstance(data, list) else data


def in_text(array: Array) -> Mapping[str, Any]:
    """Puts an array in the text itself."""
    return {"base64": base64.b64encode(array.tobytes()).decode()}


def from_text(data: Mapping[str, Any]) -> Array:
    """Fetches it from there.

    Raises:
        ValueError: it is not there.
    """
    try:
        return np.frombuffer(bytearray(base64.b64decode(data["base64"], validate=True)), np.uint8)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
