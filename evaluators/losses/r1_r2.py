"""Gradient penalties that draw the discriminator's slope at the samples themselves to zero."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from ganloss_cli.evaluators.batch import Critic
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.gradients import score_gradients

REFERENCE = "Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, arXiv:1801.04406"
ROSINALITY = "rosinality/stylegan2-pytorch@bef283a train.py"
STYLEGAN3 = "NVlabs/stylegan3@c233a91 training/loss.py"
BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr/losses/gan_loss.py"
GAN_STABILITY = "LMescheder/GAN_stability@c1f64c9 gan_training/train.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"

RAW = Convention("stylegan2", ROSINALITY)
HALVED = scaled("studiogan", f"{STUDIOGAN}, cal_r1_reg", 0.5, "half, as gamma / 2 at gamma = 1")
TEN = scaled("gan_stability", GAN_STABILITY, 10.0, "times reg_param = 10, without a half")
zero_centred = partial(
    loss,
    family="penalties",
    about="discriminator",
    reference=REFERENCE,
    equilibrium=0.0,
    images="network",
)


@zero_centred(
    synonyms=("r1_penalty",),
    lazy="every 16th iteration",
    interpretation="0: the discriminator is flat around the reals; it grows as the discriminator grows surer of them",
    conventions=(
        RAW,
        RAW.alias("stylegan3", f"{STYLEGAN3}, Loss/r1_penalty"),
        RAW.alias("stylegan2_torch", "ppeetteerrs/stylegan2-torch@eb2d6a6 stylegan2_torch/loss.py"),
        RAW.alias("basicsr", f"{BASICSR}, r1_penalty"),
        HALVED,
        HALVED.alias("stargan2", "clovaai/stargan-v2@875b70a core/solver.py"),
        scaled("gamma10", f"{ROSINALITY}, --r1 10", 5.0, "times gamma / 2 at gamma = 10"),
        scaled(
            "lazy", f"{ROSINALITY}, --r1 10 --d_reg_every 16", 80.0,
            "times gamma / 2 at gamma = 10, times 16: what one lazy step adds",
        ),
        TEN,
        TEN.alias("lucidrains", "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"),
        scaled(
            "unit_range", "the same images on [0, 1]", 4.0,
            "four times: with respect to images on [0, 1], where the discriminator takes [-1, 1]",
        ),
        scaled(
            "byte_range", "the same images on [0, 255]", 127.5**-2,
            "divided by 127.5^2: with respect to images on [0, 255], where the discriminator takes [-1, 1]",
        ),
    ),
)  # fmt: skip
def r1(real: Tensor, discriminator: Critic, *, scale: float = 1.0) -> Tensor:
    """Squared slope of the discriminator at the reals, R1.

        R1 = mean over i of ||d (sum of D(real_i)) / d real_i||^2

    Args:
        real: samples of the data, in the discriminator's own range; (N, ...).
        discriminator: its scores are summed over patches and sub-discriminators.
        scale: what the penalty is multiplied by.

    Returns:
        (N,), in score^2 / range^2; none is negative.

    Convention: raw, without gamma / 2 and without the factor of lazy regularisation, as StyleGAN2 and 3 log it;
    StudioGAN and StarGAN v2 halve it, GAN_stability multiplies by 10. It scales with the square of the range.

    Reference: arXiv:1801.04406.
    """
    return scale * _squared_norms(discriminator, real)


@zero_centred(
    interpretation="0: the discriminator is flat around the fakes; it grows as the discriminator grows surer of them",
    conventions=(
        Convention("mescheder2018", f"{REFERENCE}, equation 9"),
        scaled(
            "r3gan", "Huang et al. 2024, The GAN is dead; long live the GAN!, arXiv:2501.05441", 0.5,
            "half, as gamma / 2 at gamma = 1",
        ),
        TEN,
        TEN.alias("lucidrains", "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"),
    ),
)  # fmt: skip
def r2(fake: Tensor, discriminator: Critic, *, scale: float = 1.0) -> Tensor:
    """Squared slope of the discriminator at the fakes, R2.

        R2 = mean over i of ||d (sum of D(fake_i)) / d fake_i||^2

    Args:
        fake: what the generator made, in the discriminator's own range; (N, ...).
        discriminator: its scores are summed over patches and sub-discriminators.
        scale: what the penalty is multiplied by.

    Returns:
        (N,), in score^2 / range^2; none is negative.

    Convention: raw, without gamma / 2, like `r1`.

    Reference: arXiv:1801.04406.
    """
    return scale * _squared_norms(discriminator, fake)


def _squared_norms(discriminator: Critic, samples: Tensor) -> Tensor:
    return score_gradients(discriminator, samples).flatten(1).square().sum(1)
