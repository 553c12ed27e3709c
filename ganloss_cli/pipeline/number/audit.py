"""`ganloss audit number`: which published convention made this number."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch

from ganloss_cli.errors import GanlossError, NothingEvaluatedError
from ganloss_cli.evaluators.catalogue import SYNONYMS, Loss, Selected, catalogue, find_loss, select
from ganloss_cli.evaluators.recipes.published import losses_logged_as
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_selected
from ganloss_cli.pipeline.number.candidates import Evaluated, judged, merged, narrowed, rounding
from ganloss_cli.pipeline.number.conditions import conditions
from ganloss_cli.pipeline.number.knowledge import known_values, remarks
from ganloss_cli.pipeline.number.together import ranked_together
from ganloss_cli.pipeline.run.provenance import environment, tool
from ganloss_cli.progress import Progress
from ganloss_cli.records.number import NumberReport, TracedNumber, Verdict
from ganloss_cli.records.report import Finding, Report, Result
from ganloss_cli.records.request import Request, StatedNumber

# Rounding of a computation, relative to the largest figure that goes into it.
PRECISION = {"float64": 1e-9, "float32": 1e-6, "float16": 2e-3, "bfloat16": 2e-2}
# What logs call the whole loss of a side, whatever its kind.
SIDES = {
    **dict.fromkeys(("d", "d_loss", "loss_d", "errd", "d_losses", "loss_disc", "disc_loss", "discriminator"), "d_"),
    **dict.fromkeys(("g", "g_loss", "loss_g", "errg", "g_losses", "loss_gen", "gen_loss", "generator"), "g_"),
}


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
    selected = _conventions(losses, request)
    kept = Kept()
    plain = _plain(losses, selected, request, progress, kept)
    evaluated = list(_evaluated(plain, selected, {}, {}))
    traced = _traced(numbers, losses, evaluated, request)
    findings: list[Finding] = []
    # what is done differently can only be outranked by what reproduces a number as it is
    if any(number.verdict != "reproduced" or number.candidates[0].departures for number in traced):
        units = _units(plain)
        for words, report in _varied(request, plain, selected, findings, progress, kept):
            evaluated += _evaluated(report, selected, words, units)
        traced = _traced(numbers, losses, evaluated, request)
    return NumberReport(
        verdict=_overall(traced),
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


def losses_named(name: str) -> tuple[Loss, ...]:
    """The losses that a name in a log may mean: a loss, another word for one, or what training codes log it as.

    Args:
        name: "d_bce", "wasserstein", "errD", "loss_disc_all".

    Raises:
        UsageError: nothing is called that; with a suggestion.
    """
    key = name.strip().lower().replace("-", "_")
    known = catalogue()
    if name in known:
        return (known[name],)
    if key in SIDES:
        side = SIDES[key]
        return tuple(
            loss for loss in known.values()
            if loss.family == "adversarial" and loss.name.startswith(side) and loss.higher_is_better is None
        )  # fmt: skip
    logged = losses_logged_as(name)
    found = [known[loss] for loss in logged if loss in known]
    return tuple(found) or (find_loss(SYNONYMS.get(key, key)),)


def _conventions(losses: Sequence[Sequence[Loss]], request: Request) -> list[Selected]:
    """Every convention of these losses that is no mere alias."""
    names = dict.fromkeys(loss.name for of_one in losses for loss in of_one)
    chosen = select([f"{name}:all" for name in names], request.settings)
    return [entry for entry in chosen if entry.convention.alias_of is None]


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
            told = ", ".join(f"{name} {value}" for name, value in condition.words.items())
            findings.append(Finding(check="condition_not_tried", severity="note", message=f"{told}: {error.message}"))


def _evaluated(
    report: Report, selected: Sequence[Selected], words: Mapping[str, str], units: Mapping[object, float]
) -> Iterator[Evaluated]:
    by_name = {entry.typed: entry for entry in selected}
    for result in (*report.results, *_summed(report.results), *_single_terms(report.results)):
        entry = by_name[result.typed]
        domains = {"domain": result.domain} if result.domain and len(result.domain) > 1 else {}
        yield Evaluated(
            loss=entry.loss,
            convention=entry.convention,
            result=result,
            conditions={**words, **domains},
            unit=units.get(_key(result)) or result.standard_error,
        )


def _summed(results: Sequence[Result]) -> Iterator[Result]:
    """Both domains together, as DiscoGAN's log has them."""
    for first in results:
        if first.domain != "A" or first.value is None:
            continue
        for second in results:
            if second.domain == "B" and (second.typed, second.weights) == (first.typed, first.weights):
                if second.value is None:
                    continue
                errors = (first.standard_error, second.standard_error)
                error = None if None in errors else math.hypot(*(e for e in errors if e is not None))
                yield replace(
                    first, domain="A + B", value=first.value + second.value, standard_error=error, minimum=None,
                    median=None, maximum=None, terms={},
                )  # fmt: skip


def _single_terms(results: Sequence[Result]) -> Iterator[Result]:
    """Each domain of a loss that adds them up, as CycleGAN's log has its cycles."""
    for result in results:
        if set(result.terms) == {"A", "B"}:
            for domain, term in result.terms.items():
                yield replace(
                    result, domain=f"{domain} alone", value=term.value, standard_error=term.standard_error,
                    minimum=None, median=None, maximum=None, terms={},
                )  # fmt: skip


def _key(result: Result) -> object:
    return result.typed, result.domain, result.weights


def _units(report: Report) -> dict[object, float]:
    """The standard errors of the plain run."""
    results = (*report.results, *_summed(report.results), *_single_terms(report.results))
    return {_key(result): result.standard_error for result in results if result.standard_error}


def _traced(
    numbers: Sequence[StatedNumber], losses: Sequence[Sequence[Loss]], evaluated: Sequence[Evaluated], request: Request
) -> tuple[TracedNumber, ...]:
    precision = PRECISION[request.dtype]
    found = []
    for number, of_one in zip(numbers, losses, strict=True):
        names = {loss.name for loss in of_one}
        found.append(merged(number, [entry for entry in evaluated if entry.loss.name in names], precision))
    if len(found) > 1:
        found = ranked_together(narrowed(found))
    traced = []
    for number, of_one, pair in zip(numbers, losses, found, strict=True):
        result = judged(number, pair, rounding(number, precision))
        traced.append(replace(result, remarks=tuple(remarks(number, of_one))))
    return tuple(traced)


def _overall(numbers: Sequence[TracedNumber]) -> Verdict:
    """The worst of them: one number that is not reproduced leaves the log unexplained."""
    order: tuple[Verdict, ...] = ("closest, not reproduced", "ambiguous", "reproduced")
    return next(verdict for verdict in order if any(number.verdict == verdict for number in numbers))


def _without_data(numbers: Sequence[StatedNumber], losses: Sequence[Sequence[Loss]], request: Request) -> NumberReport:
    """What the numbers alone tell. Nothing was computed, so nothing is reproduced."""
    traced = []
    for number, of_one in zip(numbers, losses, strict=True):
        known = known_values(number, of_one)
        traced.append(
            TracedNumber(
                name=number.name,
                text=number.text,
                value=number.value,
                tolerance=number.tolerance,
                verdict="closest, not reproduced",
                candidates=tuple(known),
                tried=0,
                formulas=0,
                chance_hits=None,
                remarks=tuple(remarks(number, of_one)),
            )
        )
    return NumberReport(
        verdict="closest, not reproduced",
        numbers=tuple(traced),
        tool=tool(),
        environment=environment(torch.device("cpu")),
        command=request.command,
        seed=request.seed,
        device=None,
        dtype=request.dtype,
    )
