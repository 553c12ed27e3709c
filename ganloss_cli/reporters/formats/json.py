"""A document as JSON: the fields of its records, every digit kept, null for what is unknown."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import Any

from ganloss_cli.records.report import SampleValues
from ganloss_cli.reporters.document import Document


def render(document: Document) -> str:
    """One JSON document, the same for the same records, with a newline at its end."""
    return dumps(as_data(document.data()))


def dumps(document: object) -> str:
    """The text of a document of plain values; ASCII, so that any encoding carries it."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


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
