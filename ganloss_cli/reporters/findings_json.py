"""An audit as JSON."""

from __future__ import annotations

from ganloss_cli.audited import AuditReport
from ganloss_cli.reporters.as_json import as_data, dumps


def render(report: AuditReport) -> str:
    """One document with the fields of the records; what is unknown is null."""
    return dumps({"schema_version": report.schema_version, **as_data(report)})
