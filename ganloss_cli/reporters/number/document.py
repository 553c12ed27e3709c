"""Traced numbers as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.records.outcomes import named
from ganloss_cli.reporters.document import (
    Case,
    Charts,
    FullDocument,
    Grid,
    Paragraph,
    Points,
    Rows,
    Section,
    Strip,
    fields_of,
)
from ganloss_cli.reporters.figures import Shown, figure, number
from ganloss_cli.reporters.findings import of_checks, points
from ganloss_cli.reporters.formats.json import as_data
from ganloss_cli.reporters.number.wording import how_far, origin, tried, untried, verdict
from ganloss_cli.reporters.outcomes import MARKS

if TYPE_CHECKING:
    from ganloss_cli.records.number import NumberReport, TracedNumber

_COLUMNS = (
    "loss", "convention", "factor", "factor_meaning", "conditions", "domain", "weights", "value", "difference",
    "standard_errors", "within_rounding", "source", "relation", "mistake", "same",
)  # fmt: skip


class NumberDocument(FullDocument):
    """The numbers with their candidates."""

    record: NumberReport
    command = "ganloss audit number"
    table = "ganloss_cli.reporters.number.table:render"

    def data(self) -> Mapping[str, Any]:
        """The fields; `candidates` are those of all numbers, in their order, each with the number it is for."""
        own = fields_of(self.record)
        candidates = [
            {"number": f"{traced.name}={traced.text}", "rank": rank, **as_data(candidate)}
            for traced in self.record.numbers
            for rank, candidate in enumerate(traced.candidates, start=1)
        ]
        head = {name: own[name] for name in ("schema_version", "verdict")}
        return {**head, "candidates": candidates, **own}

    def rows(self) -> Rows:
        """A row a candidate, the number it is for and that number's verdict first."""
        rows = (
            (
                *(f"{traced.name}={traced.text}", traced.verdict, rank),
                *(getattr(candidate, name) for name in _COLUMNS),
                traced.outcome,
            )
            for traced in self.record.numbers
            for rank, candidate in enumerate(traced.candidates, start=1)
        )
        return Rows(columns=("number", "verdict", "rank", *_COLUMNS, "outcome"), rows=rows)

    def sections(self) -> Iterator[Section]:
        """Each number with its candidates; what could not be tried, and the findings."""
        for traced in self.record.numbers:
            yield from _sections(traced, self.record)
        yield Points(lines=[*untried(self.record), *points(self.record.findings).lines])

    def cases(self) -> Iterator[Case]:
        """One a number; one that is not reproduced fails."""
        for traced in self.record.numbers:
            name = f"{traced.name}={traced.text}"
            closest = "".join(
                f": {named(best.formula, best.mistake)} is {number(best.value)}" for best in traced.candidates[:1]
            )
            told = f"{name}: {verdict(traced, self.record)}{closest}"
            yield Case.held("number", name, told, passed=traced.verdict == "reproduced")
        yield from of_checks(self.record.findings, fail_on=None)

    def values(self) -> Mapping[str, float | None]:
        """The numbers themselves."""
        return {traced.name: traced.value for traced in self.record.numbers}


def _sections(traced: TracedNumber, report: NumberReport) -> Iterator[Section]:
    yield Paragraph(title=f"{traced.name}={traced.text}", text=_told(traced, report))
    yield Points(lines=traced.remarks)
    if len(traced.candidates) > 1:
        others = {each.formula: each.value for each in traced.candidates}
        title = f"candidates of {traced.name}={traced.text}"
        strip = Strip(title=title, number=traced.value, tolerance=traced.tolerance, others=others, every=traced.values)
        yield Charts(charts=[strip], heading="")
    if traced.candidates:
        rows = [
            [each.formula, number(each.value), how_far(each), figure(each.standard_errors, 2), origin(each)]
            for each in traced.candidates
        ]
        yield Grid(heads=["formula", "value", "off by", "in s.e.", "from"], rows=rows, right=(1, 2, 3))
    told = [traced.separated_by or "", tried(traced) if report.device is not None else ""]
    yield Points(lines=[line for line in told if line])


def _told(traced: TracedNumber, report: NumberReport) -> Shown:
    return Shown(f" {verdict(traced, report)}", mark=MARKS[traced.outcome] if report.device is not None else "note")
