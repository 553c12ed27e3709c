"""The formats of an audit by name: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganloss_cli.records.checkpoint import AuditReport
from ganloss_cli.reporters.checkpoint import documents as findings_documents
from ganloss_cli.reporters.checkpoint import markdown as findings_markdown
from ganloss_cli.reporters.checkpoint import table as findings_table
from ganloss_cli.reporters.screen import Screen

REPORTERS: Mapping[str, Callable[[AuditReport], str]] = {
    "table": findings_table.render,
    "json": findings_documents.render_json,
    "csv": findings_documents.render_csv,
    "markdown": findings_markdown.render,
    "github": findings_documents.render_github,
    "junit": findings_documents.render_junit,
}


def render(report: AuditReport, format_: str, screen: Screen | None = None) -> str:
    """The audit as text.

    Args:
        report: what was found.
        format_: a key of `REPORTERS`.
        screen: what a table is drawn for; by default plain text of any width.
    """
    return findings_table.render(report, screen) if format_ == "table" else REPORTERS[format_](report)
