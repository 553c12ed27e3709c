"""The report as JSON: the contract of report.schema.json, every digit kept, null for what is unknown."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import Any

from ganloss_cli.records.report import Report, SampleValues

# fields that appear only where they were asked for
_ON_REQUEST = ("samples", "worst", "plan")


def render(report: Report) -> str:
    """One JSON document, the same for the same report, with a newline at its end."""
    document = {"schema_version": report.schema_version, **_fields(report)}
    for name in _ON_REQUEST:
        if document[name] is None:
            del document[name]
    return dumps(document)


def dumps(document: object) -> str:
    """The text of a document of plain values; ASCII, so that any encoding carries it."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_data(value: Any) -> Any:
    """Records, mappings and sequences as plain values of JSON.

    A sample is {"name": ..., LOSS: VALUE, ...}. NaN and infinities become null: the reason stands beside them.

    Raises:
        TypeError: a value has no place in JSON, such as a tensor.
    """
    if isinstance(value, SampleValues):
        return {"name": value.name, **as_data(value.values)}
    if hasattr(value, "__dataclass_fields__"):
        return _fields(value)
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


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: as_data(getattr(record, field.name)) for field in fields(record)}
