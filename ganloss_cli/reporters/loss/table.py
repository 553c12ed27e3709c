"""The audit of a loss function for people: verdict, how parameters were matched, probes, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table

from ganloss_cli.records.loss import LossAudit, MatchedParameter, NearConvention, ProbedValue
from ganloss_cli.records.outcomes import named
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.loss.wording import beside, expected, headline, outcome, probed, published
from ganloss_cli.reporters.pieces import closing, findings_grid
from ganloss_cli.reporters.screen import Screen, apart, column, indented, prose, ruled, text


def render(audit: LossAudit, screen: Screen) -> str:
    """The audit as text."""
    return screen.draw(apart(_sections(audit)))


def _sections(audit: LossAudit) -> Iterator[RenderableType]:
    yield Group(prose(headline(audit), "bold"), *(indented(text(line, "dim")) for line in beside(audit)))
    if audit.parameters:
        yield _parameters(audit.parameters)
    if audit.probes:
        yield _probes(audit.probes, expected(audit))
    if audit.verdict == "departs" and audit.nearest:
        yield _nearest(audit.nearest)
    if audit.findings:
        yield findings_grid(audit.findings, by_check=True)
    yield closing(outcome(audit), passed=audit.passed)


def _parameters(parameters: Sequence[MatchedParameter]) -> Table:
    return ruled([
        column("parameter", (one.theirs for one in parameters), "bold"),
        column("taken for", (one.ours for one in parameters)),
        column("told by", (one.how.removeprefix("by ") for one in parameters), "dim"),
    ])  # fmt: skip


def _probes(probes: Sequence[ProbedValue], convention: str) -> Table:
    return ruled([
        column("probe", (one.probe for one in probes)),
        column(convention, (published(one.expected) for one in probes)),
        column("", (text("✓", "green") if one.agrees else text("✗", "red") for one in probes)),
        column("the function", (probed(one.value, one.remark) for one in probes)),
    ])  # fmt: skip


def _nearest(nearest: Sequence[NearConvention]) -> Table:
    return ruled([
        column("convention", (one.convention for one in nearest)),
        column("off by", (figure(one.departure, 2) for one in nearest)),
        column("from", (named(one.source, one.mistake) for one in nearest), "dim"),
    ])  # fmt: skip
