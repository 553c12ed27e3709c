"""Checks of samples and sides: batches, order, symmetry, identity, shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ganloss_cli.evaluators.resemblance import agrees
from ganloss_cli.pipeline.loss.audited_function import AuditedFunction
from ganloss_cli.pipeline.loss.other_shapes import BATCHED, LONE
from ganloss_cli.records.report import Finding


def samples(function: AuditedFunction) -> Iterator[Finding]:
    """Whether the value of a batch is the mean of its samples' values; known already where a convention fits."""
    if not function.departs or function.layout in (*LONE, "array"):
        return
    backward = function.value(function.call(function.usual, variation="reversed"))
    whole = function.usual_value
    if whole is None:
        return
    tolerance = function.tolerance
    if backward is not None and not agrees(whole, backward, tolerance) and function.kind not in ("critic", "path"):
        yield function.finding("depends_on_order", "warning", "its value depends on the order of the samples")
    # samples of several lengths count by their frames
    if (
        function.loss.batch_dependent
        or function.kind in ("critic", "path")
        or {"z_mask", "x_mask"} & {*function.loss.needs}
    ):
        return
    singles = [
        function.value(function.call(function.usual, variation=f"sample {k}")) for k in range(function.usual.samples)
    ]
    if any(value is None for value in singles):
        return
    total = sum(value for value in singles if value is not None)
    if agrees(whole, total, tolerance):
        yield function.finding("sums_over_the_batch", "warning", "the value of a batch is the sum over its samples")
    elif not agrees(whole, total / len(singles), tolerance):
        yield function.finding(
            "depends_on_batch", "warning",
            f"a batch gives {whole:.6g}, the mean of its samples' values is {total / len(singles):.6g}",
        )  # fmt: skip


def pooled(function: AuditedFunction) -> Iterator[Finding]:
    """A function of one waveform or image that also takes a batch, and then gives something else without a word."""
    known = not function.departs or BATCHED in function.comparison.outcomes
    if not known or function.layout not in LONE or not function.loss.paired or function.loss.batch_dependent:
        return
    whole = function.value(function.call(function.usual, layout="batch"))
    expected = function.expected_of("batch", function.usual)
    if whole is None or expected is None or not math.isfinite(whole) or agrees(whole, expected, function.tolerance):
        return
    yield function.finding(
        "pools_a_batch", "warning",
        f"it is {function.called} of one sample alone: a batch gives {whole:.6g}, the mean of its samples' values is"
        f" {expected:.6g}",
        "sum over the axes of one sample, then take the mean over the samples; or refuse a batch",
    )  # fmt: skip


def sides(function: AuditedFunction) -> Iterator[Finding]:
    """Symmetry and the value at identity, as the loss itself has them; known already where a convention fits."""
    if not function.departs:
        return
    same = function.comparison.outcomes.get("identical")
    value = function.value(same) if same else None
    if value is not None and function.default("identical") == 0.0 and abs(value) > 1e-6:
        yield function.finding("not_zero_at_identity", "warning", f"an identical pair gives {value:.6g}, not 0")
    if not function.loss.symmetric or function.layout == "array":
        return
    forward, swapped = function.usual_value, function.value(function.call(function.usual, variation="swapped"))
    if forward is not None and swapped is not None and not agrees(forward, swapped, function.tolerance):
        message = f"exchanging the two gives {swapped:.6g} instead of {forward:.6g}"
        yield function.finding("not_symmetric", "warning", message)


def shapes(function: AuditedFunction) -> Iterator[Finding]:
    """Sides of different shapes, or lists of different lengths, that it takes without a word."""
    pairs = ({"real", "fake"}, {"real_logits", "fake_logits"})
    paired = (function.loss.paired or function.loss.equal_counts) and any(pair <= function.inputs for pair in pairs)
    if paired and function.call(function.usual, variation="column").value is not None:
        yield function.finding(
            "broadcasts", "note", "sides of different shapes are broadcast without a word",
            "compare the shapes first: (N,) against (N, 1) gives (N, N)",
        )  # fmt: skip
    listed = function.layout in ("list", "nested") and len(function.inputs) > 1
    if listed and function.call(function.usual, variation="shorter").value is not None:
        yield function.finding(
            "lists_cut", "note", "of lists of different lengths the longer one is cut without a word",
            "give strict=True to zip",
        )  # fmt: skip
