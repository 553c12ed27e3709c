"""A comparison of two files as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.changes import changes_grid
from ganloss_cli.reporters.compare.charts import drifts, ends
from ganloss_cli.reporters.compare.wording import bound, changes, contents, drift_summary, place, series, sides, verdict
from ganloss_cli.reporters.document import Bar, Case, FullDocument, Grid, Paragraph, Points, Rows, Section
from ganloss_cli.reporters.figures import Shown, figure, verdict_mark
from ganloss_cli.reporters.findings import of_checks, points

if TYPE_CHECKING:
    from ganloss_cli.records.comparison import ComparedKey, Comparison, Sensitivity, Tolerance

_COLUMNS = (
    "key", "passed", "reason", "a", "b", "max_absolute", "mean_absolute", "max_relative", "max_ulp", "worst", "count",
    "failing", "shape_a", "shape_b", "dtype_a", "dtype_b",
    "outcome",
)  # fmt: skip


class CompareDocument(FullDocument):
    """The keys of both files, and what was found beside them."""

    record: Comparison
    command = "ganloss compare"
    table = "ganloss_cli.reporters.compare.table:render"
    on_request = ("changes", "sensitivity")

    def rows(self) -> Rows:
        """A row a key."""
        return Rows.of(_COLUMNS, self.record.keys)

    def sections(self) -> Iterator[Section]:
        """The verdict, the keys, changes, drift, sensitivity, findings, and what was compared."""
        comparison = self.record
        yield Paragraph(text=Shown(verdict(comparison), mark=verdict_mark(comparison.passed)))
        yield _keys(comparison.keys, comparison.tolerance)
        if comparison.changes:
            yield changes_grid(comparison.changes)
        if comparison.drift:
            yield drifts(comparison)
            rows = [[drift.name, drift_summary(drift), series(drift)] for drift in comparison.drift]
            yield Grid(heads=["drift", "where", "relative difference by step"], rows=rows, heading="Drift")
        if comparison.sensitivity:
            yield _sensitivity(comparison.sensitivity)
        yield points(comparison.findings)
        files = (("A", comparison.a), ("B", comparison.b))
        lines = [f"{name}: {side.path} ({contents(side)}, sha256 {side.sha256})" for name, side in files]
        yield Points(lines=[*lines, f"tolerance: {bound(comparison.tolerance)}"], heading="What was compared")

    def cases(self) -> Iterator[Case]:
        """One a key, and a check with findings."""
        yield from (_case(key, self.record) for key in self.record.keys)
        yield from of_checks(self.record.findings, fail_on=None)

    def values(self) -> Mapping[str, float | None]:
        """The largest absolute differences."""
        return {f"max_absolute of {key.key}": key.max_absolute for key in self.record.keys}


def _keys(keys: Sequence[ComparedKey], tolerance: Tolerance) -> Grid:
    heads = ["key", "verdict", "A", "B", "max abs", "max rel", "ulp", "where", "why"]
    within = ends(tolerance, keys)
    rows = [
        [
            key.key, _passed(key), *_sides(key), figure(key.max_absolute, 3), _relative(key, tolerance, within),
            figure(key.max_ulp, 3), place(key), key.reason,
        ]
        for key in keys
    ]  # fmt: skip
    kept = [k for k, head in enumerate(heads) if head != "where" or any(row[k] for row in rows)]
    rows = [[row[k] for k in kept] for row in rows]
    return Grid(heads=[heads[k] for k in kept], rows=rows, right=range(2, 7), heading="Keys")


def _passed(key: ComparedKey) -> Shown:
    mark = verdict_mark(key.passed)
    return Shown(mark, mark=mark)


def _sides(key: ComparedKey) -> list[str]:
    return [
        told if value is None else Shown(told, value) for told, value in zip(sides(key), (key.a, key.b), strict=True)
    ]


def _relative(key: ComparedKey, tolerance: Tolerance, within: tuple[float, float]) -> Shown:
    """Its magnitude beside the tolerance, on one scale for all keys."""
    told = figure(key.max_relative, 3)
    if not key.max_relative:
        return told
    bar = Bar(value=key.max_relative, aim=tolerance.rtol, within=within, logarithmic=True)
    return Shown(told, key.max_relative, bar=bar)


def _sensitivity(sensitivity: Sensitivity) -> Grid:
    entries, columns = sensitivity.perturbations, changes(sensitivity)
    names = ["what was done wrong", *(entry.name for entry in entries)]
    noticed = ["this check", *("noticed" if entry.noticed else "not noticed" for entry in entries)]
    heads, *rows = [list(row) for row in zip(names, noticed, *columns, strict=True)]
    return Grid(heads=heads, rows=rows, right=range(2, len(heads)), heading="What it would have noticed")


def _case(key: ComparedKey, comparison: Comparison) -> Case:
    """Why it failed, both values, how far they are apart and where; if it failed, what was compared as well."""
    parts = [key.reason] if key.reason else []
    if key.max_absolute is not None:
        a, b = sides(key)
        where = f" at {place(key)}" if place(key) else ""
        parts.append(f"A {a}, B {b}, off by {figure(key.max_absolute, 3)}{where}")
    said = f"{key.key}: {'; '.join(parts)}"
    if key.passed:
        return Case(kind="key", name=key.key, told=said)
    failure = f"{said}\n{bound(comparison.tolerance)}\nA: {comparison.a.path}\nB: {comparison.b.path}"
    return Case(kind="key", name=key.key, failure=failure)
