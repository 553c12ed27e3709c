"""A document's table as CSV: numbers with all their digits; what is unknown is empty, never 0."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from ganloss_cli.reporters.document import WithRows
from ganloss_cli.reporters.formats.json import as_data


def render(document: WithRows) -> str:
    """Rows of comma-separated values under one line of names; structures as JSON, None and NaN empty."""
    table, text = document.rows(), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    plain = as_data(value)
    if plain is None or plain == {}:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain)
