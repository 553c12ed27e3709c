"""An inspection as JSON: the fields of its records, null for what is unknown."""

from __future__ import annotations

from typing import Any

from ganloss_cli.records.inspection import Inspection
from ganloss_cli.reporters.eval.json import as_data, dumps

# fields that appear only where they were asked for
_ON_REQUEST = ("tensors", "tree", "sha256")


def render(inspection: Inspection) -> str:
    """One JSON document, the same for the same inspection, with a newline at its end."""
    document = as_data(inspection)
    for file in document["files"]:
        for record in (file, *file["networks"]):
            _drop_absent(record)
    return dumps({"schema_version": document.pop("schema_version"), **document})


def _drop_absent(record: dict[str, Any]) -> None:
    for name in _ON_REQUEST:
        if name in record and record[name] is None:
            del record[name]
