"""What data-driven checks look at: what networks said and made, as numbers. Plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from torch import Tensor

from ganloss_cli.evaluators.checks.separation import Area, Floats, area_under_curve

LEAST_SAMPLES = 8  # fewer say nothing about a distribution


@dataclass(frozen=True, kw_only=True)
class AuditedRun:
    """A network that was run on some samples.

    Args:
        called: its role.
        largest: layer -> largest magnitude of what it returned.
    """

    called: str
    largest: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One score a sample: the mean over patches, and over sub-discriminators.

    Args:
        real: (N,).
        fake: (M,).
    """

    real: Floats
    fake: Floats

    def area(self) -> Area | None:
        """How well they separate; None with too few samples on a side, or scores that are not finite."""
        if min(len(self.real), len(self.fake)) < LEAST_SAMPLES:
            return None
        finite = np.isfinite(self.real).all() and np.isfinite(self.fake).all()
        return area_under_curve(self.real, self.fake) if finite else None


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of the single scores (patches of every sample and sub-discriminator) of one side.

    Args:
        saturated: with |p - 1/2| > 0.49, p the probability that the score stands for.
        positive: with p > 1/2.
    """

    saturated: float
    positive: float


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """What a discriminator says when some of its samples are looked at in other ways.

    Args:
        candidates: other ranges and orders -> scores of the same samples.
        as_assumed: scores of those samples as they were given.
        reach: first-order change of the generator's objective when a fake moves as far as to a real; (n,).
        gradient_norm: of the score by the fake's pixels; (n,).
        regrouped: largest change of a score in other batches and another order, in standard deviations of the scores.
        in_train_mode: scores of the samples of `as_assumed` in train mode.
    """

    candidates: Mapping[str, Scores] = field(default_factory=dict)
    as_assumed: Scores | None = None
    reach: Floats | None = None
    gradient_norm: Floats | None = None
    regrouped: float | None = None
    in_train_mode: Scores | None = None


@dataclass(frozen=True, kw_only=True)
class AuditedDiscriminator(WhatIf):
    """What a discriminator said of reals and fakes.

    Args:
        called: its role.
        scores: what it returns; None where nothing tells.
        range_told: whether an option or the recipe tells the range of its images.
        assumed: the range and order of its images, as text.
        real: (S, N), a row a sub-discriminator.
        fake: (S, M); M may be 0.
        lowest: of all single scores.
        highest: of them.
        real_shares: of the reals.
        fake_shares: of the fakes.
        mixes: why it compares samples, where it is built to.
        holdout: (S, H), of reals that it was not trained on.
    """

    called: str
    scores: Literal["logits", "probabilities"] | None
    range_told: bool
    assumed: str
    real: Floats
    fake: Floats
    lowest: float
    highest: float
    real_shares: Shares | None = None
    fake_shares: Shares | None = None
    mixes: str | None = None
    holdout: Floats | None = None

    @property
    def overall(self) -> Scores:
        """Over all sub-discriminators."""
        return Scores(real=self.real.mean(axis=0), fake=self.fake.mean(axis=0))

    def of_each(self) -> list[Scores]:
        """One a sub-discriminator."""
        return [Scores(real=real, fake=fake) for real, fake in zip(self.real, self.fake, strict=True)]


@dataclass(frozen=True, kw_only=True)
class AuditedFakes:
    """Some fakes beside some reals.

    Args:
        called: who made them: a generator's role, or where they lie.
        kind: what they are.
        fake: (n, ...); images on [0, 1] where their range is known, not clamped.
        real: (m, ...), of the same shape, or None.
        range: what the generator is taken to make, before the conversion to [0, 1]; None for anything but images.
        generated: whether a generator of this run made them.
        sample_rate: of the data.
        network_sample_rate: what the generator was trained at, where its config tells.
        features: other spaces -> rows of the fakes and of the reals there.
    """

    called: str
    kind: Literal["image", "audio", "tensor"]
    fake: Tensor
    real: Tensor | None
    range: tuple[float, float] | None = None
    generated: bool = True
    sample_rate: int | None = None
    network_sample_rate: int | None = None
    features: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True)
class AuditedPairs:
    """Fakes and the reals that each is meant to equal.

    Args:
        called: who made the fakes.
        kind: what they are.
        fake: (n, ...).
        real: (n, ...), of the same shape.
    """

    called: str
    kind: Literal["image", "audio", "tensor"]
    fake: Tensor
    real: Tensor


@dataclass(frozen=True, kw_only=True)
class LossInDtypes:
    """One loss, computed with networks and data in several dtypes.

    Args:
        called: the loss as typed.
        values: dtype -> value; None where it is not finite.
        failures: dtype -> why it could not be computed at all.
        spread: standard error of the float64 value.
    """

    called: str
    values: Mapping[str, float | None]
    failures: Mapping[str, str] = field(default_factory=dict)
    spread: float | None = None
