"""Traced numbers as JSON, CSV, Markdown, and as what passed and failed."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.number import Candidate, NumberReport, TracedNumber
from ganloss_cli.records.outcomes import named
from ganloss_cli.reporters.eval.csv import table as csv_table
from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.eval.markdown import escaped
from ganloss_cli.reporters.eval.markdown import table as markdown_table
from ganloss_cli.reporters.figures import figure, number
from ganloss_cli.reporters.findings import github, junit
from ganloss_cli.reporters.findings.cases import Case, of_checks
from ganloss_cli.reporters.number.wording import how_far, origin, trials, untried, verdict

SUITE = "ganloss audit number"
_COLUMNS = (
    "loss", "convention", "factor", "factor_meaning", "conditions", "domain", "weights", "value", "difference",
    "standard_errors", "within_rounding", "source", "relation", "mistake", "same",
)  # fmt: skip


def render_json(report: NumberReport) -> str:
    """One document. `candidates` are those of all numbers, in their order, each with the number it is for."""
    fields = as_data(report)
    candidates = [
        {"number": f"{traced.name}={traced.text}", "rank": rank, **as_data(candidate)}
        for traced in report.numbers
        for rank, candidate in enumerate(traced.candidates, start=1)
    ]
    head = {"schema_version": fields.pop("schema_version"), "verdict": fields.pop("verdict"), "candidates": candidates}
    return dumps({**head, **fields})


def render_csv(report: NumberReport) -> str:
    """One row a candidate, the number it is for and that number's verdict first, all digits kept."""
    rows = (
        (
            *(f"{traced.name}={traced.text}", traced.verdict, rank),
            *(getattr(candidate, name) for name in _COLUMNS),
            traced.outcome,
        )
        for traced in report.numbers
        for rank, candidate in enumerate(traced.candidates, start=1)
    )
    return csv_table(("number", "verdict", "rank", *_COLUMNS, "outcome"), rows)


def render_markdown(report: NumberReport) -> str:
    """Sections without headings, so that it can be pasted into any page."""
    sections = [section for traced in report.numbers for section in _sections(traced, report)]
    notes = [f"- {escaped(line)}" for line in untried(report)]
    notes += [f"- {finding.severity}: {escaped(finding.message)}" for finding in report.findings]
    return "\n\n".join("\n".join(section) for section in (*sections, notes) if section) + "\n"


def render_junit(report: NumberReport) -> str:
    """One test case a number; one that is not reproduced fails."""
    values = {traced.name: traced.value for traced in report.numbers}
    return junit.render(_cases(report), suite=SUITE, values=values)


def render_github(report: NumberReport) -> str:
    """Annotations of what is not reproduced, and of the findings."""
    return github.render(report.findings, _cases(report))


def _sections(traced: TracedNumber, report: NumberReport) -> Iterator[list[str]]:
    yield [f"**{escaped(f'{traced.name}={traced.text}')}** {escaped(verdict(traced, report))}"]
    yield [f"- {escaped(remark)}" for remark in traced.remarks]
    rows = [
        [each.formula, number(each.value), how_far(each), figure(each.standard_errors, 2), origin(each)]
        for each in traced.candidates
    ]
    if rows:
        yield markdown_table(["formula", "value", "off by", "in s.e.", "from"], rows, right=(1, 2, 3))
    told = [traced.separated_by or "", trials(traced) if report.device is not None else ""]
    yield [f"- {escaped(line)}" for line in told if line]


def _cases(report: NumberReport) -> Iterator[Case]:
    for traced in report.numbers:
        best: Candidate | None = next(iter(traced.candidates), None)
        told = f"{traced.name}={traced.text}: {verdict(traced, report)}"
        if best is not None:
            told += f": {named(best.formula, best.mistake)} is {number(best.value)}"
        passed = traced.verdict == "reproduced"
        yield Case(
            kind="number",
            name=f"{traced.name}={traced.text}",
            failure=None if passed else told,
            told=told if passed else "",
        )
    yield from of_checks(report.findings, fail_on=None)
