"""What the closest convention means: exact, up to a factor, a mistake, another loss, or none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ganloss_cli.evaluators.catalogue import Convention, Loss, catalogue
from ganloss_cli.evaluators.resemblance import NEAR, agrees, likenesses
from ganloss_cli.evaluators.test_inputs.kinds import kind_of, probes_for
from ganloss_cli.pipeline.loss.comparison import FunctionCalls, FunctionComparison, tolerance_of
from ganloss_cli.pipeline.loss.failed_calls import SourcePlace
from ganloss_cli.records.loss import LossVerdict
from ganloss_cli.records.outcomes import named
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import Severity


def function_verdict(
    calls: FunctionCalls, comparison: FunctionComparison, wanted: Convention | None, place: SourcePlace
) -> tuple[LossVerdict, list[Finding]]:
    """The verdict on a function, with the findings that it rests on.

    Args:
        calls: the calls.
        comparison: on every probe.
        wanted: the convention that was asked for, where one was.
        place: of the function.
    """
    best, loss = comparison.best, calls.loss
    name = f"{loss.name}:{best.convention.name}"
    if best.relation in ("departs", "unknown factor"):
        return "departs", [_departure(calls, comparison, place)]
    found = []
    if wanted is not None and not _is(wanted, best.convention, best.same):
        message = f"it computes {name}, not {loss.name}:{wanted.name}"
        found.append(place.finding("another_convention", "error", message))
    if best.convention.settings.get("inverted"):
        message = f"it computes {name}, whose discriminator gives fakes the higher scores"
        hint = "right where generator and discriminator agree on it; elsewhere the signs are exchanged"
        found.append(place.finding("inverted_scores", "warning", message, hint=hint, convention=name))
    if best.convention.mistake:
        message = f"it computes {named(name, best.convention.mistake)}"
        # whoever asks for a mistake by its name knows of it
        severity: Severity = "note" if wanted is best.convention else "error"
        found.append(place.finding("known_mistake", severity, message, convention=name))
        return "a known mistake", found
    if best.relation == "exact":
        return "exact", found
    summed = "samples" in best.extents
    check = "sums_over_the_batch" if summed else "off_by_a_factor"
    message = f"it computes {name}, {best.meaning}"
    if loss.unit == "dB" and abs(best.factor) in (0.5, 2.0):
        hint = "10 log10 is of a ratio of energies, 20 log10 of one of amplitudes"
        return "up to a factor", [
            *found,
            place.finding("scales_decibels", "error", message, hint=hint, convention=name),
        ]
    found.append(place.finding(check, "warning" if summed else "note", message, convention=name))
    return "up to a factor", found


def of_one_sample(loss: Loss, comparison: FunctionComparison) -> str | None:
    """Another convention that a batch of one does not tell from the one found, such as that which does not pool.

    Args:
        loss: of the catalogue.
        comparison: on every probe.
    """
    best, name = comparison.best, "one sample"
    value = comparison.published[best.convention.name].get(name)
    if value is None or best.relation != "exact":
        return None
    for row in loss.conventions:
        other = comparison.published.get(row.name, {}).get(name)
        if row is best.convention or row.name in best.same or other is None:
            continue
        if agrees(value, other, tolerance_of(loss, "float64")):
            return f"{loss.name}:{row.name}"
    return None


def _is(wanted: Convention, found: Convention, same: tuple[str, ...]) -> bool:
    """Whether the convention found is the one asked for, by another source's name too."""
    return (wanted.alias_of or wanted.name) in (found.name, *same)


def _departure(calls: FunctionCalls, comparison: FunctionComparison, place: SourcePlace) -> Finding:
    best, loss = comparison.best, calls.loss
    name = f"{loss.name}:{best.convention.name}"
    evidence: dict[str, Any] = {"nearest": name, "departure": best.departure}
    if best.relation == "unknown factor":
        message = f"it computes {name} {best.meaning}, which is no catalogued factor"
        return place.finding("unknown_factor", "error", message, hint=_of_logarithms(best.factor), **evidence)
    for other, row in _elsewhere(calls, comparison):
        found = f"{other.name}:{row.name}"
        message = f"it computes no convention of {loss.name}, but {named(found, row.mistake)}"
        return place.finding(
            "another_loss", "error", message, hint=f"audit it --as {other.name}", **evidence, other=found
        )
    far = f"{best.departure:.2g}" if best.departure < 1e6 else "more than a million"
    nearest = named(f"{name}, off by {far} of its value", best.convention.mistake)
    message = f"it computes no convention of {loss.name}; nearest is {nearest}"
    if best.departure > NEAR:
        message = f"it computes no convention of {loss.name} and is near none: {nearest}, comes first"
    hint = "look at the probes that differ; terms of a sum are audited one by one, the others set to 0 with --kwargs"
    return place.finding("departs_from_every_convention", "error", message, hint=hint, **evidence)


def _of_logarithms(factor: float) -> str | None:
    """What a factor of ln 10 comes from, in either direction."""
    if math.isclose(abs(factor), math.log(10), rel_tol=1e-4):
        return "2.30259 is ln 10: it takes the natural logarithm where log10 belongs"
    if math.isclose(abs(factor), 1 / math.log(10), rel_tol=1e-4):
        return "0.434294 is 1 / ln 10: it takes log10 where the natural logarithm belongs"
    return None


def _elsewhere(calls: FunctionCalls, comparison: FunctionComparison) -> Iterator[tuple[Loss, Convention]]:
    """Other losses on the same inputs that it computes exactly, each with the convention."""
    observed = {n: v for n, o in comparison.outcomes.items() if (v := o.numbers.get(comparison.reading)) is not None}
    for other in catalogue().values():
        if not _shares_inputs(calls, other):
            continue
        probes = [probe for probe in probes_for(other) if probe.name in observed]
        published, counts = FunctionCalls(calls.process, other, calls.binding).published(probes, comparison.form)
        regular = [probe.name for probe in probes if probe.regular]
        found = likenesses(other, observed, published, counts, regular, tolerance_of(other, comparison.dtype))
        if found and found[0].relation == "exact":
            yield other, found[0].convention


def _shares_inputs(calls: FunctionCalls, other: Loss) -> bool:
    """Whether another loss is probed with the same inputs, and needs none that this one lacks."""
    loss, inputs = calls.loss, calls.binding.inputs
    needs = {*other.needs, *other.one_of} - {"random"}
    known = {*inputs, *loss.needs, "backbone"}
    alike = kind_of(other) == kind_of(loss) and not (other.multi_scale or loss.multi_scale)
    return other is not loss and alike and bool(needs & inputs) and set(other.needs) - {"random"} <= known
