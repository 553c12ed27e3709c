"""Logged numbers held against those that a checkpoint gives, as `ganloss audit number` holds one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.catalogue import Selected, find_loss
from ganloss_cli.evaluators.known_tags import Meaning
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_selected
from ganloss_cli.pipeline.log.reasons import reasons
from ganloss_cli.pipeline.number.candidates import ConventionValue, Formula, formulas_for, reduced, rounding
from ganloss_cli.pipeline.number.names import conventions_of
from ganloss_cli.pipeline.number.ranking import RankedFormulas, ranked
from ganloss_cli.progress import Progress
from ganloss_cli.records.log import LogAudit, LoggedNumber, LogVerdict
from ganloss_cli.records.number import Candidate
from ganloss_cli.records.outcomes import AuditOutcome, mistake_finding, worst
from ganloss_cli.records.report import Finding, Report, Result
from ganloss_cli.records.request import Request, StatedNumber

BOUND = 3.0  # standard errors
_PRECISION = 1e-5  # what two float32 computations of one mean may differ by, relative to it


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
class _Held:
    """One logged number with all formulas that it may be."""

    entry: LoggedSeries
    index: int | None
    number: StatedNumber
    formulas: Sequence[Formula]

    @property
    def at(self) -> int | None:
        """The step or the epoch that it was logged for."""
        series = self.entry.series
        if self.index is None:
            return None
        return series.epochs[self.index] if series.steps[self.index] is None else series.steps[self.index]


def with_numbers(
    audit: LogAudit,
    tagged: Sequence[LoggedSeries],
    request: Request,
    step: int | None,
    batch: int | None,
    progress: Progress | None,
) -> LogAudit:
    """Compute every loss that a tag may be, once, and hold the logged numbers of the checkpoint's step against them.

    Args:
        audit: of the log alone.
        tagged: the tags of the log.
        request: checkpoint and data.
        step: of the checkpoint; None takes it from the file.
        batch: how many samples one logged number is a mean of.
        progress: is told how far the work is.

    Raises:
        NothingEvaluatedError: no tag is a loss, or none of them can be computed.
        UsageError: the checkpoints are of different steps.
    """
    meanings = [(entry, entry.meaning) for entry in tagged if entry.meaning]
    losses = dict.fromkeys(name for _, meaning in meanings for name in meaning.losses)
    if not losses:
        raise NothingEvaluatedError(
            "no tag of the log is known as a loss", hint="say what it is with --map TAG=LOSS; --list shows the tags"
        )
    selected = conventions_of(losses, request)
    report = evaluate_selected(request, selected, False, progress)
    wanted = _step(report, step)
    held = [_held(entry, meaning, wanted, report, selected, batch) for entry, meaning in meanings]
    kind = _adversarial_kind(held)
    numbers = tuple(_logged_number(one, kind, report, wanted, request, batch) for one in held)
    if all(number.outcome == "not computed" for number in numbers):
        raise NothingEvaluatedError(
            "no logged number could be held against the checkpoint: "
            + "; ".join(dict.fromkeys(reason for number in numbers for reason in number.reasons))
        )
    outcome = worst(number.outcome for number in numbers)
    return replace(
        audit,
        passed=audit.passed and outcome != "no match" and all(f.severity != "error" for f in report.findings),
        outcome=outcome,
        numbers=numbers,
        step=wanted,
        findings=(*audit.findings, *report.findings, *_findings(numbers, wanted)),
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


def _held(
    entry: LoggedSeries,
    meaning: Meaning,
    step: int | None,
    report: Report,
    selected: Sequence[Selected],
    batch: int | None,
) -> _Held:
    """The number of a step with every convention of every loss that its tag may be."""
    series, index = entry.series, _index(entry.series, step)
    if index is None:
        nothing = StatedNumber(name=series.tag, text="", value=math.nan, tolerance=0.0)
        return _Held(entry=entry, index=None, number=nothing, formulas=())
    value, digits, error = series.values[index], series.roundings[index], series.errors[index] or 0.0
    number = StatedNumber(
        name=series.tag, text=repr(value), value=value, tolerance=digits, spread=math.hypot(digits, error)
    )
    values = []
    by_name = {chosen.typed: chosen for chosen in selected}
    for result in report.results:
        chosen, part = by_name[result.typed], _part(result, meaning)
        if part is not None and meaning.convention in (None, chosen.convention.name):
            own = part.standard_error or 0.0
            together = math.hypot(own, own * math.sqrt(part.count / batch) if batch else 0.0)
            unit = together if together or error else None
            values.append(ConventionValue(loss=chosen.loss, convention=chosen.convention, result=part, unit=unit))
    return _Held(entry=entry, index=index, number=number, formulas=formulas_for(number, values, _PRECISION))


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


def _part(result: Result, meaning: Meaning) -> Result | None:
    """The part of a result that was logged; None where it has none, or is of another loss or domain."""
    if result.loss not in meaning.losses or meaning.domain not in (None, result.domain):
        return None
    if meaning.term is None:
        return result
    terms = [term for name, term in result.terms.items() if name.partition(".")[0] == meaning.term]
    values = [term.value for term in terms if term.value is not None]
    if not terms or len(values) < len(terms):
        return None
    errors = [term.standard_error for term in terms if term.standard_error is not None]
    whole = find_loss(result.loss).shown_term
    error = whole * math.hypot(*errors) if len(errors) == len(terms) else None
    return replace(reduced(result, whole * sum(values), error), count=max(term.count for term in terms))


def _fits(candidate: Candidate) -> bool:
    """Whether it may be the logged number: it agrees to the digits of both, or within the bound."""
    return candidate.within_rounding or abs(candidate.standard_errors or math.inf) <= BOUND


def _adversarial_kind(held: Sequence[_Held]) -> str | None:
    """The kind of adversarial loss, as d_bce, that explains all adversarial numbers of the log best.

    One training has one kind: a number of D's that some other kind happens to match proves nothing where G's excludes
    it. The kind that gives most numbers exactly comes first; then the sum of the relative residuals of the best
    conventions decides, none of them a known mistake. Relativistic kinds, which few trainings have, must fit.
    """
    scores: dict[str, tuple[int, float]] = {}
    for one in held:
        candidates = [formula.candidate for formula in one.formulas if formula.candidate.factor_meaning is None]
        if len({_kind(candidate.loss) for candidate in candidates} - {None}) < 2:
            continue
        of_kind: dict[str, float] = {}
        for candidate in candidates:
            kind = _kind(candidate.loss)
            unlikely = find_loss(candidate.loss).equal_counts and not _fits(candidate)
            if kind and candidate.mistake is None and not unlikely:
                residual = abs(candidate.difference) / max(abs(one.number.value), 1e-12)
                residual = 0.0 if candidate.within_rounding else residual
                of_kind[kind] = min(residual, of_kind.get(kind, math.inf))
        for kind, residual in of_kind.items():
            n_inexact, residuals = scores.get(kind, (0, 0.0))
            scores[kind] = n_inexact + (residual > 0), residuals + residual
    return min(scores, key=lambda kind: scores[kind]) if scores else None


def _kind(name: str) -> str | None:
    """The discriminator's loss of its game; a saturating generator goes with the same one."""
    return find_loss(name).plays_against


def _logged_number(
    held: _Held, kind: str | None, report: Report, step: int | None, request: Request, batch: int | None
) -> LoggedNumber:
    entry, series = held.entry, held.entry.series
    meaning = entry.meaning or Meaning(losses=())
    blank = LoggedNumber(
        tag=series.tag, file=entry.file, at=held.at, logged=_finite(held.number.value), verdict="not computed"
    )
    if held.index is None:
        return replace(blank, at=step, reasons=(f"the log has no value at step {step}",))
    if not held.formulas:
        missing = (why for name, why in report.not_applicable.items() if name.partition(":")[0] in meaning.losses)
        return replace(blank, reasons=(next(missing, "the loss has no value here"),))
    of_kind = [each for each in held.formulas if _kind(each.candidate.loss) in (None, kind)] or held.formulas
    found = ranked(of_kind, _PRECISION)
    outcome, best = _best(found)
    named, exact = best.candidate, best.candidate.within_rounding
    fitting = {round(each.candidate.value, 9) for each in found.formulas if _fits(each.candidate)}
    differing = () if exact else reasons(entry.log, series, held.index, named.loss, report, request, batch)
    return replace(
        blank,
        verdict=_verdict(outcome, named),
        outcome=outcome,
        exact=None if outcome == "no match" else exact,
        loss=named.loss,
        convention=named.convention,
        factor=named.factor,
        factor_meaning=named.factor_meaning,
        term=meaning.term,
        recomputed=named.value,
        difference=_finite(-named.difference),
        standard_error=best.unit,
        standard_errors=None if named.standard_errors is None else _finite(abs(named.standard_errors)),
        also_fit=0 if exact else len(fitting - {round(named.value, 9)}),
        reasons=tuple(differing),
        source=named.source,
        mistake=named.mistake,
        same=named.same,
        as_good=tuple(each.candidate.formula for each in found.hits[1:]),
        tried=found.tried,
        formulas=len(found.formulas),
        chance_hits=found.chance_hits(held.number.value, rounding(held.number, _PRECISION)),
        separated_by=found.separated_by() if outcome == "ambiguous" else None,
    )


def _best(found: RankedFormulas) -> tuple[AuditOutcome, Formula]:
    """What came of a number, and the formula to name: a hit, else what is consistent with it, else what is closest.

    A scale is never fitted, so what is closest is a convention itself; a mistake is only named where it hits, or
    where nothing else is left.
    """
    if found.hits:
        return found.outcome, found.formulas[0]
    consistent = [each for each in found.formulas if _fits(each.candidate)]
    plain = [each for each in found.formulas if each.candidate.factor_meaning is None]
    best = min(consistent or plain, key=lambda each: (each.candidate.mistake is not None, each.candidate.departures))
    return "consistent" if consistent else "no match", best


def _verdict(outcome: AuditOutcome, named: Candidate) -> LogVerdict:
    if outcome == "no match":
        return "not reproducible"
    return "reproduced" if named.factor_meaning is None else "off by a factor"


def _findings(numbers: Iterable[LoggedNumber], step: int | None) -> Iterator[Finding]:
    if step is None and any(number.at is not None for number in numbers):
        yield Finding(
            check="unknown_step",
            severity="note",
            message="no checkpoint says its step: the last logged values are compared",
            hint="give it with --step N",
        )
    for number in numbers:
        if number.mistake is not None:
            yield mistake_finding(number.tag, number.formula, number.mistake)
        if number.outcome == "ambiguous":
            yield Finding(
                check="ambiguous_number",
                severity="warning",
                message=f"{number.tag}: {', '.join((number.formula, *number.as_good))} all give it",
                evidence={"tag": number.tag, "formulas": [number.formula, *number.as_good]},
                hint=number.separated_by,
            )
    weak = [number.tag for number in numbers if number.also_fit >= 5]
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
