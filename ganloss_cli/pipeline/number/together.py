"""Numbers of one log that no formula reproduces: ranked by how near one source comes to all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ganloss_cli.pipeline.number.candidates import Formula, simplest_hits

Found = tuple[int, list[Formula]]


@dataclass(frozen=True)
class _Nearest:
    """The least distance, in standard errors, of a number from anything that each source publishes."""

    of_source: dict[str, float]

    def of(self, sources: frozenset[str]) -> float:
        return min((self.of_source[source] for source in sources if source in self.of_source), default=math.inf)


def ranked_together(found: Sequence[Found]) -> list[Found]:
    """Where no number is reproduced, plain conventions come in the order of their source's distance from all numbers.

    A log averages over a moving pair of networks, so each number is off by a little, and some other formula may lie
    nearer to one of them; seldom does its source lie near the others too.

    Args:
        found: for each number how many candidates there were, and the formulas, ranked.

    Returns:
        the same, with the plain conventions of a known distance first and in that order.
    """
    if any(simplest_hits(formulas) for _, formulas in found):
        return list(found)
    nearest = [_nearest(formulas) for _, formulas in found]

    ranked = []
    for position, (tried, formulas) in enumerate(found):
        others = [near for other, near in enumerate(nearest) if other != position]
        ranked.append((tried, sorted(formulas, key=partial(_together, others=others))))
    return ranked


def _together(formula: Formula, *, others: Sequence[_Nearest]) -> tuple[bool, float]:
    """How far it is from its own number and its sources from the others; what has no distance keeps its place."""
    distance = _distance(formula)
    total = math.inf if distance is None else distance + math.fsum(near.of(formula.sources) for near in others)
    return not math.isfinite(total), total if math.isfinite(total) else 0.0


def _nearest(formulas: Sequence[Formula]) -> _Nearest:
    least: dict[str, float] = {}
    for formula in formulas:
        distance = _distance(formula)
        for source in formula.sources if distance is not None else ():
            least[source] = min(least.get(source, math.inf), distance or 0.0)
    return _Nearest(least)


def _distance(formula: Formula) -> float | None:
    """In standard errors, of a plain convention that is no mistake; None for anything else."""
    candidate = formula.candidate
    if candidate.departures or candidate.mistake is not None or candidate.standard_errors is None:
        return None
    return abs(candidate.standard_errors)
