"""What the tables of several commands draw alike: findings, and a last line that says what came out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ganloss_cli.records.finding import Finding
from ganloss_cli.reporters.findings import place
from ganloss_cli.reporters.screen import grid, prose, text

SEVERITY_STYLES = {"note": "cyan", "warning": "yellow", "error": "bold red"}


def findings_grid(findings: Sequence[Finding], *, by_check: bool = False) -> Table:
    """A line a finding: its severity, what it says and where, and beneath that what to do.

    Args:
        findings: in their order.
        by_check: whether each stands behind the check that it is of.
    """
    return grid(
        [
            (
                text(finding.severity, SEVERITY_STYLES[finding.severity]),
                *([text(finding.check, "bold")] if by_check else []),
                _said(finding),
            )
            for finding in findings
        ]
    )


def _said(finding: Finding) -> Text:
    said = prose(finding.message)
    if place(finding):
        said.append_text(text(f"  {place(finding)}", "dim"))
    return said.append_text(prose(f"\n→ {finding.hint}", "dim")) if finding.hint else said


def closing(said: str, *, passed: bool) -> Text:
    """The last line of what passes or fails."""
    return text(said, "bold green" if passed else "bold red")
