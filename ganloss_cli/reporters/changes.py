"""How losses differ from a baseline: in words and as a table, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Bar, Grid
from ganloss_cli.reporters.figures import ABSENT, Shown, aim, count, figure

if TYPE_CHECKING:
    from ganloss_cli.records.report import BaselineGate, Change

_REACH = 1.96  # standard errors: what a bar spans


def told_apart(change: Change) -> tuple[str, str]:
    """Before and now, with the digits that tell them apart."""
    return digits_apart(change.before, change.now, least=4)


def digits_apart(a: float | None, b: float | None, least: int) -> tuple[str, str]:
    """Two numbers with the digits that tell them apart.

    Args:
        a: one of them; None is absent.
        b: the other.
        least: digits that both have in any case.
    """
    digits = least
    if a is not None and b is not None:
        while digits < 17 and a != b and f"{a:.{digits}g}" == f"{b:.{digits}g}":
            digits += 1
    return figure(a, digits), figure(b, digits)


def delta(change: Change) -> str:
    """Which way and how far: "↓ 0.0507"."""
    if change.difference == 0:
        return "unchanged"
    told = f"{'↑' if change.difference > 0 else '↓'} {figure(abs(change.difference), 3)}"
    reach = _REACH * (change.standard_error or 0)
    ends = (change.difference - reach, change.difference + reach)
    return Shown(told, change.difference, bar=Bar(value=change.difference, low=ends[0], high=ends[1], aim=0.0))


def outcome(change: Change) -> str:
    """The verdict with what it rests on: "worse (p 0.003)", "cannot tell (about 5200 samples would)"."""
    if change.outcome is None or change.difference == 0:
        return change.outcome or ABSENT
    if change.outcome == "cannot tell":
        return "cannot tell" + (f" (about {change.count_to_tell} samples would)" if change.count_to_tell else "")
    return f"{change.outcome} (p {figure(change.chance, 2)})"


def told(gate: BaselineGate) -> str:
    """A gate and what came of it, on one line."""
    change, parts = gate.change, list(gate.failures)
    if change is not None:
        error = "" if change.standard_error is None else f" ± {figure(change.standard_error, 2)}"
        of = count(change.count, "sample") + (", paired" if change.paired else "")
        parts.insert(0, f"{' → '.join(told_apart(change))}, {delta(change)}{error} ({of}): {outcome(change)}")
    return f"{named(gate)}: {'; '.join((*parts, *_waived(gate)))}"


def _waived(gate: BaselineGate) -> Iterator[str]:
    if gate.waived:
        yield f"waived: {gate.waived}"


def word(gate: BaselineGate) -> str:
    """What came of a gate: "failed", "passed", "waived" or "cannot tell"."""
    if gate.failed:
        return "failed"
    if gate.waived:
        return "waived"
    return "cannot tell" if gate.change is not None and gate.change.outcome == "cannot tell" else "passed"


def gates_grid(gates: Sequence[BaselineGate]) -> Grid:
    """A row a gate, as a reviewer reads them."""
    heads, right = heads_of("gate")
    rows = []
    for gate in gates:
        why = "; ".join((*gate.failures, *_waived(gate)))
        cells = cells_of(gate.change) if gate.change else [ABSENT] * (len(heads) - 3) + [""]
        verdict = "; ".join(part for part in (cells[-1], why) if part)
        rows.append([word(gate), named(gate), *cells[:-1], verdict])
    return Grid(heads=["", *heads], rows=rows, right=[k + 1 for k in right])


def changes_grid(changes: Mapping[str, Change]) -> Grid:
    """A row a loss."""
    heads, right = heads_of("loss")
    rows = [[name, *cells_of(change)] for name, change in changes.items()]
    return Grid(heads=heads, rows=rows, right=right, heading="What the samples tell of B against A")


def named(gate: BaselineGate) -> str:
    """The gate, and the loss where its words do not say which."""
    return gate.expression if gate.loss in gate.expression else f"{gate.expression} ({gate.loss})"


def heads_of(first: str) -> tuple[list[str], list[int]]:
    """The heads of a table of changes, and which columns are figures."""
    return [first, "better", "before", "now", "change", "± s.e.", "n", "verdict"], [2, 3, 5, 6]


def cells_of(change: Change) -> list[str]:
    """The cells of a change behind its name."""
    before, now = told_apart(change)
    better = aim(change.higher_is_better, None) or ABSENT
    return [better, before, now, delta(change), figure(change.standard_error, 2), str(change.count), outcome(change)]
