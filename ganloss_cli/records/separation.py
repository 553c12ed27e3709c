"""How the scores of a discriminator tell reals from fakes: the numbers of a page's drawings. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Real = Literal["real", "holdout"]


@dataclass(frozen=True, kw_only=True)
class Roc:
    """Fakes that are taken for reals, beside the reals that are, for every threshold.

    Args:
        reals: whose they are: those of the data, or those that the discriminator was not trained on.
        area: under the curve: the chance that a real scores higher than a fake.
        low: lower end of its 95 % interval.
        high: upper end.
        points: shares of fakes and of reals at or above a threshold, from the highest on; of many an even choice.
    """

    reals: Real
    area: float
    low: float
    high: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Samples of about one predicted probability; reals and fakes weigh the same, whatever their counts.

    Args:
        predicted: mean probability of being real.
        real: share of reals among them.
        count: how many samples.
    """

    predicted: float
    real: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Separation:
    """The scores of one discriminator: one a sample, the mean over patches and sub-discriminators.

    Args:
        network: which one; None for scores that were saved.
        domain: A or B, with two domains.
        weights: of the generator that made the fakes, where it has two kinds.
        edges: of the bins of a histogram, one more than bins; empty where no score is finite.
        counts: scores in each bin, by side: real, fake, holdout.
        roc: against the fakes; none with fewer than 8 samples on a side.
        scores: what the scores stand for; None where they are no probabilities, or nothing tells.
        reliability: of those that are: bins of the predicted probability that hold any sample.
        calibration_error: mean |predicted - real| over the bins, weighted by their samples; 0 where it means what it
            says, and at the equilibrium, where every prediction is one half.
    """

    network: str | None
    domain: str | None = None
    weights: str | None = None
    edges: tuple[float, ...] = ()
    counts: Mapping[str, tuple[int, ...]]
    roc: tuple[Roc, ...] = ()
    scores: Literal["logits", "probabilities"] | None = None
    reliability: tuple[Reliability, ...] = ()
    calibration_error: float | None = None
