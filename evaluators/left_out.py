"""What one sample does to the share of others that lie in the neighbourhoods of its own side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.neighbours import ROWS, squared_distances
from ganloss_cli.evaluators.statistics import Floats, array_of


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Which samples lie in some neighbourhood of the other side's.

    Args:
        inside: of each sample, whether it does; (N,).
        lost: how many fewer do without each sample of the other side; others' neighbourhoods grow then; (M,).
    """

    inside: Floats
    lost: Floats

    @property
    def share(self) -> float:
        """Of the samples that lie in one."""
        return float(self.inside.mean())


def reached(rows: Tensor, others: Tensor, k: int) -> Reached:
    """Which rows lie no farther from some row of the other side than its k-th nearest of its own.

    Args:
        rows: of features; (N, D).
        others: rows of the same features; (M, D), M > k.
        k: which nearest ends a neighbourhood; without one of k + 1 samples it is the one before.
    """
    rows, others = rows.double() - others[0].double(), others.double() - others[0].double()
    nearest, radius, grown = _neighbours(others, k)
    inside, lost = [], torch.zeros(len(others), dtype=torch.int64)
    for part in torch.split(rows, ROWS):
        squares = squared_distances(part, others)
        held = squares <= radius
        counts = held.sum(1)
        inside.append(counts > 0)
        # those that hold a row only once they have grown, and whose samples make them do so
        row, centre = ((squares <= grown) & ~held).nonzero(as_tuple=True)
        row, left = row.repeat_interleave(k), nearest[centre].flatten()
        only = held.int().argmax(1)
        kept = torch.zeros(len(part), dtype=torch.bool)
        kept[row[(counts[row] == 1) & (only[row] == left)]] = True
        lost += torch.bincount(only[(counts == 1) & ~kept], minlength=len(others))
        gained = torch.unique(torch.stack([row, left], 1)[counts[row] == 0], dim=0)[:, 1]
        lost -= torch.bincount(gained, minlength=len(others))
    return Reached(inside=array_of(torch.cat(inside)), lost=array_of(lost))


def _neighbours(rows: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of each row its k nearest; the square of the distance of the last, and of the next one where there is one."""
    nearest, radius, grown = [], [], []
    for start in range(0, len(rows), ROWS):
        squares = squared_distances(rows[start : start + ROWS], rows)
        places = torch.arange(len(squares))
        squares[places, start + places] = -1.0  # itself comes first
        found = squares.topk(min(k + 2, len(rows)), dim=1, largest=False)
        nearest.append(found.indices[:, 1 : k + 1])
        radius.append(found.values[:, k])
        grown.append(found.values[:, -1])
    return torch.cat(nearest), torch.cat(radius), torch.cat(grown)


def jackknifed(figure_without: Floats) -> Floats:
    """Values of samples that are spread as a figure is, of the figure without each of them; (N,).

    Convention: the jackknife's, (N - 1) times what the figure loses; by Efron and Stein (1981) their variance is at
    least that of the figure over other samples.
    """
    return np.asarray((len(figure_without) - 1) * (figure_without.mean() - figure_without))
