"""What stands above and beneath the table of results: provenance, samples, gates, findings, the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.report import Finding, Gate, Input, Report, SampleValues
from ganloss_cli.reporters.eval.plan import data_line, loss_lines, network_line
from ganloss_cli.reporters.eval.wording import conditions, contents, described, lacking, observation
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.screen import Screen, figures, grid, indented, prose, ruled, text

_MANY_ROLES = 4
_SEVERITY_STYLES = {"note": "cyan", "warning": "yellow", "error": "bold red"}


def header(report: Report, screen: Screen) -> Group:
    """One line a network, one a role of the data, one for how it ran; no column breaks a name."""
    lines = [(network.role, network.path, described(network)) for network in report.checkpoints]
    for path, inputs in groupby(report.inputs, key=lambda input_: input_.path):
        lines += _data_lines(path, list(inputs))
    width = max((len(role) for role, *_ in lines), default=0)
    table, run = grid(), grid()
    for part in (table, run):
        part.add_column(min_width=width, no_wrap=True)
        part.add_column(overflow="fold")
    for role, path, details in lines:
        table.add_row(text(role, "bold cyan"), text(path), text(details, "dim"))
    if not screen.holds(table):
        table = grid()
        table.add_column(min_width=width, no_wrap=True)
        table.add_column(overflow="fold")
        for role, path, details in lines:
            table.add_row(text(role, "bold cyan"), Text.assemble(text(path), "  ", text(details, "dim")))
    run.add_row(text("run", "bold cyan"), text(conditions(report)))
    return Group(table, run)


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
        yield _gates(report.gates)
    if report.not_applicable:
        yield _titled("not applicable", _not_applicable(report.not_applicable))


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
    names = [Text("sample"), *(text(sample.name) for sample in samples)]
    values = [figures(loss, [Text(figure(sample.values.get(loss))) for sample in samples]) for loss in losses]
    return ruled([*values, names])


def _worst(worst: Mapping[str, Sequence[SampleValues]]) -> Table:
    rows = [(loss, position, sample) for loss, samples in worst.items() for position, sample in enumerate(samples)]
    losses = [text(loss if position == 0 else "", "bold") for loss, position, _ in rows]
    values = [Text(figure(sample.values.get(loss))) for loss, _, sample in rows]
    names = [text(sample.name) for *_, sample in rows]
    return ruled([[Text("worst of"), *losses], figures("value", values), [Text("sample"), *names]])


def findings_grid(findings: Sequence[Finding]) -> Table:
    """A line a finding: its severity, what it says, and beneath that what to do."""
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(text(finding.severity, _SEVERITY_STYLES[finding.severity]), _told(finding))
    return table


def _findings(report: Report) -> Table:
    table = findings_grid(report.findings)
    reasons: dict[str, list[str]] = {}
    for result in report.results:
        if result.batch_dependent and result.batch_dependent_because:
            reasons.setdefault(result.batch_dependent_because, []).append(result.typed or result.loss)
    for reason, losses in reasons.items():
        told = text(f"{', '.join(dict.fromkeys(losses))}: batch-dependent: {reason}")
        table.add_row(text("note", _SEVERITY_STYLES["note"]), told)
    return table


def _told(finding: Finding) -> Text:
    told = prose(finding.message)
    return told.append_text(prose(f"\n→ {finding.hint}", "dim")) if finding.hint else told


def _gates(gates: Sequence[Gate]) -> Table:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for gate in gates:
        verdict = text("failed", "bold red") if gate.failed else text("passed", "green")
        table.add_row(verdict, text(observation(gate)))
    return table


def _not_applicable(reasons: Mapping[str, str]) -> Table:
    """A line a reason with the losses it is of, so that one missing network is one line."""
    table = grid()
    table.add_column(overflow="fold")
    for reason, losses in lacking(reasons).items():
        table.add_row(Text.assemble(text(f"{' '.join(losses)}: ", "dim"), text(reason)))
    return table


def _plan(plan: Mapping[str, Any]) -> Table:
    """A line a group of samples, a network and a loss."""
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
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
    for title, rows in parts.items():
        if rows:
            table.add_row(text(title, "cyan"), _lines(rows))
    return table


def _lines(rows: Sequence[Sequence[Text]]) -> Table:
    """Cells side by side, of which only the last wraps."""
    table = grid()
    for place in range(len(rows[0])):
        table.add_column(no_wrap=place < len(rows[0]) - 1, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
