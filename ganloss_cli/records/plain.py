"""Records as plain values of JSON, and records of such values again. Standard library only."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ganloss_cli.records.report import SampleValues

Record = TypeVar("Record")


def as_data(value: Any) -> Any:
    """Records, mappings and sequences as plain values of JSON.

    A sample is {"name": ..., "sha256": {ROLE: ...}, LOSS: VALUE, ...}. NaN and infinities become null: the
    reason stands beside them.

    Raises:
        TypeError: a value has no place in JSON, such as a tensor.
    """
    if isinstance(value, SampleValues):
        checksums = {"sha256": dict(value.sha256)} if value.sha256 else {}
        return {"name": value.name, **checksums, **as_data(value.values)}
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: as_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_data(entry) for key, entry in value.items()}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [as_data(entry) for entry in value]
    raise TypeError(f"a report cannot hold a {type(value).__name__}")


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
