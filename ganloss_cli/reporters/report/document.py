"""Reports of earlier runs as one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.records.report import Finding, SampleValues
from ganloss_cli.reporters.document import Case, Paragraph, Section, WithCases, WithSections


@dataclass(frozen=True, kw_only=True)
class ReadReport:
    """A report and the file that it was read from; its document is at least one of sections and cases."""

    path: str
    document: Any


class ReportsDocument(WithSections, WithCases):
    """One after the other; of one alone what its own document says."""

    record: Sequence[ReadReport]
    command = "ganloss report"
    table = "ganloss_cli.reporters.report.table:render"

    def data(self) -> Mapping[str, Any]:
        """Of one its own; of several a list."""
        if len(self.record) == 1:
            return self.record[0].document.data()  # type: ignore[no-any-return]
        return {"reports": [{"path": one.path, **one.document.data()} for one in self.record]}

    def samples(self) -> Sequence[SampleValues]:
        """Of one its own."""
        return self.record[0].document.samples() if len(self.record) == 1 else ()

    def sections(self) -> Iterator[Section]:
        """Those of each, with its path above them."""
        for one in self.record:
            if len(self.record) > 1:
                yield Paragraph(title=one.path, text=f" {one.document.command}")
            yield from one.document.sections()

    def cases(self) -> Iterator[Case]:
        """Those of all."""
        for one in self.record:
            yield from one.document.cases()

    def findings(self) -> Sequence[Finding]:
        """Those of all."""
        return [finding for one in self.record for finding in one.document.findings()]

    def values(self) -> Mapping[str, float | None]:
        """Those of all, of several with their path."""
        return {self._named(one, name): value for one in self.record for name, value in one.document.values().items()}

    def notices(self) -> Mapping[str, str]:
        """The same of these."""
        return {self._named(one, title): told for one in self.record for title, told in one.document.notices().items()}

    def _named(self, one: ReadReport, name: str) -> str:
        return name if len(self.record) == 1 else f"{name} of {one.path}"
