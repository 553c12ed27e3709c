"""Records from the JSON that they were written as. Standard library only."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ganloss_cli.records.report import SampleValues

R = TypeVar("R")
_PLAIN: Mapping[Any, Any] = {str: str, int: int, float: (int, float), bool: bool}


def record_of(kind: type[R], data: Any, place: str = "") -> R:
    """A record of which `data` are the fields; of fields that it does not have nothing is said.

    Args:
        kind: a dataclass.
        data: plain values of JSON.
        place: of them in the document, for messages: "results.3".

    Raises:
        ValueError: a field is missing, or is not what the record holds; says where and what.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"{place or 'the document'} is no {kind.__name__}")
    if kind is SampleValues:
        own = {key: data[key] for key in ("name", "sha256") if key in data}
        data = {**own, "values": {key: value for key, value in data.items() if key not in own}}
    hints, given = get_type_hints(kind), {}
    for field in fields(kind):  # type: ignore[arg-type]  # a dataclass
        where = f"{place}.{field.name}".removeprefix(".")
        if field.name in data and "drawn" not in field.metadata:
            given[field.name] = _value(hints[field.name], data[field.name], where)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where} is missing")
    return kind(**given)


def _value(hint: Any, data: Any, place: str) -> Any:
    origin, members = get_origin(hint), get_args(hint)
    if hint is Any:
        return data
    if origin in (Union, types.UnionType):
        if data is None and type(None) in members:
            return None
        return _value(next(member for member in members if member is not type(None)), data, place)
    if is_dataclass(hint):
        return record_of(hint, data, place)  # type: ignore[arg-type]  # a class
    if origin is Literal and data in members:
        return data
    if origin is tuple and isinstance(data, list):
        return _tuple(members, data, place)
    if origin is Mapping and isinstance(data, dict):
        return {key: _value(members[1], entry, f"{place}.{key}") for key, entry in data.items()}
    if isinstance(data, _PLAIN.get(hint, ())) and (hint is bool) == isinstance(data, bool):
        return data
    raise ValueError(f"{place} is {str(data)[:40]!r}")


def _tuple(members: Sequence[Any], data: Sequence[Any], place: str) -> tuple[Any, ...]:
    if len(members) == 2 and members[1] is ...:
        return tuple(_value(members[0], entry, f"{place}.{k}") for k, entry in enumerate(data))
    if len(members) != len(data):
        raise ValueError(f"{place} has {len(data)} entries")
    return tuple(
        _value(member, entry, f"{place}.{k}") for k, (member, entry) in enumerate(zip(members, data, strict=True))
    )
