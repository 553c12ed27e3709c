"""The checks of an audit as a document."""

from __future__ import annotations

from ganloss_cli.reporters.document import Listing


class ChecksDocument(Listing):
    """Checks, a line each."""

    command = "ganloss audit checks"
    entries = "checks"
    table = "ganloss_cli.reporters.checks.table:render"


class ExplainedChecks(ChecksDocument):
    """Checks with their whole documentation."""

    table = "ganloss_cli.reporters.checks.table:render_explained"
