"""`ganloss audit number`: which published convention made this number."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch

from ganloss_cli.errors import GanlossError, NothingEvaluatedError
from ganloss_cli.evaluators.catalogue import Loss, Selected, select
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_selected
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for, is_doubled, reduced, rounding
from ganloss_cli.pipeline.number.conditions import conditions
from ganloss_cli.pipeline.number.knowledge import known_values, remarks
from ganloss_cli.pipeline.number.names import conventions_of, losses_named
from ganloss_cli.pipeline.number.one_log import narrowed, ranked_together
from ganloss_cli.pipeline.number.ranking import RankedFormulas, ranked
from ganloss_cli.pipeline.run.provenance import environment
from ganloss_cli.progress import Progress
from ganloss_cli.records.number import NumberReport, NumberVerdict, TracedNumber
from ganloss_cli.records.outcomes import REPRODUCED, AuditOutcome, mistake_finding, worst
from ganloss_cli.records.report import Finding, Report, Result
from ganloss_cli.records.request import Request, StatedNumber
from ganloss_cli.records.tool import tool

SHOWN = 12
VERDICTS: Mapping[AuditOutcome, NumberVerdict] = {
    "exact": "reproduced", "scaled": "reproduced", "ambiguous": "ambiguous", "no match": "closest, not reproduced",
}  # fmt: skip
# Rounding of a computation, relative to the largest figure that goes into it.
PRECISION = {"float64": 1e-9, "float32": 1e-6, "float16": 2e-3, "bfloat16": 2e-2}


def trace_numbers(numbers: Sequence[StatedNumber], request: Request, progress: Progress | None = None) -> NumberReport:
    """Hold numbers against every convention of their losses, on the data and networks of a request.

    Args:
        numbers: with their names; several are taken for numbers of one log.
        request: data and networks; with neither, only what the numbers alone tell is said.
        progress: is told how far the work is.

    Raises:
        UsageError: an unknown name, or a loss that nothing at hand allows to compute.
    """
    started = time.perf_counter()
    losses = [losses_named(number.name) for number in numbers]
    if not (request.data or request.roles or request.ckpt or request.disc):
        return _without_data(numbers, losses, request)
    selected = conventions_of(dict.fromkeys(loss.name for of_one in losses for loss in of_one), request)
    kept = Kept()
    plain = _plain(losses, selected, request, progress, kept)
    values = list(_values(plain, selected, {}, {}))
    traced = _traced(numbers, losses, values, request)
    findings: list[Finding] = []
    # what is done differently can only be outranked by what reproduces a number as it is
    if any(number.verdict != "reproduced" or number.candidates[0].departures for number in traced):
        units = _units(plain)
        for words, report in _varied(request, plain, selected, findings, progress, kept):
            values += _values(report, selected, words, units)
        traced = _traced(numbers, losses, values, request)
    for number in traced:
        best = number.candidates[0] if number.outcome in REPRODUCED else None
        if best is not None and best.mistake is not None:
            findings.append(mistake_finding(f"{number.name}={number.text}", best.formula, best.mistake))
    outcome = worst(number.outcome for number in traced)
    return NumberReport(
        verdict=VERDICTS[outcome],
        outcome=outcome,
        numbers=traced,
        tool=plain.tool,
        environment=plain.environment,
        command=request.command,
        seed=request.seed,
        device=plain.device,
        dtype=plain.dtype,
        inputs=plain.inputs,
        fingerprint=plain.fingerprint,
        checkpoints=plain.checkpoints,
        findings=(*plain.findings, *findings),
        not_applicable=plain.not_applicable,
        timing={"seconds": time.perf_counter() - started},
    )


def traced_number(
    number: StatedNumber, found: RankedFormulas, precision: float, losses: Sequence[Loss] = ()
) -> TracedNumber:
    """A number with its verdict and its candidates.

    Args:
        number: with its digits.
        found: what may have made it.
        precision: the relative rounding of the computation.
        losses: that its name may mean.
    """
    tolerance, outcome = rounding(number, precision), found.outcome
    return TracedNumber(
        name=number.name,
        text=number.text,
        value=number.value,
        tolerance=tolerance,
        verdict=VERDICTS[outcome],
        outcome=outcome,
        candidates=tuple(formula.candidate for formula in found.formulas[: max(SHOWN, len(found.hits))]),
        tried=found.tried,
        formulas=len(found.formulas),
        chance_hits=found.chance_hits(number.value, tolerance),
        separated_by=found.separated_by() if outcome == "ambiguous" else None,
        remarks=tuple(remarks(number, losses)),
        values=tuple(sorted(each.candidate.value for each in found.formulas if math.isfinite(each.candidate.value))),
    )


def _plain(
    losses: Sequence[Sequence[Loss]],
    selected: Sequence[Selected],
    request: Request,
    progress: Progress | None,
    kept: Kept,
) -> Report:
    """The run as it was asked for.

    Raises:
        UsageError: no convention of one of the numbers can be computed; it says what the default lacks.
    """
    try:
        report = evaluate_selected(request, selected, False, progress, kept)
        computed = {result.loss for result in report.results}
    except NothingEvaluatedError:
        report, computed = None, set()
    for of_one in losses:
        if report is None or computed.isdisjoint(loss.name for loss in of_one):
            # asked for by name, the loss tells what it lacks and the option that would give it
            report = evaluate_selected(request, select([of_one[0].name]), True, progress, kept)
    if report is None:
        raise NothingEvaluatedError("no number was named")
    return report


def _varied(
    request: Request,
    plain: Report,
    selected: Sequence[Selected],
    findings: list[Finding],
    progress: Progress | None,
    kept: Kept,
) -> Iterator[tuple[Mapping[str, str], Report]]:
    """The same run with one thing done differently; what cannot be run is a finding."""
    plan = evaluate_selected(replace(request, dry_run=True), selected, False, kept=kept).plan or {"networks": []}
    if request.weights is None and {"raw", "ema"} <= {network["weights"] for network in plan["networks"]}:
        both = evaluate_selected(replace(request, weights="both"), selected, False, progress, kept)
        known = {_key(result) for result in plain.results}
        for weights in ("raw", "ema"):
            new = [r for r in both.results if r.weights == weights and _key(r) not in known]
            yield {"weights": weights}, replace(both, results=tuple(new))
    for condition in conditions(request, plan, plain.inputs):
        if condition.same:
            yield condition.words, plain
            continue
        try:
            yield condition.words, evaluate_selected(condition.request, selected, False, progress, kept)
        except GanlossError as error:
            words = ", ".join(f"{name} {value}" for name, value in condition.words.items())
            findings.append(Finding(check="condition_not_tried", severity="note", message=f"{words}: {error.message}"))


def _values(
    report: Report, selected: Sequence[Selected], words: Mapping[str, str], units: Mapping[object, float]
) -> Iterator[ConventionValue]:
    by_name = {entry.typed: entry for entry in selected}
    for result in _with_sums(report.results):
        entry = by_name[result.typed]
        domains = {"domain": result.domain} if result.domain and len(result.domain) > 1 else {}
        yield ConventionValue(
            loss=entry.loss,
            convention=entry.convention,
            result=result,
            conditions={**words, **domains},
            unit=units.get(_key(result)) or result.standard_error,
            doubled=is_doubled(result, report.results),
        )


def _with_sums(results: Sequence[Result]) -> Iterator[Result]:
    """Results; both domains together, as DiscoGAN's log has them; each domain of a sum, as CycleGAN's has cycles."""
    yield from results
    for first in results:
        for second in results if first.domain == "A" else ():
            same = (second.domain, second.typed, second.weights) == ("B", first.typed, first.weights)
            if same and first.value is not None and second.value is not None:
                errors = (first.standard_error, second.standard_error)
                error = None if None in errors else math.hypot(*(e for e in errors if e is not None))
                yield replace(reduced(first, first.value + second.value, error), domain="A + B")
    for result in results:
        for domain, term in result.terms.items() if set(result.terms) == {"A", "B"} else ():
            yield replace(reduced(result, term.value, term.standard_error), domain=f"{domain} alone")


def _key(result: Result) -> object:
    return result.typed, result.domain, result.weights


def _units(report: Report) -> dict[object, float]:
    """The standard errors of the plain run."""
    return {_key(result): result.standard_error for result in _with_sums(report.results) if result.standard_error}


def _traced(
    numbers: Sequence[StatedNumber],
    losses: Sequence[Sequence[Loss]],
    values: Sequence[ConventionValue],
    request: Request,
) -> tuple[TracedNumber, ...]:
    precision = PRECISION[request.dtype]
    found = []
    for number, of_one in zip(numbers, losses, strict=True):
        names = {loss.name for loss in of_one}
        own = [value for value in values if value.loss.name in names]
        found.append(ranked(formulas_for(number, own, precision), precision))
    if len(found) > 1:
        found = ranked_together(narrowed(found))
    return tuple(
        traced_number(number, of_one, precision, loss)
        for number, of_one, loss in zip(numbers, found, losses, strict=True)
    )


def _without_data(numbers: Sequence[StatedNumber], losses: Sequence[Sequence[Loss]], request: Request) -> NumberReport:
    """What the numbers alone tell. Nothing was computed, so nothing is reproduced."""
    nothing = RankedFormulas(tried=0, formulas=())
    traced = tuple(
        replace(
            traced_number(number, nothing, 0.0, of_one),
            tolerance=number.tolerance,
            outcome="not computed",
            candidates=tuple(known_values(number, of_one)),
            chance_hits=None,
        )
        for number, of_one in zip(numbers, losses, strict=True)
    )
    return NumberReport(
        verdict="closest, not reproduced",
        outcome="not computed",
        numbers=traced,
        tool=tool(),
        environment=environment(torch.device("cpu")),
        command=request.command,
        seed=request.seed,
        device=None,
        dtype=request.dtype,
    )
