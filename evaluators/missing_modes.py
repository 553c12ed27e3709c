"""Whether modes are missing: a test whose threshold and power come from the reals themselves, not from constants.

Reals and fakes are shared out over cells, each of a real and all that is nearest to it. The distance in total variation
between the two sides, sum over cells of max(0, share of reals - share of fakes), is the share of reals that lie where
fakes are missing. What chance, the number of cells and the shape of the data make of it is found by drawing reals for
fakes: all of them, all but a half that lies together, and only a fifth that lies together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ganloss_cli.evaluators.neighbours import NEIGHBOURS, halves, inside_of, squared_distances

LEVEL = 0.01  # of generators that miss half of the data, how many may be called collapsed
TOLERATED, TO_BE_FOUND = 0.5, 0.8  # shares of the data that are missing
ENOUGH_POWER = 0.95
MOST_DOUBLINGS = 6  # of the samples at hand are looked ahead
_CELLS = 64  # more would tell finer differences, which are no missing modes
_PARTITIONS = 20
_DRAWS = 200


@dataclass(frozen=True, kw_only=True)
class MissingModes:
    """What the test says of one space.

    Args:
        share: of the reals, where fakes are missing; chance is in it.
        of_reals: the same of reals drawn anew.
        limit: not exceeded by 99 % of sets that leave out half of the reals.
        power: share of sets of a fifth of the reals that exceed it.
        samples: of the smaller side.
        enough: about how many would tell; None where that is not known.
    """

    share: float
    of_reals: float
    limit: float
    power: float
    samples: int
    enough: int | None

    @property
    def found(self) -> bool:
        """Whether more than half is missing, at a level of 1 %."""
        return self.share > self.limit

    @property
    def told(self) -> bool:
        """Whether four fifths that are missing would have been found."""
        return self.power >= ENOUGH_POWER


def least_coverage(real: Tensor) -> float:
    """Which coverage 99 % of sets exceed that are made of a fifth of the reals, which lies together.

    Fakes that cover less lie apart from the reals, wherever those are.

    Args:
        real: rows of features; (N, D), eight and more.
    """
    held, others = halves(real)
    inside = torch.cat(list(inside_of(held, others, NEIGHBOURS)))
    kept = max(1, round((1 - TO_BE_FOUND) * len(others)))
    centres = torch.randint(len(others), (_DRAWS,), generator=torch.Generator().manual_seed(1))
    nearest = squared_distances(others[centres].double(), others.double()).argsort(1)[:, :kept]
    coverages = torch.stack([inside[:, chosen].any(1).double().mean() for chosen in nearest])
    return float(coverages.quantile(LEVEL))


def missing_modes(real: Tensor, fake: Tensor) -> MissingModes:
    """Hold fakes against reals.

        share = mean over partitions of sum over cells of max(0, share of reals - share of fakes)

    Args:
        real: rows of features; (N, D), eight and more.
        fake: rows of the same features; (M, D).
    """
    cells = _Cells.around(real, fake)
    limit, power = cells.power(1)
    ahead = (2**k for k in range(1 + MOST_DOUBLINGS))
    enough = next((len(real) * times for times in ahead if cells.power(times)[1] >= ENOUGH_POWER), None)
    return MissingModes(
        share=cells.apart(cells.of_reals, cells.of_fakes),
        of_reals=float(cells.drawn(0.0).median()),
        limit=limit,
        power=power,
        samples=min(len(real), len(fake)),
        enough=enough,
    )


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """Several partitions, and the cell of every sample in each.

    Args:
        fakes: how many there are.
        nearness: all reals in the order of their distance to random ones; (draws, N).
        of_reals: (partitions, N).
        of_fakes: (partitions, M).
        count: cells of a partition.
    """

    fakes: int
    nearness: Tensor
    of_reals: Tensor
    of_fakes: Tensor
    count: int

    @classmethod
    def around(cls, real: Tensor, fake: Tensor) -> _Cells:
        """Cells around random reals; such a real lies in the cell of another."""
        # whatever all have in common cancels in the squares
        middle = real.double().mean(0)
        real, fake = real.double() - middle, fake.double() - middle
        count = max(3, min(len(real) // 3, _CELLS))
        random = torch.Generator().manual_seed(0)
        of_reals, of_fakes = [], []
        for _ in range(_PARTITIONS):
            chosen = torch.randperm(len(real), generator=random)[:count]
            among = squared_distances(real, real[chosen])
            among[chosen, torch.arange(count)] = math.inf
            of_reals.append(among.argmin(1))
            of_fakes.append(squared_distances(fake, real[chosen]).argmin(1))
        centres = real[torch.randint(len(real), (_DRAWS,), generator=random)]
        return cls(
            fakes=len(fake),
            nearness=squared_distances(centres, real).argsort(1),
            of_reals=torch.stack(of_reals),
            of_fakes=torch.stack(of_fakes),
            count=count,
        )

    def power(self, times: int) -> tuple[float, float]:
        """The limit, and the power, with so many times the samples of both sides."""
        limit = float(self.drawn(TOLERATED, times).quantile(1 - LEVEL))
        return limit, float((self.drawn(TO_BE_FOUND, times, farthest=True) > limit).double().mean())

    def drawn(self, missing: float, times: int = 1, *, farthest: bool = False) -> Tensor:
        """The share, of reals drawn for both sides where a part of those for the fakes is left out.

        Args:
            missing: share of the reals that is left out: those nearest to a random real.
            times: as many times the samples.
            farthest: leave out those that are farthest from it.
        """
        random = torch.Generator().manual_seed(1)
        n = self.nearness.shape[1]
        kept = max(1, round((1 - missing) * n))
        shares = []
        for order in self.nearness:
            left = order[:kept] if farthest else order[-kept:]
            reals = torch.randint(n, (times * n,), generator=random)
            fakes = left[torch.randint(kept, (times * self.fakes,), generator=random)]
            shares.append(self.apart(self.of_reals[:, reals], self.of_reals[:, fakes]))
        return torch.tensor(shares, dtype=torch.float64)

    def apart(self, of_reals: Tensor, of_fakes: Tensor) -> float:
        """The share of reals where fakes are missing, on average over the partitions."""
        return float((self._shares(of_reals) - self._shares(of_fakes)).clamp(min=0).sum(1).mean())

    def _shares(self, cells: Tensor) -> Tensor:
        places = cells + self.count * torch.arange(len(cells))[:, None]
        counts = torch.bincount(places.flatten(), minlength=self.count * len(cells))
        return counts.view(len(cells), self.count).double() / cells.shape[1]
