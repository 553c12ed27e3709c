"""What a comparison says in words, the same in the table and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.reporters.changes import digits_apart
from ganloss_cli.reporters.figures import count, figure, number, shape

if TYPE_CHECKING:
    from ganloss_cli.records.comparison import ComparedKey, Comparison, Drift, Sensitivity, Side, Tolerance

_MOST_COLUMNS = 3  # keys of a sensitivity that get a column of their own


def bound(tolerance: Tolerance) -> str:
    """A tolerance with its formula."""
    return f"{tolerance.profile}: |a - b| <= {number(tolerance.atol)} + {number(tolerance.rtol)} max(|a|, |b|)"


def contents(side: Side) -> str:
    """What one file holds."""
    return f"{side.kind.replace('_', ' ')}, {count(side.keys, 'result' if side.kind == 'report' else 'array')}"


def verdict(comparison: Comparison) -> str:
    """How many keys passed."""
    n_failed = sum(not key.passed for key in comparison.keys)
    if not n_failed:
        n_better = sum(key.outcome == "not worse" for key in comparison.keys)
        better = f", {n_better} better" if n_better else ""
        return f"passed: {count(len(comparison.keys) - n_better, 'key')} within the tolerance{better}"
    return f"failed: {n_failed} of {count(len(comparison.keys), 'key')}"


def place(key: ComparedKey) -> str:
    """Where the worst element is, and of how many; empty for single numbers."""
    if key.worst is None or key.count <= 1:
        return ""
    return f"[{', '.join(str(k) for k in key.worst)}] of {shape(key.shape_a or ())}"


def sides(key: ComparedKey) -> tuple[str, str]:
    """Both values at the worst element, with the digits that tell them apart."""
    return digits_apart(key.a, key.b, least=6)


def drift_summary(drift: Drift) -> str:
    """Where a drift enters and where it jumps."""
    parts = ["within the tolerance at every step" if drift.enters is None else f"enters at step {drift.enters}"]
    if drift.jumps:
        parts.append(f"jumps at {', '.join(str(step) for step in drift.jumps)}")
    return "; ".join(parts)


def series(drift: Drift) -> str:
    """The relative differences in order, and the steps."""
    return f"{drift.steps[0]} to {drift.steps[-1]}: " + " → ".join(figure(value, 2) for value in drift.relative)


def changes(sensitivity: Sensitivity) -> list[list[str]]:
    """Columns, heads first: what each mistake changes, key by key; of many keys those beyond the tolerance.

    Args:
        sensitivity: of a comparison.
    """
    entries, keys = sensitivity.perturbations, list(sensitivity.values)
    if len(keys) <= _MOST_COLUMNS:
        return [[key, *(figure(entry.max_absolute[key], 3) for entry in entries)] for key in keys]
    return [
        ["by", *(f"{len(entry.failing)} of {len(keys)}" for entry in entries)],
        ["keys", *(", ".join(entry.failing) for entry in entries)],
    ]
