"""How a function behaves beyond its values on regular inputs: side effects, edges, gradients, batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from ganloss_cli.evaluators.resemblance import agrees
from ganloss_cli.pipeline.loss.audited_function import AuditedFunction
from ganloss_cli.pipeline.loss.batch_checks import pooled, samples, shapes, sides
from ganloss_cli.pipeline.loss.comparison import FunctionCalls, FunctionComparison
from ganloss_cli.pipeline.loss.failed_calls import SourcePlace, failure_findings
from ganloss_cli.pipeline.loss.gradient_checks import detached, draws, gradients, penalty
from ganloss_cli.records.evidence import PROBE
from ganloss_cli.records.report import Finding

# Differences on edges up to this part of the value are somebody's epsilon.
EPSILON = 0.1


def behaviour_findings(
    calls: FunctionCalls, comparison: FunctionComparison, place: SourcePlace, *, name: str
) -> list[Finding]:
    """Everything that is wrong with a function besides what it computes.

    Args:
        calls: makes further calls.
        comparison: what is known of its values, on every probe.
        place: of the function.
        name: of the function; one that is called a loss is minimised.
    """
    function = AuditedFunction(calls, comparison, place, name)
    found: list[Finding] = list(failure_findings(calls, comparison, place))
    for check in _CHECKS:
        if calls.given_up:
            break
        found += check(function)
    return found


def side_effects(function: AuditedFunction) -> Iterator[Finding]:
    """Inputs that it changed, output, another value the second time, a return value that is no scalar."""
    outcomes = function.comparison.outcomes
    changed = sorted({name for outcome in outcomes.values() for name in outcome.answer.get("modified", ())})
    if changed:
        yield function.finding(
            "modifies_inputs", "error", f"it changes its inputs: {', '.join(changed)}", "work on a copy"
        )
    if any(outcome.answer.get("printed") for outcome in outcomes.values()):
        yield function.finding("prints", "note", "it prints")
    first = outcomes[function.usual.name]
    if any("target size" in text for text in first.answer.get("warned", ())):
        yield function.finding(
            "labels_broadcast", "warning", "labels and scores have different shapes, and are broadcast",
            "make labels with torch.ones_like(scores)",
        )  # fmt: skip
    again = function.call(function.usual, again=True)
    before, after = function.value(first), function.value(again)
    if before is not None and after is not None and not agrees(before, after, 1e-9):
        yield function.finding(
            "not_repeatable", "warning", f"the same inputs gave {before:.6g}, then {after:.6g}",
            "draw random numbers with torch, and keep no state between calls",
        )  # fmt: skip


def returned(function: AuditedFunction) -> Iterator[Finding]:
    """A return value that is no scalar."""
    first = function.comparison.outcomes[function.usual.name]
    shape = first.answer.get("shape")
    if shape:
        yield function.finding("unreduced", "note", f"it returns a tensor of shape {tuple(shape)}; its mean was taken")
    if first.answer.get("sequence") and first.answer.get("leaves", 1) > 1:
        taken = {"value": "the first", "sum": "their sum", "last": "the last"}[function.comparison.reading]
        yield function.finding(
            "returns_several", "note", f"it returns {first.answer['leaves']} values; {taken} was taken"
        )


def edges(function: AuditedFunction) -> Iterator[Finding]:
    """Where it is not finite though the convention is, and where it departs beyond the regular probes."""
    for name, outcome in function.comparison.outcomes.items():
        value, expected = function.value(outcome), function.expected(name)
        if value is None or expected is None:
            continue
        message = f"{name}: it gives {value:.6g}, where {function.called} gives {expected:.6g}"
        if math.isnan(value) and math.isnan(expected):
            yield function.finding("not_finite", "note", f"{name}: it gives nan, as {function.called} does", probe=name)
        elif not math.isfinite(value) and math.isfinite(expected):
            yield function.finding("not_finite", "error", message, probe=name)
        elif not math.isfinite(value) and value != expected:
            yield function.finding("not_finite", "warning", message, probe=name)
        elif function.departs or name not in function.probes or function.probes[name].regular:
            continue
        elif math.isfinite(value) and not math.isfinite(expected):
            yield function.finding("finite_at_the_edge", "note", message, **{PROBE: name})
        elif not _agrees_at_the_edge(function, name, value, expected):
            small = abs(value - expected) <= EPSILON * max(abs(value), abs(expected), function.scale)
            small = small and function.probes[name].content != "random"  # where no epsilon matters
            yield function.finding("departs_at_the_edge", "note" if small else "warning", message, **{PROBE: name})


def _agrees_at_the_edge(function: AuditedFunction, probe: str, value: float, expected: float) -> bool:
    """Whether two values are one there; pictures that are only large are as well-conditioned as any others."""
    if function.probes[probe].content == "random":
        return agrees(value, expected, function.tolerance)
    return agrees(value, expected, function.tolerance, function.scale)


def direction(function: AuditedFunction) -> Iterator[Finding]:
    """A similarity that somebody is going to minimise."""
    if not (function.loss.higher_is_better and function.is_minimised):
        return
    near = function.value(function.call(function.probes["near"])) if "near" in function.probes else None
    far = function.usual_value
    if near is not None and far is not None and near > far:
        yield function.finding(
            "grows_with_quality", "warning",
            f"{function.name} grows as the pair becomes alike ({far:.4g} to {near:.4g})",
            "return its negative, or 1 minus it, where it is minimised",
        )  # fmt: skip


def half(function: AuditedFunction) -> Iterator[Finding]:
    """float16: overflow where float64 is fine."""
    if function.kind in ("critic", "path", "domains") or function.layout == "array":
        return
    outcome = function.call(function.usual, dtype="float16")
    value, full = function.value(outcome), function.usual_value
    if value is not None and not math.isfinite(value) and full is not None and math.isfinite(full):
        yield function.finding(
            "not_finite_in_float16", "note", f"in float16 it gives {value}, in {function.comparison.dtype} {full:.6g}"
        )


_CHECKS: Sequence[Callable[[AuditedFunction], Iterator[Finding]]] = (
    side_effects, returned, edges, gradients, detached, penalty, draws, direction, samples, pooled, sides, shapes, half,
)  # fmt: skip
