"""The values of one run as they come in, and the result they make."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.statistics import (
    Apportioned,
    Floats,
    Moments,
    SetFigure,
    SetStatistic,
    State,
    Summary,
    Termed,
    Unreduced,
    Weighted,
    array_of,
    error_of,
    kept_by,
    statistic_of,
)
from ganloss_cli.records.report import Reason, Term


@dataclass(kw_only=True)
class TermSeries:
    """One term: the values of samples that follow one another, in their order once they are settled.

    Args:
        space: the group of samples that it is about.
        first: the place of the first of them.
        places: of those that have come in since it was last settled.
    """

    space: int
    first: int = 0
    values: list[Floats] = field(default_factory=list)
    weights: list[Floats] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.values))

    def settle(self) -> None:
        """Put what has come in into the order of the samples, so that the order of arrival leaves no trace."""
        if self.places:
            order = np.argsort(np.asarray(self.places, dtype=np.int64), kind="stable")
            self.first = self.places[order[0]]
            self.values = [np.concatenate(self.values)[order]]
            self.weights = [np.concatenate(self.weights)[order]] if self.weights else []
            self.places = []

    def extend(self, later: TermSeries) -> None:
        """Take in the samples that follow; both are settled."""
        self.first = self.first if self.values else later.first
        self.values += later.values
        self.weights += later.weights

    def ordered(self) -> tuple[Floats, Floats | None]:
        """Values, and weights where there are any, in the order of the samples."""
        self.settle()
        self.values = [np.concatenate(self.values)]
        return self.values[0], np.concatenate(self.weights) if self.weights else None

    def moments(self) -> Moments:
        """Its figures."""
        values, weights = self.ordered()
        moments = Moments()
        moments.update(torch.from_numpy(values), None if weights is None else torch.from_numpy(weights))
        return moments


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The statistic of 2^level consecutive steps, of which these are the index-th; or of what a step held of them."""

    level: int
    index: int
    statistic: SetStatistic

    @property
    def start(self) -> int:
        """The first of the steps."""
        return self.index << self.level

    def joins(self, later: Merged) -> bool:
        """Whether the two are the halves of a longer stretch."""
        return self.level == later.level and self.index % 2 == 0 and later.index == self.index + 1

    def with_half(self, later: Merged) -> Merged:
        """The longer stretch."""
        return Merged(level=self.level + 1, index=self.index // 2, statistic=self.statistic.merge(later.statistic))


@dataclass(frozen=True, kw_only=True)
class OfSamples:
    """The values of samples that follow one another in their group, from the first of them on."""

    space: int
    first: int
    values: Floats


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a series comes to."""

    value: float | None
    reason: Reason | None
    count: int
    standard_error: float | None = None
    minimum: float | None = None
    median: float | None = None
    maximum: float | None = None
    non_finite: int
    non_finite_places: tuple[tuple[int, int], ...] = ()  # (space, place)
    terms: Mapping[str, Term]
    remark: str | None = None  # what to hold it against
    remarked: str = ""  # the name of the finding that says so
    per_sample: OfSamples | None = None  # where a sample has a value


class Series:
    """What one run has produced so far, of consecutive steps.

    Sums of floats depend on the order of adding. Statistics are therefore merged in pairs, as a binary tree over all
    steps has them: whoever holds which steps, the sum is the same to the last bit.
    """

    def __init__(self, over_batches: bool) -> None:
        self.over_batches = over_batches
        self.terms: dict[str, TermSeries] = {}
        self.merged: list[Merged] = []
        self.n_updates = 0
        self.sub_discriminators: int | None = None  # of the discriminator whose output the loss reads
        self.infinite: set[tuple[int, int]] = set()  # (space, place) of samples that it scored infinite
        self.spaces: Mapping[str, int] = {}  # of the sides of a set
        self._statistic: SetStatistic | None = None  # of the step that is not settled yet

    def update(self, value: Unreduced, spaces: Mapping[str, int], places: Sequence[Sequence[int]]) -> None:
        """Take in what the loss function returned for a forward pass.

        Args:
            value: what it returned.
            spaces: term, or side of a set -> the group of samples that it is about; "" for a loss without terms.
            places: of each group, which samples were passed.
        """
        self.n_updates += 1
        if self.over_batches:
            for name, mean in _means(value).items():
                self._add(name, -1, [self.n_updates], torch.tensor([mean], dtype=torch.float64))
        elif isinstance(value, Weighted):
            self._add("", spaces[""], places[spaces[""]], value.values, value.weights)
        elif isinstance(value, Tensor):
            self._add("", spaces[""], places[spaces[""]], value)
        elif isinstance(value, SetStatistic):
            kept = value.detach()  # the graph of a penalty's batch is as large as the network's maps
            self.spaces = spaces
            self._statistic = kept if self._statistic is None else self._statistic.merge(kept)
        else:
            for name, values in value.items():
                self._add(name, spaces[name], places[spaces[name]], values)

    def _add(self, name: str, space: int, places: Sequence[int], values: Tensor, weights: Tensor | None = None) -> None:
        term = self.terms.setdefault(name, TermSeries(space=space))
        if values.dim() != 1 or len(values) != len(places):
            raise AssertionError(f"term {name!r}: {tuple(values.shape)} values for {len(places)} samples")
        term.places.extend(places)
        term.values.append(array_of(values))
        if weights is not None:
            term.weights.append(array_of(weights))

    def settle(self, step: int) -> None:
        """Nothing more of this step will come in."""
        for term in self.terms.values():
            term.settle()
        if self._statistic is not None:
            self._merge(Merged(level=0, index=step, statistic=self._statistic))
            self._statistic = None

    def check_beside(self, statistic: SetStatistic) -> None:
        """Refuse a statistic of later samples that does not go with that of the first ones.

        It is held against the first step's, whoever holds that: which steps are merged before tells nothing.

        Raises:
            InputError: it does not.
        """
        if self.merged:
            self.merged[0].statistic.check_beside(statistic)

    def extend(self, later: Series) -> None:
        """Take in the steps that follow; both are settled.

        Raises:
            InputError: their statistics do not go with those of the steps before.
        """
        if later.merged:
            self.check_beside(later.merged[0].statistic)
        self.n_updates += later.n_updates
        self.sub_discriminators = self.sub_discriminators or later.sub_discriminators
        self.infinite |= later.infinite
        self.spaces = self.spaces or later.spaces
        for name, term in later.terms.items():
            self.terms.setdefault(name, TermSeries(space=term.space)).extend(term)
        for merged in later.merged:
            self._merge(merged)

    def _merge(self, later: Merged) -> None:
        while self.merged and self.merged[-1].joins(later):
            later = self.merged.pop().with_half(later)
        self.merged.append(later)

    @property
    def statistic(self) -> SetStatistic | None:
        """Of everything taken in; None for a loss of which samples have values."""
        found = [*(merged.statistic for merged in self.merged), *filter(None, [self._statistic])]
        return functools.reduce(lambda one, other: one.merge(other), found) if found else None

    def state(self) -> State:
        """All of it, for another process; settled."""
        return {
            "n_updates": self.n_updates,
            "sub_discriminators": self.sub_discriminators,
            "infinite": sorted(map(list, self.infinite)),
            "terms": {name: _term_state(term) for name, term in self.terms.items()},
            "spaces": self.spaces,
            "merged": [[m.level, m.index, kept_by(m.statistic)] for m in self.merged],
        }

    @classmethod
    def of_state(cls, state: State, *, over_batches: bool) -> Series:
        """The same series again."""
        series = cls(over_batches)
        series.n_updates, series.sub_discriminators = state["n_updates"], state["sub_discriminators"]
        series.spaces = state["spaces"]
        series.infinite = {(space, place) for space, place in state["infinite"]}
        series.terms = {name: _term_of(term) for name, term in state["terms"].items()}
        series.merged = [
            Merged(level=level, index=index, statistic=statistic_of(kept)) for level, index, kept in state["merged"]
        ]
        return series

    def outcome(self, paired: bool) -> Outcome:
        """The figures over everything taken in.

        Args:
            paired: whether terms of equal count are about the same samples.
        """
        outcome = self._outcome(paired)
        if outcome.reason is None or not self.infinite or not self.infinite.issuperset(outcome.non_finite_places):
            return outcome
        # the loss saw NaN in place of infinite scores
        places = tuple(sorted(self.infinite))
        return replace(outcome, reason="infinite", non_finite=len(places), non_finite_places=places)

    def _outcome(self, paired: bool) -> Outcome:
        if (statistic := self.statistic) is not None:
            return _of_statistic(statistic)
        of_terms = {name: term.moments() for name, term in self.terms.items()}
        summaries = {name: moments.compute() for name, moments in of_terms.items()}
        terms = {name: _term(summary) for name, summary in summaries.items() if name}
        if len(self.terms) == 1:
            (series,) = self.terms.values()
            (summary,) = summaries.values()
            (moments,) = of_terms.values()
            return _outcome(summary, terms, series, moments.samples(), self.terms)
        # a batch that lacks a side has no value of that term
        together = paired if not self.over_batches else {len(t) for t in self.terms.values()} == {self.n_updates}
        if len({term.space for term in self.terms.values()}) == 1 and together:
            # a sample's terms are correlated: its sum is one value
            moments = Moments()
            moments.update(torch.from_numpy(sum(term.ordered()[0] for term in self.terms.values())))
            first = next(iter(self.terms.values()))
            return _outcome(moments.compute(), terms, first, moments.samples(), self.terms)
        return _of_independent_terms(summaries, terms, self.terms)


def _means(value: Unreduced) -> dict[str, float]:
    """The mean of a batch, or of each of its terms; a side of which the batch holds no samples has none."""
    if isinstance(value, SetStatistic):
        computed = value.compute()
        return dict(computed) if isinstance(computed, Mapping) else {"": computed}
    if isinstance(value, Mapping):
        return {name: total(values) for name, values in value.items() if len(values)}
    return {"": total(value)}


def _outcome(
    summary: Summary, terms: Mapping[str, Term], own: TermSeries, values: Floats, series: Mapping[str, TermSeries]
) -> Outcome:
    of_samples = OfSamples(space=own.space, first=own.first, values=values)
    return Outcome(
        value=summary.mean,
        reason=_reason(summary.n_nan, summary.n_infinite) or (None if summary.count else "unavailable"),
        count=summary.count,
        standard_error=summary.standard_error,
        minimum=summary.minimum,
        median=summary.median,
        maximum=summary.maximum,
        non_finite=summary.n_nan + summary.n_infinite,
        non_finite_places=_non_finite(series) if summary.n_nan + summary.n_infinite else (),
        terms=terms,
        per_sample=of_samples if own.space >= 0 else None,
    )


def _of_independent_terms(
    summaries: Mapping[str, Summary], terms: Mapping[str, Term], series: Mapping[str, TermSeries]
) -> Outcome:
    """Unpaired sides: the value is the sum of means, its error the root of the summed squares."""
    means = [summary.mean for summary in summaries.values()]
    errors = [summary.standard_error for summary in summaries.values()]
    finite = all(mean is not None for mean in means)
    n_nan = sum(summary.n_nan for summary in summaries.values())
    n_infinite = sum(summary.n_infinite for summary in summaries.values())
    known = finite and all(error is not None for error in errors)
    return Outcome(
        value=float(sum(mean for mean in means if mean is not None)) if finite else None,
        reason=_reason(n_nan, n_infinite),
        count=max(summary.count for summary in summaries.values()),
        standard_error=float(np.sqrt(sum(error**2 for error in errors if error is not None))) if known else None,
        non_finite=n_nan + n_infinite,
        non_finite_places=_non_finite(series) if n_nan + n_infinite else (),
        terms=terms,
    )


def _of_statistic(statistic: SetStatistic) -> Outcome:
    computed = statistic.compute()
    parts = computed if isinstance(computed, Mapping) else statistic.terms() if isinstance(statistic, Termed) else {}
    value = float(sum(computed.values()) if isinstance(computed, Mapping) else computed)
    finite = bool(np.isfinite(value))
    figure = statistic if finite and isinstance(statistic, SetFigure) else None
    return Outcome(
        value=value if finite else None,
        reason=None if finite else _reason(int(np.isnan(value)), 1),
        count=statistic.count,
        standard_error=figure.standard_error() if figure else _error(statistic) if finite else None,
        remark=figure.remark() if figure else None,
        remarked=figure.remarked if figure else "",
        non_finite=0 if finite else 1,
        terms={
            name: Term(value=part if np.isfinite(part) else None, count=statistic.count, standard_error=None)
            for name, part in parts.items()
        },
    )


def _error(statistic: SetStatistic) -> float | None:
    return error_of(statistic.shares()) if isinstance(statistic, Apportioned) else None


def _term(summary: Summary) -> Term:
    return Term(value=summary.mean, count=summary.count, standard_error=summary.standard_error)


def _reason(n_nan: int, n_infinite: int) -> Reason | None:
    return "nan" if n_nan else "infinite" if n_infinite else None


def _non_finite(series: Mapping[str, TermSeries]) -> tuple[tuple[int, int], ...]:
    """Where they stand, in the order of the groups and their samples; looked for where there are any."""
    places: dict[tuple[int, int], Any] = {}
    for term in series.values():
        moments = term.moments()
        for k in np.flatnonzero(~np.isfinite(moments.samples()) & moments.present()):
            places[(term.space, term.first + int(k))] = None
    return tuple(sorted(place for place in places if place[0] >= 0))


def _term_state(term: TermSeries) -> State:
    values, weights = term.ordered()
    return {"space": term.space, "first": term.first, "values": values, "weights": weights}


def _term_of(state: State) -> TermSeries:
    weights = [] if state["weights"] is None else [state["weights"]]
    return TermSeries(space=state["space"], first=state["first"], values=[state["values"]], weights=weights)
