"""The screen that a table is drawn for: its width and colours, and the text drawn on it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ganloss_cli.reporters.figures import printable

Colours = Literal["standard", "256", "truecolor", "windows"]

# wider than any table: what is piped or written to a file is never wrapped, let alone cut
_UNBOUNDED = 100_000
_MINIMUM = 20


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What a table is drawn for.

    Args:
        width: columns, or None for as many as the table wants.
        colours: rich's name of the colour system, or None for plain text.
        bold_only: styles without colours, as NO_COLOR asks.
    """

    width: int | None = None
    colours: Colours | None = None
    bold_only: bool = False

    def draw(self, parts: Iterable[RenderableType]) -> str:
        """The text of `parts`, one beneath the other, without blanks at the ends of lines."""
        console = Console(
            file=io.StringIO(), width=self.columns, color_system=self.colours, no_color=self.bold_only,
            force_terminal=self.colours is not None, markup=False, highlight=False, emoji=False, legacy_windows=False,
        )  # fmt: skip
        with console.capture() as capture:
            for part in parts:
                console.print(part, soft_wrap=False)
        return "\n".join(line.rstrip() for line in capture.get().splitlines()).strip("\n") + "\n"

    @property
    def columns(self) -> int:
        """How many columns a part may use."""
        return _UNBOUNDED if self.width is None else max(self.width, _MINIMUM)

    def holds(self, part: RenderableType, spare: int = 0) -> bool:
        """Whether `part` fits without wrapping, with `spare` columns to the left or right of it."""
        return self.width is None or natural_width(part) + spare <= self.columns

    def at_least(self, width: int) -> Screen:
        """This screen, or a wider one where it is narrower than `width`: the terminal wraps, nothing is cut."""
        if self.width is None or self.width >= width:
            return self
        return Screen(width=width, colours=self.colours, bold_only=self.bold_only)


def natural_width(part: RenderableType) -> int:
    """How many columns `part` takes where nothing is wrapped."""
    console = Console(file=io.StringIO(), width=_UNBOUNDED, markup=False, highlight=False, emoji=False)
    return console.measure(part).maximum


def this_screen() -> Screen:
    """The screen that standard output leads to: NO_COLOR, FORCE_COLOR, TERM and COLUMNS have their usual meaning."""
    console = Console(file=sys.stdout)
    width = console.width if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit() else None
    return Screen(width=width, colours=cast("Colours | None", console.color_system), bold_only=console.no_color)


def text(value: object, style: str = "") -> Text:
    """Foreign text on one line, never markup; its control characters are spelled out."""
    return Text(printable(value), style=style, overflow="fold")


def prose(value: object, style: str = "") -> Text:
    """The same for messages and formulas, which keep their lines."""
    return Text(printable(value, keep="\n"), style=style, overflow="fold")


def column(head: str, cells: Iterable[object], style: str = "") -> list[Text]:
    """A column of a table, its head first; cells that have a style of their own keep it."""
    return [text(head), *(cell if isinstance(cell, Text) else text(cell, style) for cell in cells)]


def ruled(columns: Sequence[Sequence[Text]], *, wrapping: int = 1) -> Table:
    """A table with a ruled head and no frame, as all of ours look.

    Args:
        columns: their cells, the head first.
        wrapping: how many of the last columns wrap where the screen is narrow.
    """
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, header_style="bold", border_style="dim"
    )
    for position, (head, *_) in enumerate(columns, start=1):
        table.add_column(head, no_wrap=position <= len(columns) - wrapping, overflow="fold")
    for row in list(zip(*columns, strict=True))[1:]:
        table.add_row(*row)
    return table


class Listing:
    """What `ruled` draws of plain cells, a hundred times as fast: for as many rows as a checkpoint has tensors.

    Args:
        columns: their cells, the head first; those of the last wrap.
    """

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        self._rows = list(zip(*columns, strict=True))
        self._widths = [max(map(cell_len, column)) for column in columns]

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(0, sum(self._widths) + 2 * len(self._widths)).clamp(0, options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        *widths, last = self._widths
        left = sum(widths) + 2 * len(widths)
        last = max(min(last, options.max_width - left), 1)
        bold, dim = console.get_style("bold"), console.get_style("dim")
        for place, (*cells, folded) in enumerate(self._rows):
            start = "".join(set_cell_size(cell, width + 2) for cell, width in zip(cells, widths, strict=True))
            for piece in chop_cells(folded, last) or [""]:
                yield Segment(f"{start}{piece}\n", None if place else bold)
                start = " " * left
            if not place:
                yield Segment(f"{'─' * (left + last)}\n", dim)


def figures(head: str, figures_: Iterable[str | Text]) -> list[Text]:
    """A column of numbers whose decimal points stand above each other, its head first."""
    cells = [cell if isinstance(cell, Text) else Text(cell) for cell in figures_]
    wholes = [cell.plain.partition(".")[0] for cell in cells]
    left = max((len(whole) for whole in wholes), default=0)
    right = max((len(cell) - len(whole) for cell, whole in zip(cells, wholes, strict=True)), default=0)
    width = max(left + right, len(head))
    aligned = [Text(head.rjust(width))]
    for cell, whole in zip(cells, wholes, strict=True):
        after = right - (len(cell) - len(whole))
        aligned.append(Text.assemble(" " * (width - len(cell) - after), cell, " " * after))
    return aligned


def grid(rows: Sequence[Sequence[RenderableType]] = (), *, least: int | None = None) -> Table:
    """Cells side by side, without head or rules; only the last of a row wraps.

    Args:
        rows: equally many cells each.
        least: columns of the screen that the first cells take at least.
    """
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for left in range(len(rows[0]) if rows else 0, 0, -1):
        table.add_column(no_wrap=left > 1, overflow="fold", min_width=least if not table.columns else None)
    for row in rows:
        table.add_row(*row)
    return table


def facts(rows: Iterable[tuple[str, str, str]], *, least: int | None = None) -> Table:
    """A line each: what it is about, what it is, and dimmed what more is to be said.

    Args:
        rows: these three.
        least: columns of the screen that the first of them takes at least.
    """
    lines = []
    for name, what, more in rows:
        told = ("  ", text(more, "dim")) if more else ()
        lines.append((text(name, "bold cyan"), Text.assemble(text(what), *told)))
    return grid(lines, least=least)


def apart(parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """The parts with an empty line between them."""
    for position, part in enumerate(parts):
        if position:
            yield Text()
        yield part


def indented(part: RenderableType) -> Padding:
    """`part`, two columns to the right."""
    return Padding(part, (0, 0, 0, 2), expand=False)
