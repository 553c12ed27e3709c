"""Numbers of one log: what fits one of them has to fit the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ganloss_cli.pipeline.number.candidates import Formula
from ganloss_cli.pipeline.number.ranking import RankedFormulas


def narrowed(found: Sequence[RankedFormulas]) -> list[RankedFormulas]:
    """Of equal hits, those stay whose conditions, then whose source, fit all numbers.

    Args:
        found: for each number.
    """
    kept = list(found)
    keys: tuple[Callable[[Formula], frozenset[object]], ...] = (_conditions, lambda formula: formula.sources)
    for key in keys:
        shared = frozenset.intersection(*(frozenset().union(*map(key, of_one.hits)) for of_one in kept))
        if shared:
            kept = [_fitting(of_one, lambda formula: bool(key(formula) & shared)) for of_one in kept]  # noqa: B023
    return kept


def ranked_together(found: Sequence[RankedFormulas]) -> list[RankedFormulas]:
    """Where no number is reproduced, plain conventions come in the order of their source's distance from all numbers.

    A log averages over a moving pair of networks, so each number is off by a little, and some other formula may lie
    nearer to one of them; seldom does its source lie near the others too.

    Args:
        found: for each number.

    Returns:
        the same, with the plain conventions of a known distance first and in that order.
    """
    if any(of_one.hits for of_one in found):
        return list(found)
    nearest = [_nearest(of_one.formulas) for of_one in found]

    ranked = []
    for position, of_one in enumerate(found):
        others = [near for other, near in enumerate(nearest) if other != position]
        ranked.append(replace(of_one, formulas=sorted(of_one.formulas, key=partial(_together, others=others))))
    return ranked


def _fitting(found: RankedFormulas, fits: Callable[[Formula], bool]) -> RankedFormulas:
    """Without hits that do not fit, where some do."""
    hits = found.hits
    if not any(map(fits, hits)):
        return found
    out = [id(formula) for formula in hits if not fits(formula)]
    formulas = [replace(each, outranked=True) if id(each) in out else each for each in found.formulas]
    formulas.sort(key=lambda formula: formula.outranked or not formula.candidate.within_rounding)
    return replace(found, formulas=formulas)


def _conditions(formula: Formula) -> frozenset[object]:
    candidate = formula.candidate
    return frozenset({(*sorted(candidate.conditions.items()), candidate.weights)})


def _together(formula: Formula, *, others: Sequence[Mapping[str, float]]) -> tuple[bool, float]:
    """How far it is from its own number and its sources from the others; what has no distance keeps its place."""
    distance = _distance(formula)
    total = math.inf if distance is None else distance
    for near in others:
        total += min((near[source] for source in formula.sources if source in near), default=math.inf)
    return not math.isfinite(total), total if math.isfinite(total) else 0.0


def _nearest(formulas: Sequence[Formula]) -> dict[str, float]:
    """The least distance of a number from anything that each source publishes."""
    least: dict[str, float] = {}
    for formula in formulas:
        distance = _distance(formula)
        for source in formula.sources if distance is not None else ():
            least[source] = min(least.get(source, math.inf), distance or 0.0)
    return least


def _distance(formula: Formula) -> float | None:
    """In standard errors, of a plain convention that is no mistake; None for anything else."""
    candidate = formula.candidate
    if candidate.departures or candidate.mistake is not None or candidate.standard_errors is None:
        return None
    return abs(candidate.standard_errors)
