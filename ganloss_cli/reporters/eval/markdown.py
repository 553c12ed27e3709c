"""The report as Markdown: a table of values, then what is needed to believe them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ganloss_cli.records.report import Report
from ganloss_cli.reporters.eval.plan import data_line, loss_lines, network_line
from ganloss_cli.reporters.eval.wording import aim, conditions, contents, described, lacking, note, observation
from ganloss_cli.reporters.figures import figure, printable

_MARKS = re.compile(r"([\\`*\[\]<|]|(?<!\w)_|_(?!\w))")  # an underscore within a word is no mark


def render(report: Report) -> str:
    """Sections without headings, so that it can be pasted into any page."""
    sections = (section for section in _sections(report) if section)
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _sections(report: Report) -> Iterator[list[str]]:
    if report.plan is not None:
        yield list(_plan(report.plan))
    if report.results:
        yield _results(report)
    if report.samples:
        losses = list(dict.fromkeys(loss for sample in report.samples for loss in sample.values))
        rows = [[sample.name, *(figure(sample.values.get(loss)) for loss in losses)] for sample in report.samples]
        yield table(["sample", *losses], rows, right=range(1, len(losses) + 1))
    for loss, samples in (report.worst or {}).items():
        rows = [[sample.name, figure(sample.values.get(loss))] for sample in samples]
        yield table([f"worst of {loss}", "value"], rows, right=[1])
    yield [f"- gate {'failed' if gate.failed else 'passed'}: {escaped(observation(gate))}" for gate in report.gates]
    yield [
        f"- {finding.severity}: {escaped(finding.message)}{f' ({escaped(finding.hint)})' if finding.hint else ''}"
        for finding in report.findings
    ]
    yield [
        f"- not applicable: {escaped(', '.join(losses))}: {escaped(why)}"
        for why, losses in lacking(report.not_applicable).items()
    ]
    yield list(_provenance(report))


def _results(report: Report) -> list[str]:
    heads = ["loss", "domain", "value", "unit", "± s.e.", "n", "min", "median", "max", "better", "notes"]
    rows = [
        [
            result.typed or result.loss, result.domain or "", figure(result.value), result.unit or "",
            figure(result.standard_error, 2), str(result.count), figure(result.minimum), figure(result.median),
            figure(result.maximum), aim(result.higher_is_better, result.equilibrium), note(result, report.results),
        ]
        for result in report.results
    ]  # fmt: skip
    kept = [k for k, head in enumerate(heads) if head == "loss" or any(row[k] for row in rows)]
    right = [
        position for position, k in enumerate(kept) if heads[k] in ("value", "± s.e.", "n", "min", "median", "max")
    ]
    return table([heads[k] for k in kept], [[row[k] for k in kept] for row in rows], right=right)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int]) -> list[str]:
    """The lines of a table.

    Args:
        heads: of the columns.
        rows: one cell a column.
        right: the columns that are aligned to the right, as figures are.
    """
    aligned = set(right)
    rule = ["---:" if k in aligned else "---" for k in range(len(heads))]
    lines = [[escaped(head) for head in heads], rule, *([escaped(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _provenance(report: Report) -> Iterator[str]:
    for network in report.checkpoints:
        details = ", ".join(part for part in (described(network), f"sha256 {network.sha256}") if part)
        yield f"- {escaped(network.role)}: {escaped(network.path)} ({escaped(details)})"
    for input_ in report.inputs:
        yield f"- {escaped(input_.role)}: {escaped(input_.path)} ({escaped(contents(input_))})"
    tool = f"ganloss {report.tool.get('version') or ''}".strip()
    yield f"- run: {escaped(f'{tool}, {conditions(report)}')}"
    if report.command:
        yield f"- command: `{printable(shlex.join(report.command)).replace('`', chr(39))}`"


def _plan(plan: Mapping[str, Any]) -> Iterator[str]:
    for group in plan.get("data") or ():
        yield f"- {escaped(data_line(group))}"
    for network in plan.get("networks") or ():
        yield f"- {escaped(str(network.get('role')))}: {escaped(network_line(network))}"
    for name, convention, reading in loss_lines(plan.get("losses") or ()):
        yield f"- {escaped(name)} ({escaped(convention)}): {escaped(reading)}"


def escaped(text: str) -> str:
    """Foreign text on one line, without Markdown's own marks."""
    return _MARKS.sub(r"\\\1", printable(text))
