"""A comparison as the records that reporters show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from textwrap import shorten

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.resemblance import Likeness, agrees
from ganloss_cli.evaluators.test_inputs.kinds import RANGES
from ganloss_cli.pipeline.loss.comparison import FunctionComparison, tolerance_of
from ganloss_cli.records.loss import NearConvention, ProbedValue

SHOWN = 6  # of the closest conventions
REMARK = 60  # characters beside a probe; the finding has all of it


def form_in_words(comparison: FunctionComparison, kind: str) -> str:
    """How the function wants its inputs."""
    words = {
        "list": "lists, one tensor a sub-discriminator", "patches": "patch maps (N, 1, H, W)", "flat": "(N,)",
        "nested": "lists of lists of maps", "maps": "one list of maps", "map": "a single map",
        "sample": "one sample without a batch axis", "plane": "one plane (H, W)", "vector": "one vector",
        "rows": "vectors (N, D)", "array": "numpy arrays (H, W, C)", "no channels": "(N, T)", "vectors": "(N, D)",
        "frames": "(N, H, T)",
        "torch": "probabilities of the target, log-probabilities of the estimate",
    }  # fmt: skip
    shapes = {"logits": "(N, 1)", "images": "(N, C, H, W)", "audio": "(N, C, T)"}
    layout, values = comparison.form.layout, comparison.form.values
    parts = [words.get(layout, shapes.get(kind, "with a batch axis")), words.get(values, values)]
    if kind == "images":
        low, high = RANGES[values]
        parts[1] = f"on [{low:g}, {high:g}]"
    return ", ".join([part for part in parts if part] + [comparison.dtype])


def probed(loss: Loss, comparison: FunctionComparison) -> Iterator[ProbedValue]:
    """Each probe with what the function and the closest convention gave."""
    tolerance = tolerance_of(loss, comparison.dtype)
    best = comparison.best
    expected = comparison.published[best.convention.name]
    for name, outcome in comparison.outcomes.items():
        if outcome.impossible:
            continue
        value = outcome.numbers.get(comparison.reading)
        wanted = best.expected(expected[name], comparison.counts[name]) if name in expected else None
        remark = shorten(outcome.raised or (outcome.died.message if outcome.died else ""), REMARK, placeholder=" ...")
        if value is not None and not math.isfinite(value):
            remark = f"gives {value}"
        same = value is not None and wanted is not None and agrees(value, wanted, tolerance)
        yield ProbedValue(probe=name, value=value, expected=wanted, agrees=same, remark=remark)


def near(loss: Loss, found: Sequence[Likeness]) -> Iterator[NearConvention]:
    """The closest conventions."""
    for likeness in found[:SHOWN]:
        yield NearConvention(
            convention=f"{loss.name}:{likeness.convention.name}",
            departure=likeness.departure if likeness.departure < float("inf") else None,
            relation=likeness.relation if not likeness.meaning else f"{likeness.relation}: {likeness.meaning}",
            source=likeness.convention.source,
            mistake=likeness.convention.mistake,
        )
