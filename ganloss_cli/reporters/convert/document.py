"""What became of the networks of checkpoints, as a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganloss_cli.reporters import findings
from ganloss_cli.reporters.convert import wording
from ganloss_cli.reporters.document import Grid, Paragraph, Points, Section, WithSections

if TYPE_CHECKING:
    from ganloss_cli.records.conversion import Conversion


@dataclass(frozen=True)
class ConvertDocument(WithSections):
    """What was written, or would be."""

    record: Conversion
    command = "ganloss convert"
    table = "ganloss_cli.reporters.convert.table:render"

    def sections(self) -> Iterator[Section]:
        """A line a file, then what is to be known of them."""
        yield Paragraph(title=self.record.folder, text=f": {wording.summary(self.record)}")
        rows = [wording.row(network) for network in self.record.networks]
        yield Grid(heads=wording.HEADS, rows=rows, right=wording.RIGHT)
        yield Points(lines=[f"{name}: {told}" for name, told in wording.facts(self.record)])
        yield Points(lines=[findings.sentence(finding) for finding in self.record.findings])
