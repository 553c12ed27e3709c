"""The audit of a log as JSON, CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.log import LogAudit
from ganloss_cli.reporters.eval.csv import table as csv_table
from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.eval.markdown import escaped
from ganloss_cli.reporters.eval.markdown import table as markdown_table
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.log.wording import formula, kept, span, summary, verdict

_TAG_COLUMNS = (
    "tag", "file", "count", "non_finite", "first", "last", "counted_in", "last_value", "may_be",
)  # fmt: skip
_ROW_COLUMNS = (
    "kind", "tag", "file", "at", "verdict", "logged", "loss", "convention", "factor", "term", "recomputed",
    "difference", "standard_error", "standard_errors", "exact", "also_fit", "reasons", "outcome", "mistake", "source",
)  # fmt: skip


def render_json(audit: LogAudit) -> str:
    """The fields of the records, the version of the schema first."""
    return dumps({"schema_version": audit.schema_version, **as_data(audit)})


def render_csv(audit: LogAudit, *, tags_only: bool = False) -> str:
    """One row a sum or a number; of the tags alone one row a tag.

    Args:
        audit: what was found.
        tags_only: whether only what was read is wanted.
    """
    if tags_only:
        return csv_table(_TAG_COLUMNS, ([getattr(tag, name) for name in _TAG_COLUMNS] for tag in audit.tags))
    sums = (
        ["sum", found.total, found.file, found.worst_at, "holds" if found.holds else "does not hold"]
        + [None] * 6
        + [found.largest_difference, found.allowed, None, None, None, list(found.parts)]
        + [None] * 3
        for found in audit.sums
    )
    numbers = (["number", *(getattr(entry, name) for name in _ROW_COLUMNS[1:])] for entry in audit.numbers)
    return csv_table(_ROW_COLUMNS, [*sums, *numbers])


def render_markdown(audit: LogAudit, *, tags_only: bool = False) -> str:
    """Sections without headings, so that it can be pasted into any page."""
    return "\n\n".join("\n".join(section) for section in _sections(audit, tags_only) if section) + "\n"


def _sections(audit: LogAudit, tags_only: bool) -> Iterator[list[str]]:
    yield [f"- {escaped(file.path)} ({file.format}, {file.tags} tags)" for file in audit.files]
    if tags_only or not audit.numbers:
        rows = [
            [tag.tag, str(tag.count), span(tag), figure(tag.last_value), " ".join(tag.may_be)] for tag in audit.tags
        ]
        yield markdown_table(["tag", "values", "at", "last", "may be"], rows, right=(1, 3))
    if not tags_only:
        if audit.sums:
            rows = [["holds" if found.holds else "does not hold", formula(found), kept(found)] for found in audit.sums]
            yield markdown_table(["sum", "formula", "how well"], rows, right=())
        if audit.numbers:
            rows = [
                [
                    entry.tag, "" if entry.at is None else str(entry.at), figure(entry.logged, 6),
                    figure(entry.recomputed, 6), entry.formula, verdict(entry), "; ".join(entry.reasons),
                ]
                for entry in audit.numbers
            ]  # fmt: skip
            heads = ["tag", "at", "logged", "recomputed", "as", "verdict", "what may differ"]
            yield markdown_table(heads, rows, right=(1, 2, 3))
        yield [escaped(summary(audit))]
    yield [f"- {finding.severity}: {escaped(finding.message)}" for finding in audit.findings]
