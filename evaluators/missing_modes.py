"""Whether modes are missing: a test whose threshold and power come from the reals themselves, not from constants.

Reals and fakes are shared out over cells, each of a real and all that is nearest to it. The distance in total variation
between the two sides, sum over cells of max(0, share of reals - share of fakes), is the share of reals that lie where
fakes are missing. Cells compare which reals fakes lie nearest to, not how near: a generator whose samples are all a
little off, blurred or noisy, gives what a healthy one does.

What chance and the shape of the data make of it is found by sets of reals: of half of the data, in some of ten modes
that k-means finds, of one mode and of two. So many of N reals are drawn without replacement that they differ from all
of them just as much as M fakes from N reals do; with s the share that is kept:

    variance of (M fakes - N reals)   1/M + s/N = (1 - s)^2 / (s N) + (1/m - 1/(s N))   of (m of s N reals - all)
    m = 1 / (2/N + 1/M)

What is half of the data is half of the reals but for sqrt(N)/2. Of one or two modes fewer than m reals are at hand.

More fakes than reals add nothing: of 100 reals it is they that vary, and two digits of ten are found as often by 400.
Of halves of a cloud in a plane, cut off beyond a radius, 5 % exceed the limit; of halves of digits by k-means modes, 1
or 2 of 13.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.modes import modes_of
from ganloss_cli.evaluators.neighbours import NEIGHBOURS, halves, inside_of, squared_distances

LEVEL = 0.01  # of generators that miss half of the data, how many may be called collapsed
COLLAPSED = (1, 2)  # how many of the modes are left
POWER_TO_FIND, POWER_TO_PASS = 0.5, 0.95
MOST_SAMPLES = 16384  # are looked ahead
_A_FIFTH = 0.2
_OF_A_CELL = 4  # reals, or more
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
        power: share of sets of one mode of ten that exceed it, or of two modes, whichever is less.
        samples: of the smaller side.
        look_ahead: about how many would tell; None where that is not known.
    """

    share: float
    of_reals: float
    limit: float
    power: float
    samples: int
    look_ahead: Callable[[], int | None]

    @functools.cached_property
    def enough(self) -> int | None:
        """About how many would tell, looked for where someone asks: it takes ten times as long as all else."""
        return self.look_ahead()

    @property
    def found(self) -> bool:
        """Whether more than half is missing, at a level of 1 %; no test that a collapse would hardly meet says so."""
        return self.share > self.limit and self.power >= POWER_TO_FIND

    @property
    def told(self) -> bool:
        """Whether a collapse to one or two modes of ten would have been found."""
        return self.power >= POWER_TO_PASS


def least_coverage(real: Tensor) -> float:
    """Which coverage 99 % of sets exceed that are made of a fifth of the reals, which lies together.

    Fakes that cover less lie apart from the reals, wherever those are.

    Args:
        real: rows of features; (N, D), eight and more.
    """
    held, others = halves(real)
    inside = torch.cat(list(inside_of(held, others, NEIGHBOURS)))
    kept = max(1, round(_A_FIFTH * len(others)))
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
    around = functools.cache(functools.partial(_Cells.around, real, fake))
    cells = around(_number_of_cells(len(real), len(real)))
    limit, power = cells.power(1)

    def look_ahead() -> int | None:
        enough, samples = power >= POWER_TO_PASS, len(real)
        while not enough and 2 * samples <= MOST_SAMPLES:
            samples *= 2
            ahead = around(_number_of_cells(len(real), samples))
            enough = ahead.power(samples // len(real))[1] >= POWER_TO_PASS
        return samples if enough else None

    return MissingModes(
        share=float(cells.missing_in(cells.shares(cells.of_fakes))),
        of_reals=float(cells.drawn(cells.everything).median()),
        limit=limit,
        power=power,
        samples=min(len(real), len(fake)),
        look_ahead=look_ahead,
    )


def _number_of_cells(reals: int, samples: int) -> int:
    """Of a partition that tells so many samples apart, with so many reals at hand."""
    return max(3, min(samples // _OF_A_CELL, reals // 2, _CELLS))


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """Several partitions, and the cell of every sample in each.

    Args:
        modes: of every real; (N,).
        nearness: all reals in the order of their distance to random ones; (draws, N).
        of_reals: (partitions, N).
        of_fakes: (partitions, M).
        count: cells of a partition.
    """

    modes: Tensor
    nearness: Tensor
    of_reals: Tensor
    of_fakes: Tensor
    count: int

    @classmethod
    def around(cls, real: Tensor, fake: Tensor, count: int) -> _Cells:
        """So many cells around random reals; such a real lies in the cell of another."""
        # whatever all have in common cancels in the squares
        middle = real.double().mean(0)
        real, fake = real.double() - middle, fake.double() - middle
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
            modes=modes_of(real, random),
            nearness=squared_distances(centres, real).argsort(1),
            of_reals=torch.stack(of_reals),
            of_fakes=torch.stack(of_fakes),
            count=count,
        )

    def power(self, times: int) -> tuple[float, float]:
        """The limit, and the power, with so many times the samples of both sides."""
        halves = [
            self.drawn(functools.partial(kept, times), times)
            for kept in (self.half_of_the_modes, self.half_that_is_far)
        ]
        limit = max(float(shares.quantile(1 - LEVEL)) for shares in halves)
        collapsed = [self.drawn(functools.partial(self.modes_left, left), times) for left in COLLAPSED]
        return limit, min(float((shares > limit).double().mean()) for shares in collapsed)

    def half_of_the_modes(self, times: int, random: torch.Generator) -> Tensor:
        """Reals of random modes that hold half of the data."""
        order = self._in_random_order(random)
        room, kept = self._half(times, random), []
        for mode, size in zip(order.tolist(), torch.bincount(self.modes)[order].tolist(), strict=True):
            if size <= room:
                kept.append(mode)
                room -= size
        return self._of(torch.tensor(kept or order[:1].tolist()))

    def half_that_is_far(self, times: int, random: torch.Generator) -> Tensor:
        """Reals of the half of the data that is farthest from a random real."""
        order = self.nearness[int(torch.randint(len(self.nearness), (), generator=random))]
        return order[-max(1, round(self._half(times, random))) :]

    def modes_left(self, left: int, random: torch.Generator) -> Tensor:
        """Reals of so many random modes."""
        return self._of(self._in_random_order(random)[:left])

    def everything(self, _random: torch.Generator) -> Tensor:
        """All reals."""
        return torch.arange(len(self.modes))

    def drawn(self, kept: Callable[[torch.Generator], Tensor], times: int = 1) -> Tensor:
        """The share, of sets of reals for fakes.

        Args:
            kept: which reals the data that are not missing have.
            times: as many times the samples.
        """
        random = torch.Generator().manual_seed(1)
        size = max(1, int(times / (2 / self.of_reals.shape[1] + 1 / self.of_fakes.shape[1])))
        often = torch.zeros(_DRAWS, self.of_reals.shape[1])  # each real is taken
        for counts in often:
            among = kept(random)
            taken = torch.randperm(len(among), generator=random)[:size]
            if times > 1:  # there are no more reals
                taken = torch.randint(len(among), (size,), generator=random)
            counts += torch.bincount(among[taken], minlength=len(counts))
        # of all draws in one product, whose whole numbers are exact
        of_cells = [often @ functional.one_hot(cells, self.count).float() for cells in self.of_reals]
        return self.missing_in(torch.stack(of_cells, 1).double() / often.sum(1).double()[:, None, None])

    def _of(self, modes: Tensor) -> Tensor:
        return torch.isin(self.modes, modes).nonzero().flatten()

    def _in_random_order(self, random: torch.Generator) -> Tensor:
        return self._present[torch.randperm(len(self._present), generator=random)]

    @functools.cached_property
    def _present(self) -> Tensor:
        present: Tensor = torch.unique(self.modes)
        return present

    def _half(self, times: int, random: torch.Generator) -> float:
        """How many of N reals lie in half of the data, as it varies among so many times N."""
        n = len(self.modes)
        return min(n, n / 2 + math.sqrt(n / times) / 2 * float(torch.randn((), generator=random)))

    def missing_in(self, shares: Tensor) -> Tensor:
        """The share of reals where others are missing, on average over the partitions.

        Args:
            shares: of the others, of every cell; (..., partitions, cells).
        """
        return (self._shares_of_reals - shares).clamp(min=0).sum(-1).mean(-1)

    @functools.cached_property
    def _shares_of_reals(self) -> Tensor:
        return self.shares(self.of_reals)

    def shares(self, cells: Tensor) -> Tensor:
        """How samples are shared out over the cells; (partitions, cells).

        Args:
            cells: of each; (partitions, samples).
        """
        places = cells + self.count * torch.arange(len(cells))[:, None]
        counts = torch.bincount(places.flatten(), minlength=self.count * len(cells))
        return counts.view(len(cells), self.count).double() / cells.shape[1]
