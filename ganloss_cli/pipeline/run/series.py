"""The values of one run as they come in, and the result they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.statistics import Floats, Moments, SetFigure, SetStatistic, Summary, Unreduced, Weighted
from ganloss_cli.records.report import Reason, Term


@dataclass(kw_only=True)
class TermSeries:
    """One term: values of samples with the samples' places, so that the order of arrival leaves no trace.

    Args:
        space: the group of samples that it is about.
    """

    space: int
    places: list[int] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)
    weights: list[Tensor] = field(default_factory=list)

    def ordered(self) -> tuple[Floats, Floats | None]:
        """Values, and weights where there are any, in the order of the samples."""
        order = np.argsort(np.asarray(self.places, dtype=np.int64), kind="stable")
        values = np.concatenate([_numpy(value) for value in self.values])[order]
        weights = np.concatenate([_numpy(value) for value in self.weights])[order] if self.weights else None
        return values, weights

    def moments(self) -> Moments:
        """Its figures."""
        values, weights = self.ordered()
        moments = Moments()
        moments.update(torch.from_numpy(values), None if weights is None else torch.from_numpy(weights))
        return moments


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
    per_sample: tuple[int, Floats] | None = None  # (space, value of each sample), where a sample has one


class Series:
    """Everything that one run has produced so far."""

    def __init__(self, over_batches: bool) -> None:
        self.over_batches = over_batches
        self.terms: dict[str, TermSeries] = {}
        self.statistic: SetStatistic | None = None
        self.n_updates = 0
        self.sub_discriminators: int | None = None  # of the discriminator whose output the loss reads
        self.infinite: set[tuple[int, int]] = set()  # (space, place) of samples that it scored infinite

    def update(self, value: Unreduced, spaces: Mapping[str, int], places: Sequence[Sequence[int]]) -> None:
        """Take in what the loss function returned for a step.

        Args:
            value: what it returned.
            spaces: term -> the group of samples that it is about; "" for a loss without terms.
            places: of each group, which samples the step held.
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
            self.statistic = kept if self.statistic is None else self.statistic.merge(kept)
        else:
            for name, values in value.items():
                self._add(name, spaces[name], places[spaces[name]], values)

    def _add(self, name: str, space: int, places: Sequence[int], values: Tensor, weights: Tensor | None = None) -> None:
        term = self.terms.setdefault(name, TermSeries(space=space))
        if values.dim() != 1 or len(values) != len(places):
            raise AssertionError(f"term {name!r}: {tuple(values.shape)} values for {len(places)} samples")
        term.places.extend(places)
        term.values.append(values.detach().cpu())
        if weights is not None:
            term.weights.append(weights.detach().cpu())

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
        if self.statistic is not None:
            return _of_statistic(self.statistic)
        of_terms = {name: term.moments() for name, term in self.terms.items()}
        summaries = {name: moments.compute() for name, moments in of_terms.items()}
        terms = {name: _term(summary) for name, summary in summaries.items() if name}
        if len(self.terms) == 1:
            (series,) = self.terms.values()
            (summary,) = summaries.values()
            (moments,) = of_terms.values()
            return _outcome(summary, terms, (series.space, moments.samples()), self.terms)
        together = paired if not self.over_batches else len({tuple(term.places) for term in self.terms.values()}) == 1
        if len({term.space for term in self.terms.values()}) == 1 and together:
            space = next(iter(self.terms.values())).space
            # a sample's terms are correlated: its sum is one value
            moments = Moments()
            moments.update(torch.from_numpy(sum(term.ordered()[0] for term in self.terms.values())))
            return _outcome(moments.compute(), terms, (space, moments.samples()), self.terms)
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
    summary: Summary, terms: Mapping[str, Term], per_sample: tuple[int, Floats], series: Mapping[str, TermSeries]
) -> Outcome:
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
        per_sample=per_sample if per_sample[0] >= 0 else None,
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
    parts = dict(computed) if isinstance(computed, Mapping) else {}
    value = float(sum(computed.values()) if isinstance(computed, Mapping) else computed)
    finite = bool(np.isfinite(value))
    figure = statistic if finite and isinstance(statistic, SetFigure) else None
    return Outcome(
        value=value if finite else None,
        reason=None if finite else _reason(int(np.isnan(value)), 1),
        count=statistic.count,
        standard_error=figure.standard_error() if figure else None,
        remark=figure.remark() if figure else None,
        non_finite=0 if finite else 1,
        terms={
            name: Term(value=part if np.isfinite(part) else None, count=statistic.count, standard_error=None)
            for name, part in parts.items()
        },
    )


def _term(summary: Summary) -> Term:
    return Term(value=summary.mean, count=summary.count, standard_error=summary.standard_error)


def _reason(n_nan: int, n_infinite: int) -> Reason | None:
    return "nan" if n_nan else "infinite" if n_infinite else None


def _non_finite(series: Mapping[str, TermSeries]) -> tuple[tuple[int, int], ...]:
    """Where they stand, in the order of the groups and their samples; looked for where there are any."""
    places: dict[tuple[int, int], Any] = {}
    for term in series.values():
        moments = term.moments()
        ordered = sorted(term.places)
        for k in np.flatnonzero(~np.isfinite(moments.samples()) & moments.present()):
            places[(term.space, ordered[int(k)])] = None
    return tuple(sorted(place for place in places if place[0] >= 0))


def _numpy(value: Tensor) -> Floats:
    return value.double().numpy()
