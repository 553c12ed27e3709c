"""A document as one HTML page: its sections, what passed and failed, and its own JSON, all foreign text escaped."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ganloss_cli.records.listing import listed
from ganloss_cli.records.severity import SEVERITIES
from ganloss_cli.reporters.document import (
    Case,
    Charts,
    Document,
    Grid,
    Paragraph,
    Pictures,
    Points,
    Section,
    WithCases,
    WithSections,
)
from ganloss_cli.reporters.figures import Mark, Shown, count, figure, printable, verdict_mark
from ganloss_cli.reporters.findings import counted
from ganloss_cli.reporters.formats import svg
from ganloss_cli.reporters.formats.embedded import embedded
from ganloss_cli.reporters.formats.json import as_data
from ganloss_cli.reporters.formats.samples import cards
from ganloss_cli.reporters.provenance import looked_at

if TYPE_CHECKING:
    from ganloss_cli.records.report import Finding

_TEMPLATES = Path(__file__).parent
_MOST_ROWS = 300  # of one table or list; whoever wants more reads the JSON
_ROOM, _FOR_CHARTS = 300_000, 60_000  # bytes of all tables, lists and charts; what the texts leave to the charts
_AROUND = 48  # bytes of the tags around a text
_MOST_CHARTS = 48  # of one section
_LONGEST = 600  # characters of one text
_BROAD = 32  # characters of a cell
_NAMED = 6
_NETWORKS = 6  # of more only how many there are of each role
_PLURALS = {
    "gate": "gates", "loss": "losses", "sum": "sums", "number": "numbers", "key": "keys", "checkpoint": "checkpoints",
}  # fmt: skip


def render(document: WithSections) -> str:
    """The page, the same for the same records; below 2 MB whatever it is of.

    Tables and lists are cut where they are long, what failed last, and the page says what was left out. A number that
    stands in a cell of its own has all its digits in the `value` of a `data` element.
    """
    room = _Room()
    data = as_data(document.data())
    command = data.get("command")
    return _environment().get_template("page.html.j2").render(
        title=document.command,
        style=Markup((_TEMPLATES / "page.css").read_text("utf-8")),  # noqa: S704  our own file
        command=shlex.join(command) if isinstance(command, list) else "",
        tallies=list(_tallies(document)),
        facts=_facts(document, room),
        blocks=[block for section in document.sections() if (block := _block(section, room))],
        own=embedded(data, document.samples()),
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters.update(shown=_shown, mark=_mark, breadth=_breadth, bar=_bar, figure=figure)
    return environment


def _shown(text: str) -> Markup:
    """Foreign text: without control characters, cut in the middle where it is very long, its digits kept beside it."""
    told = printable(text, keep="\n")
    if len(told) > _LONGEST:
        told = f"{told[: _LONGEST // 2]} … ({len(told) - _LONGEST} characters) … {told[-_LONGEST // 2 :]}"
    if isinstance(text, Shown) and text.value is not None:
        return Markup('<data value="{}">{}</data>').format(repr(text.value), told)
    # a name that is read from the right must not turn its neighbours around
    return escape(told) if told.isascii() else Markup("<bdi>{}</bdi>").format(told)


def _mark(text: str) -> str:
    return (text.mark or "") if isinstance(text, Shown) else ""


def _bar(text: str) -> Markup:
    return Markup(svg.bar(text.bar)) if isinstance(text, Shown) and text.bar else Markup()  # noqa: S704  our own SVG


def _breadth(text: str) -> str:
    """Cells of sentences and of long names get room and may be broken anywhere; short names are never broken."""
    return "long" if len(text) > _BROAD else ""


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """What passed and failed of one kind."""

    told: str
    mark: Mark
    failed: str


def _tallies(document: Document) -> Iterator[_Tally]:
    """One a kind: "gates: 1 of 2 failed: ssim<0.9"."""
    by_kind: dict[str, list[Case]] = {}
    for case in document.cases() if isinstance(document, WithCases) else ():
        by_kind.setdefault(case.kind, []).append(case)
    checked = by_kind.pop("check", [])
    for kind, cases in by_kind.items():
        held = [case for case in cases if case.skipped is None]
        failed = [case.name for case in held if case.failure is not None]
        noun = f"{len(held)} {kind if len(held) == 1 else _PLURALS.get(kind, f'{kind}s')}"
        told = f"{len(failed)} of {noun} failed" if failed else f"{noun} {'computed' if kind == 'loss' else 'passed'}"
        if skipped := len(cases) - len(held):
            told += f", {skipped} skipped"
        mark: Mark = verdict_mark(not failed) if held else "note"
        yield _Tally(told=told, mark=mark, failed=listed(failed, _NAMED))
    if checked:
        yield _found(document.findings())  # type: ignore[attr-defined]  # of what has cases


def _found(findings: Sequence[Finding]) -> _Tally:
    """How many findings of each severity, in the colour of the worst."""
    found = [finding.severity for finding in findings]
    worst = max(found, key=SEVERITIES.index, default=None)
    return _Tally(told=counted(findings) if worst else "no findings", mark=worst or "passed", failed="")


def _facts(document: Document, room: _Room) -> list[tuple[str, str, str]]:
    record = document.record
    facts = list(looked_at(getattr(record, "checkpoints", ()), getattr(record, "inputs", ()), at_most=_NETWORKS))
    kept = room.kept(facts)
    return [*kept, ("", f"{len(facts) - len(kept)} more", "")] if len(kept) < len(facts) else kept


@dataclass(kw_only=True)
class _Room:
    """How many bytes of tables, lists and charts there is room for."""

    left: int = _ROOM

    def holds(self, size: int, spare: int = 0) -> bool:
        """Whether there is room for so many, which are taken if there is, and for some beyond them."""
        fits = self.left - size >= spare
        self.left -= size if fits else 0
        return fits

    def kept(self, rows: list[Any]) -> list[Any]:
        """As many as there is room for, in their order; those that failed before those that did not."""
        ranked = sorted(range(len(rows)), key=lambda k: not _is_bad(rows[k]))
        chosen = []
        for k in ranked[:_MOST_ROWS]:
            if not self.holds(sum(len(_shown(cell).encode()) + _AROUND for cell in _cells(rows[k])), _FOR_CHARTS):
                break
            chosen.append(k)
        return [rows[k] for k in sorted(chosen)]


def _cells(row: Any) -> list[str]:
    return [row] if isinstance(row, str) else list(row)


def _is_bad(row: Any) -> bool:
    return any(_mark(cell) in ("failed", "error") for cell in _cells(row))


@dataclass(frozen=True, kw_only=True)
class _Block:
    """A section as the template takes it."""

    kind: str
    heading: str
    section: Section
    rows: list[Any] = field(default_factory=list)
    right: frozenset[int] = frozenset()
    left_out: str = ""


def _block(section: Section, room: _Room) -> _Block | None:
    """None for a section without content."""
    if isinstance(section, Paragraph):
        return _Block(kind="paragraph", heading="", section=section) if section.title or section.text else None
    if isinstance(section, Charts):
        return _charts(section, room)
    if isinstance(section, Pictures):
        return _pictures(section)
    rows = list(section.lines if isinstance(section, Points) else section.rows)
    kept = room.kept(rows)
    lost = len(rows) - len(kept)
    left_out = f"{count(lost, 'more row')} left out; those that failed were kept first" if lost else ""
    if isinstance(section, Grid):
        return _Block(
            kind="grid", heading=section.heading, section=section, rows=kept, right=frozenset(section.right),
            left_out=left_out,
        )  # fmt: skip
    if not (rows or section.command):
        return None
    return _Block(kind="points", heading=section.heading, section=section, rows=kept, left_out=left_out)


def _charts(section: Charts, room: _Room) -> _Block | None:
    if not section.charts:
        return None
    rows = []
    for chart in section.charts[:_MOST_CHARTS]:
        drawn = svg.drawn(chart)
        if not room.holds(len(drawn.svg.encode()) + 2 * len(_shown(drawn.told).encode()) + _AROUND):
            break
        rows.append((chart.title, Markup(drawn.svg), drawn))  # noqa: S704  its texts are escaped where written
    lost = len(section.charts) - len(rows)
    left_out = f"{count(lost, 'more chart')} left out" if lost else ""
    return _Block(kind="charts", heading=section.heading, section=section, rows=rows, left_out=left_out)


def _pictures(section: Pictures) -> _Block:
    rows = cards(section)
    lost = len(section.pictures) - len(rows)
    left_out = f"{count(lost, 'more sample')} left out for want of room" if lost else ""
    return _Block(kind="pictures", heading=section.heading, section=section, rows=rows, left_out=left_out)
