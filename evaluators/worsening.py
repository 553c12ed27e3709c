"""Whether a loss is worse than it was by more than is allowed, is not, or whether nobody can tell yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ganloss_cli.evaluators.significance import (
    Difference,
    Floats,
    Mean,
    Redrawn,
    holm,
    paired,
    paired_redrawn,
    unpaired,
)
from ganloss_cli.records.report import Verdict


@dataclass(frozen=True, kw_only=True)
class Sides:
    """A loss before and now.

    Values of the same samples in the same order, or numbers of the same set of which the same samples were drawn anew,
    or the means of two sets of samples.
    """

    before: Floats | Redrawn | Mean
    now: Floats | Redrawn | Mean

    def difference(self, times_before: float = 1.0, times_now: float = 1.0) -> Difference:
        """`times_now` now - `times_before` before."""
        before, now = self.before, self.now
        if isinstance(before, Redrawn) and isinstance(now, Redrawn):
            return paired_redrawn(before.times(times_before), now.times(times_now))
        if isinstance(before, np.ndarray) and isinstance(now, np.ndarray):
            return paired(times_before * before, times_now * now)
        return unpaired(_as_mean(before).times(times_before), _as_mean(now).times(times_now))

    @property
    def means(self) -> tuple[float, float]:
        """Before and now."""
        return _as_mean(self.before).mean, _as_mean(self.now).mean


def _as_mean(side: Floats | Redrawn | Mean) -> Mean:
    if isinstance(side, Mean):
        return side
    return side.mean if isinstance(side, Redrawn) else Mean.of(side)


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is better, and how much worse is allowed.

    Args:
        higher_is_better: the direction; None where less distance from `equilibrium` is better.
        equilibrium: the value that a loss without a direction should have.
        allowed: how much worse it may be, in the unit of the loss, or relative to |before|.
        relative: which of both.
    """

    higher_is_better: bool | None
    equilibrium: float = 0.0
    allowed: float = 0.0
    relative: bool = False

    def margins(self, sides: Sides) -> list[list[Difference]]:
        """How far each kind of worsening is beyond what is allowed.

            s_now (now - e) - s_before (before - e) - allowed

        With a direction there is one, with e = 0 and both signs that of the worse side. A distance from equilibrium is
        the larger one of both signs, |x - e| = max over s of s (x - e): now is worse if for one sign of now both signs
        of before say so. That neither sign is estimated keeps the chances right where a loss is at its equilibrium.

        Returns:
            a row a sign of now, a column a sign of before.
        """
        if self.higher_is_better is not None:
            worse = -1.0 if self.higher_is_better else 1.0
            return [[self._margin(sides, worse, worse, 0.0)]]
        signs = (1.0, -1.0)
        return [[self._margin(sides, before, now, self.equilibrium) for before in signs] for now in signs]

    def _margin(self, sides: Sides, before: float, now: float, equilibrium: float) -> Difference:
        share = self.allowed * float(np.sign(sides.means[0])) if self.relative else 0.0
        fixed = 0.0 if self.relative else self.allowed
        return sides.difference(before + share, now).minus(fixed + (now - before) * equilibrium)


@dataclass(frozen=True, kw_only=True)
class Worsening:
    """One loss held against what it was.

    Args:
        difference: now - before.
        margin: how far the worsening is beyond what is allowed; negative within it.
        beyond: p-value of "it is at most as much worse as allowed".
        within: p-value of "it is at least as much worse as allowed".
        kinds: how many ways there are of being worse, which share the level.
    """

    difference: Difference
    margin: Difference
    beyond: float
    within: float
    kinds: int = 1

    @classmethod
    def of(cls, sides: Sides, aim: Aim, rounding: float) -> Worsening:
        """Both questions asked.

        Args:
            sides: before and now.
            aim: what is better, and what is allowed.
            rounding: a difference of the means of at most this share of them is none.
        """
        rows, difference = aim.margins(sides), sides.difference()
        # the nearest sign of before, the farthest of now: |now - e| - |before - e|
        margin = max((min(row, key=lambda each: each.mean) for row in rows), key=lambda each: each.mean)
        same = abs(difference.mean) <= rounding * max(map(abs, sides.means))
        spread = difference.standard_error or 0.0
        if same and (spread <= rounding * max(map(abs, sides.means)) or isinstance(sides.before, Mean)):
            return cls(difference=difference, margin=margin, beyond=1.0, within=0.0)
        beyond = len(rows) * min(max(each.chance_below(0) for each in row) for row in rows)
        within = max(len(row) * min(each.reversed().chance_below(0) for each in row) for row in rows)
        return cls(
            difference=difference, margin=margin, beyond=min(1.0, beyond), within=min(1.0, within), kinds=len(rows)
        )


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A verdict with what it rests on.

    Args:
        verdict: whether it is worse.
        chance: the corrected p-value of the verdict's opposite; where nobody can tell, of "not worse".
        noticed: the smallest worsening beyond what is allowed that 80 of 100 such runs would have found.
        count_to_tell: how many samples would tell in 80 of 100 runs, where these do not and the spread is known.
    """

    verdict: Verdict
    chance: float
    noticed: float | None
    count_to_tell: int | None


def judge(worsenings: Sequence[Worsening], level: float) -> Iterator[Judged]:
    """All that a run asks, together: the chance of any false "worse" is at most the level, as of any false "not worse".

    Args:
        worsenings: one a loss and question.
        level: above 0 and at most 0.5.

    Convention: one-sided tests, corrected by Holm 1979, whose strictest step is what the power is stated for.
    """
    beyond, within = holm([each.beyond for each in worsenings]), holm([each.within for each in worsenings])
    for each, worse, good in zip(worsenings, beyond, within, strict=True):
        strictest = level / len(worsenings) / each.kinds
        verdict: Verdict = "worse" if worse <= level else "not worse" if good <= level else "cannot tell"
        yield Judged(
            verdict=verdict,
            chance=good if verdict == "not worse" else worse,
            noticed=each.margin.noticed(strictest),
            count_to_tell=each.margin.count_to_tell(each.margin.mean, strictest) if verdict == "cannot tell" else None,
        )
