"""The report within a page: its JSON, and the values of its samples where it has them. Torch-free."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.records.columns import unpacked

# as the template writes it; texts of the page have no < of their own
_REPORT = re.compile(rb'<script type="application/json" id="report"(?: data-columns="([^"]*)")?>([^<]*)</script>')


def is_page(content: bytes) -> bool:
    """Whether a file that begins like this is a page."""
    return content.lstrip()[:14].lower() == b"<!doctype html"


def report_of_page(path: Path, content: bytes) -> dict[str, Any]:
    """The document of a page; its samples have names and values alone, and are missing where it has none.

    Args:
        path: of the page, for messages.
        content: all of it.

    Raises:
        InputError: it is another page, or damaged.
        UsageError: it holds no results.
    """
    found = _REPORT.search(content)
    if found is None:
        raise InputError(f"{path}: is a page, and holds no report of ganloss")
    columns, within = found.groups()
    try:
        document = json.loads(within)
        if columns:
            document["samples"] = unpacked(columns.decode("ascii"))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: damaged: {error}") from error
    if not isinstance(document, dict) or "results" not in document:
        raise UsageError(
            f"{path}: the page holds no results; they had no room there, or it is no page of ganloss eval",
            hint="give the JSON that the page was made of",
        )
    return document
