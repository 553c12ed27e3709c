"""The audit of a log in every output format."""

from __future__ import annotations

from ganloss_cli.reconciliation import LogAudit
from ganloss_cli.reporters import log_documents, log_table
from ganloss_cli.reporters.screen import Screen


def render(audit: LogAudit, format_: str, screen: Screen | None = None, *, tags_only: bool = False) -> str:
    """The audit as text.

    Args:
        audit: what was found.
        format_: one of the formats of `--format`.
        screen: what a table is drawn for; by default plain text of any width.
        tags_only: whether only what was read is wanted; JSON always holds everything.
    """
    if format_ == "json":
        return log_documents.render_json(audit)
    if format_ == "csv":
        return log_documents.render_csv(audit, tags_only=tags_only)
    if format_ == "markdown":
        return log_documents.render_markdown(audit, tags_only=tags_only)
    return log_table.render(audit, screen, tags_only=tags_only)
