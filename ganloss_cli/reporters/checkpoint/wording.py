"""What an audit of a checkpoint says in words, the same in the table and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.findings import counted

if TYPE_CHECKING:
    from ganloss_cli.records.checkpoint import AuditReport, Measurement


def verdict(report: AuditReport) -> str:
    """What came out, in one line: "failed: 1 error, 2 warnings, 0 notes; 20 checks ran, threshold: error"."""
    ran = sum(run.not_run is None for run in report.checks)
    passed = "passed" if report.passed else "failed"
    return f"{passed}: {counted(report.findings)}; {count(ran, 'check')} ran, threshold: {report.fail_on}"


def interval(one: Measurement) -> str:
    """Between which values it lies; empty where it has no interval."""
    return "" if one.low is None or one.high is None else f"{figure(one.low)} to {figure(one.high)}"


def conclusions(report: AuditReport) -> list[str]:
    """What measurements say, and whether there are samples enough to say it."""
    return [f"{one.name}: {one.verdict}" for one in report.measurements if one.verdict]
