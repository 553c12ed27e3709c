"""Modes of data that has no labels: the clusters that k-means finds."""

from __future__ import annotations

import torch
from torch import Tensor

from ganloss_cli.evaluators.neighbours import squared_distances

MODES = 10
_ROUNDS = 15
_TRIALS = 4


def modes_of(rows: Tensor, random: torch.Generator, count: int = MODES) -> Tensor:
    """Which of ten clusters each row lies in, of several trials the one with the least squares; (N,).

    Arthur and Vassilvitskii 2007 (k-means++): the first centres are drawn by their squared distance to those drawn.

    Args:
        rows: (N, D).
        random: draws the first centres.
        count: of clusters, of which some may be empty.
    """
    trials = [_trial(rows, random, min(count, len(rows))) for _ in range(_TRIALS)]
    return min(trials, key=lambda trial: trial[0])[1]


def _trial(rows: Tensor, random: torch.Generator, count: int) -> tuple[float, Tensor]:
    centres = rows[torch.randint(len(rows), (1,), generator=random)]
    for _ in range(count - 1):
        away = squared_distances(rows, centres).amin(1)
        away = away if bool(away.any()) else torch.ones_like(away)
        centres = torch.cat([centres, rows[torch.multinomial(away, 1, generator=random)]])
    for _ in range(_ROUNDS):
        nearest = squared_distances(rows, centres).min(1)
        counts = torch.bincount(nearest.indices, minlength=count)[:, None]
        sums = torch.zeros_like(centres).index_add_(0, nearest.indices, rows)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return float(nearest.values.sum()), nearest.indices
