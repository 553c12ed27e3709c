"""Which published convention a function computes, from its values on test inputs. No tensor, no fitting."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ganloss_cli.evaluators.catalogue import Convention, Loss
from ganloss_cli.evaluators.recipes.published import catalogued_factors

Relation = Literal["exact", "factor", "unknown factor", "departs"]
RANKS: Mapping[Relation, int] = {"exact": 0, "factor": 1, "unknown factor": 2, "departs": 3}
# What a sum might have been divided by, or not, and what it then is. Of equal factors the first is named.
EXTENTS: Mapping[tuple[str, ...], str] = {
    (): "",
    ("sub-discriminators",): "times the number of sub-discriminators",
    ("-sub-discriminators",): "divided by the number of sub-discriminators",
    ("samples",): "times the number of samples: summed over the batch",
    ("-samples",): "divided by the number of samples",
    ("elements",): "times the elements of a sample: summed over them",
    ("-elements",): "divided by the elements of a sample",
    ("samples", "elements"): "times the number of elements: summed over everything",
    ("pixels",): "times the pixels of a sample: summed over them",
    ("channels",): "times the number of channels: summed over them",
    ("-channels",): "divided by the number of channels",
    ("samples", "channels"): "times samples and channels: summed over both",
    ("maps",): "times the number of maps: summed over them",
    ("-maps",): "divided by the number of maps",
    ("classes",): "times the number of classes: summed over them",
    ("-classes",): "divided by the number of classes: averaged over them too",
    ("patches",): "times the number of patches: summed over them",
    ("samples", "patches"): "times samples and patches: summed over both",
}
# What is done to a value before it is minimised: value = offset + factor * convention.
_TURNED = ((0.0, -1.0, "minus"), (1.0, -1.0, "1 minus"), (0.5, -0.5, "half of 1 minus"))
_SIGNED = {-0.5: "minus half", -2.0: "minus twice"}
NEAR = 0.5  # of the value: what is further off is no help
_TINY = 1e-9  # of the typical value: a ratio of less would be one of roundings


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How the values of a function relate to those of one convention.

    Args:
        convention: the row.
        relation: "exact"; "factor" for value = offset + factor * convention with a factor that is catalogued;
            "unknown factor" where the two are proportional by another.
        factor: of the relation.
        offset: 1 where a similarity was turned into a loss.
        meaning: what that is, in words; empty where exact.
        extents: what a sum runs over besides, such as ("samples",).
        departure: largest relative difference over the regular probes, of the relation named.
        edges: on how many of the other probes the two agree.
        same: other conventions that agree as well on every probe.
    """

    convention: Convention
    relation: Relation
    factor: float = 1.0
    offset: float = 0.0
    meaning: str = ""
    extents: tuple[str, ...] = ()
    departure: float = 0.0
    edges: int = 0
    same: tuple[str, ...] = ()

    def expected(self, value: float, counts: Mapping[str, float]) -> float:
        """What the function should give where the convention gives `value`."""
        return self.offset + self.factor * extent(self.extents, counts) * value


def likenesses(
    loss: Loss,
    observed: Mapping[str, float],
    published: Mapping[str, Mapping[str, float]],
    counts: Mapping[str, Mapping[str, float]],
    regular: Sequence[str],
    tolerance: float,
) -> list[Likeness]:
    """Every convention with its relation to the function, the closest first.

    Args:
        loss: whose conventions they are.
        observed: probe -> value of the function.
        published: convention -> probe -> value; what a convention refuses is missing.
        counts: probe -> what sums run over.
        regular: the probes on which a function must agree.
        tolerance: relative rounding of the two computations.

    Returns:
        an exact one before one up to a factor, a correct one before a mistake, one that also agrees on the other
        probes before one that does not, the default before the rest.
    """
    found = []
    for row in loss.conventions:
        expected = published.get(row.name)
        # a convention that refuses what the function takes is another one
        if row.alias_of is None and expected and all(name in expected for name in regular if name in observed):
            used = [name for name in regular if name in observed and math.isfinite(expected[name])]
            sides = _Sides(observed=observed, expected=expected, counts=counts, used=used, tolerance=tolerance)
            found.append(_likeness(loss, row, sides, [name for name in observed if name not in regular]))
    found.sort(key=_rank)
    if not found or RANKS[found[0].relation] > 1:
        return found
    # the first names the others that cannot be told from it
    first, *others = found
    twins = [other for other in others if (other.relation, other.edges) == (first.relation, first.edges)]
    same = tuple(other.convention.name for other in twins if other.relation == "exact")
    return [replace(first, same=same), *others]


def extent(extents: Sequence[str], counts: Mapping[str, float]) -> float:
    """The product of the counts named; "-samples" divides by that count."""
    return math.prod(1 / counts[name[1:]] if name.startswith("-") else counts[name] for name in extents)


def agrees(observed: float, expected: float, tolerance: float, scale: float = 0.0) -> bool:
    """Whether two values are one up to rounding; two infinities of one sign are, and two NaN."""
    if not (math.isfinite(observed) and math.isfinite(expected)):
        return observed == expected or (math.isnan(observed) and math.isnan(expected))
    return abs(observed - expected) <= tolerance * max(abs(observed), abs(expected), scale) + 1e-9


def _rank(found: Likeness) -> tuple[int, bool, int, int, float, bool]:
    departure = found.departure if found.relation == "departs" else 0.0
    mistaken = found.convention.mistake is not None
    # exactly, or 1 minus another that agrees on more edges: the edges decide
    apart = RANKS[found.relation] if RANKS[found.relation] > 1 else 0
    # of what it is not, the nearest is a help whatever it is, but no mistake that is nowhere near
    far = mistaken and departure > NEAR
    return apart, far, -found.edges, RANKS[found.relation], departure, mistaken


@dataclass(frozen=True, kw_only=True)
class _Sides:
    """The values of a function beside those of one convention."""

    observed: Mapping[str, float]
    expected: Mapping[str, float]
    counts: Mapping[str, Mapping[str, float]]
    used: Sequence[str]  # regular probes on which both have one
    tolerance: float

    def wanted(self, found: Likeness, probe: str) -> float:
        """What the function should give."""
        return found.expected(self.expected[probe], self.counts[probe])

    def departure(self, found: Likeness) -> float:
        """The largest difference, relative to the value or, near zero, to a tenth of the typical one."""
        wanted = {name: self.wanted(found, name) for name in self.used}
        scale = _typical(list(wanted.values()))
        worst = 0.0
        for name in self.used:
            if not math.isfinite(self.observed[name]):
                return math.inf
            size = max(abs(wanted[name]), scale / 10)
            apart = abs(self.observed[name] - wanted[name])
            worst = max(worst, apart / size if size else abs(self.observed[name]))
        return worst

    def ratio(self, extents: Sequence[str]) -> float | None:
        """The function's value over the convention's, where that can be told."""
        least = max(_TINY, _typical([self.expected[name] for name in self.used]) / 10)
        ratios = [
            self.observed[name] / (self.expected[name] * extent(extents, self.counts[name]))
            for name in self.used
            if abs(self.expected[name]) > least and math.isfinite(self.observed[name])
        ]
        return (statistics.median(ratios) or None) if ratios else None


def _likeness(loss: Loss, row: Convention, sides: _Sides, edges: Sequence[str]) -> Likeness:
    """The simplest relation that holds on all regular probes, with the number of edges on which it holds as well."""
    nearest = Likeness(convention=row, relation="departs", departure=math.inf)
    if not sides.used:
        return nearest
    for candidate in _relations(loss, row, sides):
        departure = sides.departure(candidate)
        if departure <= sides.tolerance:
            kept = [name for name in edges if name in sides.expected]
            alike = [agrees(sides.observed[n], sides.wanted(candidate, n), sides.tolerance) for n in kept]
            return replace(candidate, departure=departure, edges=sum(alike))
    return replace(nearest, departure=sides.departure(nearest))


def _relations(loss: Loss, row: Convention, sides: _Sides) -> Iterator[Likeness]:
    """Relations worth trying, the simplest first."""
    exact = Likeness(convention=row, relation="exact")
    yield exact
    for offset, factor, meaning in _TURNED:
        yield replace(exact, relation="factor", factor=factor, offset=offset, meaning=meaning)
    known = {1.0: "", **catalogued_factors(loss), **_SIGNED}
    for extents, words in EXTENTS.items():
        if any(name.lstrip("-") not in sides.counts[probe] for name in extents for probe in sides.used):
            continue
        if extents and len({extent(extents, sides.counts[probe]) for probe in sides.used}) < 2:
            continue  # it never changes, so nothing tells it from a plain factor
        ratio = sides.ratio(extents)
        if ratio is None:
            continue
        named = next((value for value in known if abs(ratio - value) <= 3 * sides.tolerance * abs(value)), None)
        if named is not None:
            meaning = " ".join(word for word in (known[named], words) if word)
            yield replace(exact, relation="factor", factor=named, meaning=meaning, extents=extents)
        elif not extents:
            yield replace(exact, relation="unknown factor", factor=ratio, meaning=f"times {ratio:.6g}")


def _typical(values: Sequence[float]) -> float:
    return statistics.median(abs(value) for value in values)
