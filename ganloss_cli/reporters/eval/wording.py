"""What a report says in words, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganloss_cli.records.outcomes import named
from ganloss_cli.reporters.figures import count, figure, number
from ganloss_cli.reporters.provenance import from_journal

if TYPE_CHECKING:
    from ganloss_cli.records.report import Report, Result

_NAMES_SHOWN = 3


def conditions(report: Report) -> str:
    """How it ran: device, dtype, modes of the networks, seed, and what a journal had of it."""
    modes = dict.fromkeys(f"{result.mode} mode" for result in report.results if result.mode)
    return ", ".join([report.device, report.dtype, *modes, f"seed {report.seed}", *from_journal(report)])


def note(result: Result, results: Sequence[Result]) -> str:
    """What must not be overlooked about a number: why it is absent, and what it depends on.

    Args:
        result: the number.
        results: all of them; raw weights are only worth a word beside averaged ones.
    """
    parts = [_absence(result)] if result.value is None else []
    parts += _place(result)
    if result.library:
        parts.append(result.library)
    if result.mistake:
        parts.append("a known mistake")
    if result.logs:
        parts.append(named(f"this family logs {result.logs}", result.logs_mistake))
    both = {other.weights for other in results if (other.typed, other.domain) == (result.typed, result.domain)}
    if result.weights and (result.weights == "ema" or len(both) > 1):
        parts.append(result.weights)
    if result.mode == "train":
        parts.append("train mode")
    if result.over == "batch":
        parts.append("mean over batches")
    if result.batch_dependent:
        parts.append("batch-dependent")
    return ", ".join(parts)


def _place(result: Result) -> list[str]:
    """What a result of a recipe is made of, and what it adds to the total."""
    place = result.recipe
    if place is None:
        return []
    if result.loss == "total":
        return [f"the {place.side}'s total in {place.recipe}"]
    parts = []
    if place.factor is not None:
        factor = "" if place.factor == 1 else f"{number(place.factor)} × "
        part = f", {place.part} alone" if place.part else ""
        sub = f" of {place.sub}" if place.sub else ""
        parts.append(f"{factor}{result.loss}:{result.convention}{sub}{part}")
    if place.weight is not None and place.weight != 1:
        parts.append(f"× {number(place.weight)} in the total")
    return parts


def _absence(result: Result) -> str:
    reason = result.reason or "unavailable"
    if result.recipe is not None and result.recipe.unavailable:
        return f"{reason}: {result.recipe.unavailable}"
    if not result.non_finite:
        return reason
    names = ", ".join(result.non_finite_samples[:_NAMES_SHOWN])
    more = ", …" if len(result.non_finite_samples) > _NAMES_SHOWN else ""
    return f"{reason} in {result.non_finite} of {count(result.count, 'sample')}{': ' if names else ''}{names}{more}"


def called(result: Result) -> str:
    """A result's name in its report: "ssim", "d_lsgan of A", "ssim, ema"."""
    weights = ", ema" if result.weights == "ema" else ""
    return f"{result.typed or result.loss}{f' of {result.domain}' if result.domain else ''}{weights}"


def value_text(result: Result) -> str:
    """Its value with what to make of it: "31.23 ± 0.41 dB, 8 samples"."""
    if result.value is None:
        return f"has no value ({result.reason or 'unavailable'})"
    unit = f" {result.unit}" if result.unit else ""
    error = f" ± {figure(result.standard_error, 2)}" if result.standard_error is not None else ""
    return f"{figure(result.value)}{error}{unit}, {count(result.count, 'sample')}"
