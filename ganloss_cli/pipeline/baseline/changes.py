"""What became of losses between two reports: differences of the same samples where they have any, else of means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ganloss_cli.evaluators.significance import Mean, Redrawn
from ganloss_cli.evaluators.worsening import Aim, Judged, Sides, Worsening, judge
from ganloss_cli.pipeline.baseline.matching import Matching, match
from ganloss_cli.pipeline.baseline.measured import Measured
from ganloss_cli.records.comparison import PROFILES
from ganloss_cli.records.report import Change

_ROUNDING = PROFILES["loss"].rtol
_MEAN_TOLERANCE = 1e-6  # relative: a value that is the mean of its samples differs from it by the rounding of JSON


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One loss of two reports.

    Args:
        sides: before and now.
        matching: of its samples.
    """

    sides: Sides
    matching: Matching

    @classmethod
    def of(cls, before: Measured, now: Measured) -> Compared | None:
        """Both sides of it; None where one has no value, or is a number of a whole set that is not drawn anew.

        Of a set no sample can be left out: two of different sizes are compared only where the loss does not depend on
        the size.
        """
        if before.value is None or now.value is None:
            return None
        matching = match(before.samples, now.samples)
        if matching.pairs and _is_mean_of_samples(before) and _is_mean_of_samples(now):
            places = np.asarray(matching.pairs).T
            sides = Sides(before=np.asarray(before.values())[places[0]], now=np.asarray(now.values())[places[1]])
            return cls(sides=sides, matching=matching)
        sets = before.redrawn, now.redrawn
        if sets[0] is not None and sets[1] is not None:
            return cls._of_sets(sets[0], sets[1], before, now)
        if before.mean is None or now.mean is None:
            return None
        return cls(sides=Sides(before=before.mean, now=now.mean), matching=matching)

    @classmethod
    def _of_sets(cls, then: Redrawn, here: Redrawn, before: Measured, now: Measured) -> Compared | None:
        matching = match(before.everything, now.everything)
        if then.count != here.count and before.row.get("batch_dependent"):
            return None
        same = matching.pairs == [(k, k) for k in range(len(before.everything))] and not matching.added
        if same and then.count == here.count and len(then.draws) == len(here.draws):
            return cls(sides=Sides(before=then, now=here), matching=matching)
        return cls(sides=Sides(before=then.mean, now=here.mean), matching=matching)

    def worsening(self, aim: Aim) -> Worsening:
        """Both questions asked of it."""
        return Worsening.of(self.sides, aim, _ROUNDING)


def _is_mean_of_samples(measured: Measured) -> bool:
    """Whether a loss is what its samples tell: not where they weigh differently, or are of several domains."""
    values = measured.values()
    mean = math.fsum(values) / len(values)
    return measured.value is not None and math.isclose(mean, measured.value, rel_tol=_MEAN_TOLERANCE, abs_tol=1e-12)


def changes(compared: Sequence[Compared], aims: Sequence[Aim | None], level: float) -> tuple[Change, ...]:
    """What became of losses, judged together.

    Args:
        compared: the losses.
        aims: what is asked of each; None where neither side of it is better.
        level: the chance, at most, that any is called worse although none is.
    """
    asked = [each.worsening(aim) for each, aim in zip(compared, aims, strict=True) if aim is not None]
    judged = iter(judge(asked, level))
    return tuple(
        _change(each, aim, level, next(judged) if aim else None) for each, aim in zip(compared, aims, strict=True)
    )


def _change(compared: Compared, aim: Aim | None, level: float, judged: Judged | None) -> Change:
    before, now = compared.sides.means
    difference = compared.sides.difference()
    allowed = 0.0 if aim is None else aim.allowed * abs(before) if aim.relative else aim.allowed
    return Change(
        before=before,
        now=now,
        difference=difference.mean,
        standard_error=difference.standard_error,
        count=difference.count,
        paired=not isinstance(compared.sides.before, Mean),
        allowed=allowed,
        higher_is_better=aim.higher_is_better if aim else None,
        outcome=judged.verdict if judged else None,
        chance=judged.chance if judged else None,
        level=level,
        power=judged.noticed if judged else None,
        count_to_tell=judged.count_to_tell if judged else None,
    )
