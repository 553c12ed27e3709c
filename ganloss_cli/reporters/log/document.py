"""The audit of a log as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Case, FullDocument, Grid, Paragraph, Points, Rows, Section
from ganloss_cli.reporters.figures import Shown, figure, verdict_mark
from ganloss_cli.reporters.findings import of_checks, points
from ganloss_cli.reporters.log.charts import curves
from ganloss_cli.reporters.log.wording import formula, kept, named, power, reasons, span, summary, verdict
from ganloss_cli.reporters.outcomes import MARKS

if TYPE_CHECKING:
    from ganloss_cli.records.log import LogAudit, LoggedNumber, LoggedSum

_TAG_COLUMNS = (
    "tag", "file", "count", "non_finite", "first", "last", "counted_in", "last_value", "may_be",
)  # fmt: skip
_ROW_COLUMNS = (
    "kind", "tag", "file", "at", "verdict", "logged", "loss", "convention", "factor", "term", "recomputed",
    "difference", "standard_error", "standard_errors", "exact", "also_fit", "reasons", "outcome", "mistake", "source",
    "bound", "power", "interval", "because", "would_pass",
)  # fmt: skip


class LogDocument(FullDocument):
    """What was read, and what came of it."""

    record: LogAudit
    command = "ganloss audit log"
    table = "ganloss_cli.reporters.log.table:render"

    def rows(self) -> Rows:
        """A row a sum or a number."""
        sums = (
            ["sum", found.total, found.file, found.worst_at, "holds" if found.holds else "does not hold"]
            + [None] * 6
            + [found.largest_difference, found.allowed, None, None, None, list(found.parts)]
            + [None] * 8
            for found in self.record.sums
        )
        numbers = (["number", *(getattr(entry, name) for name in _ROW_COLUMNS[1:])] for entry in self.record.numbers)
        return Rows(columns=_ROW_COLUMNS, rows=[*sums, *numbers])

    def sections(self) -> Iterator[Section]:
        """The files, the sums and the numbers, without numbers the tags; the findings."""
        audit = self.record
        yield _files(audit)
        if not audit.numbers:
            yield _tags(audit)
        yield from curves(audit)
        if audit.sums:
            rows = [[_holds(found), formula(found), kept(found)] for found in audit.sums]
            yield Grid(heads=["sum", "formula", "how well"], rows=rows, heading="Sums")
        if audit.numbers:
            yield _numbers(audit)
            yield Points(lines=list(power(audit)))
        yield Paragraph(text=_summary(audit))
        yield points(audit.findings)

    def cases(self) -> Iterator[Case]:
        """One a sum, a number and a check with findings."""
        for found in self.record.sums:
            name = _called(found.total, found.file, self.record)
            yield Case.held("sum", name, f"{formula(found)}: {kept(found)}", passed=found.holds)
        yield from (_case(entry, self.record) for entry in self.record.numbers)
        yield from of_checks(self.record.findings, fail_on=None)

    def values(self) -> Mapping[str, float | None]:
        """The last one of each tag."""
        return {tag.tag: tag.last_value for tag in self.record.tags}


class TagsDocument(LogDocument):
    """What was read alone; JSON holds everything all the same."""

    table = "ganloss_cli.reporters.log.table:render_tags"

    def rows(self) -> Rows:
        """A row a tag."""
        return Rows.of(_TAG_COLUMNS, self.record.tags)

    def sections(self) -> Iterator[Section]:
        """The files, their tags, the findings."""
        yield from (_files(self.record), _tags(self.record))
        yield from curves(self.record)
        yield points(self.record.findings)

    def cases(self) -> Iterator[Case]:
        """One a check with findings."""
        yield from of_checks(self.record.findings, fail_on=None)


def _files(audit: LogAudit) -> Points:
    return Points(lines=[f"{file.path} ({named(file)}, {file.tags} tags)" for file in audit.files], heading="Files")


def _tags(audit: LogAudit) -> Grid:
    rows = [[t.tag, str(t.count), span(t), figure(t.last_value), " ".join(t.may_be)] for t in audit.tags]
    return Grid(heads=["tag", "values", "at", "last", "may be"], rows=rows, right=(1, 3), heading="Tags")


def _numbers(audit: LogAudit) -> Grid:
    rows = [
        [
            entry.tag, "" if entry.at is None else str(entry.at), figure(entry.logged, 6),
            figure(entry.recomputed, 6), figure(entry.power, 2), entry.formula,
            Shown(verdict(entry), mark=MARKS[entry.outcome]),
            "; ".join(reasons(entry)),
        ]
        for entry in audit.numbers
    ]  # fmt: skip
    heads = ["tag", "at", "logged", "recomputed", "noticed", "as", "verdict", "what may differ"]
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return Grid(heads=heads, rows=rows, right=(1, 2, 3, 4), heading="Numbers")


def _summary(audit: LogAudit) -> Shown:
    told_of = audit.sums or any(entry.outcome != "not computed" for entry in audit.numbers)
    return Shown(summary(audit), mark=verdict_mark(audit.passed) if told_of else "note")


def _holds(found: LoggedSum) -> Shown:
    return Shown("holds" if found.holds else "does not hold", mark=verdict_mark(found.holds))


def _case(entry: LoggedNumber, audit: LogAudit) -> Case:
    name = _called(entry.tag, entry.file, audit)
    if entry.outcome == "not computed":
        return Case(kind="number", name=name, skipped="; ".join(entry.reasons) or "not computed")
    logged, recomputed = figure(entry.logged, 6), figure(entry.recomputed, 6)
    told = f"logged {logged}, recomputed {recomputed} as {entry.formula}: {verdict(entry)}"
    return Case.held("number", name, "\n".join((told, *reasons(entry))), passed=entry.outcome != "no match")


def _called(tag: str, file: int, audit: LogAudit) -> str:
    """A tag, with its file where there are several."""
    return tag if len(audit.files) == 1 else f"{tag} of {audit.files[file].path}"
