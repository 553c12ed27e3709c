"""The audit of a log for people: what was read, the sums, the numbers beside those of the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.log import LogAudit, LoggedFile, LoggedNumber, LoggedSum, LoggedTag
from ganloss_cli.reporters.eval.sections import findings_grid
from ganloss_cli.reporters.eval.wording import described
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.log.wording import formula, kept, span, summary, verdict
from ganloss_cli.reporters.outcomes import STYLES
from ganloss_cli.reporters.screen import Screen, figures, grid, ruled, text

_SHOWN_LOSSES = 3
_VERDICT_WIDTH = 24  # "closest, not reproduced:", and its gap


def render(audit: LogAudit, screen: Screen | None = None, *, tags_only: bool = False) -> str:
    """The table of an audit.

    Args:
        audit: what was found.
        screen: what it is drawn for; by default plain text as wide as it needs to be.
        tags_only: whether only what was read is wanted.
    """
    parts: list[RenderableType] = []
    screen = screen or Screen()
    for section in _sections(audit, screen, tags_only=tags_only):
        parts += [Text(), section]
    return screen.draw(parts[1:])


def _sections(audit: LogAudit, screen: Screen, *, tags_only: bool) -> Iterator[RenderableType]:
    yield _header(audit)
    if tags_only or not audit.numbers:
        yield _tags(audit.tags, audit.files)
    if not tags_only:
        if audit.sums:
            yield _sums(audit.sums)
        if audit.numbers:
            yield _numbers(audit.numbers, screen)
        if any(entry.reasons for entry in audit.numbers if entry.verdict != "reproduced"):
            yield _reasons(audit.numbers)
    if audit.findings:
        yield findings_grid(audit.findings)
    if not tags_only:
        yield text(summary(audit), "bold green" if audit.passed else "bold red")


def _header(audit: LogAudit) -> Table:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for file in audit.files:
        sessions = f", {count(file.sessions, 'session')}" if file.sessions > 1 else ""
        told = text(f"{file.format}, {count(file.tags, 'tag')}{sessions}", "dim")
        table.add_row(text("log", "bold cyan"), Text.assemble(text(file.path), "  ", told))
    for network in audit.checkpoints:
        told = text(described(network), "dim")
        table.add_row(text(network.role, "bold cyan"), Text.assemble(text(network.path), "  ", told))
    return table


def _tags(tags: Sequence[LoggedTag], files: Sequence[LoggedFile]) -> Table:
    columns = [
        [Text("tag"), *(text(tag.tag, "bold") for tag in tags)],
        [Text("values"), *(Text(f"{tag.count:6}") for tag in tags)],
        [Text("at"), *(Text(span(tag)) for tag in tags)],
        figures("last", [Text(figure(tag.last_value)) for tag in tags]),
        [Text("may be"), *(text(_losses(tag), "dim") for tag in tags)],
    ]
    if len(files) > 1:
        columns.insert(0, [Text("file"), *(Text(str(tag.file + 1)) for tag in tags)])
    return ruled(columns)


def _losses(tag: LoggedTag) -> str:
    more = " ..." if len(tag.may_be) > _SHOWN_LOSSES else ""
    return " ".join(tag.may_be[:_SHOWN_LOSSES]) + more


def _sums(sums: Sequence[LoggedSum]) -> Table:
    verdicts = [text("holds", "green") if found.holds else text("does not hold", "bold red") for found in sums]
    return ruled(
        [
            [Text("sum"), *verdicts],
            [Text("formula"), *(text(formula(found)) for found in sums)],
            [Text("how well"), *(text(kept(found)) for found in sums)],
        ],
        wrapping=2,
    )


def _numbers(numbers: Sequence[LoggedNumber], screen: Screen) -> Table:
    """With the verdict alone wrapped where that leaves it room, else with the formula before it wrapped as well."""
    columns = [
        [Text("tag"), *(text(entry.tag, "bold") for entry in numbers)],
        [Text("at"), *(Text("" if entry.at is None else str(entry.at)) for entry in numbers)],
        figures("logged", [Text(figure(entry.logged, 6)) for entry in numbers]),
        figures("recomputed", [Text(figure(entry.recomputed, 6)) for entry in numbers]),
        [Text("as"), *(text(entry.formula) for entry in numbers)],
        [Text("verdict"), *(text(verdict(entry), STYLES[entry.outcome]) for entry in numbers)],
    ]
    fits = screen.holds(ruled(columns[:-1]), spare=_VERDICT_WIDTH)
    return ruled(columns, wrapping=1 if fits else 2)


def _reasons(numbers: Sequence[LoggedNumber]) -> Table:
    """What may make logged numbers differ, each reason once with the tags it applies to."""
    by_reason: dict[str, list[str]] = {}
    for entry in numbers:
        for reason in entry.reasons if entry.verdict != "reproduced" else ():
            by_reason.setdefault(reason, []).append(entry.tag)
    table = grid()
    table.add_column(overflow="fold")
    for reason, tags in by_reason.items():
        table.add_row(Text.assemble(text(f"{', '.join(dict.fromkeys(tags))}: ", "dim"), text(reason)))
    return table
