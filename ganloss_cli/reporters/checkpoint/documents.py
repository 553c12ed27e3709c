"""An audit of a checkpoint as JSON, CSV, and as what passed and failed."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.checkpoint import AuditReport
from ganloss_cli.reporters.eval.csv import table as csv_table
from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.findings import github, junit
from ganloss_cli.reporters.findings.cases import Case, of_checks, of_gates

SUITE = "ganloss audit checkpoint"
_COLUMNS = ("check", "severity", "message", "hint", "evidence")


def render_json(report: AuditReport) -> str:
    """One document with the fields of the records; what is unknown is null."""
    return dumps({"schema_version": report.schema_version, **as_data(report)})


def render_csv(report: AuditReport) -> str:
    """One row a finding; its evidence as JSON."""
    return csv_table(_COLUMNS, ([getattr(finding, name) for name in _COLUMNS] for finding in report.findings))


def render_junit(report: AuditReport) -> str:
    """One test case a check that was asked for, and a gate; measurements are properties."""
    values = {f"{one.name} of {one.subject}": one.value for one in report.measurements}
    return junit.render(_cases(report), suite=SUITE, values=values)


def render_github(report: AuditReport) -> str:
    """Annotations of the findings and of the gates that failed."""
    return github.render(report.findings, _cases(report))


def _cases(report: AuditReport) -> Iterator[Case]:
    yield from of_gates(report.gates)
    yield from of_checks(report.findings, report.checks, report.fail_on)
