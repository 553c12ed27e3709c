"""The audit of a log for people: what was read, the sums, the numbers beside those of the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.listing import grouped
from ganloss_cli.records.log import LogAudit, LoggedFile, LoggedNumber, LoggedSum, LoggedTag
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.log.plot import plots
from ganloss_cli.reporters.log.wording import formula, kept, named, power, reasons, span, summary, verdict
from ganloss_cli.reporters.outcomes import STYLES
from ganloss_cli.reporters.pieces import closing, findings_grid
from ganloss_cli.reporters.provenance import looked_at
from ganloss_cli.reporters.screen import Screen, apart, column, facts, figures, grid, ruled, text

_SHOWN_LOSSES = 3
_VERDICT_WIDTH = 24  # "closest, not reproduced:", and its gap


def render(audit: LogAudit, screen: Screen) -> str:
    """What was read, the sums, the numbers, without numbers the tags; the findings and the verdict."""
    return screen.draw(apart(_sections(audit, screen)))


def render_tags(audit: LogAudit, screen: Screen) -> str:
    """What was read alone."""
    findings = [findings_grid(audit.findings)] if audit.findings else []
    return screen.draw(apart([_header(audit), _tags(audit.tags, audit.files), *plots(audit, screen), *findings]))


def _sections(audit: LogAudit, screen: Screen) -> Iterator[RenderableType]:
    yield _header(audit)
    if not audit.numbers:
        yield _tags(audit.tags, audit.files)
    if audit.sums:
        yield _sums(audit.sums)
    if audit.numbers:
        yield _numbers(audit.numbers, screen)
        yield grid([[text(line, "dim")] for line in power(audit)])
    if any(map(reasons, audit.numbers)):
        yield _reasons(audit.numbers)
    yield from plots(audit, screen)
    if audit.findings:
        yield findings_grid(audit.findings)
    yield closing(summary(audit), passed=audit.passed)


def _header(audit: LogAudit) -> Table:
    files = [("log", file.path, _held(file)) for file in audit.files]
    return facts([*files, *looked_at(audit.checkpoints)])


def _held(file: LoggedFile) -> str:
    sessions = f", {count(file.sessions, 'session')}" if file.sessions > 1 else ""
    return f"{named(file)}, {count(file.tags, 'tag')}{sessions}"


def _tags(tags: Sequence[LoggedTag], files: Sequence[LoggedFile]) -> Table:
    columns = [
        column("tag", (tag.tag for tag in tags), "bold"),
        column("values", (f"{tag.count:6}" for tag in tags)),
        column("at", map(span, tags)),
        figures("last", (figure(tag.last_value) for tag in tags)),
        column("may be", map(_losses, tags), "dim"),
    ]
    if len(files) > 1:
        columns.insert(0, column("file", (tag.file + 1 for tag in tags)))
    return ruled(columns)


def _losses(tag: LoggedTag) -> str:
    more = " ..." if len(tag.may_be) > _SHOWN_LOSSES else ""
    return " ".join(tag.may_be[:_SHOWN_LOSSES]) + more


def _sums(sums: Sequence[LoggedSum]) -> Table:
    verdicts = [text("holds", "green") if found.holds else text("does not hold", "bold red") for found in sums]
    return ruled(
        [
            column("sum", verdicts),
            column("formula", map(formula, sums)),
            column("how well", map(kept, sums)),
        ],
        wrapping=2,
    )


def _numbers(numbers: Sequence[LoggedNumber], screen: Screen) -> Table:
    """With the verdict alone wrapped where that leaves it room, else with the formula before it wrapped as well."""
    columns = [
        column("tag", (entry.tag for entry in numbers), "bold"),
        column("at", ("" if entry.at is None else entry.at for entry in numbers)),
        figures("logged", (figure(entry.logged, 6) for entry in numbers)),
        figures("recomputed", (figure(entry.recomputed, 6) for entry in numbers)),
        figures("noticed", (figure(entry.power, 2) for entry in numbers)),
        column("as", (entry.formula for entry in numbers)),
        column("verdict", (text(verdict(entry), STYLES[entry.outcome]) for entry in numbers)),
    ]
    fits = screen.holds(ruled(columns[:-1]), spare=_VERDICT_WIDTH)
    return ruled(columns, wrapping=1 if fits else 2)


def _reasons(numbers: Sequence[LoggedNumber]) -> Table:
    """What may make logged numbers differ, each reason once with the tags it applies to."""
    by_reason = grouped((reason, entry.tag) for entry in numbers for reason in reasons(entry))
    tagged = {reason: text(f"{', '.join(dict.fromkeys(tags))}: ", "dim") for reason, tags in by_reason.items()}
    return grid([[Text.assemble(tags, text(reason))] for reason, tags in tagged.items()])
