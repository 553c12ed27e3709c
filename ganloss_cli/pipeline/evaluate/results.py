"""From what the samples came to, and what was known before, to the records of the report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.histograms import histogram
from ganloss_cli.evaluators.statistics import Floats
from ganloss_cli.pipeline.evaluate.outline import LARGEST_BATCH, Entry, Outline
from ganloss_cli.pipeline.run.series import OfSamples, Outcome, Series
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.evidence import LOSS
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding, Result, SampleValues

MOST_NAMES = 10
Names = Sequence[Sequence[str]]  # of the samples of every group


@dataclass(frozen=True, kw_only=True)
class Computed:
    """What a run came to."""

    entry: Entry
    series: Series
    outcome: Outcome

    @property
    def values(self) -> Floats:
        """Of the samples, where they have any."""
        return self.outcome.per_sample.values if self.outcome.per_sample else np.empty(0)


def computed(outline: Outline, tally: Tally, *, partial: bool) -> tuple[list[Computed], dict[str, str]]:
    """What every run came to, and for the others what they lack, by the loss as typed.

    Args:
        outline: what was known beforehand.
        tally: what the samples came to.
        partial: whether more samples belong to the run, which have to be known before anything is refused.

    Raises:
        InputError: a loss asked for by name cannot take the samples of several steps together.
        UsageError: such a loss could not be computed, or took scores for logits that all lie in [0, 1].
    """
    given_up = tally.given_up
    lacking = {entry.typed: given_up[entry.typed].message for entry in outline.entries if entry.typed in given_up}
    if not partial:
        _refuse(outline.entries, tally, lacking)
    found = []
    for entry, series in zip(outline.entries, tally.series, strict=False):  # behind them, what is watched
        if entry.typed in lacking or not series.n_updates:
            continue
        try:
            found.append(Computed(entry=entry, series=series, outcome=series.outcome(entry.paired)))
        except InputError:  # too few samples for a figure of the set, of which the other parts hold more
            if not partial:
                raise
    return found, lacking


def _refuse(entries: Sequence[Entry], tally: Tally, lacking: dict[str, str]) -> None:
    """Refuse what was asked for by name and cannot be told, and enter in `lacking` what else cannot be."""
    for entry in entries:
        # of all conventions of a loss, one at least has to be left
        own = [each for each in entries if each.result.loss == entry.result.loss] if entry.beside_others else [entry]
        if entry.explicit and all(each.typed in lacking for each in own):
            last = max(reversed(own), key=lambda each: tally.given_up[each.typed].step)
            raise tally.given_up[last.typed].error(last.label)
    for entry in entries:
        low, high = tally.scores.get(entry.label, (math.nan, math.nan))
        if not entry.scores_known and entry.label in tally.decisive and low >= 0 and high <= 1:
            message = f"all scores lie between {low:.4g} and {high:.4g}: logits or probabilities?"
            if entry.explicit:
                raise UsageError(f"{entry.label}: {message}", hint="give --scores logits or --scores probabilities")
            lacking[entry.typed] = f"{message} (--scores)"


def results(found: Sequence[Computed], tally: Tally, names: Names) -> tuple[tuple[Result, ...], tuple[Finding, ...]]:
    """The result of every run, and findings about them."""
    made, findings = [], []
    for each in found:
        of_bad = tuple(names[space][place] for space, place in each.outcome.non_finite_places)
        made.append(_result(each, tally.largest_batch, of_bad))
        if each.outcome.remark:
            message = f"{each.entry.label}: {each.outcome.remark}"
            findings.append(Finding(check=each.outcome.remarked, severity="note", message=message))
        if each.outcome.non_finite:
            findings.append(_non_finite(each, of_bad))
        findings += _known(each)
    return tuple(made), tuple(findings)


def _result(each: Computed, largest_batch: int, of_bad: tuple[str, ...]) -> Result:
    template, outcome, n_judges = each.entry.result, each.outcome, each.series.sub_discriminators
    because = template.batch_dependent_because
    return replace(
        template,
        value=outcome.value,
        reason=outcome.reason,
        count=outcome.count,
        standard_error=outcome.standard_error,
        minimum=outcome.minimum,
        median=outcome.median,
        maximum=outcome.maximum,
        distribution=_distribution(each),
        non_finite=outcome.non_finite,
        non_finite_samples=of_bad,
        equilibrium=find_loss(template.loss).equilibrium_at(n_judges or 1, template.settings),
        batch_dependent_because=because and because.replace(LARGEST_BATCH, str(largest_batch)),
        sub_discriminators=n_judges,
        terms=outcome.terms,
    )


def _distribution(each: Computed) -> tuple[int, ...]:
    """None where a sample has no value, or one that is not finite."""
    return histogram({"": each.values})[1][""] if len(each.values) > 1 and each.outcome.value is not None else ()


def _known(each: Computed) -> Iterator[Finding]:
    """Values of samples that have a meaning of their own, as a zero of a product has."""
    loss, values = find_loss(each.entry.result.loss), each.values
    row = next(row for row in loss.conventions if row.name == each.entry.result.convention)
    as_published = loss.default.name in (row.name, row.alias_of)
    for known, meaning in loss.known_values.items():
        n = int((values == known).sum())
        # other conventions scale or shift it, but zero
        if n and math.isfinite(known) and (as_published or (known == 0 and not row.inverted)):
            yield Finding(
                check="value_with_a_meaning",
                severity="note",
                message=f"{each.entry.label}: {n} of {len(values)} samples {'is' if n == 1 else 'are'} exactly"
                f" {known:g}: {meaning}",
                evidence={LOSS: each.entry.typed, "value": known, "samples": n},
            )


def _non_finite(each: Computed, names: tuple[str, ...]) -> Finding:
    outcome, values = each.outcome, each.values
    infinite = outcome.reason == "infinite" and bool(np.isposinf(values).any())
    are = "sample is" if outcome.count == 1 else "samples are"
    return Finding(
        check="non_finite_loss",
        severity="error",
        message=f"{each.entry.label}: {outcome.non_finite} of {outcome.count} {are} not finite"
        + (f": {listed(names, MOST_NAMES)}" if names else ""),
        evidence={LOSS: each.entry.typed, "reason": outcome.reason, "samples": list(names)},
        hint=find_loss(each.entry.result.loss).known_values.get(math.inf if infinite else math.nan),
    )


@dataclass(frozen=True, kw_only=True)
class SampleTable:
    """Each sample's value of each loss.

    Args:
        names: of the samples of every group.
        labels: of the losses.
        columns: of those that have a value for a single sample, by group and label.
        tally: what the samples came to.
    """

    names: Names
    labels: tuple[str, ...]
    columns: Mapping[tuple[int, str], OfSamples]
    tally: Tally

    @classmethod
    def of(
        cls, outline: Outline, found: Sequence[Computed], lacking: Mapping[str, str], names: Names, tally: Tally
    ) -> SampleTable:
        """The table of what was computed."""
        columns = ((each.entry.label, each.outcome.per_sample) for each in found)
        return cls(
            names=names,
            labels=tuple(entry.label for entry in outline.entries if entry.typed not in lacking),
            columns={(column.space, label): column for label, column in columns if column is not None},
            tally=tally,
        )

    def rows(self) -> tuple[SampleValues, ...]:
        """A row a sample of every group that some loss is about; None where a loss has no value for it."""
        spaces = sorted({space for space, _ in self.columns}) or [0]
        return tuple(self._row(space, place) for space in spaces for place in self._places(space))

    def worst(self, label: str, n: int, *, highest: bool) -> tuple[SampleValues, ...]:
        """The samples on which a loss is at its highest, or at its lowest; none where no sample has a finite value."""
        own = [column for (_, name), column in sorted(self.columns.items()) if name == label]
        if not own:
            return ()
        values = np.concatenate([column.values for column in own])
        starts = np.cumsum([0, *(len(column.values) for column in own)])
        known = np.flatnonzero(np.isfinite(values))
        rows = []
        for k in known[np.argsort(-values[known] if highest else values[known], kind="stable")[:n]]:
            which = int(np.searchsorted(starts, k, side="right")) - 1
            rows.append(self._row(own[which].space, own[which].first + int(k - starts[which])))
        return tuple(rows)

    def _row(self, space: int, place: int) -> SampleValues:
        values = {label: _finite(self.columns.get((space, label)), place) for label in self.labels}
        checksums = self.tally.checksums(space, place - self._first[space])
        return SampleValues(name=self.names[space][place], values=values, sha256=checksums, group=space)

    @cached_property
    def _first(self) -> Mapping[int, int]:
        """The first sample of each group that these steps hold."""
        return {space: self._places(space).start for space in range(len(self.names))}

    def _places(self, space: int) -> range:
        own = [column for (of, _), column in self.columns.items() if of == space]
        if not own:
            return range(len(self.names[space]))
        return range(min(c.first for c in own), max(c.first + len(c.values) for c in own))


def _finite(column: OfSamples | None, place: int) -> float | None:
    k = place - column.first if column is not None else -1
    if column is None or not 0 <= k < len(column.values) or not np.isfinite(column.values[k]):
        return None
    return float(column.values[k])
