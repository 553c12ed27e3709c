"""A comparison for people: a line a key, then drift, sensitivity and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.comparison import ComparedKey, Comparison, Drift, Sensitivity
from ganloss_cli.records.report import Change
from ganloss_cli.reporters.changes import changes_grid
from ganloss_cli.reporters.compare.wording import bound, changes, contents, drift_summary, place, series, sides, verdict
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.pieces import closing, findings_grid
from ganloss_cli.reporters.screen import Screen, apart, column, facts, figures, natural_width, ruled, text


def render(comparison: Comparison, screen: Screen) -> str:
    """The table of a comparison."""
    keys = _keys(comparison.keys, screen)
    parts = [_header(comparison), keys, *_sections(comparison)]
    return screen.at_least(natural_width(_keys(comparison.keys, Screen(width=1))) // 2).draw(apart(parts))


def _header(comparison: Comparison) -> Table:
    files = [(name, side.path, contents(side)) for name, side in (("A", comparison.a), ("B", comparison.b))]
    return facts([*files, ("tolerance", bound(comparison.tolerance), "")])


def _keys(keys: Sequence[ComparedKey], screen: Screen) -> Table:
    """With both values where they leave room for the rest."""
    wide = _key_table(keys, values=True)
    return wide if screen.holds(wide) else _key_table(keys, values=False)


def _key_table(keys: Sequence[ComparedKey], *, values: bool) -> Table:
    verdicts = [text("passed", "green") if key.passed else text("failed", "bold red") for key in keys]
    columns = [column("key", (key.key for key in keys), "bold"), column("verdict", verdicts)]
    if values:
        pairs = [sides(key) for key in keys]
        columns += [figures(head, (pair[k] for pair in pairs)) for k, head in enumerate("AB")]
    columns += [
        _right("max abs", [figure(key.max_absolute, 3) for key in keys]),
        _right("max rel", [figure(key.max_relative, 3) for key in keys]),
        _right("ulp", ["" if key.max_ulp is None else str(key.max_ulp) for key in keys]),
    ]
    if any(place(key) for key in keys):
        columns.append(column("worst at", map(place, keys)))
    if any(key.reason for key in keys):
        columns.append(column("why", (text(key.reason, "yellow" if key.passed else "red") for key in keys)))
    return ruled(columns)


def _right(head: str, cells: Sequence[str]) -> list[Text]:
    """Differences have too many magnitudes for their points to stand above each other."""
    width = max(len(head), *(len(cell) for cell in cells))
    return [Text(cell.rjust(width)) for cell in (head, *cells)]


def _sections(comparison: Comparison) -> Iterator[RenderableType]:
    if comparison.changes:
        yield _changes(comparison.changes)
    if comparison.drift:
        yield _drift(comparison.drift)
    if comparison.sensitivity:
        yield _sensitivity(comparison.sensitivity)
    if comparison.findings:
        yield findings_grid(comparison.findings)
    yield closing(verdict(comparison), passed=comparison.passed)


def _changes(changes: Mapping[str, Change]) -> RenderableType:
    table = changes_grid(changes)
    cells = zip(*table.rows, strict=True)
    columns = [
        (figures if k in table.right else column)(head, own)
        for k, (head, own) in enumerate(zip(table.heads, cells, strict=True))
    ]
    return Group(text("what the samples tell of B against A", "bold"), ruled(columns))


def _drift(series_of_keys: Sequence[Drift]) -> Table:
    return ruled(
        [
            column("drift", (drift.name for drift in series_of_keys), "bold"),
            column("where", (text(drift_summary(d), "" if d.enters is None else "yellow") for d in series_of_keys)),
            column("relative difference by step", map(series, series_of_keys)),
        ],
        wrapping=2,
    )


def _sensitivity(sensitivity: Sensitivity) -> RenderableType:
    entries = sensitivity.perturbations
    noticed = [text("noticed", "green") if entry.noticed else text("not noticed", "bold red") for entry in entries]
    columns = [
        column("what was done wrong", (entry.name for entry in entries)),
        column("this check", noticed),
        *((column if head == "keys" else _right)(head, cells) for head, *cells in changes(sensitivity)),
    ]
    title = f"sensitivity of this check, by {sensitivity.recipe} with {sensitivity.weights}"
    return Group(text(title, "bold"), ruled(columns))
