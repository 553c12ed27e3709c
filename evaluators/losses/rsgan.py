"""Relativistic losses of pairs: how much more real a real scores than the fake beside it."""

from __future__ import annotations

from functools import partial

from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sides import Reduction, Scores, as_raw_scores, averaged, checked
from ganloss_cli.evaluators.shapes import check_lengths, check_shapes, per_sample

REFERENCE = "Jolicoeur-Martineau 2018, The relativistic discriminator, arXiv:1807.00734"
RELATIVISTIC_GAN = Convention("relativistic_gan", "AlexiaJM/RelativisticGAN@2646c0b code/GAN_losses_iter.py")
relativistic = partial(loss, family="adversarial", reference=REFERENCE, balanced_score=0.0, equal_counts=True)
R3GAN = "Huang et al. 2024, The GAN is dead; long live the GAN!, arXiv:2501.05441"
PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations/relativistic_gan/relativistic_gan.py"
MEAN = averaged("mean", "the reduction of XPixelGroup/BasicSR@8d56e3a MultiScaleGANLoss")


@relativistic(
    about="discriminator",
    interpretation="ln 2 = 0.693 for each sub-discriminator: a real scores no more than a fake; near 0: far more",
    conventions=(
        RELATIVISTIC_GAN,
        RELATIVISTIC_GAN.alias("r3gan", R3GAN),
        # (BCE(real - fake, 1) + BCE(fake - real, 0)) / 2, whose halves are equal
        RELATIVISTIC_GAN.alias("pytorch_gan", PYTORCH_GAN),
        MEAN,
    ),
)
def d_rsgan(
    real_logits: Logits, fake_logits: Logits, *, scores: Scores = "logits", sub_discriminators: Reduction = "sum"
) -> dict[str, Tensor]:
    """Relativistic loss of the discriminator.

        L_D = sum over k of mean -log s(D_k(real) - D_k(fake)),  s the sigmoid

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes: patch by patch one pair.
        scores: whether that is logits or probabilities.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        terms "pair.k", each (N,); none is negative.

    Convention: one term, not one for each side; no half. Reals and fakes that belong to nobody are held against each
    other in their order, as training holds those of one batch.

    Reference: arXiv:1807.00734, equation 3.
    """
    return _pairs(real_logits, fake_logits, scores, sub_discriminators, weights=(1, -1))


@relativistic(
    interpretation="ln 2 = 0.693 for each sub-discriminator: a fake scores no less than a real; above 3: far less",
    conventions=(
        RELATIVISTIC_GAN,
        RELATIVISTIC_GAN.alias("r3gan", R3GAN),
        Convention(
            "pytorch_gan", PYTORCH_GAN, settings={"alone": True}, relation="g_bce: of the fakes alone",
            mistake="the line that computes the relativistic loss is followed by one that overwrites it",
        ),
        MEAN,
    ),
)  # fmt: skip
def g_rsgan(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    alone: bool = False,
    sub_discriminators: Reduction = "sum",
) -> dict[str, Tensor]:
    """Relativistic loss of the generator.

        L_G = sum over k of mean -log s(D_k(fake) - D_k(real)),  s the sigmoid

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes, of the same shapes: patch by patch one pair.
        scores: whether that is logits or probabilities.
        alone: hold the fakes' scores against 0 instead of their reals', which is a mistake.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        terms "pair.k", each (N,); none is negative.

    Convention: the discriminator's loss with reals and fakes exchanged.

    Reference: arXiv:1807.00734, equation 4.
    """
    return _pairs(real_logits, fake_logits, scores, sub_discriminators, weights=(0 if alone else -1, 1))


def _pairs(
    real_logits: Logits, fake_logits: Logits, scores: Scores, reduction: Reduction, *, weights: tuple[int, int]
) -> dict[str, Tensor]:
    reals, fakes = checked("real", real_logits), checked("fake", fake_logits)
    check_lengths(real_logits=reals, fake_logits=fakes)
    share = 1 / len(reals) if reduction == "mean" else 1
    terms = {}
    for k, (real, fake) in enumerate(zip(reals, fakes, strict=True)):
        check_shapes(**{f"real_logits.{k}": real, f"fake_logits.{k}": fake})
        more = weights[0] * as_raw_scores(real, scores) + weights[1] * as_raw_scores(fake, scores)
        terms[f"pair.{k}"] = -share * per_sample(functional.logsigmoid(more))
    return terms
