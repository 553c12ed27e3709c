"""Ranked checkpoints for people: a row a checkpoint, a curve a loss, and the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.ranking import RankedLoss, Ranking
from ganloss_cli.records.report import Report
from ganloss_cli.reporters.blocks import blocks
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.findings import observation
from ganloss_cli.reporters.pieces import findings_grid
from ganloss_cli.reporters.provenance import lacking, looked_at
from ganloss_cli.reporters.rank.wording import (
    BEST,
    TIED,
    about,
    head,
    how,
    legend,
    mark,
    ranking_of,
    result_of,
    values_of,
    verdict,
)
from ganloss_cli.reporters.screen import Screen, apart, column, facts, figures, grid, natural_width, ruled, text

Columns = list[list[Text]]
_WIDEST = 60  # blocks of a curve; of more checkpoints neighbours share one
_STYLES = {BEST: "bold green", TIED: "yellow", "": ""}


def render(report: Report, screen: Screen) -> str:
    """The table of a report."""
    ranking = ranking_of(report)
    lines = [*looked_at((), report.inputs), ("checkpoints", how(report, ranking), "")]
    tables = list(_tables(report, ranking, screen))
    screen = screen.at_least(max((natural_width(table) for table in tables), default=0))
    return screen.draw(apart([facts(lines), *tables, *_beneath(report, ranking)]))


def _tables(report: Report, ranking: Ranking, screen: Screen) -> Iterator[Table]:
    """As many losses side by side as the screen holds; the checkpoints stand beside all of them."""
    first = _checkpoints(ranking, names=True)
    if not screen.holds(ruled([*first, *_loss(report, ranking, ranking.losses[0])] if ranking.losses else first)):
        first = _checkpoints(ranking, names=False)
    shown: Columns = []
    for loss in ranking.losses:
        wider = [*shown, *_loss(report, ranking, loss)]
        if shown and not screen.holds(ruled([*first, *wider], wrapping=0)):
            yield ruled([*first, *shown], wrapping=0)
            wider = _loss(report, ranking, loss)
        shown = wider
    yield ruled([*first, *shown], wrapping=0)


def _checkpoints(ranking: Ranking, *, names: bool) -> Columns:
    """Their steps, and where there is room or nothing else their names."""
    rows = ranking.checkpoints
    columns: Columns = []
    if any(row.step is not None for row in rows):
        columns.append(figures("step", ("" if row.step is None else str(row.step) for row in rows)))
    if names or not columns or len({(row.step, row.weights) for row in rows}) < len(rows):
        several = len({row.run for row in rows}) > 1
        columns.append(column("checkpoint", (f"{row.run}/{row.name}" if several else row.name for row in rows), "bold"))
    if any(row.weights for row in rows):
        columns.append(column("weights", (row.weights or "" for row in rows)))
    if ranking.front:
        columns.append(column("front", ("•" if place in ranking.front else "" for place in range(len(rows)))))
    return columns


def _loss(report: Report, ranking: Ranking, loss: RankedLoss) -> Columns:
    """Its values with their marks, and their standard errors."""
    results = [result_of(report, row, loss.name) for row in ranking.checkpoints]
    marks = [mark(loss, place) for place in range(len(results))]
    values = []
    for result, sign in zip(results, marks, strict=True):
        bad = result is not None and result.value is None
        told = "" if result is None else (result.reason or "") if bad else figure(result.value)
        values.append(Text(told, style="bold red" if bad else _STYLES[sign]))
    columns = [figures(head(report, ranking, loss), values)]
    if any(marks):
        columns.append(column("", marks))
    if any(result is not None and result.standard_error is not None for result in results):
        errors = ("" if r is None or r.value is None else figure(r.standard_error, 2) for r in results)
        columns.append([Text(cell.plain, style="dim") for cell in figures("± s.e.", errors)])
    return columns


def _beneath(report: Report, ranking: Ranking) -> Iterator[RenderableType]:
    if legend(ranking):
        yield text(legend(ranking), "dim")
    curves = [
        (
            text(loss.name, "bold"),
            text(blocks(values_of(report, ranking, loss.name), _WIDEST)[0]),
            text(about(ranking, loss)),
        )
        for loss in ranking.losses
    ]
    if any(told.plain for row in curves for told in row[1:]):
        yield grid(curves)
    if report.findings:
        yield findings_grid(report.findings)
    if report.gates:
        yield grid([(text("failed" if g.failed else "passed", "bold"), text(observation(g))) for g in report.gates])
    if report.not_applicable:
        reasons: Sequence[tuple[str, list[str]]] = list(lacking(report.not_applicable).items())
        yield grid([(text(f"not applicable: {', '.join(losses)}: {why}", "dim"),) for why, losses in reasons])
    if verdict(ranking):
        yield text(verdict(ranking), "bold green" if ranking.best is not None else "bold")
