"""Which published formula made a number: every convention and catalogued factor held against it, and ranked."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from ganloss_cli.evaluators.catalogue import Convention, Loss
from ganloss_cli.evaluators.recipes.published import documented_weights
from ganloss_cli.pipeline.number.ranking import ranked
from ganloss_cli.records.number import Candidate, TracedNumber, Verdict
from ganloss_cli.records.report import Result
from ganloss_cli.records.request import StatedNumber

SHOWN = 12
Figures = tuple[float | None, ...]

OBSERVED = ("real_score", "fake_score", "d_accuracy")


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What one convention gave under some conditions.

    Args:
        loss: of the catalogue.
        convention: its row.
        result: the figures.
        conditions: what differs from the run as it was asked for.
        unit: the standard error that distances are measured in; that of the plain run, since a part of the samples
            would make every number look near.
    """

    loss: Loss
    convention: Convention
    result: Result
    conditions: Mapping[str, str] = field(default_factory=dict)
    unit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Formula:
    """Candidates that are one: the same formula, or the same value on every sample at hand.

    Args:
        candidate: the simplest of them.
        figures: value, standard error and extremes, by which they were found to be one.
        sources: repositories and papers of all of them.
        outranked: whether a second number of the same log fits another one better.
    """

    candidate: Candidate
    figures: Figures
    sources: frozenset[str]
    outranked: bool = False


def trace(number: StatedNumber, evaluated: Sequence[Evaluated], precision: float) -> TracedNumber:
    """Rank everything that might have made the number.

    A convention at factor one, under the conditions of the run, outranks a factored one. A hit is a value within
    rounding of the digits given. One formula among the simplest hits is a reproduction, several are ambiguous.

    Args:
        number: with its digits.
        evaluated: conventions, each under some conditions.
        precision: the relative rounding of the computation.

    Returns:
        the number with its candidates, the best first.
    """
    return judged(number, merged(number, evaluated, precision), rounding(number, precision))


def merged(number: StatedNumber, evaluated: Sequence[Evaluated], precision: float) -> tuple[int, list[Formula]]:
    """How many candidates there are, and the formulas that differ, the best first."""
    tolerance = rounding(number, precision)
    candidates = [pair for entry in evaluated for pair in _candidates(entry, number, tolerance)]
    formulas: list[Formula] = []
    places: list[tuple[float, int]] = []  # value and place of every formula, in the order of the values
    for candidate, figures, sources in sorted(candidates, key=lambda triple: _simplicity(triple[0])):
        reach = precision * max(abs(figure) for figure in figures if figure is not None)
        start = bisect_left(places, (candidate.value - reach, 0))
        near = takewhile(lambda pair: pair[0] <= candidate.value + reach, places[start:])  # noqa: B023  used at once
        twin = next((k for _, k in near if _equal(formulas[k].figures, figures, precision)), None)
        if twin is None:
            insort(places, (candidate.value, len(formulas)))
            formulas.append(Formula(candidate=candidate, figures=figures, sources=sources))
        else:
            formulas[twin] = _joined(formulas[twin], candidate, sources)
    units = ((entry.unit, entry.result.value) for entry in evaluated)
    return len(candidates), ranked(formulas, next((unit / abs(value) for unit, value in units if unit and value), None))


def judged(number: StatedNumber, found: tuple[int, list[Formula]], tolerance: float) -> TracedNumber:
    """The verdict on formulas that are ranked already."""
    tried, formulas = found
    hits = simplest_hits(formulas)
    verdict: Verdict = "closest, not reproduced" if not hits else "reproduced" if len(hits) == 1 else "ambiguous"
    return TracedNumber(
        name=number.name,
        text=number.text,
        value=number.value,
        tolerance=tolerance,
        verdict=verdict,
        candidates=tuple(formula.candidate for formula in formulas[: max(SHOWN, len(hits))]),
        tried=tried,
        formulas=len(formulas),
        chance_hits=_chance_hits(number.value, tolerance, [formula.candidate.value for formula in formulas]),
        separated_by=_separated_by(hits) if verdict == "ambiguous" else None,
    )


def simplest_hits(formulas: Sequence[Formula]) -> list[Formula]:
    """Those within rounding that depart least from a plain convention."""
    hits = [formula for formula in formulas if formula.candidate.within_rounding and not formula.outranked]
    least = min((formula.candidate.departures for formula in hits), default=0)
    return [formula for formula in hits if formula.candidate.departures == least]


def narrowed(found: Sequence[tuple[int, list[Formula]]]) -> list[tuple[int, list[Formula]]]:
    """Several numbers of one log: of equal hits, those stay whose conditions, then whose source, fit all numbers."""
    kept = [(tried, list(formulas)) for tried, formulas in found]
    for key in (_conditions, _sources):
        shared = frozenset.intersection(*(_of_hits(formulas, key) for _, formulas in kept))
        if not shared:
            continue
        for _, formulas in kept:
            fitting = [formula for formula in simplest_hits(formulas) if key(formula) & shared]
            if fitting:
                for formula in simplest_hits(formulas):
                    if formula not in fitting:
                        formulas[formulas.index(formula)] = replace(formula, outranked=True)
                formulas.sort(key=lambda formula: formula.outranked or not formula.candidate.within_rounding)
    return kept


def factors(loss: Loss, sub_discriminators: int | None) -> dict[float, str | None]:
    """The factors that are catalogued for a loss, with whose each is. A scale is never fitted.

    What logs print beside the losses has none: nobody halves a score that is only looked at.

    Args:
        loss: of the catalogue.
        sub_discriminators: how many judged, where anything did.
    """
    if loss.name in OBSERVED:
        return {1.0: None}
    known: dict[float, str | None] = {1.0: None, 0.5: "half", 2.0: "twice"}
    if sub_discriminators and sub_discriminators > 1:
        known.setdefault(float(sub_discriminators), f"times the {sub_discriminators} sub-discriminators")
        known.setdefault(1 / sub_discriminators, f"divided by the {sub_discriminators} sub-discriminators")
    for row in loss.conventions:
        if row.factor is not None:
            known.setdefault(row.factor, f"the factor of {loss.name}:{row.name}")
    for weight, meaning in documented_weights(loss.name).items():
        known.setdefault(weight, meaning)
    return known


def rounding(number: StatedNumber, precision: float) -> float:
    """How far a value may be from the number and still be it: by its digits, or by rounding of the computation."""
    return max(number.tolerance, precision * abs(number.value)) * (1 + 1e-9)


def _candidates(
    entry: Evaluated, number: StatedNumber, tolerance: float
) -> Iterator[tuple[Candidate, Figures, frozenset[str]]]:
    result, row = entry.result, entry.convention
    if result.value is None:
        return
    aliases = [other for other in entry.loss.conventions if other.alias_of == row.name]
    sources = frozenset(_origin(each.source) for each in (row, *aliases))
    for factor, meaning in factors(entry.loss, result.sub_discriminators).items():
        value = factor * result.value
        unit = abs(factor) * entry.unit if entry.unit else None
        candidate = Candidate(
            loss=entry.loss.name,
            convention=row.name,
            factor=factor,
            factor_meaning=meaning,
            conditions=entry.conditions,
            domain=result.domain,
            weights=result.weights,
            value=value,
            difference=value - number.value,
            standard_errors=(value - number.value) / unit if unit else None,
            within_rounding=abs(value - number.value) <= tolerance,
            departures=(meaning is not None) + len(entry.conditions),
            source=row.source,
            relation=row.relation,
            mistake=row.mistake,
            same=tuple(f"{entry.loss.name}:{alias.name}" for alias in aliases) if meaning is None else (),
        )
        spread = (result.standard_error, result.minimum, result.median, result.maximum)
        yield candidate, (value, *_scaled(spread, factor)), sources if meaning is None else frozenset()


def _scaled(spread: Figures, factor: float) -> Figures:
    error, low, middle, high = (None if figure is None else figure * factor for figure in spread)
    return (None if error is None else abs(error), *((low, middle, high) if factor > 0 else (high, middle, low)))


def _simplicity(candidate: Candidate) -> tuple[int, bool, int]:
    return candidate.departures, candidate.mistake is not None, len(candidate.conditions)


def _equal(some: Figures, others: Figures, precision: float) -> bool:
    if [a is None for a in some] != [b is None for b in others]:
        return False
    pairs = [(a, b) for a, b in zip(some, others, strict=True) if a is not None and b is not None]
    # a mean of values that cancel carries the rounding of the largest of them
    scale = max(max(abs(a), abs(b)) for a, b in pairs)
    return all(abs(a - b) <= precision * scale for a, b in pairs)


def _joined(formula: Formula, other: Candidate, sources: frozenset[str]) -> Formula:
    """The formula with one more name, where that is the name of a convention and no product of one."""
    if other.departures > formula.candidate.departures:
        return formula
    names = [*formula.candidate.same]
    plain = other.factor_meaning is None and (other.loss, other.convention) != (
        formula.candidate.loss,
        formula.candidate.convention,
    )
    if plain:
        names += [f"{other.loss}:{other.convention}", *other.same]
    same = tuple(dict.fromkeys(names))
    return replace(formula, candidate=replace(formula.candidate, same=same), sources=formula.sources | sources)


def _chance_hits(value: float, tolerance: float, values: Sequence[float]) -> float | None:
    """How many formulas would agree with an unrelated number: their density between half and twice the number."""
    if value == 0:
        return None
    near = sum(1 for other in values if 0.5 <= other / value <= 2)
    return min(float(near), near * 2 * tolerance / (1.5 * abs(value)))


def _separated_by(hits: Sequence[Formula]) -> str:
    values = sorted({formula.candidate.value for formula in hits})
    gap = min((b - a for a, b in pairwise(values)), default=0.0)
    if gap > 0:
        decimals = max(0, math.ceil(-math.log10(gap)))
        return f"the number with {decimals} decimals, or a second number of the same log, would separate them"
    return "they agree on these data; another batch, or a second number of the same log, would separate them"


def _conditions(formula: Formula) -> frozenset[object]:
    candidate = formula.candidate
    return frozenset({(*sorted(candidate.conditions.items()), candidate.weights)})


def _sources(formula: Formula) -> frozenset[object]:
    return frozenset(formula.sources)


def _of_hits(formulas: Sequence[Formula], key: object) -> frozenset[object]:
    hits = simplest_hits(formulas)
    return frozenset().union(*(key(formula) for formula in hits)) if callable(key) and hits else frozenset()


def _origin(source: str) -> str:
    """The repository of a source, or the whole of it."""
    return source.partition("@")[0] if "@" in source else source
