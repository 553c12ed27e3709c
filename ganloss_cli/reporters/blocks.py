"""Numbers as columns of blocks, for screens: curves, distributions, and the plot of a log."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def blocks(values: Sequence[float | None], widest: int, rows: int = 1, *, low: float | None = None) -> list[str]:
    """One column a value, from the lowest to the highest; blank where there is none.

    Args:
        values: of very many neighbours share a column.
        widest: how many columns there may be.
        rows: how many lines the columns are high.
        low: what an empty column stands for; None where the lowest value stands for the least that is seen.

    Returns:
        the lines, the topmost first; empty ones where fewer than two columns would be seen.
    """
    shown = columns(values, widest)
    known = [each for each in shown if each is not None]
    if len(known) < 2:
        return [""] * rows
    least = min(known) if low is None else low
    heights = [0 if each is None else _height(each, least, max(known), 8 * rows, low is None) for each in shown]
    return [
        "".join(_EIGHTHS[min(max(height - 8 * beneath, 0), 8)] for height in heights)
        for beneath in reversed(range(rows))
    ]


def columns(values: Sequence[float | None], widest: int) -> list[float | None]:
    """The values, or of more than `widest` the means of neighbours."""
    width = min(len(values), widest)
    ends = [round(k * len(values) / width) for k in range(width + 1)] if width else []
    return [_mean(values[start:end]) for start, end in itertools.pairwise(ends)]


def _height(value: float, least: float, largest: float, whole: int, is_seen: bool) -> int:
    """In eighths of a line; what is seen takes one at least."""
    if not 0 < largest - least < math.inf:  # equal, or further apart than floats reach
        return whole // 2 + 1
    share = (value - least) / (largest - least)
    return min(int(share * whole) + 1, whole) if is_seen else math.ceil(share * whole)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
