"""A comparison for people: a line a key, then drift, sensitivity and findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.comparison import ComparedKey, Comparison, Drift, Sensitivity
from ganloss_cli.reporters.compare.wording import bound, changes, contents, place, series, sides, told, verdict
from ganloss_cli.reporters.eval.sections import findings_grid
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.screen import Screen, figures, grid, natural_width, ruled, text


def render(comparison: Comparison, screen: Screen | None = None) -> str:
    """The table of a comparison.

    Args:
        comparison: what was found.
        screen: what it is drawn for; by default plain text as wide as it needs to be.
    """
    screen = screen or Screen()
    keys = _keys(comparison.keys, screen)
    parts: list[RenderableType] = [_header(comparison), Text(), keys]
    for section in _sections(comparison):
        parts += [Text(), section]
    parts += [Text(), text(verdict(comparison), "bold green" if comparison.passed else "bold red")]
    return screen.at_least(natural_width(_keys(comparison.keys, Screen(width=1))) // 2).draw(parts)


def _header(comparison: Comparison) -> Table:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, side in (("A", comparison.a), ("B", comparison.b)):
        table.add_row(text(name, "bold cyan"), Text.assemble(text(side.path), "  ", text(contents(side), "dim")))
    table.add_row(text("tolerance", "bold cyan"), text(bound(comparison.tolerance)))
    return table


def _keys(keys: Sequence[ComparedKey], screen: Screen) -> Table:
    """With both values where they leave room for the rest."""
    wide = _key_table(keys, values=True)
    return wide if screen.holds(wide) else _key_table(keys, values=False)


def _key_table(keys: Sequence[ComparedKey], *, values: bool) -> Table:
    verdicts = [text("passed", "green") if key.passed else text("failed", "bold red") for key in keys]
    columns = [[Text("key"), *(text(key.key, "bold") for key in keys)], [Text("verdict"), *verdicts]]
    if values:
        pairs = [sides(key) for key in keys]
        columns += [figures(head, [Text(pair[k]) for pair in pairs]) for k, head in enumerate("AB")]
    columns += [
        _right("max abs", [figure(key.max_absolute, 3) for key in keys]),
        _right("max rel", [figure(key.max_relative, 3) for key in keys]),
        _right("ulp", ["" if key.max_ulp is None else str(key.max_ulp) for key in keys]),
    ]
    if any(place(key) for key in keys):
        columns.append([Text("worst at"), *(text(place(key)) for key in keys)])
    if any(key.reason for key in keys):
        columns.append([Text("why"), *(text(key.reason, "yellow" if key.passed else "red") for key in keys)])
    return ruled(columns)


def _right(head: str, cells: Sequence[str]) -> list[Text]:
    """Differences have too many magnitudes for their points to stand above each other."""
    width = max(len(head), *(len(cell) for cell in cells))
    return [Text(cell.rjust(width)) for cell in (head, *cells)]


def _sections(comparison: Comparison) -> Iterator[RenderableType]:
    if comparison.drift:
        yield _drift(comparison.drift)
    if comparison.sensitivity:
        yield _sensitivity(comparison.sensitivity)
    if comparison.findings:
        yield findings_grid(comparison.findings)


def _drift(series_of_keys: Sequence[Drift]) -> Table:
    return ruled(
        [
            [Text("drift"), *(text(drift.name, "bold") for drift in series_of_keys)],
            [Text("where"), *(text(told(drift), "" if drift.enters is None else "yellow") for drift in series_of_keys)],
            [Text("relative difference by step"), *(text(series(drift)) for drift in series_of_keys)],
        ],
        wrapping=2,
    )


def _sensitivity(sensitivity: Sensitivity) -> RenderableType:
    entries = sensitivity.perturbations
    noticed = [text("noticed", "green") if entry.noticed else text("not noticed", "bold red") for entry in entries]
    columns = [
        [Text("what was done wrong"), *(text(entry.name) for entry in entries)],
        [Text("this check"), *noticed],
        *(_right(head, cells) if head != "keys" else [Text(head), *map(text, cells)]
          for head, *cells in changes(sensitivity)),
    ]  # fmt: skip
    title = f"sensitivity of this check, by {sensitivity.recipe} with {sensitivity.weights}"
    return Group(text(title, "bold"), ruled(columns))
