"""What logs print beside the losses: the scores themselves, and how often they are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch, Logits
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sides import Elementwise, Reduction, Role, Scores, checked
from ganloss_cli.evaluators.shapes import check_lengths, per_sample
from ganloss_cli.records.report import Finding

Transform = Literal["none", "sigmoid", "sign"]
STYLEGAN3 = "NVlabs/stylegan3@c233a91 training/loss.py"
DCGAN = "pytorch/examples@77f55b9 dcgan/main.py"
SCORES = (
    Convention("stylegan3", f"{STYLEGAN3}, Loss/scores"),
    Convention("esrgan", "XPixelGroup/BasicSR@8d56e3a basicsr/models/esrgan_model.py, out_d", alias_of="stylegan3"),
    Convention(
        "sigmoid", f"{DCGAN}, D(x)", settings={"transform": "sigmoid"},
        relation="of the probability, for a discriminator that returns logits",
    ),
    Convention(
        "sign", f"{STYLEGAN3}, Loss/signs", settings={"transform": "sign"},
        relation="of the sign: 1 where every score is positive, -1 where none is",
    ),
    Convention(
        "sum", "the sum that the adversarial losses take", settings={"sub_discriminators": "sum"},
        relation="times the number of sub-discriminators",
    ),
)  # fmt: skip
OF_THE_LOSS = (
    "it is that of the loss trained with: 0 for cross-entropy and hinge, 0.5 for least squares, any for Wasserstein"
)
score = partial(
    loss,
    family="adversarial",
    about="discriminator",
    observed=True,
    span=(None, None),
    reference="Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN, arXiv:1912.04958",
    no_equilibrium=OF_THE_LOSS,
    conventions=SCORES,
)


@score(
    interpretation="where reals score; far above fake_score: the discriminator has the upper hand",
)
def real_score(real_logits: Logits, *, transform: Transform = "none", sub_discriminators: Reduction = "mean") -> Tensor:
    """Mean of what the discriminator returned for the reals.

        mean over k of mean D_k(real)

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        transform: what is averaged: the score ("none"), its sigmoid or its sign.
        sub_discriminators: whether sub-discriminators are averaged or summed.

    Returns:
        (N,), in the discriminator's own units.

    Convention: averaged over sub-discriminators, unlike the losses, so that it can be held against their labels and
    margins; neither a sigmoid is applied nor taken back.

    Reference: Loss/scores/real of NVlabs/stylegan3, D(x) of pytorch/examples.
    """
    return _mean_score("real", real_logits, transform, sub_discriminators)


@score(
    interpretation="where fakes score; equal to real_score: the discriminator cannot tell them apart",
)
def fake_score(fake_logits: Logits, *, transform: Transform = "none", sub_discriminators: Reduction = "mean") -> Tensor:
    """Mean of what the discriminator returned for the fakes.

        mean over k of mean D_k(fake)

    Args:
        fake_logits: what each sub-discriminator returned for the fakes, as it is; (N,), or (N, ...) for patches.
        transform: what is averaged: the score ("none"), its sigmoid or its sign.
        sub_discriminators: whether sub-discriminators are averaged or summed.

    Returns:
        (N,), in the discriminator's own units.

    Convention: averaged over sub-discriminators, unlike the losses, so that it can be held against their labels and
    margins; neither a sigmoid is applied nor taken back.

    Reference: Loss/scores/fake of NVlabs/stylegan3, D(G(z)) of pytorch/examples.
    """
    return _mean_score("fake", fake_logits, transform, sub_discriminators)


def _halved_shares(_batch: Batch, _settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The terms add up to the accuracy, so neither is that of its side."""
    yield Finding(
        check="halved_shares",
        severity="note",
        message="d_accuracy: its terms are half of each side's share; twice a term is that side's accuracy",
    )


@loss(
    family="adversarial",
    about="discriminator",
    observed=True,
    synonyms=("accuracy",),
    shown_term=2.0,  # its terms are half of each side's share, so that they add up; logs print the whole share
    span=(0.0, 1.0),
    reference="Karras et al. 2020, Training GANs with Limited Data, arXiv:2006.06676, section 3",
    balanced_score=0.0,
    findings=_halved_shares,
    interpretation="0.5: the discriminator guesses; 1: it is right about every sample; its terms are half of each "
    "side's share",
    conventions=(
        Convention("signs", f"{STYLEGAN3}, from Loss/signs"),
        Convention(
            "least_squares", "Mao et al. 2017, arXiv:1611.04076: labels 1 and 0", settings={"threshold": 0.5},
            relation="above 0.5 is real, for least-squares scores",
        ),
        Convention(
            "mean_score", "one decision a sample, as its mean score has it", settings={"patches": "together"},
            relation="of the sign of a sample's mean score",
        ),
    ),
)  # fmt: skip
def d_accuracy(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    threshold: float | None = None,
    patches: Literal["each", "together"] = "each",
) -> dict[str, Tensor]:
    """Share of decisions that the discriminator gets right.

        (share of D_k(real) > threshold + share of D_k(fake) < threshold) / 2, averaged over k

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes; (M,) or (M, ...).
        scores: whether that is logits, with threshold 0, or probabilities, with 0.5.
        threshold: what separates real from fake; None for what `scores` says. Least-squares scores want 0.5.
        patches: "each" counts every patch, "together" decides by the mean score of a sample.

    Returns:
        terms "real", (N,), and "fake", (M,): half of each sample's share, so that the sum is on [0, 1].

    Convention: reals and fakes weigh the same, whatever their counts; a score on the threshold counts as half right.

    Reference: the signs of the scores that NVlabs/stylegan3 logs.
    """
    check_lengths(real_logits=checked("real", real_logits), fake_logits=checked("fake", fake_logits))
    limit = threshold if threshold is not None else {"logits": 0.0, "probabilities": 0.5}[scores]

    def half_share(role: Role, logits: Logits, side: int) -> Tensor:
        compared = [per_sample(one) if patches == "together" else one for one in checked(role, logits)]
        right = [per_sample((1 + side * _sign(one - limit)) / 2) for one in compared]
        return torch.stack(right).mean(0) / 2

    return {"real": half_share("real", real_logits, 1), "fake": half_share("fake", fake_logits, -1)}


def _mean_score(role: Role, logits: Logits, transform: Transform, reduction: Reduction) -> Tensor:
    of = _TRANSFORMS[transform]
    stacked = torch.stack([per_sample(of(scores)) for scores in checked(role, logits)])
    return stacked.mean(0) if reduction == "mean" else stacked.sum(0)


def _sign(scores: Tensor) -> Tensor:
    return torch.sign(scores) + 0 * scores  # torch's sign of NaN is 0, which would be a score like any other


_TRANSFORMS: Mapping[Transform, Elementwise] = {"none": lambda s: s, "sigmoid": torch.sigmoid, "sign": _sign}
