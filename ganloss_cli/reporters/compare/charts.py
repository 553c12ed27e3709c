"""What a page draws of a comparison: how far the keys are apart, and how that grows over steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.compare.wording import drift_summary
from ganloss_cli.reporters.document import Charts, Curve

if TYPE_CHECKING:
    from ganloss_cli.records.comparison import ComparedKey, Comparison, Tolerance


def ends(tolerance: Tolerance, keys: Sequence[ComparedKey]) -> tuple[float, float]:
    """The least and the largest of all relative differences and the tolerance, for the bars of all keys.

    Args:
        tolerance: its rtol is marked on each of them.
        keys: as they were compared.
    """
    known = [
        tolerance.rtol,
        *(key.max_relative for key in keys if key.max_relative and math.isfinite(key.max_relative)),
    ]
    known = [value for value in known if value > 0] or [1.0]
    return min(known), max(known)


def drifts(comparison: Comparison) -> Charts:
    """The relative difference of each quantity over its steps, beside the tolerance, as magnitudes."""
    curves = [
        Curve(
            title=drift.name,
            counted_in="steps",
            places=drift.steps,
            values=[math.nan if value is None else value for value in drift.relative],
            sessions=[0] * len(drift.steps),
            levels={"relative tolerance": comparison.tolerance.rtol},
            logarithmic=True,
            told=drift_summary(drift),
        )
        for drift in comparison.drift
        if len(drift.steps) > 1
    ]
    return Charts(charts=curves, heading="Relative difference by step")
