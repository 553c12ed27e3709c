"""What a result is the mean of, so that it can be held against that of another checkpoint on the same samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganloss_cli.evaluators.statistics import Apportioned, Floats, Resampled, SetStatistic
from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.evaluate.recipes import ChosenRecipe, recipe_called
from ganloss_cli.pipeline.run.series import Series, TermSeries
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.report import Result, Weights

DRAWS = 1000  # of sums; the spread is then known to 2 %
DRAWS_OF_SETS = 200  # each is the whole loss anew; to 5 %
_BLOCK = 1_000_000  # samples that are drawn at a time

Key = tuple[str, str | None, Weights | None]  # a result's name, domain and weights


@dataclass(frozen=True, kw_only=True)
class Part:
    """A sum that a value is made of.

    Args:
        space: the samples that it is about; sums about others are independent of it.
        factor: that it is multiplied by.
        values: whose mean it is, one a sample; (N,).
        name: of the term.
    """

    space: int
    factor: float
    values: Floats
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Means over samples and statistics of sets that add up to a value.

    Args:
        parts: the means.
        sets: the statistics, each with its factor.
        of_set: whether any of them is one number of a whole set.
    """

    parts: tuple[Part, ...] = ()
    sets: tuple[tuple[float, SetStatistic], ...] = ()
    of_set: bool = False

    def scaled(self, factor: float, part: str | None = None) -> Spread:
        """Times a factor; of one kind of terms alone, where `part` names it."""
        own = [each for each in self.parts if part is None or each.name.partition(".")[0] == part]
        parts = tuple(replace(each, factor=each.factor * factor) for each in own)
        sets = tuple((factor * own, one) for own, one in self.sets) if part is None else ()
        return Spread(parts=parts, sets=sets, of_set=self.of_set)

    def plus(self, other: Spread) -> Spread:
        """Both together."""
        return Spread(parts=self.parts + other.parts, sets=self.sets + other.sets, of_set=self.of_set or other.of_set)

    @cached_property
    def samples(self) -> Floats | None:
        """A value a sample whose mean is the value; None where there is none."""
        if self.sets or not self.parts or len({(each.space, len(each.values)) for each in self.parts}) > 1:
            return None
        return np.asarray(sum(each.factor * each.values for each in self.parts))

    def makes(self, value: float) -> bool:
        """Whether this is what a value is made of, and nothing was cut off or left out."""
        whole = math.fsum((
            *(each.factor * float(each.values.mean()) for each in self.parts),
            *(factor * _number(one.compute()) for factor, one in self.sets),
        ))  # fmt: skip
        return math.isclose(whole, value, rel_tol=1e-6, abs_tol=1e-9)

    @property
    def can_be_redrawn(self) -> bool:
        """Whether it can be computed of samples drawn anew."""
        return bool(self.parts or self.sets) and all(
            isinstance(one, Resampled) and one.is_cheap for _, one in self.sets
        )

    def redrawn(self, seed: int, draws: int) -> Floats:
        """The value on samples drawn anew with replacement, the same ones for every checkpoint; (draws,).

        Args:
            seed: of the drawing.
            draws: how often.
        """
        whole = np.zeros(draws)
        for part in self.parts:
            whole += part.factor * _means(part, seed, draws)
        for factor, statistic in self.sets:
            if isinstance(statistic, Resampled):  # all are: see `can_be_redrawn`
                whole += [factor * _of_set(statistic, seed, draw) for draw in range(draws)]
        return whole


def _means(part: Part, seed: int, draws: int) -> Floats:
    count = len(part.values)
    n_blocks = -(-draws // _draws_in_block(count))
    means = [part.values[_block(seed, count, part.space, k)].mean(axis=1) for k in range(n_blocks)]
    return np.concatenate(means)[:draws]


def _of_set(statistic: Resampled, seed: int, draw: int) -> float:
    def drawn(count: int) -> Tensor:
        per_block = _draws_in_block(count)
        return torch.from_numpy(_block(seed, count, 0, draw // per_block)[draw % per_block])

    return _number(statistic.redrawn(drawn).compute())


def _draws_in_block(count: int) -> int:
    return max(1, min(DRAWS, _BLOCK // count))


@lru_cache(maxsize=4)  # the same ones for every checkpoint
def _block(seed: int, count: int, space: int, block: int) -> npt.NDArray[np.int64]:
    """Which samples are drawn, a row a draw; groups of as many samples are drawn apart."""
    drawn = np.random.default_rng([seed, count, space + 1, block])
    return drawn.integers(0, count, (_draws_in_block(count), count))


def _number(value: float | Mapping[str, float]) -> float:
    return math.fsum(value.values()) if isinstance(value, Mapping) else value


def spreads(outline: Outline, tally: Tally) -> dict[Key, Spread]:
    """Of every result of a report, by what tells it from the others.

    Args:
        outline: what was known beforehand.
        tally: what the samples came to.
    """
    own = {
        _key(entry.result, entry.typed): _spread(series)
        for entry, series in zip(outline.entries, tally.series, strict=False)  # behind them, what is watched
        if entry.typed not in tally.given_up and series.n_updates
    }
    if outline.recipe is None:
        return own
    return dict(_of_recipe(own, recipe_called(outline.recipe.name, outline.recipe.changes)))


def key_of(result: Result) -> Key:
    """What tells a result from the others of its report."""
    return _key(result, result.typed)


def _key(result: Result, typed: str) -> Key:
    return typed, result.domain, result.weights


def _spread(series: Series) -> Spread:
    statistic = series.statistic
    if isinstance(statistic, Apportioned):
        shares = statistic.shares().items()
        parts = tuple(Part(space=series.spaces[side], factor=1.0, values=own) for side, own in shares)
        return Spread(parts=parts, of_set=True)
    if statistic is not None:
        return Spread(sets=((1.0, statistic),), of_set=True)
    return Spread(parts=tuple(_part(name, term) for name, term in series.terms.items()))


def _part(name: str, term: TermSeries) -> Part:
    """A term; a ratio of two sums as the values of samples that have its mean and, to first order, its spread."""
    values, weights = term.ordered()
    if weights is not None:
        values, weights = values[(values != 0) | (weights != 0)], weights[(values != 0) | (weights != 0)]
        mean = values.sum() / weights.sum()
        values = mean + (values - mean * weights) / weights.mean()
    return Part(space=term.space, factor=1.0, values=values, name=name)


def _of_recipe(own: Mapping[Key, Spread], chosen: ChosenRecipe) -> Iterator[tuple[Key, Spread]]:
    """Of the terms and totals that a recipe makes of its losses."""
    totals: dict[str, list[Spread]] = {}
    unknown = {term.total for term in chosen.recipe.terms if term.weight_of}  # its own weight spreads as well
    for term in chosen.recipe.terms:
        keys = [key for key in own if key[0] == term.key and (term.domain is None or key[1] == term.domain)]
        if not keys:
            continue
        spread = own[keys[0]].scaled(term.logged_factor(chosen.settings), term.part)
        yield (term.logged, *keys[0][1:]), spread
        if term.total is not None and term.total not in unknown:
            totals.setdefault(term.total, []).append(spread.scaled(term.total_weight(chosen.settings)))
    for logged, parts in totals.items():
        weights = next((key[2] for key in own if key[2]), None)
        yield (logged, None, weights), _sum(parts)


def _sum(spreads_: Sequence[Spread]) -> Spread:
    whole = Spread()
    for each in spreads_:
        whole = whole.plus(each)
    return whole
