"""How values lie: counts in bins of equal width."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ganloss_cli.evaluators.statistics import Floats

LEAST_BINS, MOST_BINS = 4, 32


def histogram(sides: Mapping[str, Floats]) -> tuple[tuple[float, ...], dict[str, tuple[int, ...]]]:
    """Edges of bins that all sides share, and how many of each side lie in each; what is not finite lies in none.

    Args:
        sides: scores by name, (N,) each.

    Returns:
        twice the root of the largest count as bins, 4 to 32, or one where all are equal; none where nothing is finite.
    """
    finite = {name: scores[np.isfinite(scores)] for name, scores in sides.items()}
    together = np.concatenate(list(finite.values()))
    if not len(together):
        return (), dict.fromkeys(sides, ())
    n = min(max(round(2 * math.sqrt(max(map(len, finite.values())))), LEAST_BINS), MOST_BINS)
    low, high = float(together.min()), float(together.max())
    along = np.arange(n + 1) / n
    edges = low * (1 - along) + high * along  # not low + (high - low) * along, which may overflow
    if not (edges[1:] > edges[:-1]).all():  # equal, or so near that no float lies between
        edges = np.array([low, high])
    counts = {name: np.histogram(scores, edges)[0] for name, scores in finite.items()}
    return tuple(map(float, edges)), {name: tuple(map(int, own)) for name, own in counts.items()}
