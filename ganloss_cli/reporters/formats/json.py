"""A document as JSON: the fields of its records, every digit kept, null for what is unknown."""

from __future__ import annotations

import json

from ganloss_cli.records.plain import as_data
from ganloss_cli.reporters.document import Document

__all__ = ["as_data", "dumps", "render"]


def render(document: Document) -> str:
    """One JSON document, the same for the same records, with a newline at its end."""
    return dumps(as_data(document.data()))


def dumps(document: object) -> str:
    """The text of a document of plain values; ASCII, so that any encoding carries it."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
