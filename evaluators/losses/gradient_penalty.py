"""Gradient penalties at points between and around the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Critic, Randomness
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.gradients import score_gradients
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.shapes import check_shapes

GULRAJANI = "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, arXiv:1704.00028"
KODALI = "Kodali et al. 2017, On Convergence and Stability of GANs, arXiv:1705.07215"
BLOG = "GAN Loss Functions: The Key to Generative Adversarial Networks, 2023-10-31"
GAN_STABILITY = "LMescheder/GAN_stability@c1f64c9 gan_training/train.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"
CAOGANG = "caogang/wgan-gp@ae47a18"
LUCIDRAINS = "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"

NormAxes = Literal["all", "first"]
PER_PIXEL = "the norm runs over channels only: each pixel's is near 0, and the penalty near 1 whatever is learned"

# Where the generator can gain nothing the discriminator is flat, and a penalty whose target is another slope draws the
# discriminator away from there: Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?,
# arXiv:1801.04406, section 3.
NO_REST = (
    "slope 1 lets the generator gain, and flat, where it cannot, costs the discriminator 1 (Mescheder et al. 2018,"
    " arXiv:1801.04406); its own best value is 0"
)


def _of_a_flat_critic(settings: Mapping[str, Any]) -> float | None:
    """0 where a flat critic costs nothing, as in WGAN-LP and with target 0; else there is no equilibrium."""
    return 0.0 if settings["centre"] == 0 or settings["one_sided"] else None


RAW = Convention("gulrajani2017", "igul222/improved_wgan_training@fa66c57 gan_language.py")
TEN = scaled("caogang", f"{CAOGANG} gan_cifar10.py", 10.0, "times lambda = 10")

FLAT = {
    1.0: "the gradient's norm is 0 everywhere, as with a constant discriminator",
    10.0: "lambda = 10 times a gradient's norm of 0 everywhere, as with a constant discriminator",
}


@loss(
    family="penalties",
    about="discriminator",
    synonyms=("gradient_penalty", "wgan_gp"),
    known_values=FLAT,
    reference=GULRAJANI,
    equilibrium=_of_a_flat_critic,
    no_equilibrium=NO_REST,
    images="network",
    interpretation="0: the critic has slope 1 between reals and fakes; near 1: it is flat; a good critic stays below "
    "0.1",
    conventions=(
        RAW,
        RAW.alias("blog", BLOG),
        RAW.alias("studiogan", f"{STUDIOGAN}, cal_grad_penalty"),
        RAW.alias("gan_stability", f"{GAN_STABILITY}, wgangp"),
        TEN,
        TEN.alias("cyclegan", "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"),
        TEN.alias("progressive_gan", "tkarras/progressive_growing_of_gans@2504c3f loss.py"),
        Convention(
            "wgan_lp", "Petzka et al. 2018, On the regularization of Wasserstein GANs, arXiv:1709.08894",
            settings={"one_sided": True}, relation="only slopes above 1 count",
        ),
        Convention(
            "zero_centred", f"{GAN_STABILITY}, wgangp0", settings={"centre": 0.0},
            relation="the mean squared slope: the target is 0",
        ),
        Convention(
            "lucidrains", LUCIDRAINS, settings={"at": "samples", "centre": 0.0, "scale": 10.0},
            relation="10 (R1 + R2): the squared slope at the reals and at the fakes",
        ),
        Convention(
            "basicsr", "XPixelGroup/BasicSR@8d56e3a basicsr/losses/gan_loss.py", settings={"norm_axes": "first"},
            relation="mean over pixels of (norm over channels - 1)^2", mistake=PER_PIXEL,
        ),
        Convention(
            "gan_language", f"{CAOGANG} gan_language.py", settings={"norm_axes": "first", "scale": 10.0},
            relation="times lambda = 10, mean over the last axis of (norm over the first - 1)^2", mistake=PER_PIXEL,
        ),
        Convention(
            "studiogan_max", f"{STUDIOGAN}, cal_maxgrad_penalty", settings={"worst": True, "centre": 0.0},
            relation="the largest squared slope of the set, target 0",
        ),
        Convention(
            "unit_range", "the same images on [0, 1]", settings={"slope_scale": 2.0},
            relation="slopes are twice as steep with respect to images on [0, 1], where the critic takes [-1, 1]",
        ),
    ),
)  # fmt: skip
def gp(
    real: Tensor,
    fake: Tensor,
    discriminator: Critic,
    random: Randomness,
    *,
    centre: float = 1.0,
    one_sided: bool = False,
    at: Literal["between", "samples"] = "between",
    norm_axes: NormAxes = "all",
    slope_scale: float = 1.0,
    worst: bool = False,
    scale: float = 1.0,
) -> dict[str, Tensor] | SampleSet:
    """Gradient penalty of WGAN-GP: the critic's slope between reals and fakes should be 1.

        GP = mean over i of (||d (sum of D(x_i)) / d x_i|| - 1)^2,  x_i = a_i real_i + (1 - a_i) fake_i,  a_i on [0, 1)

    Args:
        real: samples of the data, in the critic's own range; (N, ...).
        fake: what the generator made, of the same shape.
        discriminator: the critic; its scores are summed over patches and sub-discriminators.
        random: gives each sample's a_i, uniform.
        centre: the slope that costs nothing.
        one_sided: whether slopes below the centre cost nothing.
        at: "between", or "samples" for the slopes at the reals and at the fakes themselves.
        norm_axes: "all", or "first" for a norm over channels at each pixel, which is a mistake.
        slope_scale: what slopes are multiplied by, for another range of the images.
        worst: take the largest value of the set instead of the mean.
        scale: what the penalty is multiplied by.

    Returns:
        the term "between", (N,), or the terms "real" and "fake"; with `worst` a statistic of the whole set. None is
        negative.

    Convention: raw, lambda outside; one coefficient a sample; the norm over everything but the sample. Whether a or
    1 - a multiplies the reals is the same in distribution. Equilibrium: 0 with `centre` 0 or `one_sided`, where a flat
    critic costs nothing; none otherwise.

    Reference: arXiv:1704.00028, equation 3.
    """
    check_shapes(real=real, fake=fake)
    if at == "samples":
        places = {"real": real, "fake": fake}
    else:
        share = _as_column(random("gp.alpha", (), "uniform"), real)
        places = {"between": share * real + (1 - share) * fake}
    terms = {}
    for name, place in places.items():
        slopes = slope_scale * _norms(score_gradients(discriminator, place), norm_axes)
        beyond = torch.relu(slopes - centre) if one_sided else slopes - centre
        terms[name] = scale * beyond.square().flatten(1).mean(1)
    return SampleSet.of(_largest, terms) if worst else terms


@loss(
    family="penalties",
    about="discriminator",
    known_values=FLAT,
    reference=KODALI,
    no_equilibrium=NO_REST,
    images="network",
    batch_dependent="the noise is scaled by the standard deviation of the batch; `std` fixes it",
    settled=lambda settings: settings["std"] is not None,
    interpretation="0: the discriminator has slope 1 around the reals; near 1: it is flat there",
    conventions=(
        Convention("kodali2017", "kodalinaveen3/DRAGAN@5cf95ab DRAGAN.ipynb"),
        scaled("weighted", "kodalinaveen3/DRAGAN@5cf95ab DRAGAN.ipynb, lambd", 10.0, "times lambda = 10"),
        Convention(
            "studiogan", f"{STUDIOGAN}, cal_dra_penalty", settings={"ddof": 1},
            relation="the standard deviation divides by n - 1",
        ),
        Convention(
            "pytorch_gan", "eriklindernoren/PyTorch-GAN@36d3c77 implementations/dragan/dragan.py",
            settings={"ddof": 1, "elementwise": True, "norm_axes": "first", "scale": 10.0},
            relation="times lambda = 10, a drawn for each element, mean over pixels of (norm over channels - 1)^2",
            mistake=PER_PIXEL,
        ),
    ),
)  # fmt: skip
def dragan(
    real: Tensor,
    discriminator: Critic,
    random: Randomness,
    *,
    std: float | None = None,
    noise: float = 0.5,
    ddof: int = 0,
    elementwise: bool = False,
    norm_axes: NormAxes = "all",
    scale: float = 1.0,
) -> Tensor:
    """Gradient penalty of DRAGAN: the discriminator's slope around the reals should be 1.

        mean over i of (||d (sum of D(x_i)) / d x_i|| - 1)^2,  x_i = real_i + a_i * noise * std * u_i,  a, u on [0, 1)

    Args:
        real: samples of the data, in the discriminator's own range; (N, ...).
        discriminator: its scores are summed over patches and sub-discriminators.
        random: gives each sample's a_i and each element's u_i, uniform.
        std: standard deviation of the data; None for that of the batch at hand.
        noise: the largest disturbance, in standard deviations.
        ddof: the standard deviation of n elements divides by n - ddof.
        elementwise: draw a for each element instead of each sample.
        norm_axes: "all", or "first" for a norm over channels at each pixel, which is a mistake.
        scale: what the penalty is multiplied by.

    Returns:
        (N,); none is negative.

    Convention: raw, lambda outside; the disturbance is never negative, as in the authors' code. No equilibrium: a flat
    discriminator costs 1.

    Reference: arXiv:1705.07215.
    """
    spread = torch.std(real.detach(), correction=ddof) if std is None else std
    shape = tuple(real.shape[1:]) if elementwise else ()
    share = _as_column(random("dragan.alpha", shape, "uniform"), real)
    disturbance = random("dragan.noise", tuple(real.shape[1:]), "uniform").to(real)
    slopes = _norms(score_gradients(discriminator, real + share * noise * spread * disturbance), norm_axes)
    return scale * (slopes - 1).square().flatten(1).mean(1)


@finishes_sets
def _largest(whole: Whole) -> dict[str, Tensor]:
    return {name: values.max() for name, values in whole.items()}


def _as_column(drawn: Tensor, like: Tensor) -> Tensor:
    """One number a sample, shaped so that it multiplies that sample."""
    return drawn.to(like).reshape(len(like), *([1] * (like.dim() - 1))) if drawn.dim() == 1 else drawn.to(like)


def _norms(gradients: Tensor, axes: NormAxes) -> Tensor:
    """(N, 1) over everything, or (N, ...) over the first axis after the sample's."""
    # vector_norm has gradient 0 at 0, where the root of a sum has none
    over = tuple(range(1, gradients.dim())) if axes == "all" else (1,)
    norms: Tensor = torch.linalg.vector_norm(gradients, dim=over)
    return norms.unsqueeze(1) if norms.dim() == 1 else norms
