"""Differences between a sample and the one it is meant to equal, element by element."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.catalogue import Convention, distance, scaled
from ganloss_cli.evaluators.losses.elements import in_float64, of_elements
from ganloss_cli.evaluators.shapes import check_shapes, per_sample

BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr/losses"
CYCLEGAN = "junyanz/pytorch-CycleGAN-and-pix2pix models/pix2pix_model.py"

SUMMED = Convention(
    "summed", "torch 2.13 with reduction='sum', divided by the number of samples", settings={"reduction": "sum"},
    relation="times the number of elements of a sample",
)  # fmt: skip
difference = partial(distance, family="reconstruction", symmetric=True)


@difference(
    synonyms=("mae", "pixel"),
    keeps_maps=True,
    usual_weights={100.0: "lambda_L1 of pix2pix", 10.0: "lambda = 10"},
    reference="Isola et al. 2017, Image-to-Image Translation with Conditional Adversarial Networks, arXiv:1611.07004",
    interpretation="the mean error of a value, in the units of the data; 0: identical",
    conventions=(
        Convention("mean", "torch 2.13 torch.nn.L1Loss"),
        SUMMED,
        scaled("symmetric_range", "images on [-1, 1], as in most GANs", 2.0, "twice: the same images span 2"),
        scaled("pix2pix", f"{CYCLEGAN}: lambda_L1 = 100, images on [-1, 1]", 200.0, "100 times, on images that span 2"),
    ),
)  # fmt: skip
def l1(real: Tensor, fake: Tensor, *, scale: float = 1.0, reduction: Literal["mean", "sum"] = "mean") -> Tensor:
    """Mean absolute difference.

        L = mean |r - f|

    Args:
        real: samples of the data; (N, ...).
        fake: what is meant to equal them; the same shape.
        scale: what the loss is multiplied by.
        reduction: over the elements of one sample.

    Returns:
        (N,), not negative.

    Convention: mean over the elements of a sample, then over samples, as torch.nn.L1Loss. Images are on [0, 1]; a log
    of images on [-1, 1] shows twice that.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:1611.07004.
    """
    check_shapes(real=real, fake=fake)
    if maps.are_wanted():
        maps.keep("difference", (real - fake).abs())
    return scale * of_elements(lambda r, f: (r - f).abs(), real, fake, reduction)


@difference(
    synonyms=("l2",),
    reference="Ledig et al. 2017, Photo-Realistic Single Image Super-Resolution Using a GAN, arXiv:1609.04802",
    interpretation="the mean squared error of a value; 0: identical",
    conventions=(
        Convention("mean", "torch 2.13 torch.nn.MSELoss"),
        SUMMED,
        scaled("symmetric_range", "images on [-1, 1], as in most GANs", 4.0, "four times: the same images span 2"),
        scaled("half", "half the mean squared error, as in carpedm20's and StudioGAN's least squares", 0.5, "half"),
        Convention(
            "root", "root mean squared error of each sample", settings={"root": True},
            relation="the root, sample by sample",
        ),
    ),
)  # fmt: skip
def mse(
    real: Tensor, fake: Tensor, *, scale: float = 1.0, reduction: Literal["mean", "sum"] = "mean", root: bool = False
) -> Tensor:
    """Mean squared difference.

        L = mean (r - f)^2

    Args:
        real: samples of the data; (N, ...).
        fake: what is meant to equal them; the same shape.
        scale: what the loss is multiplied by.
        reduction: over the elements of one sample.
        root: take the root of each sample's loss.

    Returns:
        (N,), not negative.

    Convention: mean over the elements of a sample, then over samples, as torch.nn.MSELoss. Images are on [0, 1]; a log
    of images on [-1, 1] shows four times that.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:1609.04802.
    """
    check_shapes(real=real, fake=fake)
    squares = of_elements(lambda r, f: (r - f).square(), real, fake, reduction)
    return scale * (in_float64(torch.sqrt, squares) if root else squares)


@difference(
    reference="Huber 1964, Robust Estimation of a Location Parameter, doi:10.1214/aoms/1177703732",
    interpretation="half the mean squared error where all differences are below delta; 0: identical",
    conventions=(
        Convention("huber1964", "torch 2.13 torch.nn.HuberLoss"),
        Convention("smooth_l1", "torch 2.13 torch.nn.SmoothL1Loss", alias_of="huber1964"),
        Convention(
            "tenth", "torch 2.13 torch.nn.HuberLoss(delta=0.1)", settings={"delta": 0.1}, relation="linear beyond 0.1",
        ),
        Convention(
            "smooth_l1_tenth", "torch 2.13 torch.nn.SmoothL1Loss(beta=0.1)", settings={"delta": 0.1, "scale": 10.0},
            relation="linear beyond 0.1, with slope 1",
        ),
    ),
)  # fmt: skip
def huber(real: Tensor, fake: Tensor, *, delta: float = 1.0, scale: float = 1.0) -> Tensor:
    """Huber loss: squared for small differences, linear for large ones.

        L = mean of d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2),  d = r - f

    Args:
        real: samples of the data; (N, ...).
        fake: what is meant to equal them; the same shape.
        delta: where it turns linear, in the units of the data; positive.
        scale: what the loss is multiplied by.

    Returns:
        (N,), not negative.

    Convention: torch.nn.HuberLoss; torch.nn.SmoothL1Loss is this divided by delta, so equal for delta = 1.

    Raises:
        InputError: the shapes differ.

    Reference: doi:10.1214/aoms/1177703732.
    """
    check_shapes(real=real, fake=fake)

    def elements(r: Tensor, f: Tensor) -> Tensor:
        size = (r - f).abs()
        # one expression instead of a choice between two: with s = min(|d|, delta) both branches are s (|d| - s / 2)
        small = size.clamp(max=delta)
        return small * (size - small / 2)

    return scale * of_elements(elements, real, fake)


@difference(
    equilibrium=None,
    reference="Lai et al. 2017, Deep Laplacian Pyramid Networks, arXiv:1704.03915",
    interpretation="epsilon: identical; otherwise close to the mean absolute difference",
    conventions=(
        Convention("lapsrn", "arXiv:1704.03915, equation 4, as a mean over elements"),
        Convention(
            "basicsr", f"{BASICSR}/basic_loss.py", settings={"epsilon": 1e-6}, relation="with epsilon^2 = 1e-12",
        ),
        replace(SUMMED, source="arXiv:1704.03915, equation 4, as a sum over elements"),
        Convention(
            "kornia", "kornia 0.9.0 charbonnier_loss with reduction='mean'; Barron 2019, arXiv:1701.03077",
            settings={"epsilon": 1.0, "from_zero": True}, relation="sqrt(d^2 + 1) - 1, 0 for an identical pair",
        ),
    ),
)  # fmt: skip
def charbonnier(
    real: Tensor,
    fake: Tensor,
    *,
    epsilon: float = 1e-3,
    reduction: Literal["mean", "sum"] = "mean",
    from_zero: bool = False,
) -> Tensor:
    """Charbonnier loss: the absolute difference, rounded off at zero.

        L = mean sqrt((r - f)^2 + epsilon^2)

    Args:
        real: samples of the data; (N, ...).
        fake: what is meant to equal them; the same shape.
        epsilon: its value at zero, in the units of the data; positive.
        reduction: over the elements of one sample.
        from_zero: take epsilon off, so that an identical pair costs nothing.

    Returns:
        (N,), at least epsilon, or from zero.

    Convention: mean over elements, epsilon = 1e-3. BasicSR names epsilon^2 = 1e-12 its epsilon.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:1704.03915.
    """
    check_shapes(real=real, fake=fake)

    def elements(r: Tensor, f: Tensor) -> Tensor:
        squares = (r - f).square()
        sizes = (squares + epsilon**2).sqrt()
        # d^2 / (sqrt(d^2 + e^2) + e) is sqrt(d^2 + e^2) - e without the cancellation near zero
        return squares / (sizes + epsilon) if from_zero else sizes

    return of_elements(elements, real, fake, reduction)


@difference(
    span=(0.0, 2.0),
    reference="Ciampiconi et al. 2023, A survey and taxonomy of loss functions in machine learning, arXiv:2301.05579",
    interpretation="0: same direction; 1: orthogonal; 2: opposite; blind to scale",
    conventions=(
        Convention("per_sample", "arXiv:2301.05579: one vector a sample"),
        Convention(
            "per_position", "torch 2.13 torch.nn.CosineSimilarity(dim=1), subtracted from 1",
            settings={"vectors": "channels"}, relation="of the channels at each position, then their mean",
        ),
    ),
)  # fmt: skip
def cosine(real: Tensor, fake: Tensor, *, vectors: Literal["samples", "channels"] = "samples") -> Tensor:
    """One minus the cosine of the angle between a sample and the one it is meant to equal.

        L = 1 - <r, f> / (||r|| ||f||)

    Args:
        real: samples of the data; (N, ...).
        fake: what is meant to equal them; the same shape.
        vectors: a vector is a whole sample, or the channels at one position of it.

    Returns:
        (N,), between 0 and 2; nan where a vector is zero, which has no direction.

    Convention: one vector a sample. Code with torch.dot takes one vector and no batch, and equals this for each.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:2301.05579.
    """
    check_shapes(real=real, fake=fake)
    if vectors == "samples":
        real, fake = real.flatten(1), fake.flatten(1)
    # ||u - v||^2 / 2 = 1 - <u, v> for unit vectors, without the cancellation near 0
    return per_sample((_unit(real) - _unit(fake)).square().sum(1) / 2)


def _unit(vectors: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    return vectors / norms
