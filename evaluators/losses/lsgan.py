"""Least squares: the squared distance of each score from a label."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.sides import Reduction, averaged, one_side, two_sides

REFERENCE = "Mao et al. 2017, Least Squares Generative Adversarial Networks, arXiv:1611.04076"
HIFIGAN = "jik876/hifi-gan@4769534 models.py"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/losses.py"
APPLIO = "IAHispano/Applio@b9c0ccb1 rvc/train/losses.py"
CARPEDM20 = "carpedm20/DiscoGAN-pytorch@ab3b7dc6 trainer.py"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py"
PIX2PIXHD = "NVIDIA/pix2pixHD@14b3b3c train.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"
PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations/lsgan/lsgan.py"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/adversarial/losses.py"

VITS = Convention("vits", "jaywalnut310/vits@2e561ba losses.py")
CYCLEGAN = "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"
HALVED = scaled("cyclegan", f"{CYCLEGAN} models/cut_model.py", 0.5, "half")
G_HALVED = scaled("studiogan", STUDIOGAN, 0.5, "half")
MEAN = averaged("parallel_wavegan", "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/adversarial_loss.py")
SIGMOID = Convention(
    "sigmoid", "vanilla GAN's last layer under another loss", settings={"sigmoid": True}, relation="of sigmoid(score)",
    mistake="least squares take the score itself: after a sigmoid each term is below 1 and its gradient vanishes",
)  # fmt: skip


def _halfway(settings: Mapping[str, Any]) -> float:
    return float(settings["real_label"] + settings["fake_label"]) / 2


@loss(
    family="adversarial",
    about="discriminator",
    synonyms=("lsgan",),
    reference=REFERENCE,
    balanced_score=_halfway,
    interpretation="0.5 for each sub-discriminator: it cannot tell real from fake; near 0: it tells every sample apart",
    conventions=(
        VITS,
        VITS.alias("hifigan", HIFIGAN),
        VITS.alias("rvc", RVC),
        VITS.alias("applio", APPLIO),
        VITS.alias("dac", DAC),
        HALVED,
        HALVED.alias("pytorch_gan", PYTORCH_GAN),
        HALVED.alias("studiogan", STUDIOGAN),
        HALVED.alias("pix2pixhd", PIX2PIXHD),
        HALVED.alias("carpedm20", CARPEDM20),
        HALVED.alias("mao2017", f"{REFERENCE}, equation 9"),
        MEAN,
        MEAN.alias("audiocraft", AUDIOCRAFT),
        Convention(
            "pearson", f"{REFERENCE}, equation 8", settings={"scale": 0.5, "fake_label": -1.0},
            relation="half, with labels 1 and -1",
        ),
        Convention(
            "one_sided_smoothing", "Salimans et al. 2016, arXiv:1606.03498, section 3.4", settings={"real_label": 0.9},
            relation="reals are labelled 0.9",
        ),
        Convention(
            "swapped_labels", "the formula with its labels exchanged", settings={"real_label": 0.0, "fake_label": 1.0},
            relation="labels 0 and 1 exchanged",
            mistake="reals are labelled 0 and fakes 1: a discriminator that tells them apart looks hopeless",
        ),
        SIGMOID,
    ),
)  # fmt: skip
def d_lsgan(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    real_label: float = 1.0,
    fake_label: float = 0.0,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
) -> dict[str, Tensor]:
    """Least-squares loss of the discriminator.

        L_D = sum over k of mean (D_k(real) - real_label)^2 + mean (D_k(fake) - fake_label)^2

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes; (M,) or (M, ...).
        real_label: what reals should score.
        fake_label: what fakes should score.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: apply a sigmoid first, which is a mistake.

    Returns:
        terms "real.k", each (N,), and "fake.k", each (M,); none is negative.

    Convention: real + fake without a half, summed over sub-discriminators, as HiFi-GAN, VITS and DAC; the paper,
    CycleGAN and PyTorch-GAN halve it; ParallelWaveGAN and audiocraft average over sub-discriminators.

    Reference: arXiv:1611.04076.
    """
    square = partial(_square, scale=scale, sigmoid=sigmoid)
    of_real, of_fake = partial(square, label=real_label), partial(square, label=fake_label)
    return two_sides(real_logits, fake_logits, of_real, of_fake, sub_discriminators)


@loss(
    family="adversarial",
    reference=REFERENCE,
    balanced_score=0.5,
    interpretation="0.25 for each sub-discriminator: fakes score halfway between the labels; 1 or more: they are "
    "recognised",
    conventions=(
        VITS,
        VITS.alias("hifigan", HIFIGAN),
        VITS.alias("rvc", RVC),
        VITS.alias("applio", APPLIO),
        VITS.alias("dac", DAC),
        VITS.alias("cyclegan", CYCLEGAN),  # halves the discriminator's loss only
        VITS.alias("pix2pixhd", PIX2PIXHD),
        VITS.alias("pytorch_gan", PYTORCH_GAN),
        G_HALVED,
        G_HALVED.alias("carpedm20", CARPEDM20),
        MEAN,
        MEAN.alias("audiocraft", AUDIOCRAFT),
        Convention(
            "pearson", f"{REFERENCE}, equation 8", settings={"scale": 0.5, "real_label": 0.0},
            relation="half, and fakes should score 0, between the discriminator's labels 1 and -1",
        ),
        SIGMOID,
    ),
)  # fmt: skip
def g_lsgan(
    fake_logits: Logits,
    *,
    real_label: float = 1.0,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
) -> dict[str, Tensor]:
    """Least-squares loss of the generator.

        L_G = sum over k of mean (D_k(fake) - real_label)^2

    Args:
        fake_logits: what each sub-discriminator returned for the fakes, as it is; (N,), or (N, ...) for patches.
        real_label: what the generator wants its fakes to score.
        scale: what the loss is multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: apply a sigmoid first, which is a mistake.

    Returns:
        terms "fake.k", each (N,); none is negative.

    Convention: without a half, summed over sub-discriminators, as HiFi-GAN, VITS, DAC and CycleGAN (which halves its
    discriminator's loss only); the paper and StudioGAN halve it.

    Reference: arXiv:1611.04076.
    """
    of_fake = partial(_square, label=real_label, scale=scale, sigmoid=sigmoid)
    return one_side("fake", fake_logits, of_fake, sub_discriminators)


def _square(scores: Tensor, *, label: float, scale: float, sigmoid: bool) -> Tensor:
    scores = torch.sigmoid(scores) if sigmoid else scores
    return scale * (scores - label) ** 2
