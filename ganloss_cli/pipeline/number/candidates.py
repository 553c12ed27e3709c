"""Which published formulas may have made a number: every convention with every catalogued factor, each value once."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from ganloss_cli.evaluators.catalogue import Convention, Loss
from ganloss_cli.evaluators.recipes.published import catalogued_factors
from ganloss_cli.records.number import Candidate
from ganloss_cli.records.report import Result
from ganloss_cli.records.request import StatedNumber

Figures = tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class ConventionValue:
    """What one convention gave under some conditions.

    Args:
        loss: of the catalogue.
        convention: its row.
        result: the figures.
        conditions: what differs from the run as it was asked for.
        unit: the standard error that distances are measured in; that of the plain run, since a part of the samples
            would make every number look near. None where it has none; 0 where only the number has one.
        bound: up to which another computation of the same mean may differ, where more than rounding is known.
        doubled: whether it applies a function to what has been through it already.
    """

    loss: Loss
    convention: Convention
    result: Result
    conditions: Mapping[str, str] = field(default_factory=dict)
    unit: float | None = None
    bound: float = 0.0
    doubled: bool = False


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A candidate, or several that are one: the same formula, or the same value on every sample at hand.

    Args:
        candidate: the simplest of them.
        figures: value, standard error and extremes, by which they are found to be one.
        unit: what the candidate's distance is measured in; None where there is nothing.
        sources: repositories and papers of all of them.
        bound: up to which the candidate's value is the number.
        only_exact: whether nearness speaks for nothing, because it is a mistake or a function applied twice.
        outranked: whether a second number of the same log fits another one better.
    """

    candidate: Candidate
    figures: Figures
    unit: float | None
    sources: frozenset[str]
    bound: float
    only_exact: bool = False
    outranked: bool = False


def formulas_for(number: StatedNumber, values: Sequence[ConventionValue], precision: float) -> list[Formula]:
    """Everything that might have made a number, one for each convention, condition and catalogued factor.

    Args:
        number: with its digits.
        values: of conventions, each under some conditions.
        precision: the relative rounding of the computation.
    """
    tolerance = rounding(number, precision)
    return [formula for value in values for formula in _scaled(value, number, tolerance)]


def distinct(formulas: Sequence[Formula], precision: float) -> list[Formula]:
    """Those that differ on the data at hand, the simplest first, each with its other names.

    Args:
        formulas: for one number.
        precision: the relative rounding of the computation.
    """
    found: list[Formula] = []
    places: list[tuple[float, int]] = []  # value and place of every formula, in the order of the values
    for formula in sorted(formulas, key=_simplicity):
        value, reach = formula.candidate.value, precision * max(abs(f) for f in formula.figures if f is not None)
        start = bisect_left(places, (value - reach, 0))
        near = takewhile(lambda pair: pair[0] <= value + reach, places[start:])  # noqa: B023  used at once
        twin = next((k for _, k in near if _equal(found[k].figures, formula.figures, precision)), None)
        if twin is None:
            insort(places, (value, len(found)))
            found.append(formula)
        else:
            found[twin] = _joined(found[twin], formula)
    return found


def factors(loss: Loss, sub_discriminators: int | None) -> dict[float, str | None]:
    """What a logged number may be multiplied by, with whose factor that is.

    What logs print beside the losses has no factor: nobody halves a score that is only looked at.

    Args:
        loss: of the catalogue.
        sub_discriminators: how many the loss reads, where it reads any.
    """
    if loss.observed:
        return {1.0: None}
    n = sub_discriminators or 1
    own = {float(n): f"times the {n} sub-discriminators", 1 / n: f"divided by the {n} sub-discriminators"}
    counted = {factor: meaning for factor, meaning in own.items() if n > 2 or (n == 2 and factor not in (0.5, 2.0))}
    return {1.0: None, **catalogued_factors(loss), **counted}


def is_doubled(result: Result, results: Iterable[Result]) -> bool:
    """Whether a result takes the sigmoid of probabilities.

    Args:
        result: of one convention.
        results: all of the run, which tell what the discriminator returns.
    """
    return result.settings.get("transform") == "sigmoid" and any(map(_of_probabilities, results))


def _of_probabilities(result: Result) -> bool:
    if result.settings.get("transform") != "none":
        return result.settings.get("scores") == "probabilities"
    return None not in (result.minimum, result.maximum) and 0 <= (result.minimum or 0) <= (result.maximum or 0) <= 1


def rounding(number: StatedNumber, precision: float) -> float:
    """How far a value may be from the number and still be it: by its digits, or by rounding of the computation."""
    return max(number.tolerance, precision * abs(number.value)) * (1 + 1e-9)


def reduced(result: Result, value: float | None, error: float | None) -> Result:
    """A part of a result, or a sum of several: what is known of single samples is not known of it."""
    return replace(result, value=value, standard_error=error, minimum=None, median=None, maximum=None, terms={})


def _scaled(entry: ConventionValue, number: StatedNumber, tolerance: float) -> Iterator[Formula]:
    """One convention with each of its factors."""
    result, row = entry.result, entry.convention
    if result.value is None:
        return
    for factor, meaning in factors(entry.loss, result.sub_discriminators).items():
        value = factor * result.value
        unit = None if entry.unit is None else math.hypot(factor * entry.unit, number.spread) or None
        bound = max(tolerance, abs(factor) * entry.bound)
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
            within_rounding=abs(value - number.value) <= bound,
            departures=(meaning is not None) + len(entry.conditions),
            source=row.source,
            relation=row.relation,
            mistake=row.mistake,
            same=entry.loss.aliases(row) if meaning is None else (),
        )
        origins = (_origin(each.source) for each in entry.loss.conventions if row.name in (each.name, each.alias_of))
        yield Formula(
            candidate=candidate,
            figures=(value, *_spread(result, factor)),
            unit=unit,
            sources=frozenset(origins if meaning is None else ()),
            bound=bound,
            only_exact=row.mistake is not None or entry.doubled,
        )


def _spread(result: Result, factor: float) -> Figures:
    """Standard error, minimum, median and maximum of a multiple."""
    extremes = [result.minimum, result.median, result.maximum][:: 1 if factor > 0 else -1]
    scaled = [None if figure is None else figure * factor for figure in (result.standard_error, *extremes)]
    return (None if scaled[0] is None else abs(scaled[0]), *scaled[1:])


def _simplicity(formula: Formula) -> tuple[int, bool, int]:
    candidate = formula.candidate
    return candidate.departures, candidate.mistake is not None, len(candidate.conditions)


def _equal(some: Figures, others: Figures, precision: float) -> bool:
    if [a is None for a in some] != [b is None for b in others]:
        return False
    pairs = [(a, b) for a, b in zip(some, others, strict=True) if a is not None and b is not None]
    # a mean of values that cancel carries the rounding of the largest of them
    scale = max(max(abs(a), abs(b)) for a, b in pairs)
    return all(abs(a - b) <= precision * scale for a, b in pairs)


def _joined(formula: Formula, other: Formula) -> Formula:
    """The formula with one more name, where that is the name of a convention and no product of one."""
    kept, twin = formula.candidate, other.candidate
    if twin.departures > kept.departures:
        return formula
    names = [*kept.same]
    if twin.factor_meaning is None and (twin.loss, twin.convention) != (kept.loss, kept.convention):
        names += [f"{twin.loss}:{twin.convention}", *twin.same]
    candidate = replace(kept, same=tuple(dict.fromkeys(names)))
    return replace(formula, candidate=candidate, sources=formula.sources | other.sources)


def _origin(source: str) -> str:
    """The repository of a source, or the whole of it."""
    return source.partition("@")[0] if "@" in source else source
