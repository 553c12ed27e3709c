"""Whether one value is better than another, or only seems so: paired and unpaired differences, corrected by Holm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
POWER = 0.8  # at which the smallest difference that would have been noticed is stated
_NORMAL_FROM = 1_000_000  # degrees of freedom beyond which Student's distribution is taken for the normal one


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A difference of two means with what is known of it.

    Args:
        mean: second minus first, in the unit of the values.
        standard_error: of `mean`; 0 where every pair differs by the same, None where one value is all there is.
        degrees: degrees of freedom of Student's distribution for mean / standard_error.
        count: samples behind it; of the smaller side where they are not paired.
    """

    mean: float
    standard_error: float | None
    degrees: float
    count: int

    def chance_below(self, bound: float) -> float:
        """One-sided p-value of "the difference is at most `bound`": small where it is larger."""
        if self.standard_error is None:
            return 1.0
        if self.standard_error == 0:
            return 0.0 if self.mean > bound else 1.0
        return student_tail((self.mean - bound) / self.standard_error, self.degrees)

    def minus(self, bound: float) -> Difference:
        """How far it is beyond a bound."""
        return replace(self, mean=self.mean - bound)

    def reversed(self) -> Difference:
        """First minus second."""
        return replace(self, mean=-self.mean)

    def noticed(self, level: float) -> float | None:
        """The smallest difference that a one-sided test at `level` would have noticed in 80 of 100 runs."""
        if self.standard_error is None:
            return None
        return (student_quantile(level, self.degrees) + NormalDist().inv_cdf(POWER)) * self.standard_error

    def count_to_tell(self, distance: float, level: float) -> int | None:
        """How many samples would show a difference of `distance` at `level` in 80 of 100 runs, spread as these."""
        if not self.standard_error or not distance:
            return None
        normal = NormalDist()
        reach = (normal.inv_cdf(1 - level) + normal.inv_cdf(POWER)) * self.standard_error / abs(distance)
        return max(2, math.ceil(self.count * reach * reach))


def paired(first: Floats, second: Floats) -> Difference:
    """The mean difference of values of the same samples, second minus first.

        mean(d), sd(d, n - 1) / sqrt(n), n - 1 degrees of freedom, d = second - first

    Args:
        first: a value a sample; (N,).
        second: of the same samples in the same order; (N,).

    Convention: Student's paired t test.
    """
    each = Mean.of(second - first)
    degrees = max(each.count - 1, 1)
    return Difference(mean=each.mean, standard_error=each.standard_error, degrees=degrees, count=each.count)


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean of `count` samples with its standard error, which is None where one sample is all there is.

    Args:
        mean: of the samples, or any number that they come to.
        standard_error: of it.
        count: of the samples.
        drawn: how often samples were drawn anew to find the standard error; None where it is that of a mean.
    """

    mean: float
    standard_error: float | None
    count: int
    drawn: int | None = None

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the standard error."""
        return (self.count if self.drawn is None else self.drawn) - 1

    @classmethod
    def of(cls, values: Floats) -> Mean:
        """That of a value a sample; (N,)."""
        count = len(values)
        error = float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else None
        return cls(mean=float(values.mean()), standard_error=error, count=count)

    def times(self, factor: float) -> Mean:
        """That of values all multiplied by a factor."""
        error = None if self.standard_error is None else abs(factor) * self.standard_error
        return replace(self, mean=factor * self.mean, standard_error=error)


def unpaired(first: Mean, second: Mean) -> Difference:
    """The difference of the means of two sets of samples, second minus first.

        v = s_i^2 / n_i;  standard error sqrt(v_1 + v_2);  (v_1 + v_2)^2 / sum v_i^2 / (n_i - 1) degrees of freedom

    Args:
        first: of some samples.
        second: of others.

    Convention: Welch 1947; a standard error by B drawings has B - 1 degrees of freedom in place of n - 1.
    """
    mean, count = second.mean - first.mean, min(first.count, second.count)
    if first.standard_error is None or second.standard_error is None or count < 2:
        return Difference(mean=mean, standard_error=None, degrees=1, count=count)
    parts = [side.standard_error**2 for side in (first, second) if side.standard_error is not None]
    shares = sum(part * part / side.degrees for part, side in zip(parts, (first, second), strict=True))
    degrees = sum(parts) ** 2 / shares if shares else count - 1
    return Difference(mean=mean, standard_error=math.sqrt(sum(parts)), degrees=degrees, count=count)


def holm(chances: Sequence[float]) -> tuple[float, ...]:
    """P-values corrected for their number: the chance of any false alarm among them is at most the level.

        sorted p_(1) <= ... <= p_(m):  max over j <= i of min(1, (m - j + 1) p_(j))

    Convention: Holm 1979; holds however the tests depend on each other.
    """
    values = np.asarray(chances, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.minimum(1.0, (len(values) - np.arange(len(values))) * values[order])
    corrected = np.empty_like(values)
    corrected[order] = np.maximum.accumulate(stepped)
    return tuple(corrected.tolist())


@dataclass(frozen=True, kw_only=True)
class Redrawn:
    """A number of a whole set, and what it is on samples drawn anew from the set, with replacement.

    Args:
        value: of the set.
        draws: of each drawing; (B,).
        count: samples in the set, and in each drawing.
    """

    value: float
    draws: Floats
    count: int

    @property
    def mean(self) -> Mean:
        """The number with its standard error."""
        error = float(self.draws.std(ddof=1)) if len(self.draws) > 1 else None
        return Mean(mean=self.value, standard_error=error, count=self.count, drawn=len(self.draws))

    def times(self, factor: float) -> Redrawn:
        """That of all values multiplied by a factor."""
        return replace(self, value=factor * self.value, draws=factor * self.draws)


def paired_redrawn(first: Redrawn, second: Redrawn) -> Difference:
    """The difference of two numbers of the same set, of which the same samples were drawn; second minus first.

    Args:
        first: of the set.
        second: of it.

    Convention: the bootstrap's standard error against Student's distribution with B - 1 degrees of freedom: of B draws
        that error is itself an estimate.
    """
    each = Redrawn(value=second.value - first.value, draws=second.draws - first.draws, count=first.count).mean
    return Difference(
        mean=each.mean, standard_error=each.standard_error, degrees=max(each.degrees, 1), count=each.count
    )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Which of several are best.

    Args:
        best: index of the best mean.
        chances: for each one the corrected p-value of "it is as good as the best"; 1 for the best itself.
        noticed: the smallest difference from the best that would have been noticed, for each; None where unknown.
    """

    best: int
    chances: tuple[float, ...]
    noticed: tuple[float | None, ...]

    def ties(self, level: float) -> tuple[int, ...]:
        """All that cannot be told from the best at `level`, the best among them."""
        return tuple(index for index, chance in enumerate(self.chances) if chance > level)


def stand_paired(values: Floats, level: float, best: int | None = None) -> Standing:
    """Compare K values of the same N samples; less is better.

    The best is chosen by these very samples, so that comparing it with K - 1 others alone would cry "better" far too
    often. All K (K - 1) / 2 pairs are compared and corrected together, which holds whichever is chosen.

    Args:
        values: (K, N), less is better; finite.
        level: chance, at most, that any false difference is found.
        best: which is, where rounding alone tells means apart; None for the least mean.
    """
    number, count = values.shape
    means = values.mean(axis=1)
    best = int(np.argmin(means)) if best is None else best
    first, second = np.triu_indices(number, k=1)
    errors = _errors_of_pairs(values - values.mean(axis=0), first, second)
    return _standing(best, means, (first, second), errors, max(count - 1, 1), level)


def stand_resampled(means: Floats, redrawn: Floats, level: float) -> Standing:
    """Compare K values that are no means of samples, by their values on the same resamplings; less is better.

    Args:
        means: the K values; (K,), less is better.
        redrawn: the K values on each of B resamplings of the samples; (K, B).
        level: chance, at most, that any false difference is found.

    Convention: the bootstrap's standard error of each difference against Student's distribution with B - 1 degrees of
        freedom: of B draws that error is itself an estimate.
    """
    best = int(np.argmin(means))
    first, second = np.triu_indices(len(means), k=1)
    spread = _errors_of_pairs(redrawn - redrawn.mean(axis=0), first, second) * math.sqrt(redrawn.shape[1])
    return _standing(best, means, (first, second), spread, max(redrawn.shape[1] - 1, 1), level)


def _errors_of_pairs(values: Floats, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> Floats:
    """Standard error of each pair's mean difference, from the covariances; exactly 0 for equal rows."""
    count = values.shape[1]
    if count < 2:
        return np.full(len(first), np.inf)
    spread = np.cov(values).reshape(len(values), -1)
    variances = np.diag(spread)[first] + np.diag(spread)[second] - 2 * spread[first, second]
    # two rows that nearly agree lose their digits in this sum: they are subtracted instead
    near = variances < 1e-6 * (np.diag(spread)[first] + np.diag(spread)[second])
    for pair in np.flatnonzero(near):
        variances[pair] = (values[first[pair]] - values[second[pair]]).var(ddof=1)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0) / count))


def _standing(
    best: int,
    means: Floats,
    pairs: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    errors: Floats,
    degrees: float,
    level: float,
) -> Standing:
    first, second = pairs
    chances = np.asarray(holm(_two_sided(np.abs(means[first] - means[second]), errors, degrees).tolist()))
    strictest = student_quantile(level / 2 / max(len(chances), 1), degrees) + NormalDist().inv_cdf(POWER)
    of_best, noticed = np.ones(len(means)), np.full(len(means), np.nan)
    for one, other in ((first, second), (second, first)):
        with_best = one == best
        of_best[other[with_best]] = chances[with_best]
        noticed[other[with_best]] = strictest * errors[with_best]
    known = (None if not math.isfinite(each) else each for each in noticed.tolist())
    return Standing(best=best, chances=tuple(of_best.tolist()), noticed=tuple(known))


def _two_sided(gaps: Floats, errors: Floats, degrees: float) -> Floats:
    """P-values of "no difference"; a gap without any spread is certain."""
    certain = errors == 0
    tails = student_tails(gaps / np.where(certain, 1.0, errors), degrees)
    return np.where(certain, np.where(gaps > 0, 0.0, 1.0), np.minimum(1.0, 2 * tails))


def front(values: Floats) -> tuple[int, ...]:
    """The Pareto front: rows that no other row matches everywhere and betters somewhere.

    Args:
        values: (K, L), less is better; a row with a value that is not finite is never on the front.
    """
    usable = np.isfinite(values).all(axis=1)
    kept = []
    for index in np.flatnonzero(usable):
        rivals = values[usable]
        bettered = (rivals <= values[index]).all(axis=1) & (rivals < values[index]).any(axis=1)
        if not bettered.any():
            kept.append(int(index))
    return tuple(kept)


def student_tail(t: float, degrees: float) -> float:
    """Chance that Student's t exceeds `t`; see `student_tails`."""
    upper = float(student_tails(np.asarray([abs(t)]), degrees)[0])
    return upper if t >= 0 else 1.0 - upper


def student_tails(t: Floats, degrees: float) -> Floats:
    """Chance that Student's t exceeds each of `t`.

    With t = sqrt(degrees) tan(a) the density is proportional to cos(a)^(degrees - 1), a smooth function over a finite
    range: Gauss and Legendre's 64 points give its integral to 1e-9 relative.

    Args:
        t: at least 0; any shape.
        degrees: at least 1; infinity gives the normal distribution.
    """
    if degrees > _NORMAL_FROM:
        return np.asarray([0.5 * math.erfc(each / math.sqrt(2)) for each in t.ravel().tolist()]).reshape(t.shape)
    scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(math.pi)
    low = np.arctan2(t, math.sqrt(degrees))
    # where the power is high only the first piece of the range counts
    reach = np.minimum(math.pi / 2, low + 12 / math.sqrt(degrees)) - low
    points, weights = _gauss_legendre()
    at = low[..., None] + reach[..., None] * (points + 1) / 2
    return np.asarray(math.exp(scale) * (np.cos(at) ** (degrees - 1) * weights).sum(axis=-1) * reach / 2)


@cache
def _gauss_legendre() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(64)


@lru_cache
def student_quantile(tail: float, degrees: float) -> float:
    """The t whose upper tail is `tail`, by bisection; at most 1e6.

    Args:
        tail: above 0 and at most 0.5.
        degrees: above 0.
    """
    low, high = 0.0, 1e6
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, degrees) > tail else (low, middle)
    return (low + high) / 2
