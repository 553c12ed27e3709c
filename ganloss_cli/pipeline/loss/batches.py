"""Checks of samples and sides: batches, order, symmetry, identity, shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ganloss_cli.evaluators.resemblance import agrees
from ganloss_cli.pipeline.loss.look import Look
from ganloss_cli.records.report import Finding

SYMMETRIC = ("l1", "mse", "huber", "charbonnier", "cosine", "ssim", "ms_ssim", "psnr", "gmsd", "fm")
_LONE = ("sample", "plane", "vector", "array")  # layouts without a batch


def samples(look: Look) -> Iterator[Finding]:
    """Whether the value of a batch is the mean of its samples' values; known already where a convention fits."""
    if not look.departs or look.layout in _LONE:
        return
    backward = look.value(look.call(look.usual, variation="reversed"))
    whole = look.usual_value
    if whole is None:
        return
    tolerance = look.tolerance
    if backward is not None and not agrees(whole, backward, tolerance) and look.kind not in ("critic", "path"):
        yield look.finding("depends_on_order", "warning", "its value depends on the order of the samples")
    if look.loss.batch_dependent or look.kind in ("critic", "path") or look.loss.name == "kl_vits":
        return
    singles = [look.value(look.call(look.usual, variation=f"sample {k}")) for k in range(look.usual.samples)]
    if any(value is None for value in singles):
        return
    total = sum(value for value in singles if value is not None)
    if agrees(whole, total, tolerance):
        yield look.finding("sums_over_the_batch", "warning", "the value of a batch is the sum over its samples")
    elif not agrees(whole, total / len(singles), tolerance):
        yield look.finding(
            "depends_on_batch", "warning",
            f"a batch gives {whole:.6g}, the mean of its samples' values is {total / len(singles):.6g}",
        )  # fmt: skip


def pooled(look: Look) -> Iterator[Finding]:
    """A function of one waveform or image that also takes a batch, and then gives something else without a word."""
    if look.departs or look.layout != "sample" or not look.loss.paired or look.loss.batch_dependent:
        return
    whole = look.value(look.call(look.usual, layout="batch"))
    expected = look.expected_of("batch", look.usual)
    if whole is None or expected is None or not math.isfinite(whole) or agrees(whole, expected, look.tolerance):
        return
    yield look.finding(
        "pools_a_batch", "warning",
        f"it is {look.called} of one sample alone: a batch gives {whole:.6g}, the mean of its samples' values is"
        f" {expected:.6g}",
        "sum over the axes of one sample, then take the mean over the samples; or refuse a batch",
    )  # fmt: skip


def sides(look: Look) -> Iterator[Finding]:
    """Symmetry and the value at identity, as the loss itself has them; known already where a convention fits."""
    if not look.departs:
        return
    same = look.comparison.outcomes.get("identical")
    value = look.value(same) if same else None
    if value is not None and look.default("identical") == 0.0 and abs(value) > 1e-6:
        yield look.finding("not_zero_at_identity", "warning", f"an identical pair gives {value:.6g}, not 0")
    if look.loss.name not in SYMMETRIC or look.layout == "array":
        return
    forward, swapped = look.usual_value, look.value(look.call(look.usual, variation="swapped"))
    if forward is not None and swapped is not None and not agrees(forward, swapped, look.tolerance):
        told = f"exchanging the two gives {swapped:.6g} instead of {forward:.6g}"
        yield look.finding("not_symmetric", "warning", told)


def shapes(look: Look) -> Iterator[Finding]:
    """Sides of different shapes, or lists of different lengths, that it takes without a word."""
    pairs = ({"real", "fake"}, {"real_logits", "fake_logits"})
    paired = (look.loss.paired or look.loss.equal_counts) and any(pair <= look.inputs for pair in pairs)
    if paired and look.call(look.usual, variation="column").value is not None:
        yield look.finding(
            "broadcasts", "note", "sides of different shapes are broadcast without a word",
            "compare the shapes first: (N,) against (N, 1) gives (N, N)",
        )  # fmt: skip
    listed = look.layout in ("list", "nested") and len(look.inputs) > 1
    if listed and look.call(look.usual, variation="shorter").value is not None:
        yield look.finding(
            "lists_cut", "note", "of lists of different lengths the longer one is cut without a word",
            "give strict=True to zip",
        )  # fmt: skip
