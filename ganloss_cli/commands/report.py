"""`ganloss report`: pages, tables and annotations of earlier runs, made of their JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given, request_of
from ganloss_cli.commands.option_kinds import COUNT, PATHS
from ganloss_cli.commands.option_rows import argument, field, group
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.repeated import choices_of
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.io.roles import DATA_ROLES
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


_ROLES = options.DATA.only(*DATA_ROLES)
_DATA = group(
    "Pictures of the samples of one report",
    options.DATA.reworded("data", "Data of the report once more, the same, for the pictures of a page."),
    *_ROLES,
    options.NETWORKS.reworded("ckpt", "Checkpoint that made its fakes; without it a page shows the reals."),
    *options.NETWORKS.only("disc", "networks", "state", "backbone", "allow_code", "rescue"),
    *options.RUN.only("device"),
    field(
        "worst", metavar="K", kind=COUNT, help="Draw the K worst, median and best samples of each loss; by default 3."
    ),
)


@takes(
    argument("paths", metavar="PATH", kind=PATHS, help="JSON or page of eval, JSON of rank, compare or an audit."),
    _DATA,
    options.output(ReportsDocument, "output", "quiet", "no_progress"),
)
def report_command(given: Given) -> int:
    """Show the JSON of earlier runs in any other format, such as a page; no number is computed anew.

    Example: ganloss report report.json -o report.html

    Exit status:
      0    done, whatever the runs themselves ended with
      2    usage, or a picture cannot be drawn
      3    a file cannot be read or is no report of ganloss, or the data are not
           those of the report
      4    an unsafe checkpoint was refused
    """
    if _is_given(given) and not _makes_page(given):
        raise UsageError("--data: only a page has pictures", hint="give -o report.html")
    run(given, lambda progress: _read_all(given, progress), ReportsDocument)
    return ExitStatus.DONE


def _is_given(given: Given) -> bool:
    """Whether there is anything to draw: data, or a generator that takes none."""
    return any(given[name] for name in ("data", "ckpt", "disc", "networks", *(role.key for role in _ROLES)))


def _makes_page(given: Given) -> bool:
    return "html" in (given["format"], *(format_ for _, format_ in given["output"]))


def _read_all(given: Given, progress: Progress) -> list[ReadReport]:
    read = [ReadReport(path=str(path), document=_read(path)) for path in given["paths"]]
    if not _is_given(given):
        return read
    if len(read) > 1 or not isinstance(read[0].document, EvalDocument):
        raise UsageError("--data: takes the report of one run of ganloss eval")
    return [replace(read[0], document=_with_pictures(read[0].document.record, given, progress))]


def _with_pictures(report: Report, given: Given, progress: Progress) -> Document:
    from ganloss_cli.pipeline.evaluate.later import with_pictures  # as everything that needs torch

    as_before = {**given.values, **choices_of(report.command)}
    return EvalDocument(with_pictures(report, request_of(as_before), progress))


def _read(path: Path) -> Document:
    from ganloss_cli.io.pages import is_page, report_of_page
    from ganloss_cli.io.reading import read_text  # as all of io, only where it is needed

    try:
        content = read_text(path, "a report")
        data = report_of_page(path, content) if is_page(content) else json.loads(content)
        known = [_KINDS[field] for field in _KINDS if isinstance(data, dict) and field in data]
        if not known:
            raise ValueError("it has none of their fields")
        kind, document = known[0]
        return document(record_of(kind, data))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: is no report of ganloss: {error}",
            hint="give what --output report.json of eval, rank, compare or an audit wrote",
        ) from error
