"""Compares a document with the one that was recorded: what was there must be there, and the same; more is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple


class Tolerance(NamedTuple):
    """How far two numbers may be apart."""

    relative: float = 1e-6
    absolute: float = 1e-9


EXACT = Tolerance()
# of what is computed in single precision alone: another processor rounds it otherwise
SINGLE = Tolerance(1e-4, 1e-6)
# What a row of a list is told by, where it says; such lists are lined up, so that one more row is one difference.
_TOLD_BY = (
    "check", "name", "loss", "convention", "key", "tag", "role", "typed", "probe", "number", "weights", "network",
    "domain", "subject", "path", "ruleId", "id", "level", "title",
)  # fmt: skip
_LONGEST = 100  # characters of a value that is told


def differences(before: Any, after: Any, path: str = "", tolerance: Tolerance = EXACT) -> Iterator[str]:
    """Every difference between what was recorded and what was found, by its place.

    Args:
        before: a tree of JSON.
        after: another.
        path: where both stand.
        tolerance: of numbers that are no counts.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _fields(before, after, path, tolerance)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _rows(before, after, path, tolerance)
    elif not _same(before, after, tolerance):
        yield f"{path}: {_told(before)} was recorded, {_told(after)} is found"


def _fields(before: dict[str, Any], after: dict[str, Any], path: str, tolerance: Tolerance) -> Iterator[str]:
    for key, value in before.items():
        place = f"{path}.{key}" if path else key
        if key not in after:
            yield f"{place}: is lost; it was {_told(value)}"
        elif key == "printed_figures":
            yield from (f"{place}: {figure} is no longer printed" for figure in value if not _shown(figure, after[key]))
        elif key == "printed_names":
            yield from (f"{place}: {name} is no longer printed" for name in sorted({*value} - {*after[key]}))
        else:
            yield from differences(value, after[key], place, tolerance)


def _rows(before: list[Any], after: list[Any], path: str, tolerance: Tolerance) -> Iterator[str]:
    told = [[_identity(row) for row in rows] for rows in (before, after)]
    for operation, i, j, m, n in SequenceMatcher(None, *told, autojunk=False).get_opcodes():
        if operation == "equal" or j - i == n - m:
            for k in range(j - i):
                yield from differences(before[i + k], after[m + k], f"{path}[{i + k}]", tolerance)
        else:
            yield from (f"{path}[{k}]: is lost; it was {_told(before[k])}" for k in range(i, j))
            yield from (f"{path}[{k}]: is new: {_told(after[k])}" for k in range(m, n))


def _identity(row: Any) -> str:
    """What tells a row from its neighbours; numbers alone tell nothing."""
    if isinstance(row, dict):
        return "; ".join(f"{key}={row[key]}" for key in _TOLD_BY if isinstance(row.get(key), str))
    return row if isinstance(row, str) else ""


def _same(before: Any, after: Any, tolerance: Tolerance) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
    if not numbers or (isinstance(before, int) and isinstance(after, int)):
        return type(before) is type(after) and before == after
    return math.isclose(before, after, rel_tol=tolerance.relative, abs_tol=tolerance.absolute)


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _shown(figure: str, figures: list[str]) -> bool:
    """Whether a figure is printed still, but for one unit of its last digit."""
    mantissa, _, exponent = figure.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return any(abs(float(figure) - float(other)) < 1.5 * unit for other in figures)
