"""What there is to see of a discriminator's scores: histograms, ROC curves, and what probabilities are worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from ganloss_cli.evaluators.checks.observed import Scores
from ganloss_cli.evaluators.checks.separation import Floats
from ganloss_cli.evaluators.histograms import histogram
from ganloss_cli.records.separation import Real, Reliability, Roc, Separation

ROC_POINTS = 64
RELIABILITY_BINS = 10  # of the same width on [0, 1], as Guo et al. 2017, arXiv:1706.04599


def separation(
    scores: Scores,
    *,
    network: str | None,
    domain: str | None = None,
    weights: str | None = None,
    stand_for: Literal["logits", "probabilities"] | None = None,
    holdout: Floats | None = None,
) -> Separation:
    """All that is drawn of the scores of one discriminator.

    Args:
        scores: of reals and fakes.
        network: whose they are; None for saved ones.
        domain: of its samples.
        weights: of the generator of the fakes.
        stand_for: what they are; None where they are no probabilities, or nothing tells.
        holdout: scores of reals that it was not trained on; (H,).
    """
    sides = {"real": scores.real, "fake": scores.fake}
    unseen: dict[Real, Floats] = {} if holdout is None or not len(holdout) else {"holdout": holdout}
    edges, counts = histogram({**sides, **{str(name): scores for name, scores in unseen.items()}})
    bins, error = _calibration(scores, stand_for)
    return Separation(
        network=network,
        domain=domain,
        weights=weights,
        edges=edges,
        counts=counts,
        roc=tuple(_curves(scores.fake, {"real": scores.real, **unseen})),
        scores=stand_for,
        reliability=bins,
        calibration_error=error,
    )


def roc_points(real: Floats, fake: Floats) -> tuple[tuple[float, float], ...]:
    """Shares of fakes and of reals that score at least a threshold, from above the highest score to the lowest.

    Args:
        real: scores of reals; (N,), N at least 1.
        fake: scores of fakes; (M,), M at least 1.

    Returns:
        from (0, 0) to (1, 1); of more than 64 those nearest to 64 places at even distances along the curve.
    """
    thresholds = np.unique(np.concatenate([real, fake]))[::-1]
    shares = [1 - np.searchsorted(np.sort(side), thresholds, side="left") / len(side) for side in (fake, real)]
    curve = np.concatenate([np.zeros((1, 2)), np.stack(shares, axis=1)])
    if len(curve) > ROC_POINTS:
        kept = np.searchsorted(curve.sum(axis=1), np.linspace(0, 2, ROC_POINTS) - 1e-12)
        curve = curve[np.unique(kept)]
    return tuple((float(x), float(y)) for x, y in curve)


def reliability(real: Floats, fake: Floats) -> tuple[tuple[Reliability, ...], float]:
    """What predicted probabilities of being real are worth, and the expected calibration error.

        sum over bins of share of samples x |mean p - share of reals|

    Args:
        real: probabilities of reals; (N,), N at least 1.
        fake: probabilities of fakes; (M,), M at least 1.

    Convention: each side is half of the samples, whatever its count, as the discriminator's losses have it. At the
    equilibrium every p is one half, and so is the share of reals.
    """
    p = np.concatenate([real, fake])
    is_real = np.arange(len(p)) < len(real)
    weights = np.where(is_real, 0.5 / len(real), 0.5 / len(fake))
    bins = np.minimum((p * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    found, error = [], 0.0
    for k in np.unique(bins):
        own = bins == k
        weight = float(weights[own].sum())
        predicted, share = float((weights * p)[own].sum()) / weight, float(weights[own & is_real].sum()) / weight
        found.append(Reliability(predicted=predicted, real=share, count=int(own.sum())))
        error += weight * abs(predicted - share)
    return tuple(found), error


def _curves(fake: Floats, reals: Mapping[Real, Floats]) -> Iterator[Roc]:
    for name, real in reals.items():
        area = Scores(real=real, fake=fake).area()
        if area is not None:
            yield Roc(reals=name, area=area.value, low=area.low, high=area.high, points=roc_points(real, fake))


def _calibration(scores: Scores, stand_for: str | None) -> tuple[tuple[Reliability, ...], float | None]:
    """None for scores that stand for no probability, that are not finite, or that lie where none does."""
    sides = (scores.real, scores.fake)
    if stand_for is None or not all(len(side) and np.isfinite(side).all() for side in sides):
        return (), None
    if stand_for == "logits":
        real, fake = (0.5 * (1 + np.tanh(side / 2)) for side in sides)  # the sigmoid, finite everywhere
        sides = (real, fake)
    if any(side.min() < 0 or side.max() > 1 for side in sides):
        return (), None
    return reliability(*sides)
