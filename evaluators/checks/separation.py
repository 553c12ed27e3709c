"""How well scores tell two sets apart: the area under the ROC curve with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Z95 = 1.959963984540054  # two-sided 95 % of a normal distribution


@dataclass(frozen=True, kw_only=True)
class Area:
    """An area under the ROC curve with its 95 % interval.

    Args:
        value: chance that a real scores higher than a fake, ties counted half; 0.5 where they cannot be told apart.
        low: lower end of the interval.
        high: upper end.
        standard_error: of the value.
    """

    value: float
    low: float
    high: float
    standard_error: float


def area_under_curve(real: Floats, fake: Floats) -> Area:
    """The area under the ROC curve by DeLong's method, from midranks.

        AUC = mean over pairs of [r > f] + [r = f] / 2

    Args:
        real: scores of reals; (N,), N at least 2.
        fake: scores of fakes; (M,), M at least 2.

    Convention: Sun and Xu 2014 (fast DeLong), DeLong et al. 1988. Where every pair is in the same order the variance
    estimate is 0; the interval then ends at 1 - 3/min(N, M), the rule of three.
    """
    n, m = len(real), len(fake)
    together = _midranks(np.concatenate([real, fake]))
    above = (together[:n] - _midranks(real)) / m  # share of fakes below each real
    below = 1 - (together[n:] - _midranks(fake)) / n  # share of reals above each fake
    value = float(above.mean())
    error = math.sqrt(float(above.var(ddof=1)) / n + float(below.var(ddof=1)) / m)
    reach = Z95 * error if error > 0 else (3 / min(n, m) if value in (0.0, 1.0) else 0.0)
    return Area(value=value, low=max(0.0, value - reach), high=min(1.0, value + reach), standard_error=error)


def _midranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray(((last - counts + 1 + last) / 2)[inverse], dtype=np.float64)
