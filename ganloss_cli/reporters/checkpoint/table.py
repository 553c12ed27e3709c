"""An audit for people: what was looked at, the findings, the numbers, and what did not run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table

from ganloss_cli.records.checkpoint import AuditReport, CheckRun, Measurement
from ganloss_cli.reporters.checkpoint.wording import conclusions, interval, verdict
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.pieces import closing, findings_grid
from ganloss_cli.reporters.provenance import looked_at
from ganloss_cli.reporters.screen import Screen, apart, column, facts, figures, grid, indented, ruled, text


def render(report: AuditReport, screen: Screen) -> str:
    """The audit as text."""
    return screen.draw(apart(_sections(report, screen)))


def _sections(report: AuditReport, screen: Screen) -> Iterator[RenderableType]:
    yield facts(looked_at(report.checkpoints, report.inputs))
    if report.findings:
        yield findings_grid(report.findings, by_check=True)
    if report.measurements:
        yield from _measurements(report.measurements, screen)
        if told := conclusions(report):
            yield Group(*map(text, told))
    not_run = [run for run in report.checks if run.not_run]
    if not_run:
        yield Group(text("skipped: they need", "bold"), indented(_not_run(not_run)))
    yield closing(verdict(report), passed=report.passed)


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
    columns = [
        column(title, (one.name for one in measurements), "bold"),
        figures("value", (figure(one.value) for one in measurements)),
        column("95 % interval", map(interval, measurements)),
        figures("n", ("" if one.count is None else str(one.count) for one in measurements)),
    ]
    if any(one.subject for one in measurements):
        columns.append(column("of", (one.subject for one in measurements), "dim"))
    return ruled(columns)


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
