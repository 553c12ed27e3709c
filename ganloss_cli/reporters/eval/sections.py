"""What stands above and beneath the table of results: provenance, samples, gates, findings, the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.listing import grouped
from ganloss_cli.records.report import Finding, Input, Report, SampleValues
from ganloss_cli.reporters.eval.plan import data_line, loss_lines, network_line
from ganloss_cli.reporters.eval.wording import conditions
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.findings import came_of, observation
from ganloss_cli.reporters.pieces import findings_grid
from ganloss_cli.reporters.provenance import contents, lacking, looked_at
from ganloss_cli.reporters.screen import Screen, column, facts, figures, grid, indented, ruled, text

_MANY_ROLES = 4
_STYLES = {"failed": "bold red", "passed": "green", "waived": "yellow", "cannot tell": "yellow"}


def header(report: Report, screen: Screen) -> Group:
    """One line a network, one a role of the data, one for how it ran; no column breaks a name."""
    lines = list(looked_at(report.checkpoints))
    for path, inputs in groupby(report.inputs, key=lambda input_: input_.path):
        lines += _data_lines(path, list(inputs))
    width = max((len(role) for role, *_ in lines), default=0)
    table = grid([(text(role, "bold cyan"), text(path), text(more, "dim")) for role, path, more in lines], least=width)
    if not screen.holds(table):
        table = facts(lines, least=width)
    return Group(table, grid([(text("run", "bold cyan"), text(conditions(report)))], least=width))


def _data_lines(path: str, inputs: Sequence[Input]) -> list[tuple[str, str, str]]:
    """A line a role; one for all of them where a file holds many, as saved tensors do."""
    if len(inputs) <= _MANY_ROLES:
        return [(input_.role, input_.path, contents(input_)) for input_ in inputs]
    counts = " or ".join(str(n) for n in dict.fromkeys(input_.count for input_ in inputs))
    return [("data", path, f"{counts} samples of {', '.join(input_.role for input_ in inputs)}")]


def sections(report: Report, screen: Screen) -> Iterator[RenderableType]:
    """Everything beneath the results, in the order in which a person asks for it."""
    if report.plan is not None:
        yield _titled("plan", _plan(report.plan))
    if report.samples:
        yield from _samples(report.samples, screen)
    if report.worst:
        yield _worst(report.worst)
    if report.findings or any(result.batch_dependent_because for result in report.results):
        yield _findings(report)
    if report.gates:
        yield grid([(text(word := came_of(gate), _STYLES[word]), text(observation(gate))) for gate in report.gates])
    if report.not_applicable:
        reasons = lacking(report.not_applicable).items()
        lines = [[Text.assemble(text(f"{' '.join(losses)}: ", "dim"), text(why))] for why, losses in reasons]
        yield _titled("not applicable", grid(lines))


def _titled(title: str, part: RenderableType) -> Group:
    return Group(text(title, "bold"), indented(part))


def _samples(samples: Sequence[SampleValues], screen: Screen) -> Iterator[Table]:
    """One row a sample and one column a loss; as many tables as the screen's width asks for."""
    losses = list(dict.fromkeys(loss for sample in samples for loss in sample.values))
    while losses:
        shown = 1
        while shown < len(losses) and screen.holds(_sample_table(samples, losses[: shown + 1])):
            shown += 1
        yield _sample_table(samples, losses[:shown])
        losses = losses[shown:]


def _sample_table(samples: Sequence[SampleValues], losses: Sequence[str]) -> Table:
    values = [figures(loss, (figure(sample.values.get(loss)) for sample in samples)) for loss in losses]
    return ruled([*values, column("sample", (sample.name for sample in samples))])


def _worst(worst: Mapping[str, Sequence[SampleValues]]) -> Table:
    rows = [(loss, position, sample) for loss, samples in worst.items() for position, sample in enumerate(samples)]
    return ruled(
        [
            column("worst of", ("" if position else loss for loss, position, _ in rows), "bold"),
            figures("value", (figure(sample.values.get(loss)) for loss, _, sample in rows)),
            column("sample", (sample.name for *_, sample in rows)),
        ]
    )


def _findings(report: Report) -> Table:
    """The findings, and as such a line for each reason why losses depend on the batch."""
    reasons = grouped(
        (result.batch_dependent_because, result.typed or result.loss)
        for result in report.results
        if result.batch_dependent and result.batch_dependent_because
    )
    notes = [
        Finding(check="", severity="note", message=f"{', '.join(dict.fromkeys(losses))}: batch-dependent: {reason}")
        for reason, losses in reasons.items()
    ]
    return findings_grid([*report.findings, *notes])


def _plan(plan: Mapping[str, Any]) -> Table:
    """A line a group of samples, a network and a loss."""
    parts = {
        "data": [[text(data_line(group))] for group in plan.get("data") or ()],
        "networks": [
            [text(network.get("role"), "bold"), text(network_line(network))] for network in plan.get("networks") or ()
        ],
        "losses": [
            [text(name, "bold"), text(convention, "dim"), text(reading)]
            for name, convention, reading in loss_lines(plan.get("losses") or ())
        ],
    }
    return grid([(text(title, "cyan"), grid(rows)) for title, rows in parts.items() if rows])
