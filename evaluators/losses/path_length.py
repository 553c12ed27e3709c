"""How evenly a generator turns steps of its latents into changes of its images."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Generator, Randomness
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.gradients import where_finite
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets

REFERENCE = "Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN, arXiv:1912.04958"
ROSINALITY = "rosinality/stylegan2-pytorch@bef283a train.py"
STYLEGAN3 = "NVlabs/stylegan3@c233a91 training/loss.py"
RAW = Convention("stylegan2", f"{REFERENCE}, equation 4")


@loss(
    family="penalties",
    synonyms=("pl",),
    lazy="every 4th iteration",
    reference=REFERENCE,
    equilibrium=0.0,
    images="network",
    weights="raw",
    batch_dependent="without a mean path length it takes that of the samples at hand",
    settled=lambda settings: settings["mean_path_length"] is not None and settings["decay"] == 0,
    interpretation="0: a step of one length in the latents changes every image as much; in units of length^2",
    conventions=(
        RAW,
        RAW.alias("basicsr", "XPixelGroup/BasicSR@8d56e3a basicsr/losses/gan_loss.py"),
        scaled("stylegan3", f"{STYLEGAN3}, Loss/G/reg", 2.0, "times pl_weight = 2"),
        scaled(
            "lazy", f"{ROSINALITY}, --path_regularize 2 --g_reg_every 4", 8.0,
            "times 2, times 4: what one lazy step adds",
        ),
        Convention(
            "first_step", f"{ROSINALITY}, g_path_regularize(..., 0)", settings={"mean_path_length": 0.0, "decay": 0.01},
            relation="against one hundredth of the mean length: 0.98 times the mean squared length",
            mistake="the running mean is in no checkpoint: starting it at 0 gives a penalty that training never had",
        ),
    ),
)  # fmt: skip
def path_length(
    latents: Tensor,
    generator: Generator,
    random: Randomness,
    *,
    mean_path_length: float | None = None,
    decay: float = 0.0,
    scale: float = 1.0,
) -> Tensor | SampleSet:
    """Path length regularisation of StyleGAN2.

        P = mean over i of (l_i - a)^2,  l_i^2 = mean over styles of ||d (y_i . G(w_i)) / d w_i||^2,  y ~ N(0, 1 / HW)

    Args:
        latents: the styles w that the generator takes, (N, styles, D), or (N, D) for one.
        generator: from styles to images (N, C, H, W), in its own range.
        random: gives the noise y, normal.
        mean_path_length: the running mean a of training; None for the mean of l over the set.
        decay: how far a given a moves towards the mean of l first; training moves it by 0.01.
        scale: what the penalty is multiplied by.

    Returns:
        (N,) where a is given and does not move; else a statistic of the whole set. Never negative.

    Convention: raw, without pl_weight and without the factor of lazy regularisation. a is in no checkpoint of
    rosinality's or NVlabs'; where a file holds one it is taken, and the settings say which was.

    Reference: arXiv:1912.04958, section 3.2.
    """
    lengths = _lengths(latents, generator, random)
    if mean_path_length is not None and decay == 0:
        return scale * (lengths - mean_path_length) ** 2
    finish = partial(_penalty, mean_path_length=mean_path_length, decay=decay, scale=scale)
    return SampleSet.of(finish, {"lengths": lengths})


def _lengths(latents: Tensor, generator: Generator, random: Randomness) -> Tensor:
    differentiable = torch.is_grad_enabled()
    with torch.enable_grad():
        styles = latents if latents.requires_grad else latents.detach().requires_grad_()
        images = generator(styles)
        if not images.requires_grad:
            raise InputError(
                "generator: its images do not depend on its latents, so they have no gradient",
                hint="remove torch.no_grad() and .detach() from its forward",
            )
        noise = random("path_length.noise", tuple(images.shape[1:]), "normal").to(images)
        seen = (images * noise).sum() / math.sqrt(math.prod(images.shape[2:]))
        (gradients,) = torch.autograd.grad(seen, styles, create_graph=differentiable)
    squared = where_finite(gradients, images).square().sum(-1)
    return squared.flatten(1).mean(1).sqrt() if squared.dim() > 1 else squared.sqrt()


@finishes_sets
def _penalty(whole: Whole, *, mean_path_length: float | None, decay: float, scale: float) -> Tensor:
    lengths = whole["lengths"]
    mean = lengths.mean()
    centre = mean if mean_path_length is None else mean_path_length + decay * (mean - mean_path_length)
    return scale * ((lengths - centre) ** 2).mean()
