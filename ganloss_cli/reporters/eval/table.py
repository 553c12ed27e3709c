"""The report as a table for people: four significant digits, everything else that matters beneath."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.listing import grouped
from ganloss_cli.records.report import Report, Result, Term
from ganloss_cli.reporters.blocks import blocks
from ganloss_cli.reporters.eval.sections import header, sections
from ganloss_cli.reporters.eval.wording import note
from ganloss_cli.reporters.figures import aim, count, figure
from ganloss_cli.reporters.screen import Screen, apart, column, figures, natural_width, ruled, text

MANY_TERMS = 8
_BROAD = 120  # columns from which on a screen shows how samples lie
_MOST_BLOCKS = 16
_NOTES_WIDTH = 24  # what the notes are given before minimum, median and maximum take the room
_LEAST_NOTES_WIDTH = 18


def render(report: Report, screen: Screen) -> str:
    """The table of a report."""
    parts: list[RenderableType] = [header(report, screen)]
    if report.results:
        screen = screen.at_least(_least_width(report.results))
        parts.append(_fitting(report.results, screen))
    return screen.draw(apart([*parts, *sections(report, screen)]))


def _fitting(results: Sequence[Result], screen: Screen) -> Table:
    """With extremes where they leave the notes enough room, and on a broad screen how the samples lie."""
    spare = _notes_width(results, _NOTES_WIDTH)
    extremes = screen.holds(_table(results, extremes=True, notes=False), spare=spare)
    lie = (
        any(result.distribution for result in results)
        and (screen.width or 0) >= _BROAD
        and screen.holds(_table(results, extremes=True, notes=False, lie=True), spare=spare)
    )
    return _table(results, extremes=extremes, notes=spare > 0, lie=lie)


def _least_width(results: Sequence[Result]) -> int:
    """What no screen is too narrow for: there the terminal wraps, and nothing is cut."""
    return natural_width(_table(results, extremes=False, notes=False)) + _notes_width(results, _LEAST_NOTES_WIDTH)


def _notes_width(results: Sequence[Result], most: int) -> int:
    """The columns of the longest note with its gap, but no more than `most`; 0 without notes."""
    longest = max(len(note(result, results)) for result in results)
    return min(longest + 2, most) if longest else 0


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column of the table: its head, and its cell for a result and for one of its terms."""

    head: str
    result: Callable[[Result], Text]
    term: Callable[[str, Term], str] = lambda _name, _term: ""
    is_figure: bool = False

    def cells(self, results: Sequence[Result]) -> list[Text]:
        """Its head, then a cell a result, each followed by those of its terms."""
        cells = []
        for result in results:
            cells.append(self.result(result))
            cells += [text(self.term(name, term), "dim") for name, term in _shown_terms(result.terms).items()]
        return figures(self.head, cells) if self.is_figure else column(self.head, cells)


def _extreme(head: str, of: Callable[[Result], float | None]) -> _Column:
    return _Column(head=head, result=lambda result: Text(figure(of(result))), is_figure=True)


_LOSS = _Column(head="loss", result=lambda r: text(r.typed or r.loss, "bold"), term=lambda name, _: f"  {name}")
_DOMAIN = _Column(head="domain", result=lambda r: text(r.domain or ""))
_VALUE = _Column(
    head="value",
    result=lambda r: Text(figure(r.value), style="bold red" if r.value is None else "bold"),
    term=lambda _, term: figure(term.value),
    is_figure=True,
)
_UNIT = _Column(head="", result=lambda r: text((r.unit or "") if r.value is not None else ""))
_ERROR = _Column(
    head="± s.e.",
    result=lambda r: Text(figure(r.standard_error, 2)),
    term=lambda _, term: figure(term.standard_error, 2),
    is_figure=True,
)
_COUNT = _Column(head="n", result=lambda r: Text(str(r.count)), term=lambda _, term: str(term.count), is_figure=True)
_EXTREMES = (
    _extreme("min", lambda r: r.minimum),
    _extreme("median", lambda r: r.median),
    _extreme("max", lambda r: r.maximum),
)
_LIE = _Column(head="samples", result=lambda r: text(blocks(r.distribution, _MOST_BLOCKS, low=0)[0], "cyan"))
_AIM = _Column(head="better", result=lambda r: Text(aim(r.higher_is_better, r.equilibrium)))


def _columns(results: Sequence[Result], *, extremes: bool, notes: bool, lie: bool) -> Iterator[_Column]:
    yield _LOSS
    if any(result.domain for result in results):
        yield _DOMAIN
    yield _VALUE
    if any(result.unit for result in results):
        yield _UNIT
    yield from (_ERROR, _COUNT)
    if extremes:
        yield from _EXTREMES
    if lie:
        yield _LIE
    yield _AIM
    if notes:
        yield _Column(
            head="notes",
            result=lambda r: text(note(r, results), "red" if r.value is None else "yellow"),
        )


def _table(results: Sequence[Result], *, extremes: bool, notes: bool, lie: bool = False) -> Table:
    return ruled([column.cells(results) for column in _columns(results, extremes=extremes, notes=notes, lie=lie)])


def _shown_terms(terms: Mapping[str, Term]) -> Mapping[str, Term]:
    """The terms, or where they are too many their sums by kind: "real.*, 12 terms"; JSON holds them all."""
    if len(terms) <= MANY_TERMS:
        return terms if len(terms) > 1 else {}
    kinds = grouped((name.partition(".")[0], term) for name, term in terms.items())
    if len(kinds) > MANY_TERMS:
        return {}
    return {f"{kind}.*, {count(len(group), 'term')}": _sum(group) for kind, group in kinds.items()}


def _sum(group: Sequence[Term]) -> Term:
    values = [term.value for term in group if term.value is not None]
    whole = sum(values) if len(values) == len(group) else None
    return Term(value=whole, count=max(term.count for term in group), standard_error=None)
