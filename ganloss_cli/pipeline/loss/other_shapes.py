"""A convention is computed where a function agrees on every shape that it takes, not on the plainest alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ganloss_cli.evaluators.resemblance import agrees
from ganloss_cli.evaluators.test_inputs.kinds import BINDING, FORMS, Form, Probe, kind_of, probes_for
from ganloss_cli.pipeline.loss.comparison import FunctionCall, FunctionCalls, FunctionComparison, tolerance_of

LONE = ("sample", "plane", "vector")  # layouts without a batch, of tensors
BATCHED = "random, a batch"  # handed to a function of one sample


def held_in_other_shapes(calls: FunctionCalls, comparison: FunctionComparison) -> FunctionComparison:
    """The comparison with what other shapes add: a function that departs in one that it takes, departs.

    Patch maps beside scores, sides of unequal counts, channels that differ in loudness and in noise.

    Args:
        calls: to the function.
        comparison: on the usual probes.
    """
    best = comparison.best
    if best.relation not in ("exact", "factor") or best.convention.mistake is not None:
        return comparison
    worst = 0.0
    for probe, form in _shapes(calls, comparison):
        call = FunctionCall(probe=probe, form=form, dtype=comparison.dtype, reading=comparison.reading)
        outcome = calls.made(call)
        published, counts = calls.published([probe], form)
        value, expected = outcome.numbers.get(comparison.reading), published[best.convention.name].get(probe.name)
        if value is None or expected is None or not math.isfinite(expected):
            continue
        wanted = best.expected(expected, counts[probe.name])
        comparison = replace(
            comparison,
            outcomes={**comparison.outcomes, probe.name: outcome},
            counts={**comparison.counts, **counts},
            published={name: {**values, **published[name]} for name, values in comparison.published.items()},
        )
        if not agrees(value, wanted, tolerance_of(calls.loss, comparison.dtype)):
            worst = max(worst, abs(value - wanted) / max(abs(wanted), 1e-12))
    if not worst:
        return comparison
    departing = replace(
        best, relation="departs", factor=1.0, offset=0.0, meaning="", extents=(), same=(), departure=worst
    )
    return replace(comparison, found=[departing, *comparison.found[1:]])


def _shapes(calls: FunctionCalls, comparison: FunctionComparison) -> Iterator[tuple[Probe, Form]]:
    """Other inputs in the form that was found, and the first probe in other layouts: of scores, and lists of lists."""
    loss, form = calls.loss, comparison.form
    if form.layout in LONE and loss.paired and not loss.batch_dependent:
        for probe in (probe for probe in probes_for(loss) if probe.regular):
            yield replace(probe, name=f"{probe.name}, a batch"), replace(form, layout="batch")
    usual = next(probe for probe in probes_for(loss) if probe.regular)
    if kind_of(loss) == "features" and form.layout != "nested":
        nested = next(other for other in FORMS["features"] if other.layout == "nested")
        yield replace(usual, name=f"random, {_WORDS['list']}"), nested
    if form.layout in (*LONE, "array") or comparison.best.extents:
        return
    for probe in BINDING.get(kind_of(loss), ()):
        if not (loss.equal_counts and probe.content == "unequal") and not loss.multi_scale:
            yield probe, form
    if kind_of(loss) != "logits" or form.layout == "list":
        return
    for other in FORMS["logits"]:
        if other.values == form.values and other.layout != form.layout:
            yield replace(usual, name=f"random, {_WORDS[other.layout]}"), other


_WORDS = {"patches": "patch maps", "batch": "(N, 1)", "flat": "(N,)", "list": "several sub-discriminators"}
