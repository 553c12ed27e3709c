"""Traced numbers for people: the verdict, what comes closest, and how much that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from ganloss_cli.records import Candidate, NumberReport, TracedNumber
from ganloss_cli.reporters.figures import count, figure, number
from ganloss_cli.reporters.screen import Screen, figures, indented, ruled, text

_STYLES = {"reproduced": "bold green", "ambiguous": "bold yellow", "closest, not reproduced": "bold red"}
_SAME_SHOWN = 6


def render(report: NumberReport, screen: Screen | None = None) -> str:
    """The text of a report.

    Args:
        report: the numbers with their candidates.
        screen: what it is drawn for; by default plain text as wide as it needs to be.
    """
    screen = screen or Screen()
    parts: list[RenderableType] = []
    for traced in report.numbers:
        parts += [*_number(traced, screen, computed=report.device is not None), Text()]
    for finding in report.findings:
        parts.append(text(f"{finding.severity}: {finding.message}", "dim"))
    if report.device is None:
        parts.append(text("nothing was recomputed: give --data PATH, and --ckpt and --disc for networks", "dim"))
    return screen.draw(parts)


def _number(traced: TracedNumber, screen: Screen, *, computed: bool) -> Iterator[RenderableType]:
    told = traced.verdict if computed else "not recomputed"
    title = Text.assemble(text(f"{traced.name}={traced.text}", "bold"), "  ", text(told, _STYLES[traced.verdict]))
    yield title
    yield from (indented(text(remark)) for remark in traced.remarks)
    if traced.candidates:
        yield Text()
        yield from _candidates(traced.candidates, screen)
    if traced.separated_by:
        yield text(traced.separated_by)
    if computed:
        yield text(_trials(traced), "dim")


def _trials(traced: TracedNumber) -> str:
    told = f"{count(traced.tried, 'candidate')} tried, {count(traced.formulas, 'formula')} of them different here"
    chance = "" if traced.chance_hits is None else f"; {figure(traced.chance_hits, 2)} chance hits to expect"
    return f"{told}{chance}; within rounding means within {number(traced.tolerance)}"


def _candidates(candidates: Sequence[Candidate], screen: Screen) -> Iterator[RenderableType]:
    """The table; on a narrow screen without sources, which then follow for the best."""
    wide = _table(candidates, sources=True)
    if screen.holds(wide):
        yield wide
        return
    yield _table(candidates, sources=False)
    for candidate in [c for c in candidates if c.within_rounding] or candidates[:1]:
        yield Text.assemble(_name(candidate), text(": "), _origin(candidate))


def _table(candidates: Sequence[Candidate], *, sources: bool) -> RenderableType:
    names = [Text("formula"), *(_name(candidate) for candidate in candidates)]
    values = figures("value", [Text(number(candidate.value)) for candidate in candidates])
    differences = figures("off by", [_difference(candidate) for candidate in candidates])
    columns = [names, values, differences]
    if any(candidate.standard_errors is not None for candidate in candidates):
        errors = [Text(figure(candidate.standard_errors, 2)) for candidate in candidates]
        columns.append(figures("in s.e.", errors))
    if sources:
        columns.append([Text("from"), *(_origin(candidate) for candidate in candidates)])
    return ruled(columns)


def _name(candidate: Candidate) -> Text:
    """The convention, the factor before it, the conditions behind it."""
    factor = "" if candidate.factor_meaning is None else f"{number(candidate.factor)} × "
    where = f" of {candidate.domain}" if candidate.domain and len(candidate.domain) == 1 else ""
    words = "".join(f", {name} {value}" for name, value in candidate.conditions.items())
    style = "bold green" if candidate.within_rounding else ""
    return text(f"{factor}{candidate.loss}:{candidate.convention}{where}{words}", style)


def _difference(candidate: Candidate) -> Text:
    return Text("rounding", "green") if candidate.within_rounding else Text(figure(candidate.difference, 3))


def _origin(candidate: Candidate) -> Text:
    parts = [candidate.source]
    if candidate.factor_meaning is not None:
        parts.insert(0, candidate.factor_meaning)
    if candidate.mistake:
        parts.append(f"a mistake: {candidate.mistake}")
    if candidate.same:
        more = len(candidate.same) - _SAME_SHOWN
        shown = ", ".join(candidate.same[:_SAME_SHOWN]) + (f" and {more} more" if more > 0 else "")
        parts.append(f"the same here: {shown}")
    return text("; ".join(parts), "dim")
