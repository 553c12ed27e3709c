"""The audit of a loss function for people: verdict, how parameters were matched, probes, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.loss import LossAudit, MatchedParameter, NearConvention, ProbedValue
from ganloss_cli.records.outcomes import named
from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.loss.wording import beside, expected, headline, outcome, place, probed, published
from ganloss_cli.reporters.screen import Screen, grid, indented, prose, ruled, text

_STYLES = {"note": "cyan", "warning": "yellow", "error": "bold red"}


def render(audit: LossAudit, screen: Screen | None = None) -> str:
    """The audit as text.

    Args:
        audit: what was found.
        screen: what it is drawn for; by default plain text as wide as it needs to be.
    """
    screen = screen or Screen()
    parts: list[RenderableType] = [
        prose(headline(audit), "bold"),
        *(indented(text(line, "dim")) for line in beside(audit)),
    ]
    for section in _sections(audit):
        parts += [Text(), section]
    return screen.draw(parts)


def _sections(audit: LossAudit) -> Iterator[RenderableType]:
    if audit.parameters:
        yield _parameters(audit.parameters)
    if audit.probes:
        yield _probes(audit.probes, expected(audit))
    if audit.verdict == "departs" and audit.nearest:
        yield _nearest(audit.nearest)
    if audit.findings:
        yield _findings(audit.findings)
    yield text(outcome(audit), "bold green" if audit.passed else "bold red")


def _parameters(parameters: Sequence[MatchedParameter]) -> Table:
    return ruled([
        [Text("parameter"), *(text(one.theirs, "bold") for one in parameters)],
        [Text("taken for"), *(text(one.ours) for one in parameters)],
        [Text("told by"), *(text(one.how.removeprefix("by "), "dim") for one in parameters)],
    ])  # fmt: skip


def _probes(probes: Sequence[ProbedValue], convention: str) -> Table:
    marks = [Text("✓", "green") if one.agrees else Text("✗", "red") for one in probes]
    return ruled([
        [Text("probe"), *(text(one.probe) for one in probes)],
        [text(convention), *(text(published(one.expected)) for one in probes)],
        [Text(""), *marks],
        [Text("the function"), *(text(probed(one.value, one.remark)) for one in probes)],
    ])  # fmt: skip


def _nearest(nearest: Sequence[NearConvention]) -> Table:
    return ruled([
        [Text("convention"), *(text(one.convention) for one in nearest)],
        [Text("off by"), *(text(figure(one.departure, 2)) for one in nearest)],
        [Text("from"), *(text(named(one.source, one.mistake), "dim") for one in nearest)],
    ])  # fmt: skip


def _findings(findings: Sequence[Finding]) -> Table:
    table = grid()
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        told = prose(finding.message)
        told.append_text(text(f"  {place(finding)}", "dim"))
        if finding.hint:
            told.append_text(prose(f"\n→ {finding.hint}", "dim"))
        table.add_row(text(finding.severity, _STYLES[finding.severity]), text(finding.check, "bold"), told)
    return table
