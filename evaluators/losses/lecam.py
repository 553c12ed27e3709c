"""A penalty on the scores themselves, which keeps each side near where the other has been."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.losses.sides import Reduction, averaged, checked, two_sides
from ganloss_cli.evaluators.shapes import check_lengths

REFERENCE = "Tseng et al. 2021, Regularizing Generative Adversarial Networks under Limited Data, arXiv:2104.03310"
CODE = Convention("lecam_gan", "google/lecam-gan@f9af948 biggan_cifar/losses.py")


@loss(
    family="penalties",
    about="discriminator",
    reference=REFERENCE,
    equilibrium=0.0,
    batch_dependent="without its moving averages it takes the mean scores of the samples at hand for them",
    settled=lambda settings: (
        None not in (settings["average_real"], settings["average_fake"]) and not settings["pooled"]
    ),
    interpretation="0: neither side scores beyond the other's average; it grows with the gap between them",
    conventions=(
        CODE,
        CODE.alias("studiogan", "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"),
        CODE.alias("open_magvit2", "TencentARC/SEED-Voken@b9a17ea src/Open_MAGVIT2/modules/losses/vqperceptual.py"),
        Convention(
            "titok", "bytedance/1d-tokenizer@942a96f modeling/modules/losses.py", settings={"pooled": True},
            relation="of the mean score of each side",
            mistake="the scores are averaged before the square, so that scores beyond the other side's average are made"
            " up for by those that are not",
        ),
        Convention(
            "paper", f"{REFERENCE}, equation 4", settings={"one_sided": False},
            relation="squares of both signs: it also counts reals below the average fake",
        ),
        averaged("mean", "the reduction of XPixelGroup/BasicSR@8d56e3a MultiScaleGANLoss"),
    ),
)  # fmt: skip
def lecam(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    average_real: float | None = None,
    average_fake: float | None = None,
    one_sided: bool = True,
    pooled: bool = False,
    sub_discriminators: Reduction = "sum",
) -> dict[str, Tensor] | SampleSet:
    """LeCam regularisation: scores held against the moving average of the other side's.

        R = sum over k of mean max(0, D_k(real) - a_fake)^2 + mean max(0, a_real - D_k(fake))^2

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes; (M,) or (M, ...).
        average_real: moving average of the scores of reals in training; None for their mean over the set, for each
            sub-discriminator its own.
        average_fake: the same for fakes.
        one_sided: whether only scores beyond the average count.
        pooled: average the scores of each side first, which is a mistake.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        terms "real.k", each (N,), and "fake.k", each (M,), where both averages are given and nothing is pooled; else a
        statistic of the whole set with these terms. None is negative.

    Convention: raw, without its weight; one-sided as in the authors' code, where the paper's equation is not. The
    moving averages are part of training and of no checkpoint: the settings say whether they were given.

    Reference: arXiv:2104.03310, equation 4.
    """
    reals, fakes = checked("real", real_logits), checked("fake", fake_logits)
    check_lengths(real_logits=reals, fake_logits=fakes)
    if average_real is not None and average_fake is not None and not pooled:
        of_real = partial(_beyond, anchor=average_fake, sign=1, one_sided=one_sided)
        of_fake = partial(_beyond, anchor=average_real, sign=-1, one_sided=one_sided)
        return two_sides(reals, fakes, of_real, of_fake, sub_discriminators)
    parts = {f"real.{k}": scores for k, scores in enumerate(reals)}
    parts |= {f"fake.{k}": scores for k, scores in enumerate(fakes)}
    finish = partial(
        _anchored,
        given={"real": average_real, "fake": average_fake},
        one_sided=one_sided,
        pooled=pooled,
        share=1 / len(reals) if sub_discriminators == "mean" else 1.0,
    )
    return SampleSet.of(finish, parts)


@finishes_sets
def _anchored(
    whole: Whole, *, given: Mapping[str, float | None], one_sided: bool, pooled: bool, share: float
) -> dict[str, Tensor]:
    terms = {}
    for name, scores in whole.items():
        role, _, k = name.partition(".")
        other, sign = ("fake", 1) if role == "real" else ("real", -1)
        average = given[other]
        anchor = whole[f"{other}.{k}"].mean() if average is None else average
        held = scores.mean() if pooled else scores
        terms[name] = share * _beyond(held, anchor=anchor, sign=sign, one_sided=one_sided).mean()
    return terms


def _beyond(scores: Tensor, *, anchor: Tensor | float, sign: int, one_sided: bool) -> Tensor:
    excess = sign * (scores - anchor)
    return (torch.relu(excess) if one_sided else excess) ** 2
