"""The audit of a log in every output format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganloss_cli.records.log import LogAudit
from ganloss_cli.reporters.log import cases as log_cases
from ganloss_cli.reporters.log import documents as log_documents
from ganloss_cli.reporters.log import table as log_table
from ganloss_cli.reporters.screen import Screen

REPORTERS: Mapping[str, Callable[..., str]] = {
    "table": log_table.render,
    "json": log_documents.render_json,
    "csv": log_documents.render_csv,
    "markdown": log_documents.render_markdown,
    "github": log_cases.render_github,
    "junit": log_cases.render_junit,
}


def render(audit: LogAudit, format_: str, screen: Screen | None = None, *, tags_only: bool = False) -> str:
    """The audit as text.

    Args:
        audit: what was found.
        format_: a key of `REPORTERS`.
        screen: what a table is drawn for; by default plain text of any width.
        tags_only: whether only what was read is wanted; JSON always holds everything.
    """
    if format_ == "json":
        return log_documents.render_json(audit)
    if format_ == "table":
        return log_table.render(audit, screen, tags_only=tags_only)
    return REPORTERS[format_](audit, tags_only=tags_only)
