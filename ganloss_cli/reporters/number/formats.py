"""Traced numbers in every output format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganloss_cli.records.number import NumberReport
from ganloss_cli.reporters.number import documents as number_documents
from ganloss_cli.reporters.number import table as number_table
from ganloss_cli.reporters.screen import Screen

REPORTERS: Mapping[str, Callable[[NumberReport], str]] = {
    "table": number_table.render,
    "json": number_documents.render_json,
    "csv": number_documents.render_csv,
    "markdown": number_documents.render_markdown,
    "github": number_documents.render_github,
    "junit": number_documents.render_junit,
}


def render(report: NumberReport, format_: str, screen: Screen | None = None) -> str:
    """The numbers as text.

    Args:
        report: what was found.
        format_: a key of `REPORTERS`.
        screen: what a table is drawn for; by default plain text of any width.
    """
    return number_table.render(report, screen) if format_ == "table" else REPORTERS[format_](report)
