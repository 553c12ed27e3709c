"""Relativistic average losses: how much more real a real scores than fakes do on average, and the reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.losses.sides import Reduction, Scores, as_raw_scores, averaged, checked
from ganloss_cli.evaluators.shapes import check_lengths, check_shapes

REFERENCE = "Jolicoeur-Martineau 2018, The relativistic discriminator, arXiv:1807.00734"
ESRGAN = "XPixelGroup/BasicSR@8d56e3a basicsr/models/esrgan_model.py"
PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations/esrgan/esrgan.py"

Sides = Literal["both", "fake"]
Means = Literal["everything", "samples"]
Distance = Literal["log", "square", "hinge"]

relativistic = partial(
    loss,
    family="adversarial",
    reference=REFERENCE,
    balanced_score=0.0,
    equal_counts=True,
    batch_dependent="each score is held against the mean score of the other side, over the samples at hand",
)
PAPER = Convention("jolicoeur2018", f"{REFERENCE}, section 4")
HALVED = scaled("relativistic_gan", "AlexiaJM/RelativisticGAN@2646c0b code/GAN_losses_iter.py", 0.5, "half")
MEAN = averaged("mean", "the reduction of XPixelGroup/BasicSR@8d56e3a MultiScaleGANLoss")


@relativistic(
    about="discriminator",
    interpretation="2 ln 2 = 1.386 for each sub-discriminator: reals score like fakes; near 0: all far above the mean "
    "fake",
    conventions=(
        PAPER,
        HALVED,
        HALVED.alias("esrgan", ESRGAN),
        Convention(
            "pytorch_gan", PYTORCH_GAN, settings={"scale": 0.5, "means": "samples"},
            relation="half, each patch held against the mean of that patch",
        ),
        MEAN,
    ),
)  # fmt: skip
def d_ragan(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    means: Means = "everything",
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
) -> SampleSet:
    """Relativistic average loss of the discriminator.

        L_D = sum over k of mean -log s(D_k(real) - mean D_k(fake)) + mean -log(1 - s(D_k(fake) - mean D_k(real)))

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes.
        scores: whether that is logits or probabilities.
        means: whether the means run over samples and patches, or over samples alone, for each patch its own.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        a statistic of the whole set with terms "real.k" and "fake.k"; none is negative.

    Convention: real + fake without a half; the author's code and ESRGAN halve it. s is the sigmoid.

    Reference: arXiv:1807.00734, equation 7.
    """
    return _averages(real_logits, fake_logits, "log", scores, scale, sub_discriminators, sign=1, means=means)


@relativistic(
    interpretation="2 ln 2 = 1.386 for each sub-discriminator: fakes score like reals; far above: they are recognised",
    conventions=(
        PAPER,
        HALVED,
        HALVED.alias("esrgan", ESRGAN),
        Convention(
            "pytorch_gan", PYTORCH_GAN, settings={"sides": "fake", "means": "samples"},
            relation="the side of the fakes alone, each patch held against the mean of that patch",
        ),
        MEAN,
    ),
)  # fmt: skip
def g_ragan(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    means: Means = "everything",
    sides: Sides = "both",
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
) -> SampleSet:
    """Relativistic average loss of the generator.

        L_G = sum over k of mean -log(1 - s(D_k(real) - mean D_k(fake))) + mean -log s(D_k(fake) - mean D_k(real))

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes.
        scores: whether that is logits or probabilities.
        means: whether the means run over samples and patches, or over samples alone, for each patch its own.
        sides: "both", or "fake" for the second term alone.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        a statistic of the whole set with terms "real.k" and "fake.k"; none is negative.

    Convention: the discriminator's loss with the labels exchanged, real + fake without a half; ESRGAN halves it,
    PyTorch-GAN drops the side of the reals.

    Reference: arXiv:1807.00734, equation 8.
    """
    return _averages(
        real_logits, fake_logits, "log", scores, scale, sub_discriminators, sign=-1, sides=sides, means=means
    )


@relativistic(
    about="discriminator",
    interpretation="2 for each sub-discriminator: reals score like fakes; near 0: one above the mean fake",
    conventions=(PAPER, HALVED, MEAN),
)
def d_ralsgan(
    real_logits: Logits, fake_logits: Logits, *, scale: float = 1.0, sub_discriminators: Reduction = "sum"
) -> SampleSet:
    """Relativistic average least-squares loss of the discriminator.

        L_D = sum over k of mean (D_k(real) - mean D_k(fake) - 1)^2 + mean (D_k(fake) - mean D_k(real) + 1)^2

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        a statistic of the whole set with terms "real.k" and "fake.k"; none is negative.

    Convention: targets 1 and -1, real + fake without a half; the author's code halves it.

    Reference: arXiv:1807.00734, section 6 (RaLSGAN).
    """
    return _averages(real_logits, fake_logits, "square", "logits", scale, sub_discriminators, sign=1)


@relativistic(
    interpretation="2 for each sub-discriminator: fakes score like reals; 8: they are recognised",
    conventions=(PAPER, HALVED, MEAN),
)
def g_ralsgan(
    real_logits: Logits, fake_logits: Logits, *, scale: float = 1.0, sub_discriminators: Reduction = "sum"
) -> SampleSet:
    """Relativistic average least-squares loss of the generator.

        L_G = sum over k of mean (D_k(real) - mean D_k(fake) + 1)^2 + mean (D_k(fake) - mean D_k(real) - 1)^2

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        a statistic of the whole set with terms "real.k" and "fake.k"; none is negative.

    Convention: targets -1 and 1, real + fake without a half; the author's code halves it.

    Reference: arXiv:1807.00734, section 6 (RaLSGAN).
    """
    return _averages(real_logits, fake_logits, "square", "logits", scale, sub_discriminators, sign=-1)


@relativistic(
    about="discriminator",
    interpretation="2 for each sub-discriminator: reals score like fakes; near 0: one or more above the mean fake",
    conventions=(PAPER, HALVED, MEAN),
)
def d_rahinge(
    real_logits: Logits, fake_logits: Logits, *, scale: float = 1.0, sub_discriminators: Reduction = "sum"
) -> SampleSet:
    """Relativistic average hinge loss of the discriminator.

        L_D = sum over k of mean max(0, 1 - D_k(real) + mean D_k(fake)) + mean max(0, 1 + D_k(fake) - mean D_k(real))

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        a statistic of the whole set with terms "real.k" and "fake.k"; none is negative.

    Convention: real + fake without a half; the author's code halves it.

    Reference: arXiv:1807.00734, section 6 (RaHingeGAN).
    """
    return _averages(real_logits, fake_logits, "hinge", "logits", scale, sub_discriminators, sign=1)


@relativistic(
    interpretation="2 for each sub-discriminator: fakes score like reals; 4 or more: they are recognised",
    conventions=(PAPER, HALVED, MEAN),
)
def g_rahinge(
    real_logits: Logits, fake_logits: Logits, *, scale: float = 1.0, sub_discriminators: Reduction = "sum"
) -> SampleSet:
    """Relativistic average hinge loss of the generator.

        L_G = sum over k of mean max(0, 1 + D_k(real) - mean D_k(fake)) + mean max(0, 1 - D_k(fake) + mean D_k(real))

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        a statistic of the whole set with terms "real.k" and "fake.k"; none is negative.

    Convention: two-sided, real + fake without a half; the author's code halves it.

    Reference: arXiv:1807.00734, section 6 (RaHingeGAN).
    """
    return _averages(real_logits, fake_logits, "hinge", "logits", scale, sub_discriminators, sign=-1)


def _averages(
    real_logits: Logits,
    fake_logits: Logits,
    distance: Distance,
    scores: Scores,
    scale: float,
    reduction: Reduction,
    *,
    sign: int,
    sides: Sides = "both",
    means: Means = "everything",
) -> SampleSet:
    reals, fakes = checked("real", real_logits), checked("fake", fake_logits)
    check_lengths(real_logits=reals, fake_logits=fakes)
    parts = {}
    for k, (real, fake) in enumerate(zip(reals, fakes, strict=True)):
        check_shapes(**{f"real_logits.{k}": real, f"fake_logits.{k}": fake})
        parts[f"real.{k}"], parts[f"fake.{k}"] = as_raw_scores(real, scores), as_raw_scores(fake, scores)
    share = scale / len(reals) if reduction == "mean" else scale
    finish = partial(_finish, distance=distance, sign=sign, share=share, sides=sides, means=means)
    return SampleSet.of(finish, parts)


@finishes_sets
def _finish(
    whole: Whole, *, distance: Distance, sign: int, share: float, sides: Sides, means: Means
) -> dict[str, Tensor]:
    terms = {}
    more_than = _DISTANCES[distance]
    over = 0 if means == "samples" else None
    for k in range(len(whole) // 2):
        real, fake = whole[f"real.{k}"], whole[f"fake.{k}"]
        if sides == "both":
            terms[f"real.{k}"] = share * more_than(sign * (real - fake.mean(over))).mean()
        terms[f"fake.{k}"] = share * more_than(sign * (real.mean(over) - fake)).mean()
    return terms


# Of how much more a score should be than what it is held against.


def _log_loss(more: Tensor) -> Tensor:
    return -functional.logsigmoid(more)


def _square_loss(more: Tensor) -> Tensor:
    return (more - 1) ** 2


def _hinge_loss(more: Tensor) -> Tensor:
    return torch.relu(1 - more)


_DISTANCES: Mapping[Distance, Callable[[Tensor], Tensor]] = {
    "log": _log_loss,
    "square": _square_loss,
    "hinge": _hinge_loss,
}
