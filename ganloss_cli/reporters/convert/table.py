"""A conversion for people: a line a file."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from ganloss_cli.records.conversion import Conversion
from ganloss_cli.reporters.convert import wording
from ganloss_cli.reporters.pieces import findings_grid
from ganloss_cli.reporters.screen import Screen, apart, column, figures, grid, indented, natural_width, ruled, text

# Left out where the screen is narrow, the first of them first; nothing else is, and no figure is ever cut.
_SPARED = ("tensors", "dtype", "architecture")
_INDENT = 2


def render(conversion: Conversion, screen: Screen) -> str:
    """The conversion as text."""
    tables = [_columns(conversion, _SPARED[:n]) for n in range(len(_SPARED) + 1)]
    screen = screen.at_least(_INDENT + natural_width(tables[-1]))
    fitting = next((table for table in tables if screen.holds(table, spare=_INDENT)), tables[-1])
    head = Group(text(conversion.folder, "bold"), indented(text(wording.summary(conversion), "cyan")))
    parts: list[RenderableType] = [Group(head, indented(fitting))]
    if known := list(wording.facts(conversion)):
        parts.append(grid([(text(name, "cyan"), text(told, "dim")) for name, told in known]))
    if conversion.findings:
        parts.append(findings_grid(conversion.findings))
    return screen.draw(apart(parts))


def _columns(conversion: Conversion, without: tuple[str, ...]) -> Table:
    columns = zip(wording.HEADS, *(wording.row(network) for network in conversion.networks), strict=True)
    styled = [
        figures(head, cells) if position in wording.RIGHT[:2] else column(head, cells, "" if position else "bold")
        for position, (head, *cells) in enumerate(columns)
        if head not in without
    ]
    return ruled(styled)
