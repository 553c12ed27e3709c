"""Hinge: scores beyond the margin cost nothing."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.sides import Reduction, averaged, one_side, two_sides

REFERENCE = "Lim and Ye 2017, Geometric GAN, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957"
MELGAN = "descriptinc/melgan-neurips@6488045 scripts/train.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/adversarial/losses.py"
VOCOS = "gemelo-ai/vocos@c859e3b vocos/loss.py vocos/experiment.py"
LUCIDRAINS = "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"
LIGHTWEIGHT_GAN = "lucidrains/lightweight-gan@efbec45 lightweight_gan/lightweight_gan.py"
TAMING = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py"

BIGGAN = Convention("biggan", "ajbrock/BigGAN-PyTorch@9845943 losses.py")
MEAN = averaged("spade", "NVlabs/SPADE@fecacc9 models/networks/loss.py")
SIGMOID = Convention(
    "sigmoid", "vanilla GAN's last layer under another loss", settings={"sigmoid": True}, relation="of sigmoid(score)",
    mistake="a hinge takes the score itself: a probability never reaches the margin -1, and only just reaches 1",
)  # fmt: skip


@loss(
    family="adversarial",
    about="discriminator",
    synonyms=("hinge",),
    reference=REFERENCE,
    balanced_score=0.0,
    interpretation="2 for each sub-discriminator: it cannot tell real from fake; near 0: it tells every sample apart",
    conventions=(
        BIGGAN,
        BIGGAN.alias("melgan", MELGAN),
        BIGGAN.alias("studiogan", STUDIOGAN),
        scaled("taming", TAMING, 0.5, "half"),
        MEAN,
        MEAN.alias("vocos", VOCOS),
        MEAN.alias("audiocraft", AUDIOCRAFT),
        Convention(
            "lucidrains", LUCIDRAINS, settings={"inverted": True},
            relation="of minus the scores: there reals score low",
        ),
        SIGMOID,
    ),
)  # fmt: skip
def d_hinge(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    inverted: bool = False,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
) -> dict[str, Tensor]:
    """Hinge loss of the discriminator.

        L_D = sum over k of mean max(0, 1 - D_k(real)) + mean max(0, 1 + D_k(fake))

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes; (M,) or (M, ...).
        inverted: the discriminator was trained to score reals low.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: apply a sigmoid first, which is a mistake.

    Returns:
        terms "real.k", each (N,), and "fake.k", each (M,); none is negative.

    Convention: real + fake without a half, summed over sub-discriminators, as BigGAN and MelGAN; taming halves it,
    SPADE, Vocos and audiocraft average over sub-discriminators.

    Reference: arXiv:1705.02894, arXiv:1802.05957.
    """
    sign = -1 if inverted else 1
    of_real = partial(_hinge, sign=-sign, scale=scale, sigmoid=sigmoid)
    of_fake = partial(_hinge, sign=sign, scale=scale, sigmoid=sigmoid)
    return two_sides(real_logits, fake_logits, of_real, of_fake, sub_discriminators)


@loss(
    family="adversarial",
    span=(None, None),
    reference=REFERENCE,
    balanced_score=0.0,
    interpretation="0: fakes score in the middle of the margins; 1 for each sub-discriminator: they are recognised; "
    "far below -1: they pass",
    conventions=(
        BIGGAN,
        BIGGAN.alias("melgan", MELGAN),
        BIGGAN.alias("studiogan", STUDIOGAN),
        BIGGAN.alias("taming", TAMING),
        MEAN,
        MEAN.alias("audiocraft", AUDIOCRAFT),
        Convention(
            "vocos", VOCOS, settings={"bounded": True, "sub_discriminators": "mean"},
            relation="max(0, 1 - D), divided by the number of sub-discriminators",
        ),
        Convention(
            "audiocraft_hinge2", AUDIOCRAFT, settings={"bounded": True, "sub_discriminators": "mean"},
            relation="max(0, 1 - D), divided by the number of sub-discriminators", alias_of="vocos",
        ),
        Convention(
            "lucidrains", LUCIDRAINS, settings={"inverted": True}, factor=-1.0,
            relation="of minus the scores: there fakes are pushed down",
        ),
        Convention(
            "lightweight_gan", LIGHTWEIGHT_GAN, settings={"inverted": True}, factor=-1.0,
            relation="of minus the scores: there fakes are pushed down", alias_of="lucidrains",
        ),
        SIGMOID,
    ),
)  # fmt: skip
def g_hinge(
    fake_logits: Logits,
    *,
    bounded: bool = False,
    inverted: bool = False,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
) -> dict[str, Tensor]:
    """Loss of the generator against a hinge discriminator.

        L_G = sum over k of -mean D_k(fake)

    Args:
        fake_logits: what each sub-discriminator returned for the fakes, as it is; (N,), or (N, ...) for patches.
        bounded: take mean max(0, 1 - D_k(fake)), which is 1 more for scores below 1 and never negative.
        inverted: the discriminator was trained to score reals low.
        scale: what the loss is multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: apply a sigmoid first, which is a mistake.

    Returns:
        terms "fake.k", each (N,), of either sign.

    Convention: minus the mean score, summed over sub-discriminators, as BigGAN and MelGAN; Vocos bounds it and
    averages; for a generator in lucidrains' polarity the sign is the other one.

    Reference: arXiv:1705.02894, arXiv:1802.05957.
    """
    sign = 1 if inverted else -1
    of_fake = partial(_hinge, sign=sign, scale=scale, sigmoid=sigmoid, bounded=bounded)
    return one_side("fake", fake_logits, of_fake, sub_discriminators)


def _hinge(scores: Tensor, *, sign: int, scale: float, sigmoid: bool, bounded: bool = True) -> Tensor:
    signed = sign * (torch.sigmoid(scores) if sigmoid else scores)
    return scale * (torch.relu(1 + signed) if bounded else signed)
