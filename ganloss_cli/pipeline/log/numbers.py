"""Logged numbers held against those that a checkpoint gives, as `ganloss audit number` holds one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.known_tags import Meaning
from ganloss_cli.pipeline.log.allowance import RELATIVE, Allowance
from ganloss_cli.pipeline.log.held import Held, LoggedSeries, held
from ganloss_cli.pipeline.log.neighbours import other_steps, values_at
from ganloss_cli.pipeline.log.power import overall, verdict_of, with_power
from ganloss_cli.pipeline.log.reasons import reasons
from ganloss_cli.pipeline.log.tried import FirstPass, with_tried
from ganloss_cli.pipeline.number.candidates import Formula
from ganloss_cli.pipeline.number.names import conventions_of
from ganloss_cli.pipeline.number.ranking import RankedFormulas, ranked
from ganloss_cli.progress import Progress
from ganloss_cli.records.log import LogAudit, LoggedNumber
from ganloss_cli.records.outcomes import AuditOutcome, mistake_finding
from ganloss_cli.records.report import Finding, Report
from ganloss_cli.records.request import Request

MOST_BY_CHANCE = 0.01  # hits: beyond that, digits that agree prove nothing where more than digits comes in


def with_numbers(
    audit: LogAudit,
    tagged: Sequence[LoggedSeries],
    request: Request,
    step: int | None,
    batch: int | None,
    try_reasons: bool,
    progress: Progress | None,
) -> LogAudit:
    """Compute every loss that a tag may be, once, and hold the logged numbers of the checkpoint's step against them.

    Args:
        audit: of the log alone.
        tagged: the tags of the log.
        request: checkpoint and data.
        step: of the checkpoint; None takes it from the file.
        batch: how many samples one logged number is a mean of.
        try_reasons: whether what may make a number differ is tried.
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
    first = FirstPass(selected=selected, request=request)
    report = first.run(progress)
    wanted = _step(report, step)
    found = [held(entry, meaning, wanted, report, selected, request, batch) for entry, meaning in meanings]
    kind = _adversarial_kind(found)
    steps = other_steps(report.checkpoints, wanted)
    judged = [_logged_number(one, kind, report, wanted, request, batch) for one in found]
    power = with_power(judged, [values_at(one.entry.series, steps) for one in found])
    numbers = tuple(with_tried(power.numbers, found, first, report, batch, run=try_reasons, progress=progress))
    if all(number.outcome == "not computed" for number in numbers):
        raise NothingEvaluatedError(
            "no logged number could be held against the checkpoint: "
            + "; ".join(dict.fromkeys(reason for number in numbers for reason in number.reasons))
        )
    outcome = overall(number.outcome for number in numbers)
    return replace(
        audit,
        passed=audit.passed and outcome != "no match" and all(f.severity != "error" for f in report.findings),
        outcome=outcome,
        numbers=numbers,
        step=wanted,
        other_steps=power.others,
        would_pass=power.passing,
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


def _adversarial_kind(held: Sequence[Held]) -> str | None:
    """The kind of adversarial loss, as d_bce, that explains all adversarial numbers of the log best.

    One training has one kind: a number of D's that some other kind happens to match proves nothing where G's excludes
    it. The kind that gives most numbers exactly comes first; then the sum of the relative residuals of the best
    conventions decides, none of them a known mistake. Relativistic kinds, which few trainings have, must fit.
    """
    scores: dict[str, tuple[int, float]] = {}
    for one in held:
        plain = [formula for formula in one.formulas if formula.candidate.factor_meaning is None]
        if len({_kind(formula.candidate.loss) for formula in plain} - {None}) < 2:
            continue
        of_kind: dict[str, float] = {}
        for formula in plain:
            candidate = formula.candidate
            kind = _kind(candidate.loss)
            unlikely = find_loss(candidate.loss).equal_counts and not one.agrees(formula)
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
    held: Held, kind: str | None, report: Report, step: int | None, request: Request, batch: int | None
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
    found = ranked(of_kind, RELATIVE)
    judged = _judged(held, found)
    named, allowed = judged.formula.candidate, judged.allowance
    exact = judged.outcome in ("exact", "scaled", "ambiguous")
    fitting = {
        round(each.candidate.value, 9) for each in found.formulas if abs(each.candidate.difference) <= allowed.noticed
    }
    differing = () if exact else reasons(entry.log, series, held.index, named.loss, request, batch)
    inexact = allowed.because and not exact and math.isfinite(allowed.accepted) and allowed.accepted > 0
    return replace(
        blank,
        verdict=verdict_of(judged.outcome, named.factor_meaning),
        outcome=judged.outcome,
        exact=None if judged.outcome in ("no match", "cannot tell") else exact,
        loss=named.loss,
        convention=named.convention,
        factor=named.factor,
        factor_meaning=named.factor_meaning,
        term=meaning.term,
        recomputed=named.value,
        difference=_finite(-named.difference),
        standard_error=judged.formula.unit,
        standard_errors=None if named.standard_errors is None else _finite(abs(named.standard_errors)),
        also_fit=0 if exact else len(fitting - {round(named.value, 9)}),
        reasons=tuple(differing),
        source=named.source,
        mistake=named.mistake,
        same=named.same,
        as_good=tuple(each.candidate.formula for each in found.hits[1:]) if exact else (),
        tried=found.tried,
        formulas=len(found.formulas),
        chance_hits=found.chance_hits(held.number.value, allowed.accepted if inexact else allowed.bound),
        separated_by=found.separated_by() if judged.outcome == "ambiguous" else None,
        bound=allowed.bound,
        interval=(named.value - allowed.accepted, named.value + allowed.accepted) if inexact else None,
        because=() if exact else allowed.because,
        power=_finite(allowed.bound if exact else allowed.noticed),
    )


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What came of a number, and the formula to name."""

    outcome: AuditOutcome
    formula: Formula
    allowance: Allowance


def _judged(held: Held, found: RankedFormulas) -> _Judged:
    """A hit; else the nearest convention that is no mistake, and whether it is consistent with the number.

    A mistake or a factor needs a hit, and a hit counts where more than digits comes in only if none is to be expected
    by chance.
    """
    first = found.formulas[0]
    allowed = held.allowance(first)
    if found.hits:
        by_chance = found.chance_hits(held.number.value, first.bound)
        if not allowed.because or (by_chance is not None and by_chance <= MOST_BY_CHANCE):
            return _Judged(outcome=found.outcome, formula=first, allowance=allowed)
    plain = [each for each in found.formulas if each.candidate.factor_meaning is None]
    best = min(plain, key=lambda each: (each.only_exact, abs(each.candidate.difference)))
    allowed = held.allowance(best)
    outcome = allowed.judge(best.candidate.difference)
    if outcome == "consistent" and best.only_exact:
        outcome = "no match"
    return _Judged(outcome=outcome, formula=best, allowance=allowed)


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
            message=f"{', '.join(weak)}: many other formulas lie as near",
            evidence={"tags": weak},
            hint="evaluate more samples, or the very data of the log",
        )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
