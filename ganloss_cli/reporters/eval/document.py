"""The report of `ganloss eval` as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganloss_cli.records.evidence import LOSS
from ganloss_cli.reporters import separation
from ganloss_cli.reporters.changes import gates_grid
from ganloss_cli.reporters.document import Bar, Case, FullDocument, Grid, Pictures, Points, Rows, Section
from ganloss_cli.reporters.eval.charts import distributions
from ganloss_cli.reporters.eval.plan import data_line, flattened, loss_lines, network_line
from ganloss_cli.reporters.eval.wording import called, conditions, note, value_text
from ganloss_cli.reporters.figures import Shown, aim, figure
from ganloss_cli.reporters.findings import HEADING, gate_line, is_against_baseline, of_checks, of_gates, sentence
from ganloss_cli.reporters.provenance import contents, described, lacking

if TYPE_CHECKING:
    from ganloss_cli.records.report import Finding, Report, Result, SampleValues

RESULT_COLUMNS = (
    "loss", "convention", "value", "reason", "count", "standard_error", "minimum", "median", "maximum", "non_finite",
    "unit", "higher_is_better", "equilibrium", "network", "domain", "weights", "mode", "over", "batch_dependent",
    "range", "settings", "terms", "checkpoint", "reference", "mistake", "typed", "recipe", "library",
)  # fmt: skip
_TOLD_BY_LOSSES = "non_finite_loss"


class EvalDocument(FullDocument):
    """What was evaluated, or with --dry-run would be."""

    record: Report
    command = "ganloss eval"
    table = "ganloss_cli.reporters.eval.table:render"
    on_request = ("samples", "redrawn", "worst", "plan", "part", "ranking", "separation", "error")

    def rows(self) -> Rows:
        """A row a result; with --per-sample one a sample and loss, of a plan one an entry."""
        report = self.record
        if report.plan is not None:
            return Rows(columns=("item", "value"), rows=flattened(report.plan))
        if report.samples is not None:
            values = ((s.name, loss, value) for s in report.samples for loss, value in s.values.items())
            return Rows(columns=("name", "loss", "value"), rows=values)
        return Rows(columns=RESULT_COLUMNS, rows=(_row(report, result) for result in report.results))

    def samples(self) -> Sequence[SampleValues]:
        """Those of the run, asked for or kept for a page."""
        return self.record.each or self.record.samples or ()

    def sections(self) -> Iterator[Section]:
        """The values, then what is needed to believe them."""
        report = self.record
        if report.plan is not None:
            yield Points(lines=list(_plan(report.plan)), heading="Plan")
        if report.results:
            yield _results(report.results)
        if against := [gate for gate in report.gates if is_against_baseline(gate)]:
            yield gates_grid(against)
        alone = [gate for gate in report.gates if not is_against_baseline(gate)]
        yield Points(lines=[gate_line(gate) for gate in alone], heading="Gates")
        if report.pictures is not None:
            heading = "Worst, median and best samples"
            yield Pictures(pictures=report.pictures, heading=heading, about=report.about_pictures)
        yield distributions(report)
        yield from separation.drawn(report.separation or ())
        if report.samples:
            yield _samples(report.samples)
        for loss, samples in (report.worst or {}).items():
            rows = [[sample.name, figure(sample.values.get(loss))] for sample in samples]
            yield Grid(heads=[f"worst of {loss}", "value"], rows=rows, right=[1], heading=f"Worst of {loss}")
        yield Points(lines=[sentence(finding) for finding in report.findings], heading=HEADING)
        reasons = lacking(report.not_applicable).items()
        lines = [f"not applicable: {', '.join(losses)}: {why}" for why, losses in reasons]
        yield Points(lines=lines, heading="Not applicable")
        yield Points(lines=list(_provenance(report)), command=report.command, heading="How it was made")

    def cases(self) -> Iterator[Case]:
        """One a gate, a loss and a check with findings."""
        yield from of_gates(self.record.gates)
        not_finite = [finding for finding in self.record.findings if finding.check == _TOLD_BY_LOSSES]
        hints = {finding.evidence.get(LOSS): finding.hint for finding in not_finite if finding.hint}
        yield from (_case(result, self.record.results, hints.get(result.typed)) for result in self.record.results)
        yield from of_checks(self.findings())

    def findings(self) -> Sequence[Finding]:
        """Those that no loss tells by failing."""
        return [finding for finding in self.record.findings if finding.check != _TOLD_BY_LOSSES]

    def values(self) -> Mapping[str, float | None]:
        """Of the losses."""
        return {called(result): result.value for result in self.record.results}

    def notices(self) -> Mapping[str, str]:
        """One with all values."""
        values = "\n".join(f"{called(result)} {value_text(result)}" for result in self.record.results)
        return {self.command: values} if values else {}


def _row(report: Report, result: Result) -> list[Any]:
    values = {name: getattr(result, name) for name in RESULT_COLUMNS}
    values["recipe"] = result.recipe.recipe if result.recipe else None
    if result.checkpoint is not None:
        values["checkpoint"] = report.checkpoints[result.checkpoint].path
    return list(values.values())


def _plan(plan: Mapping[str, Any]) -> Iterator[str]:
    yield from (data_line(group) for group in plan.get("data") or ())
    yield from (f"{network.get('role')}: {network_line(network)}" for network in plan.get("networks") or ())
    losses = loss_lines(plan.get("losses") or ())
    yield from (f"{name} ({convention}): {reading}" for name, convention, reading in losses)


def _results(results: Sequence[Result]) -> Grid:
    heads = ["loss", "domain", "value", "unit", "± s.e.", "n", "min", "median", "max", "better", "notes"]
    rows = [
        [
            result.typed or result.loss, result.domain or "", figure(result.value), result.unit or "",
            figure(result.standard_error, 2), str(result.count), figure(result.minimum), figure(result.median),
            figure(result.maximum), _aim(result), note(result, results),
        ]
        for result in results
    ]  # fmt: skip
    kept = [k for k, head in enumerate(heads) if head == "loss" or any(row[k] for row in rows)]
    figures = ("value", "± s.e.", "n", "min", "median", "max")
    right = [position for position, k in enumerate(kept) if heads[k] in figures]
    kept_rows = [[row[k] for k in kept] for row in rows]
    return Grid(heads=[heads[k] for k in kept], rows=kept_rows, right=right, heading="Losses")


def _aim(result: Result) -> Shown:
    told = aim(result.higher_is_better, result.equilibrium)
    if result.value is None:
        return Shown(told)
    bar = Bar(value=result.value, low=result.minimum, high=result.maximum, aim=result.equilibrium)
    return Shown(told, bar=bar)


def _samples(samples: Sequence[SampleValues]) -> Grid:
    losses = list(dict.fromkeys(loss for sample in samples for loss in sample.values))
    rows = [[sample.name, *(figure(sample.values.get(loss)) for loss in losses)] for sample in samples]
    right = range(1, len(losses) + 1)
    return Grid(heads=["sample", *losses], rows=rows, right=right, heading="Values of each sample")


def _provenance(report: Report) -> Iterator[str]:
    for network in report.checkpoints:
        details = ", ".join(part for part in (described(network), f"sha256 {network.sha256}") if part)
        yield f"{network.role}: {network.path} ({details})"
    yield from (f"{input_.role}: {input_.path} ({contents(input_)})" for input_ in report.inputs)
    tool = f"ganloss {report.tool.get('version') or ''}".strip()
    yield f"run: {tool}, {conditions(report)}"


def _case(result: Result, results: Sequence[Result], hint: str | None) -> Case:
    """A loss fails where its samples are not finite, and is skipped where nothing could compute it."""
    name, why = called(result), note(result, results)
    if result.value is not None:
        return Case(kind="loss", name=name, told=value_text(result))
    if result.reason == "unavailable":
        return Case(kind="loss", name=name, skipped=why)
    return Case(kind="loss", name=name, failure=f"{name}: {why}" + (f"\n{hint}" if hint else ""))
