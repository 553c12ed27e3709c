"""Which published convention a function computes, from its values on probing inputs. No tensor, no fitting."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ganloss_cli.evaluators.catalogue import Convention, Loss
from ganloss_cli.evaluators.recipes.published import documented_weights

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
            found.append(_likeness(loss, row, observed, expected, counts, regular, tolerance))
    found.sort(key=_rank)
    return _merged(found)


def _rank(found: Likeness) -> tuple[int, int, int, float, bool]:
    departure = found.departure if found.relation == "departs" else 0.0
    mistaken = found.convention.mistake is not None
    # exactly, or 1 minus another that agrees on more edges: the edges decide
    apart = RANKS[found.relation] if RANKS[found.relation] > 1 else 0
    # of what it is not, the nearest is a help whatever it is
    return apart, -found.edges, RANKS[found.relation], departure, mistaken


def _merged(found: list[Likeness]) -> list[Likeness]:
    """The first names the others that cannot be told from it."""
    if not found or RANKS[found[0].relation] > 1:
        return found
    first, *others = found
    twins = [other for other in others if (other.relation, other.edges) == (first.relation, first.edges)]
    names = tuple(other.convention.name for other in twins if other.relation == "exact")
    return [Likeness(**{**vars(first), "same": names}), *others]


def _likeness(
    loss: Loss,
    row: Convention,
    observed: Mapping[str, float],
    expected: Mapping[str, float],
    counts: Mapping[str, Mapping[str, float]],
    regular: Sequence[str],
    tolerance: float,
) -> Likeness:
    used = [name for name in regular if name in observed and math.isfinite(expected[name])]
    best = Likeness(convention=row, relation="departs", departure=math.inf)
    if not used:
        return best
    best = Likeness(convention=row, relation="departs", departure=_departure(best, used, observed, expected, counts))
    for candidate in _candidates(loss, row, used, observed, expected, counts, tolerance):
        if _departure(candidate, used, observed, expected, counts) <= tolerance:
            edges = [name for name in observed if name not in regular and name in expected]
            agree = sum(agrees(observed[n], candidate.expected(expected[n], counts[n]), 10 * tolerance) for n in edges)
            departure = _departure(candidate, used, observed, expected, counts)
            return Likeness(**{**vars(candidate), "departure": departure, "edges": agree})
    return best


def _candidates(
    loss: Loss,
    row: Convention,
    used: Sequence[str],
    observed: Mapping[str, float],
    expected: Mapping[str, float],
    counts: Mapping[str, Mapping[str, float]],
    tolerance: float,
) -> Iterator[Likeness]:
    """Relations worth trying, the simplest first."""
    yield Likeness(convention=row, relation="exact")
    known = factors_of(loss)
    for offset, factor, meaning in ((0.0, -1.0, "minus"), (1.0, -1.0, "1 minus"), (0.5, -0.5, "half of 1 minus")):
        yield Likeness(convention=row, relation="factor", factor=factor, offset=offset, meaning=meaning)
    for extents, words in EXTENTS.items():
        if any(name.lstrip("-") not in counts[probe] for name in extents for probe in used):
            continue
        if extents and len({extent(extents, counts[probe]) for probe in used}) < 2:
            continue  # it never changes, so nothing tells it from a plain factor
        ratio = _ratio(used, observed, expected, counts, extents)
        if ratio is None:
            continue
        named = next((value for value in known if abs(ratio - value) <= 3 * tolerance * abs(value)), None)
        if named is not None:
            meaning = " ".join(word for word in (known[named], words) if word)
            yield Likeness(convention=row, relation="factor", factor=named, meaning=meaning, extents=extents)
        elif not extents:
            yield Likeness(convention=row, relation="unknown factor", factor=ratio, meaning=f"times {ratio:.6g}")


def factors_of(loss: Loss) -> Mapping[float, str]:
    """The factors that are catalogued for a loss, with whose each is. A scale is never fitted.

    Args:
        loss: of the catalogue.
    """
    known = {1.0: "", 0.5: "half", 2.0: "twice", -0.5: "minus half", -2.0: "minus twice"}
    for row in loss.conventions:
        if row.factor is not None and row.mistake is None:
            known.setdefault(row.factor, f"the factor of {loss.name}:{row.name}")
    for weight, meaning in {**COMMON_WEIGHTS.get(loss.name, {}), **documented_weights(loss.name)}.items():
        known.setdefault(weight, meaning)
    return known


# Weights that functions apply inside, where the catalogue's conventions have other ranges or none.
COMMON_WEIGHTS: Mapping[str, Mapping[float, str]] = {
    "cycle": {10.0: "lambda = 10 of CycleGAN", 5.0: "half of lambda = 10"},
    "identity": {5.0: "lambda x lambda_identity = 5 of CycleGAN", 2.5: "half of 5"},
    "l1": {100.0: "lambda = 100 of pix2pix", 10.0: "lambda = 10"},
    "mel": {45.0: "lambda_mel = 45 of HiFi-GAN", 15.0: "lambda_mel = 15 of DAC"},
    "fm": {10.0: "lambda_feat = 10"},
    "gp": {10.0: "lambda = 10"},
}


def extent(extents: Sequence[str], counts: Mapping[str, float]) -> float:
    """The product of the counts named; "-samples" divides by that count."""
    return math.prod(1 / counts[name[1:]] if name.startswith("-") else counts[name] for name in extents)


def agrees(observed: float, expected: float, tolerance: float, scale: float = 0.0) -> bool:
    """Whether two values are one up to rounding; two infinities of one sign are, and two NaN."""
    if not (math.isfinite(observed) and math.isfinite(expected)):
        return observed == expected or (math.isnan(observed) and math.isnan(expected))
    return abs(observed - expected) <= tolerance * max(abs(observed), abs(expected), scale) + 1e-9


def _typical(values: Sequence[float]) -> float:
    return statistics.median(abs(value) for value in values)


def _departure(
    found: Likeness,
    used: Sequence[str],
    observed: Mapping[str, float],
    expected: Mapping[str, float],
    counts: Mapping[str, Mapping[str, float]],
) -> float:
    """The largest difference, relative to the value or, near zero, to a tenth of the typical one."""
    wanted = {name: found.expected(expected[name], counts[name]) for name in used}
    scale = _typical(list(wanted.values()))
    worst = 0.0
    for name in used:
        if not math.isfinite(observed[name]):
            return math.inf
        size = max(abs(wanted[name]), scale / 10)
        worst = max(worst, abs(observed[name] - wanted[name]) / size if size else abs(observed[name]))
    return worst


def _ratio(
    used: Sequence[str],
    observed: Mapping[str, float],
    expected: Mapping[str, float],
    counts: Mapping[str, Mapping[str, float]],
    extents: Sequence[str],
) -> float | None:
    """The function's value over the convention's, where that can be told."""
    scale = _typical([expected[name] for name in used])
    ratios = [
        observed[name] / (expected[name] * extent(extents, counts[name]))
        for name in used
        if abs(expected[name]) > max(_TINY, scale / 10) and math.isfinite(observed[name])
    ]
    return statistics.median(ratios) if ratios and statistics.median(ratios) else None
