"""A comparison as JSON, CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.comparison import Comparison, Sensitivity
from ganloss_cli.reporters.compare.wording import bound, changes, contents, place, series, sides, told, verdict
from ganloss_cli.reporters.eval.csv import table as csv_table
from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.eval.markdown import escaped
from ganloss_cli.reporters.eval.markdown import table as markdown_table
from ganloss_cli.reporters.figures import figure

_COLUMNS = (
    "key", "passed", "reason", "a", "b", "max_absolute", "mean_absolute", "max_relative", "max_ulp", "worst", "count",
    "failing", "shape_a", "shape_b", "dtype_a", "dtype_b",
)  # fmt: skip


def render_json(comparison: Comparison) -> str:
    """The fields of the records, the version of the schema first; `sensitivity` only where it was asked for."""
    document = {"schema_version": comparison.schema_version, **as_data(comparison)}
    if comparison.sensitivity is None:
        del document["sensitivity"]
    return dumps(document)


def render_csv(comparison: Comparison) -> str:
    """One row a key, all digits kept."""
    rows = ([getattr(key, name) for name in _COLUMNS] for key in comparison.keys)
    return csv_table(_COLUMNS, rows)


def render_markdown(comparison: Comparison) -> str:
    """Sections without headings, so that it can be pasted into any page."""
    return "\n\n".join("\n".join(section) for section in _sections(comparison) if section) + "\n"


def _sections(comparison: Comparison) -> Iterator[list[str]]:
    yield [escaped(verdict(comparison))]
    heads = ["key", "verdict", "A", "B", "max abs", "max rel", "ulp", "where", "why"]
    rows = [
        [
            key.key, "passed" if key.passed else "failed", *sides(key), figure(key.max_absolute, 3),
            figure(key.max_relative, 3), "" if key.max_ulp is None else str(key.max_ulp), place(key), key.reason,
        ]
        for key in comparison.keys
    ]  # fmt: skip
    yield markdown_table(heads, rows, right=range(2, 7))
    if comparison.drift:
        rows = [[drift.name, told(drift), series(drift)] for drift in comparison.drift]
        yield markdown_table(["drift", "where", "relative difference by step"], rows, right=())
    if comparison.sensitivity:
        yield from _sensitivity(comparison.sensitivity)
    yield [f"- {finding.severity}: {escaped(finding.message)}" for finding in comparison.findings]
    yield [
        f"- A: {escaped(comparison.a.path)} ({contents(comparison.a)}, sha256 {comparison.a.sha256})",
        f"- B: {escaped(comparison.b.path)} ({contents(comparison.b)}, sha256 {comparison.b.sha256})",
        f"- tolerance: {escaped(bound(comparison.tolerance))}",
    ]


def _sensitivity(sensitivity: Sensitivity) -> Iterator[list[str]]:
    entries, columns = sensitivity.perturbations, changes(sensitivity)
    names = ["what was done wrong", *(entry.name for entry in entries)]
    noticed = ["this check", *("noticed" if entry.noticed else "not noticed" for entry in entries)]
    heads, *rows = [list(row) for row in zip(names, noticed, *columns, strict=True)]
    yield markdown_table(heads, rows, right=range(2, len(heads)))
