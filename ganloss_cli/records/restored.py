"""Records from the plain values that JSON made of them. Standard library only."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def restored(record: type[Record], data: Mapping[str, Any]) -> Record:
    """A record of which JSON has the fields.

    Args:
        record: a dataclass; its fields are plain values, records, tuples and mappings of these.
        data: its fields by name; those that are missing have their defaults.

    Raises:
        TypeError, KeyError, ValueError: it is no such record.
    """
    hints = _hints(record)  # type: ignore[arg-type]  # every class can be hashed
    known = [field.name for field in fields(record) if field.name in data]  # type: ignore[arg-type]  # a dataclass
    return record(**{name: _value(hints[name], data[name]) for name in known})


@functools.cache
def _hints(record: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(record)


def _value(hint: Any, value: Any) -> Any:
    kind = get_origin(hint) or hint
    if value is None:
        return None
    if kind is UnionType or str(kind) == "typing.Union":
        return _value(next(each for each in get_args(hint) if each is not NoneType), value)
    if isinstance(kind, type) and is_dataclass(kind):
        return restored(kind, value)
    if kind is tuple:
        of = get_args(hint)
        return tuple(_value(of[0], part) for part in value)
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return {key: _value(get_args(hint)[1], part) for key, part in value.items()}
    return value
