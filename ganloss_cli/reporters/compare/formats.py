"""A comparison in every output format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganloss_cli.records.comparison import Comparison
from ganloss_cli.reporters.compare import cases as compare_cases
from ganloss_cli.reporters.compare import documents as compare_documents
from ganloss_cli.reporters.compare import table as compare_table
from ganloss_cli.reporters.screen import Screen

REPORTERS: Mapping[str, Callable[[Comparison], str]] = {
    "table": compare_table.render,
    "json": compare_documents.render_json,
    "csv": compare_documents.render_csv,
    "markdown": compare_documents.render_markdown,
    "github": compare_cases.render_github,
    "junit": compare_cases.render_junit,
}


def render(comparison: Comparison, format_: str, screen: Screen | None = None) -> str:
    """The comparison as text.

    Args:
        comparison: what was found.
        format_: a key of `REPORTERS`.
        screen: what a table is drawn for; by default plain text of any width.
    """
    return compare_table.render(comparison, screen) if format_ == "table" else REPORTERS[format_](comparison)
