"""Traced numbers for people: the verdict, what comes closest, and how much that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from ganloss_cli.records.number import Candidate, NumberReport, TracedNumber
from ganloss_cli.reporters.figures import figure, number
from ganloss_cli.reporters.findings import points
from ganloss_cli.reporters.number.wording import how_far, origin, tried, untried, verdict
from ganloss_cli.reporters.outcomes import STYLES
from ganloss_cli.reporters.screen import Screen, column, figures, indented, ruled, text


def render(report: NumberReport, screen: Screen) -> str:
    """The text of a report."""
    parts: list[RenderableType] = []
    for traced in report.numbers:
        parts += [*_number(traced, report, screen), Text()]
    parts += [text(line, "dim") for line in untried(report)]
    parts += [text(line, "dim") for line in points(report.findings).lines]
    if report.device is None:
        parts.append(text("nothing was recomputed: give --data PATH, and --ckpt and --disc for networks", "dim"))
    return screen.draw(parts)


def _number(traced: TracedNumber, report: NumberReport, screen: Screen) -> Iterator[RenderableType]:
    told = text(verdict(traced, report), STYLES[traced.outcome])
    yield Text.assemble(text(f"{traced.name}={traced.text}", "bold"), "  ", told)
    yield from (indented(text(remark)) for remark in traced.remarks)
    if traced.candidates:
        yield Text()
        yield from _candidates_to_fit(traced.candidates, screen)
    if traced.separated_by:
        yield text(traced.separated_by)
    if report.device is not None:
        yield text(tried(traced), "dim")


def _candidates_to_fit(candidates: Sequence[Candidate], screen: Screen) -> Iterator[RenderableType]:
    """The table; on a narrow screen without sources, which then follow for the best."""
    wide = _table(candidates, sources=True)
    if screen.holds(wide):
        yield wide
        return
    yield _table(candidates, sources=False)
    for candidate in [c for c in candidates if c.within_rounding] or candidates[:1]:
        yield Text.assemble(_name(candidate), text(": "), _origin(candidate))


def _table(candidates: Sequence[Candidate], *, sources: bool) -> RenderableType:
    columns = [
        column("formula", map(_name, candidates)),
        figures("value", (number(candidate.value) for candidate in candidates)),
        figures("off by", map(_difference, candidates)),
    ]
    if any(candidate.standard_errors is not None for candidate in candidates):
        columns.append(figures("in s.e.", (figure(candidate.standard_errors, 2) for candidate in candidates)))
    if sources:
        columns.append(column("from", map(_origin, candidates)))
    return ruled(columns)


def _name(candidate: Candidate) -> Text:
    return text(candidate.formula, "bold green" if candidate.within_rounding else "")


def _difference(candidate: Candidate) -> Text:
    return Text(how_far(candidate), "green" if candidate.within_rounding else "")


def _origin(candidate: Candidate) -> Text:
    return text(origin(candidate), "dim")
