"""What stands above and beneath the table of results: provenance, samples, gates, findings, the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records import Finding, Gate, Input, Report, SampleValues
from ganloss_cli.reporters.figures import brief, figure
from ganloss_cli.reporters.screen import Screen, figures, grid, indented, natural_width, prose, ruled, text
from ganloss_cli.reporters.wording import conditions, contents, described, observation

_MANY_ROLES = 4
_PLAN_WIDTH = 120  # wider tables of a plan become blocks, even where nothing limits them
_SEVERITY_STYLES = {"note": "cyan", "warning": "yellow", "error": "bold red"}


def header(report: Report) -> Group:
    """One line a network, one a role of the data, one for how it ran."""
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
        yield _titled("plan", _plan(report.plan, screen))
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
    """Losses by what they lack, so that one missing network is one line."""
    by_reason: dict[str, list[str]] = {}
    for loss, reason in reasons.items():
        by_reason.setdefault(reason, []).append(loss)
    table = grid()
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for reason, losses in by_reason.items():
        table.add_row(text(reason), text(" ".join(losses), "dim"))
    return table


def _plan(plan: Any, screen: Screen, indent: int = 2) -> RenderableType:
    """Keys with their values beside them; a list of mappings as a table where it fits, else as blocks.

    Args:
        plan: nested mappings and lists of anything.
        screen: what it is drawn for.
        indent: how far to the right of the screen's edge.
    """
    if isinstance(plan, Mapping) and plan:
        width = max(len(str(key)) for key in plan) + 2
        table = grid()
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for key, value in plan.items():
            table.add_row(text(key, "cyan"), _plan(value, screen, indent + width))
        return table
    if not _is_list_of_mappings(plan):
        return text(brief(plan))
    table = _entries(plan)
    if natural_width(table) + indent <= min(screen.columns, _PLAN_WIDTH):
        return table
    blocks = [part for entry in plan for part in (_plan(entry, screen, indent), Text())]
    return Group(*blocks[:-1])


def _entries(entries: Sequence[Any]) -> Table:
    """One row an entry; columns without a value are left out."""
    columns = dict.fromkeys(key for entry in entries for key in entry)
    shown = [key for key in columns if any(entry.get(key) not in (None, {}, []) for entry in entries)]
    return ruled(
        [[text(key), *(text(brief(entry.get(key))) for entry in entries)] for key in shown], wrapping=len(shown)
    )


def _is_list_of_mappings(value: Any) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and bool(value) and all(isinstance(entry, Mapping) for entry in value)
