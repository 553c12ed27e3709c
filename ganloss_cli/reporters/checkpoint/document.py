"""An audit of a checkpoint as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ganloss_cli.reporters import separation
from ganloss_cli.reporters.checkpoint.wording import conclusions, interval, verdict
from ganloss_cli.reporters.document import Case, FullDocument, Grid, Paragraph, Points, Rows, Section
from ganloss_cli.reporters.figures import Shown, figure, verdict_mark
from ganloss_cli.reporters.findings import grid, of_checks
from ganloss_cli.reporters.provenance import looked_at

if TYPE_CHECKING:
    from ganloss_cli.records.checkpoint import AuditReport


class CheckpointDocument(FullDocument):
    """What was found and measured."""

    record: AuditReport
    command = "ganloss audit checkpoint"
    table = "ganloss_cli.reporters.checkpoint.table:render"

    def rows(self) -> Rows:
        """A row a finding; its evidence as JSON."""
        return Rows.of(("check", "severity", "message", "hint", "evidence"), self.record.findings)

    def sections(self) -> Iterator[Section]:
        """The verdict, the findings, the numbers, what was looked at."""
        report = self.record
        yield Paragraph(title=Shown(verdict(report), mark=verdict_mark(report.passed)))
        if report.findings:
            yield grid(report.findings)
        yield from separation.drawn(report.separation)
        if report.measurements:
            rows = [[one.name, figure(one.value), interval(one), one.subject] for one in report.measurements]
            yield Grid(heads=["measured", "value", "95 % interval", "of"], rows=rows, right=[1], heading="Measurements")
        if told := conclusions(report):
            yield Points(lines=told)
        seen = looked_at(report.checkpoints, report.inputs)
        yield Points(lines=[f"{role}: {path} ({more})" for role, path, more in seen], heading="What was looked at")

    def cases(self) -> Iterator[Case]:
        """One a check that was asked for."""
        yield from of_checks(self.record.findings, self.record.checks, self.record.fail_on)

    def values(self) -> Mapping[str, float | None]:
        """The measurements."""
        return {f"{one.name} of {one.subject}": one.value for one in self.record.measurements}
