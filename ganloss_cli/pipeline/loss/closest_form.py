"""In which form a function takes its inputs, and which convention it is closest to there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from ganloss_cli.evaluators.test_inputs.kinds import RANGES, Form, Probe, forms_for, kind_of, probes_for
from ganloss_cli.pipeline.loss.comparison import CallResult, FunctionCall, FunctionCalls, FunctionComparison, preference
from ganloss_cli.pipeline.loss.failed_calls import SourcePlace, failure
from ganloss_cli.records.report import Finding

MOST_FORMS = 4  # that are compared with every convention
_CORRECT = (0, False)  # exactly a convention that is no mistake


def closest(
    calls: FunctionCalls, span: tuple[float, float] | None, place: SourcePlace, findings: list[Finding]
) -> FunctionComparison | None:
    """The function beside every convention, in the form in which it is closest to one that is no mistake.

    Args:
        calls: makes the calls.
        span: what images hold, where that is known.
        place: of the function.
        findings: receives what is found on the way, and why there is no comparison where there is none.
    """
    loss = calls.loss
    regular = [probe for probe in probes_for(loss) if probe.regular]
    compared: list[FunctionComparison] = []
    refused: list[CallResult] = []
    n_taken = 0
    for form in forms_for(loss, span):
        dtype = _dtype(calls, regular[0], form, refused)
        if dtype is not None:
            n_taken += 1
            comparison = calls.compared(form, dtype, regular)
            compared += [comparison] if comparison is not None else []
            if comparison is not None and preference(comparison)[:2] == _CORRECT:
                break
        if calls.given_up or n_taken == MOST_FORMS:
            break
    if not compared:
        message = f"it takes its inputs in a form that no convention of {loss.name} takes"
        findings += [place.finding("another_form", "error", message)] if n_taken else _failures(refused, place)
        return None
    best = min(compared, key=_closeness)
    if kind_of(loss) == "images" and span is None and preference(best)[:2] != _CORRECT:
        best = _on_another_range(calls, best, regular, place, findings)
    return calls.compared(best.form, best.dtype) or best


def _closeness(comparison: FunctionComparison) -> tuple[int, bool]:
    """The lower, the closer; of equals the first form is the likeliest, however near another happens to come."""
    rank, mistake, _ = preference(comparison)
    return rank, mistake and not _departs(comparison)


def _departs(comparison: FunctionComparison) -> bool:
    return comparison.best.relation == "departs"


def _dtype(calls: FunctionCalls, probe: Probe, form: Form, refused: list[CallResult]) -> str | None:
    """In which dtype the function takes a form; None where it does not, with the reason in `refused`."""
    for dtype in ("float64", "float32"):
        outcome = calls.made(FunctionCall(probe=probe, form=form, dtype=dtype))
        if outcome.impossible:
            return None
        if outcome.value is not None and not math.isnan(outcome.value):
            return dtype
        refused.append(outcome)
        if not re.search(r"dtype|[Dd]ouble", outcome.raised or ""):
            return None
    return None


def _on_another_range(
    calls: FunctionCalls,
    best: FunctionComparison,
    regular: Sequence[Probe],
    place: SourcePlace,
    findings: list[Finding],
) -> FunctionComparison:
    """A function written for [0, 255] or [-1, 1] departs on [0, 1], or computes a known mistake there."""
    if best.best.relation not in ("departs", "exact"):
        return best
    departs = _departs(best)
    for values, (low, high) in RANGES.items():
        if values == best.form.values:
            continue
        other = calls.compared(Form(layout=best.form.layout, values=values), best.dtype, regular)
        if other is not None and preference(other)[:2] == _CORRECT:
            message = f"it computes {calls.loss.name}:{other.best.convention.name} of images on [{low:g}, {high:g}]"
            hint = f"give --range {low:g},{high:g} where that is what it gets"
            findings.append(
                place.finding("expects_another_range", "note" if departs else "warning", message, hint=hint)
            )
            return other if departs else best
    return best


def _failures(refused: Sequence[CallResult], place: SourcePlace) -> Iterator[Finding]:
    """Why it could not be called in any form, each reason once."""
    seen = set()
    for outcome in refused:
        check, message = ("not_finite", "it gives NaN on ordinary inputs")
        if outcome.value is None:
            check, message = failure(outcome)
        if check not in seen:
            seen.add(check)
            yield place.finding(check, "error", message, line=outcome.line)
