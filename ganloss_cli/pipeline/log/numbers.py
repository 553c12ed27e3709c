"""Logged numbers held against those that a checkpoint gives."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ganloss_cli.errors import NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.catalogue import Selected, select
from ganloss_cli.evaluators.known_tags import Meaning, words_of
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_selected
from ganloss_cli.pipeline.log.sums import CLIPS
from ganloss_cli.pipeline.number.candidates import factors
from ganloss_cli.progress import Progress
from ganloss_cli.records.log import LoggedNumber, Outcome
from ganloss_cli.records.report import CheckpointRecord, Finding, Input, Report, Result
from ganloss_cli.records.request import Request

BOUND = 3.0  # standard errors
_RELATIVE = 1e-5  # what two float32 computations of one mean may differ by
_NEIGHBOURS = 10
_LAZY = {"r1": "every 16th iteration", "path_length": "every 4th iteration"}


@dataclass(frozen=True, kw_only=True)
class LoggedSeries:
    """One tag of one file, and what it may be.

    Args:
        file: the file's place in the list.
        log: the file.
        series: the tag's values.
        meaning: None for a tag that is no loss of the catalogue.
    """

    file: int
    log: Log
    series: Series
    meaning: Meaning | None


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What came of all numbers."""

    numbers: tuple[LoggedNumber, ...] = ()
    step: int | None = None
    findings: tuple[Finding, ...] = ()
    inputs: tuple[Input, ...] = ()
    checkpoints: tuple[CheckpointRecord, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """One formula beside the logged number."""

    selected: Selected
    factor: float
    meaning: str | None
    value: float
    difference: float
    error: float | None
    exact: bool

    @property
    def errors(self) -> float:
        """The distance in standard errors; infinite where there is none."""
        if self.error:
            return abs(self.difference) / self.error
        return 0.0 if self.difference == 0 else math.inf

    @property
    def fits(self) -> bool:
        """Whether it may be the logged number."""
        return self.exact or self.errors <= BOUND

    def rank(self) -> tuple[bool, bool, bool, bool, bool, float]:
        """Exact before near; plain before factored, mistaken and other than the default; then by distance."""
        row = self.selected.convention
        return (
            not self.exact,
            not self.fits,
            self.meaning is not None,
            row.mistake is not None,
            row is not self.selected.loss.default,
            abs(self.difference),
        )


def reconcile(
    tagged: Sequence[LoggedSeries], request: Request, step: int | None, batch: int | None, progress: Progress | None
) -> Reconciled:
    """Compute every loss that a tag may be, once, and hold the logged numbers of the checkpoint's step against them.

    Args:
        tagged: the tags of the log.
        request: checkpoint and data.
        step: of the checkpoint; None takes it from the file.
        batch: how many samples one logged number is a mean of.
        progress: is told how far the work is.

    Raises:
        NothingEvaluatedError: no tag is a loss, or none of them can be computed.
        UsageError: the checkpoints are of different steps.
    """
    meant = [entry for entry in tagged if entry.meaning]
    losses = dict.fromkeys(name for entry in meant if entry.meaning for name in entry.meaning.losses)
    if not losses:
        raise NothingEvaluatedError(
            "no tag of the log is known as a loss", hint="say what it is with --map TAG=LOSS; --list shows the tags"
        )
    chosen = select([f"{name}:all" for name in losses], request.settings)
    selected = [entry for entry in chosen if entry.convention.alias_of is None]
    report = evaluate_selected(request, selected, False, progress)
    wanted = _step(report, step)
    found = [
        _Found(entry=entry, index=index, candidates=tuple(_candidates(entry, index, report, selected, batch)))
        for entry in meant
        for index in [_index(entry.series, wanted)]
    ]
    kind = _adversarial_kind(found)
    numbers = tuple(_reconciled(one, kind, report, wanted, request, batch) for one in found)
    if all(number.verdict == "not computed" for number in numbers):
        raise NothingEvaluatedError(
            "no logged number could be held against the checkpoint: "
            + "; ".join(dict.fromkeys(reason for number in numbers for reason in number.reasons))
        )
    return Reconciled(
        numbers=numbers,
        step=wanted,
        findings=(*report.findings, *_findings(numbers, wanted)),
        inputs=report.inputs,
        checkpoints=report.checkpoints,
        not_applicable={name: why for name, why in report.not_applicable.items() if ":" not in name},
    )


def _step(report: Report, step: int | None) -> int | None:
    if step is not None:
        return step
    steps = sorted({record.step for record in report.checkpoints if record.step is not None})
    if len(steps) > 1:
        raise UsageError(
            f"the checkpoints are of steps {', '.join(map(str, steps))}; a log has one number a step",
            hint="give the one to compare with --step N",
        )
    return steps[0] if steps else None


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One logged number with all formulas that it may be."""

    entry: LoggedSeries
    index: int | None
    candidates: tuple[_Candidate, ...]

    @property
    def value(self) -> float:
        """The logged number; NaN where nothing was logged."""
        return math.nan if self.index is None else self.entry.series.values[self.index]


def _adversarial_kind(found: Sequence[_Found]) -> str | None:
    """The kind of adversarial loss, such as "bce", that explains all adversarial numbers of the log best.

    One training has one kind: a number of D's that some other kind happens to match proves nothing where G's excludes
    it. The kind that gives most numbers exactly comes first; then the sum of the relative residuals of the best
    conventions decides, none of them a known mistake. Relativistic kinds, which few trainings have, must fit.
    """
    scores: dict[str, tuple[int, float]] = {}
    several = [one for one in found if len({_kind(candidate) for candidate in one.candidates} - {None}) > 1]
    for one in several:
        of_kind: dict[str, float] = {}
        for candidate in one.candidates:
            kind = _kind(candidate)
            unlikely = candidate.selected.loss.equal_counts and not candidate.fits
            if kind and candidate.meaning is None and candidate.selected.convention.mistake is None and not unlikely:
                residual = 0.0 if candidate.exact else abs(candidate.difference) / max(abs(one.value), 1e-12)
                of_kind[kind] = min(residual, of_kind.get(kind, math.inf))
        for kind, residual in of_kind.items():
            n_inexact, residuals = scores.get(kind, (0, 0.0))
            scores[kind] = n_inexact + (residual > 0), residuals + residual
    return min(scores, key=lambda kind: scores[kind]) if scores else None


def _kind(candidate: _Candidate) -> str | None:
    """The word behind d_ and g_, such as "bce"; a saturating generator goes with the same discriminator."""
    loss = candidate.selected.loss
    side, _, kind = loss.name.partition("_")
    if loss.family != "adversarial" or side not in ("d", "g") or kind == "accuracy":
        return None
    return "bce" if kind == "minimax" else kind


def _reconciled(
    found: _Found, kind: str | None, report: Report, step: int | None, request: Request, batch: int | None
) -> LoggedNumber:
    series, index = found.entry.series, found.index
    if index is None:
        return _not_computed(found, step, f"the log has no value at step {step}")
    at = series.epochs[index] if series.steps[index] is None else series.steps[index]
    if not found.candidates:
        losses = found.entry.meaning.losses if found.entry.meaning else ()
        missing = [why for name, why in report.not_applicable.items() if name.partition(":")[0] in losses]
        return _not_computed(found, at, next(iter(missing), "the loss has no value here"))
    candidates = [one for one in found.candidates if _kind(one) in (None, kind)] or list(found.candidates)
    best = min(candidates, key=_Candidate.rank)
    if not best.fits:  # a scale is never fitted: what is closest is a convention itself
        plain = [one for one in candidates if one.meaning is None]
        sound = [one for one in plain if one.selected.convention.mistake is None]
        best = min(sound or plain, key=lambda one: (one.errors, abs(one.difference)))
    fitting = {round(one.value, 9) for one in candidates if one.fits} - {round(best.value, 9)}
    verdict: Outcome = "reproduced" if best.meaning is None else "off by a factor"
    return LoggedNumber(
        tag=series.tag,
        file=found.entry.file,
        at=at,
        logged=_finite(found.value),
        verdict=verdict if best.fits else "not reproducible",
        exact=best.exact if best.fits else None,
        loss=best.selected.loss.name,
        convention=best.selected.convention.name,
        factor=best.factor,
        factor_meaning=best.meaning,
        term=found.entry.meaning.term if found.entry.meaning else None,
        recomputed=best.value,
        difference=_finite(best.difference),
        standard_error=best.error,
        standard_errors=best.errors if math.isfinite(best.errors) else None,
        also_fit=0 if best.exact else len(fitting),
        reasons=() if best.exact else tuple(_reasons(found.entry, index, best, report, request, batch)),
    )


def _not_computed(found: _Found, at: int | None, reason: str) -> LoggedNumber:
    return LoggedNumber(
        tag=found.entry.series.tag,
        file=found.entry.file,
        at=at,
        logged=_finite(found.value),
        verdict="not computed",
        reasons=(reason,),
    )


def _index(series: Series, step: int | None) -> int | None:
    """The last value logged for a step or an epoch; without one, or where only one was logged, the last of all."""
    last = len(series.values) - 1
    if step is None or (last == 0 and series.steps[0] is None and series.epochs[0] is None):
        return last
    for places in (series.steps, series.epochs):
        found = [k for k, place in enumerate(places) if place == step]
        if found:
            return found[-1]
    return None


def _candidates(
    entry: LoggedSeries, index: int | None, report: Report, selected: Sequence[Selected], batch: int | None
) -> Iterator[_Candidate]:
    """Every convention of every loss that the tag may be, with every catalogued factor."""
    series, meaning = entry.series, entry.meaning
    if index is None or meaning is None:
        return
    by_name = {chosen.typed: chosen for chosen in selected}
    logged, rounding = series.values[index], series.roundings[index]
    for result in report.results:
        chosen = by_name[result.typed]
        if chosen.loss.name not in meaning.losses or meaning.convention not in (None, chosen.convention.name):
            continue
        value, error, count = _of_term(result, meaning)
        if value is None or meaning.domain not in (None, result.domain):
            continue
        batch_error = error * math.sqrt(count / batch) if error is not None and batch else 0.0
        for factor, name in factors(chosen.loss, result.sub_discriminators).items():
            together = math.hypot((error or 0.0) * factor, batch_error * factor, series.errors[index] or 0.0)
            yield _Candidate(
                selected=chosen,
                factor=factor,
                meaning=name,
                value=value * factor,
                difference=logged - value * factor,
                error=math.hypot(together, rounding) if together > 0 else None,
                exact=abs(logged - value * factor) <= rounding + _RELATIVE * abs(value * factor),
            )


# The terms of d_accuracy are half of each side's share, so that they add up; logs print a side's whole share.
_OF_A_SIDE = {"d_accuracy": 2.0}


def _of_term(result: Result, meaning: Meaning) -> tuple[float | None, float | None, int]:
    """The value, standard error and count of the part that was logged."""
    if meaning.term is None:
        return result.value, result.standard_error, result.count
    terms = [term for name, term in result.terms.items() if name.partition(".")[0] == meaning.term]
    values = [term.value for term in terms if term.value is not None]
    if not terms or len(values) < len(terms):
        return None, None, 0
    errors = [term.standard_error for term in terms if term.standard_error is not None]
    error = math.hypot(*errors) if len(errors) == len(terms) else None
    whole = _OF_A_SIDE.get(result.loss, 1.0)
    return whole * sum(values), None if error is None else whole * error, max(term.count for term in terms)


def _reasons(
    entry: LoggedSeries, index: int, best: _Candidate, report: Report, request: Request, batch: int | None
) -> Iterator[str]:
    """Why a logged number may rightly differ from that of the checkpoint, as far as it applies."""
    series, loss = entry.series, best.selected.loss
    words = words_of(series.tag).split("_")
    if entry.log.per_epoch or words[-1] in ("epoch", "avg", "mean") or _one_an_epoch(series):
        yield (
            "epoch average: one value an epoch is a mean over networks that moved, and the checkpoint is the last of"
            " them"
        )
        told = _scatter(series, index)
        if told is not None:
            yield f"scatter: from one value to the next this log moves by {told:.2g}"
    elif batch is None and series.errors[index] is None:
        yield "one iteration: a line may be of a single batch; --log-batch N counts its spread"
    if any(record.weights == "ema" for record in report.checkpoints):
        yield "EMA: the log is of the raw generator or of the averaged one; --weights raw|ema chooses"
    if loss.name in _LAZY:
        yield f"lazy regularisation: computed {_LAZY[loss.name]}, and shown as it was or times that"
    for word, most in CLIPS.items():
        if word in words and series.values[index] == most:
            yield f"display clip: RVC shows no more than {most:g}"
    if request.mode == "eval" and report.checkpoints:
        yield "train mode: a batch norm or dropout layer gives other values in it; --mode train computes so"
    if request.data or request.roles:
        yield "data: the log is of the training data, in its own order and augmentation"


def _scatter(series: Series, index: int) -> float | None:
    """The median change from one value to the next, over ten of them before and after."""
    near = series.values[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS + 1]
    changes = [abs(after - before) for before, after in itertools.pairwise(near)]
    finite = [change for change in changes if math.isfinite(change)]
    return statistics.median(finite) if finite else None


def _one_an_epoch(series: Series) -> bool:
    known = [epoch for epoch in series.epochs if epoch is not None]
    return len(known) == len(series.values) > 1 and len(set(known)) == len(known) and series.steps[0] is None


def _findings(numbers: Iterable[LoggedNumber], step: int | None) -> Iterator[Finding]:
    if step is None and any(number.at is not None for number in numbers):
        yield Finding(
            check="unknown_step",
            severity="note",
            message="no checkpoint says its step: the last logged values are compared",
            hint="give it with --step N",
        )
    weak = [number.tag for number in numbers if number.verdict != "not computed" and number.also_fit >= 5]
    if weak:
        yield Finding(
            check="weak_evidence",
            severity="note",
            message=f"{', '.join(weak)}: many other formulas lie within {BOUND:g} standard errors too",
            evidence={"tags": weak},
            hint="evaluate more samples, or the very data of the log",
        )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
