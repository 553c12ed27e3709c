"""The checks of an audit as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.reporters.document import Document


@dataclass(frozen=True, kw_only=True)
class ListedCheck:
    """One check; see `ganloss_cli.evaluators.checks.Check`."""

    name: str
    severity: str
    subject: str
    summary: str
    explanation: str


@dataclass(frozen=True)
class ChecksDocument(Document):
    """Checks, a line each."""

    record: Sequence[ListedCheck]
    command = "ganloss audit checks"
    table = "ganloss_cli.reporters.checks.table:render"

    def data(self) -> Mapping[str, Any]:
        """The records."""
        return {"checks": self.record}


class ExplainedChecks(ChecksDocument):
    """Checks with their whole documentation."""

    table = "ganloss_cli.reporters.checks.table:render_explained"
