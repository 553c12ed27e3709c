"""Ranked checkpoints as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.reporters.document import Case, FullDocument, Grid, Paragraph, Points, Rows, Section
from ganloss_cli.reporters.figures import Mark, Shown, figure
from ganloss_cli.reporters.findings import HEADING, gate_line, of_checks, of_gates, sentence
from ganloss_cli.reporters.provenance import contents, lacking
from ganloss_cli.reporters.rank.charts import curves
from ganloss_cli.reporters.rank.wording import (
    about,
    front,
    head,
    how,
    label,
    legend,
    mark,
    ranking_of,
    result_of,
    verdict,
)

if TYPE_CHECKING:
    from ganloss_cli.records.ranking import RankedCheckpoint, Ranking
    from ganloss_cli.records.report import Finding, Report

_OF_CHECKPOINT = ("run", "name", "step", "weights", "reason")
_OF_STANDING = ("from_equilibrium", "chance", "power")
_TOLD_BY_ROWS = ("non_finite_loss", "checkpoint_not_evaluated")


class RankDocument(FullDocument):
    """A row a checkpoint."""

    record: Report
    command = "ganloss rank"
    table = "ganloss_cli.reporters.rank.table:render"
    on_request = ("samples", "redrawn", "worst", "plan", "part", "separation", "error")

    @property
    def ranking(self) -> Ranking:
        """Of the report."""
        return ranking_of(self.record)

    def rows(self) -> Rows:
        """A row a checkpoint; for each loss its value, what is known of it, and its place."""
        losses = self.ranking.losses
        heads = [
            f"{loss.name}{behind}"
            for loss in losses
            for behind in ("", ".standard_error", ".reason", *(f".{name}" for name in _OF_STANDING), ".place")
        ]
        return Rows(
            columns=(*_OF_CHECKPOINT, "front", *heads), rows=map(self._row, range(len(self.ranking.checkpoints)))
        )

    def _row(self, place: int) -> list[Any]:
        checkpoint = self.ranking.checkpoints[place]
        cells: list[Any] = [getattr(checkpoint, name) for name in _OF_CHECKPOINT]
        cells.append(place in self.ranking.front if self.ranking.front else None)
        for loss in self.ranking.losses:
            result, standing = result_of(self.record, checkpoint, loss.name), checkpoint.standings.get(loss.name)
            cells += [getattr(result, name, None) for name in ("value", "standard_error", "reason")]
            cells += [getattr(standing, name, None) for name in _OF_STANDING]
            cells.append("best" if place == loss.best else "tie" if place in loss.ties else None)
        return cells

    def sections(self) -> Iterator[Section]:
        """The verdict, the table, what is known of each loss, and what is needed to believe it."""
        report, ranking = self.record, self.ranking
        yield Paragraph(text=Shown(verdict(ranking), mark="passed" if ranking.best is not None else "note"))
        yield self._grid()
        yield Points(lines=[line for line in [front(ranking)] if line])
        yield curves(report, ranking)
        yield Points(lines=[line for line in [legend(ranking)] if line])
        known = [f"{loss.name}: {told}" for loss in ranking.losses if (told := about(ranking, loss))]
        yield Points(lines=known, heading="What is known of each loss")
        yield Points(lines=[gate_line(gate) for gate in report.gates], heading="Gates")
        yield Points(lines=[sentence(finding) for finding in report.findings], heading=HEADING)
        reasons = lacking(report.not_applicable).items()
        lines = [f"not applicable: {', '.join(losses)}: {why}" for why, losses in reasons]
        yield Points(lines=lines, heading="Not applicable")
        data = [f"{input_.role}: {input_.path} ({contents(input_)})" for input_ in report.inputs]
        yield Points(lines=[*data, how(report, ranking)], command=report.command, heading="How it was made")

    def _grid(self) -> Grid:
        losses = self.ranking.losses
        heads = ["checkpoint", *(head(self.record, self.ranking, loss) for loss in losses)]
        if self.ranking.front:
            heads.append("front")
        rows = [self._cells(place) for place in range(len(self.ranking.checkpoints))]
        return Grid(heads=heads, rows=rows, right=range(1, len(losses) + 1))

    def _cells(self, place: int) -> list[str]:
        checkpoint, cells = self.ranking.checkpoints[place], [label(self.ranking, place)]
        for loss in self.ranking.losses:
            result = result_of(self.record, checkpoint, loss.name)
            value = "" if result is None else figure(result.value) if result.value is not None else result.reason or ""
            error = f" ± {figure(result.standard_error, 2)}" if result and result.standard_error is not None else ""
            told = " ".join(filter(None, (f"{value}{error}", mark(loss, place))))
            is_best: Mark | None = "passed" if place == loss.best else None
            cells.append(Shown(told, result.value, mark=is_best) if result is not None else told)
        return [*cells, "•" if place in self.ranking.front else ""] if self.ranking.front else cells

    def cases(self) -> Iterator[Case]:
        """One a gate, a checkpoint and a check with findings."""
        yield from of_gates(self.record.gates)
        yield from (self._case(place, each) for place, each in enumerate(self.ranking.checkpoints))
        yield from of_checks(self.findings(), fail_on=None)

    def _case(self, place: int, checkpoint: RankedCheckpoint) -> Case:
        """It fails where it could not be evaluated, or a loss is not finite."""
        name, told, lost = label(self.ranking, place), [], []
        for loss in self.ranking.losses:
            result = result_of(self.record, checkpoint, loss.name)
            if result is not None and result.value is not None:
                told.append(f"{loss.name} {figure(result.value)}{mark(loss, place)}")
            elif result is not None and result.reason in ("nan", "infinite"):
                lost.append(f"{loss.name} is {result.reason}")
        why = checkpoint.reason or ", ".join(lost)
        return Case(kind="checkpoint", name=name, failure=f"{name}: {why}" if why else None, told=", ".join(told))

    def findings(self) -> list[Finding]:
        """Those that no row tells by failing."""
        return [finding for finding in self.record.findings if finding.check not in _TOLD_BY_ROWS]

    def values(self) -> Mapping[str, float | None]:
        """Of the best checkpoint by the loss that decides."""
        found, ranking = {}, self.ranking
        if ranking.best is not None:
            for loss in ranking.losses:
                result = result_of(self.record, ranking.checkpoints[ranking.best], loss.name)
                found[loss.name] = result.value if result is not None else None
        return found
