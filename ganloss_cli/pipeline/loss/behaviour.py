"""How a function behaves beyond its values on regular inputs: side effects, edges, gradients, batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from ganloss_cli.evaluators.resemblance import agrees
from ganloss_cli.pipeline.loss.batches import pooled, samples, shapes, sides
from ganloss_cli.pipeline.loss.comparison import Comparison, Probing
from ganloss_cli.pipeline.loss.failures import Place, failure_findings
from ganloss_cli.pipeline.loss.gradients import detached, draws, gradients, penalty
from ganloss_cli.pipeline.loss.look import Look
from ganloss_cli.records.evidence import PROBE
from ganloss_cli.records.report import Finding

# Differences on edges up to this part of the value are somebody's epsilon.
EPSILON = 0.1


def behaviour_findings(probing: Probing, comparison: Comparison, place: Place, *, name: str) -> list[Finding]:
    """Everything that is wrong with a function besides what it computes.

    Args:
        probing: makes further calls.
        comparison: what is known of its values, on every probe.
        place: of the function.
        name: of the function; one that is called a loss is minimised.
    """
    look = Look(probing, comparison, place, name)
    found: list[Finding] = list(failure_findings(probing, comparison, place))
    for check in _CHECKS:
        if probing.given_up:
            break
        found += check(look)
    return found


def side_effects(look: Look) -> Iterator[Finding]:
    """Inputs that it changed, output, another value the second time, a return value that is no scalar."""
    outcomes = look.comparison.outcomes
    changed = sorted({name for outcome in outcomes.values() for name in outcome.answer.get("modified", ())})
    if changed:
        yield look.finding("modifies_inputs", "error", f"it changes its inputs: {', '.join(changed)}", "work on a copy")
    if any(outcome.answer.get("printed") for outcome in outcomes.values()):
        yield look.finding("prints", "note", "it prints")
    first = outcomes[look.usual.name]
    if any("target size" in text for text in first.answer.get("warned", ())):
        yield look.finding(
            "labels_broadcast", "warning", "labels and scores have different shapes, and are broadcast",
            "make labels with torch.ones_like(scores)",
        )  # fmt: skip
    again = look.call(look.usual, again=True)
    before, after = look.value(first), look.value(again)
    if before is not None and after is not None and not agrees(before, after, 1e-9):
        yield look.finding(
            "not_repeatable", "warning", f"the same inputs gave {before:.6g}, then {after:.6g}",
            "draw random numbers with torch, and keep no state between calls",
        )  # fmt: skip


def returned(look: Look) -> Iterator[Finding]:
    """A return value that is no scalar."""
    first = look.comparison.outcomes[look.usual.name]
    shape = first.answer.get("shape")
    if shape:
        yield look.finding("unreduced", "note", f"it returns a tensor of shape {tuple(shape)}; its mean was taken")
    if first.answer.get("sequence") and first.answer.get("leaves", 1) > 1:
        taken = {"value": "the first", "sum": "their sum", "last": "the last"}[look.comparison.reading]
        yield look.finding("returns_several", "note", f"it returns {first.answer['leaves']} values; {taken} was taken")


def edges(look: Look) -> Iterator[Finding]:
    """Where it is not finite though the convention is, and where it departs beyond the regular probes."""
    for name, outcome in look.comparison.outcomes.items():
        value, expected = look.value(outcome), look.expected(name)
        if value is None or expected is None:
            continue
        told = f"{name}: it gives {value:.6g}, where {look.called} gives {expected:.6g}"
        if math.isnan(value) and math.isnan(expected):
            yield look.finding("not_finite", "note", f"{name}: it gives nan, as {look.called} does", probe=name)
        elif not math.isfinite(value) and math.isfinite(expected):
            yield look.finding("not_finite", "error", told, probe=name)
        elif not math.isfinite(value) and value != expected:
            yield look.finding("not_finite", "warning", told, probe=name)
        elif look.departs or look.probes[name].regular:
            continue
        elif math.isfinite(value) and not math.isfinite(expected):
            yield look.finding("finite_at_the_edge", "note", told, probe=name)
        elif not _agrees_at_the_edge(look, name, value, expected):
            small = abs(value - expected) <= EPSILON * max(abs(value), abs(expected), look.scale)
            small = small and look.probes[name].content != "random"  # where no epsilon matters
            yield look.finding("departs_at_the_edge", "note" if small else "warning", told, **{PROBE: name})


def _agrees_at_the_edge(look: Look, probe: str, value: float, expected: float) -> bool:
    """Whether two values are one there; pictures that are only large are as well-conditioned as any others."""
    if look.probes[probe].content == "random":
        return agrees(value, expected, 10 * look.tolerance)
    return agrees(value, expected, 20 * look.tolerance, look.scale)


def direction(look: Look) -> Iterator[Finding]:
    """A similarity that somebody is going to minimise."""
    if not (look.loss.higher_is_better and look.is_minimised):
        return
    near = look.value(look.call(look.probes["near"])) if "near" in look.probes else None
    far = look.usual_value
    if near is not None and far is not None and near > far:
        yield look.finding(
            "grows_with_quality", "warning",
            f"{look.name} grows as the pair becomes alike ({far:.4g} to {near:.4g})",
            "return its negative, or 1 minus it, where it is minimised",
        )  # fmt: skip


def half(look: Look) -> Iterator[Finding]:
    """float16: overflow where float64 is fine."""
    if look.kind in ("critic", "path", "domains") or look.layout == "array":
        return
    outcome = look.call(look.usual, dtype="float16")
    value, full = look.value(outcome), look.usual_value
    if value is not None and not math.isfinite(value) and full is not None and math.isfinite(full):
        yield look.finding(
            "not_finite_in_float16", "note", f"in float16 it gives {value}, in {look.comparison.dtype} {full:.6g}"
        )


_CHECKS: Sequence[Callable[[Look], Iterator[Finding]]] = (
    side_effects, returned, edges, gradients, detached, penalty, draws, direction, samples, pooled, sides, shapes, half,
)  # fmt: skip
