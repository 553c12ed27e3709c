"""Which reals have a fake in their neighbourhood: the counts behind density and coverage."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

Z95 = 1.959964  # two-sided
NEIGHBOURS = 5  # k of Naeem et al. 2020
# Distances of this many rows to all others are in hand at a time: 5 000 to 5 000 would take 200 MB.
ROWS = 512
# Of the squared norms: what is left of the distance of a vector to itself.
_ROUNDING = 1e-12
_FEW = 10  # events whose number alone tells little of how it spreads


@dataclass(frozen=True, kw_only=True)
class Neighbourhoods:
    """Where fakes lie among reals.

    Args:
        covered: for each real whether a fake is nearer than its k-th nearest real; (N,).
        around: for each fake in how many neighbourhoods of reals it lies, over k; (M,).
    """

    covered: Tensor
    around: Tensor

    @property
    def coverage(self) -> float:
        """Share of reals with a fake in their neighbourhood."""
        return float(self.covered.double().mean())

    @property
    def density(self) -> float:
        """Neighbourhoods of reals that a fake lies in, over k, on average."""
        return float(self.around.mean())

    def coverage_interval(self, z: float = Z95) -> tuple[float, float]:
        """Interval of the coverage, by Wilson's score: never empty, where all or none are covered either.

        Args:
            z: how many standard errors wide to either side; by default those of 95 %.
        """
        n, share = len(self.covered), self.coverage
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        return max(0.0, centre - reach), min(1.0, centre + reach)

    def coverage_error(self) -> float:
        """Standard error of the coverage over reals; the fakes count as given."""
        share, n = self.coverage, len(self.covered)
        return math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else math.inf

    def density_error(self) -> float:
        """Standard error of the density over fakes; the reals count as given."""
        return float(self.around.std() / math.sqrt(len(self.around))) if len(self.around) > 1 else math.inf


def neighbourhoods(real: Tensor, fake: Tensor, k: int) -> Neighbourhoods:
    """Hold every fake against the neighbourhood of every real: all that is nearer than its k-th nearest real.

    Args:
        real: rows of features; (N, D), two and more.
        fake: rows of the same features; (M, D).
        k: which nearest real; half the number of reals where that is less.
    """
    covered, around = [], torch.zeros(len(fake), dtype=torch.float64)
    for inside in inside_of(real, fake, k):
        covered.append(inside.any(1))
        around += inside.sum(0)
    return Neighbourhoods(covered=torch.cat(covered), around=around / _nearest(real, k))


def hanging_on(real: Tensor, fake: Tensor, k: int) -> Tensor:
    """How many reals only this fake covers, for every fake; (M,).

    Where hardly any hang on one fake, or are in reach of none, chance is not seen in the former alone: a real out of
    reach then counts against the fake that is nearest to it, which nearly covers it.

    Args:
        real: rows of features; (N, D), two and more.
        fake: rows of the same features; (M, D).
        k: as for `neighbourhoods`.
    """
    alone, missed = torch.zeros(len(fake), dtype=torch.float64), []
    for inside in inside_of(real, fake, k):
        counts = inside.sum(1)
        alone += inside[counts == 1].sum(0)
        missed.append(counts == 0)
    out = real[torch.cat(missed)].double()
    if len(out) > 0 and len(out) + alone.sum() <= _FEW:
        nearest = squared_distances(out - real[0].double(), fake.double() - real[0].double()).argmin(1)
        alone -= torch.bincount(nearest, minlength=len(fake))
    return alone


def inside_of(real: Tensor, fake: Tensor, k: int) -> Iterator[Tensor]:
    """Whether each fake lies in the neighbourhood of each real, some reals at a time; (n, M)."""
    # whatever all have in common cancels in the squares; one of them, so that whole numbers stay whole
    fake, real = fake.double() - real[0].double(), real.double() - real[0].double()
    for start in range(0, len(real), ROWS):
        rows = real[start : start + ROWS]
        among = squared_distances(rows, real)
        among[torch.arange(len(rows)), torch.arange(start, start + len(rows))] = -1.0  # itself comes first
        radius = among.kthvalue(_nearest(real, k) + 1, dim=1, keepdim=True).values
        yield squared_distances(rows, fake) < radius


def _nearest(real: Tensor, k: int) -> int:
    return min(k, max(1, len(real) // 2))


def of_the_reals(real: Tensor, k: int) -> Neighbourhoods:
    """A random half of the reals held against the other: what fakes could be expected to reach.

    In their own order halves may differ: MNIST alternates between two groups of writers.

    Args:
        real: rows of features; (N, D), four and more.
        k: as for fakes.
    """
    return neighbourhoods(*halves(real), k)


def halves(real: Tensor) -> tuple[Tensor, Tensor]:
    """Two random halves, always the same."""
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    half = len(real) // 2
    return real[order[:half]], real[order[half : 2 * half]]


def squared_distances(rows: Tensor, others: Tensor) -> Tensor:
    """Of every row to every other, 0 for equal ones; (n, m)."""
    norms = rows.square().sum(1, keepdim=True) + others.square().sum(1)
    squares = norms - 2 * rows @ others.T
    return squares.masked_fill_(squares <= _ROUNDING * norms, 0.0)
