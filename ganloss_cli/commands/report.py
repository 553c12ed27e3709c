"""`ganloss report`: pages, tables and annotations of earlier runs, made of their JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import PATHS
from ganloss_cli.commands.option_rows import argument
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, InputError
from ganloss_cli.progress import Progress
from ganloss_cli.records.checkpoint import AuditReport
from ganloss_cli.records.comparison import Comparison
from ganloss_cli.records.log import LogAudit
from ganloss_cli.records.loss import LossAudit
from ganloss_cli.records.number import NumberReport
from ganloss_cli.records.reading import record_of
from ganloss_cli.records.report import Report
from ganloss_cli.reporters.checkpoint.document import CheckpointDocument
from ganloss_cli.reporters.compare.document import CompareDocument
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.log.document import LogDocument
from ganloss_cli.reporters.loss.document import LossDocument
from ganloss_cli.reporters.number.document import NumberDocument
from ganloss_cli.reporters.rank.document import RankDocument
from ganloss_cli.reporters.report.document import ReadReport, ReportsDocument

# a field that no other document has -> what it is the document of
_KINDS: Mapping[str, tuple[type[Any], type[Document]]] = {
    "ranking": (Report, RankDocument),
    "results": (Report, EvalDocument),
    "measurements": (AuditReport, CheckpointDocument),
    "tags": (LogAudit, LogDocument),
    "candidates": (NumberReport, NumberDocument),
    "keys": (Comparison, CompareDocument),
    "probes": (LossAudit, LossDocument),
}


@takes(
    argument("paths", metavar="PATH", kind=PATHS, help="JSON of eval, compare or an audit, from --output or --format."),
    options.output(ReportsDocument, "output", "quiet"),
)
def report_command(given: Given) -> int:
    """Show the JSON of earlier runs in any other format, such as a page; nothing is computed anew.

    Example: ganloss report report.json -o report.html

    Exit status:
      0    done, whatever the runs themselves ended with
      2    usage
      3    a file cannot be read, or is no report of ganloss
    """
    run(given, lambda _: _read_all(given["paths"], _), ReportsDocument)
    return ExitStatus.DONE


def _read_all(paths: tuple[Path, ...], _: Progress) -> list[ReadReport]:
    return [ReadReport(path=str(path), document=_read(path)) for path in paths]


def _read(path: Path) -> Document:
    from ganloss_cli.io.reading import read_text  # as all of io, only where it is needed

    try:
        data = json.loads(read_text(path, "a report"))
        known = [_KINDS[field] for field in _KINDS if isinstance(data, dict) and field in data]
        if not known:
            raise ValueError("it has none of their fields")
        kind, document = known[0]
        return document(record_of(kind, data))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: is no report of ganloss: {error}",
            hint="give what --output report.json of eval, compare or an audit wrote",
        ) from error
