"""An audit for people: what was looked at, the findings, the numbers, and what did not run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.checkpoint import AuditReport, CheckRun, Measurement
from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.eval.wording import contents, described
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.screen import Screen, figures, grid, indented, prose, ruled, text

_STYLES = {"note": "cyan", "warning": "yellow", "error": "bold red"}


def render(report: AuditReport, screen: Screen | None = None) -> str:
    """The audit as text.

    Args:
        report: what was found.
        screen: what it is drawn for; by default plain text as wide as it needs to be.
    """
    screen = screen or Screen()
    parts: list[RenderableType] = [_header(report)]
    for section in _sections(report, screen):
        parts += [Text(), section]
    return screen.draw(parts)


def verdict(report: AuditReport) -> str:
    """What came out, in one line: "failed: 1 error, 2 warnings, 0 notes of 20 checks"."""
    counts = {kind: sum(f.severity == kind for f in report.findings) for kind in ("error", "warning", "note")}
    told = ", ".join(count(n, kind) for kind, n in counts.items())
    ran = sum(run.not_run is None for run in report.checks)
    return f"{'passed' if report.passed else 'failed'}: {told}; {count(ran, 'check')} ran, fails on {report.fail_on}"


def _header(report: AuditReport) -> Table:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for role, path, told in (
        *((network.role, network.path, described(network)) for network in report.checkpoints),
        *((data.role, data.path, contents(data)) for data in report.inputs),
    ):
        table.add_row(text(role, "bold cyan"), Text.assemble(text(path), "  ", text(told, "dim")))
    return table


def _sections(report: AuditReport, screen: Screen) -> Iterator[RenderableType]:
    if report.findings:
        yield _findings(report.findings)
    if report.measurements:
        yield from _measurements(report.measurements, screen)
    not_run = [run for run in report.checks if run.not_run]
    if not_run:
        yield Group(text("not run for want of", "bold"), indented(_not_run(not_run)))
    yield text(verdict(report), "bold green" if report.passed else "bold red")


def _findings(findings: Sequence[Finding]) -> Table:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        told = prose(finding.message)
        if finding.hint:
            told = told.append_text(prose(f"\n→ {finding.hint}", "dim"))
        table.add_row(text(finding.severity, _STYLES[finding.severity]), text(finding.check, "bold"), told)
    return table


def _measurements(measurements: Sequence[Measurement], screen: Screen) -> Iterator[RenderableType]:
    """One table; on a screen too narrow for whose each number is, a table for each of them."""
    whole = _table(measurements, "measured")
    if screen.holds(whole):
        yield whole
        return
    for subject in dict.fromkeys(one.subject for one in measurements):
        own = [one for one in measurements if one.subject == subject]
        yield _table([replace(one, subject="") for one in own], f"measured of {subject}")


def _table(measurements: Sequence[Measurement], title: str) -> Table:
    values = figures("value", [Text(figure(one.value)) for one in measurements])
    intervals = [Text("95 % interval"), *(text(_interval(one)) for one in measurements)]
    counts = figures("n", [Text("" if one.count is None else str(one.count)) for one in measurements])
    subjects = [Text("of"), *(text(one.subject, "dim") for one in measurements)]
    names = [text(title), *(text(one.name, "bold") for one in measurements)]
    columns = [names, values, intervals, counts]
    return ruled([*columns, subjects] if any(one.subject for one in measurements) else columns)


def _interval(one: Measurement) -> str:
    return "" if one.low is None or one.high is None else f"{figure(one.low)} to {figure(one.high)}"


def _not_run(runs: Sequence[CheckRun]) -> Table:
    """A line a reason with how many checks it kept from running; all their names would fill the screen."""
    reasons = Counter(run.not_run or "" for run in runs)
    table = grid()
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for reason, n in reasons.items():
        number, _, noun = count(n, "check").partition(" ")
        table.add_row(text(reason.removeprefix("needs ")), text(number, "dim"), text(noun, "dim"))
    return table
