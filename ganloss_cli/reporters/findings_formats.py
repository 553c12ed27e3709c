"""The formats of an audit by name: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganloss_cli.audited import AuditReport
from ganloss_cli.reporters import (
    findings_github,
    findings_json,
    findings_junit,
    findings_markdown,
    findings_table,
)
from ganloss_cli.reporters.screen import Screen

_REPORTERS: Mapping[str, Callable[[AuditReport], str]] = {
    "table": findings_table.render,
    "json": findings_json.render,
    "markdown": findings_markdown.render,
    "github": lambda report: findings_github.render(report.findings, report.gates),
    "junit": lambda report: findings_junit.render(
        report.findings, report.gates, report.checks, suite="ganloss audit checkpoint", fail_on=report.fail_on
    ),
}


def render(report: AuditReport, format_: str, screen: Screen | None = None) -> str:
    """The audit as text.

    Args:
        report: what was found.
        format_: "table", "json", "markdown", "github" or "junit".
        screen: what a table is drawn for; by default plain text of any width.
    """
    return findings_table.render(report, screen) if format_ == "table" else _REPORTERS[format_](report)
