"""Distances in the feature maps of a classification network, and of what those maps have in common: their style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Backbone
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.losses.image_protocols import Preparation, prepared
from ganloss_cli.evaluators.losses.sets import SampleSet
from ganloss_cli.evaluators.shapes import check_shapes, per_sample

JOHNSON = "Johnson, Alahi and Fei-Fei 2016, Perceptual Losses for Real-Time Style Transfer, arXiv:1603.08155"
BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr/losses/basic_loss.py"
PIX2PIXHD = "NVIDIA/pix2pixHD@14b3b3c models/networks.py"

Distance = Literal["mse", "l1"]
# Layers of VGG whose maps the conventions compare, by their usual names.
FIRST_OF_BLOCKS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
BEFORE_ACTIVATION = ("conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4")
TO_LAST_POOLING = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "pool5")


@distance(
    family="features",
    symmetric=True,
    synonyms=("vgg",),
    reference=JOHNSON,
    interpretation="0: identical to the network; only values with the same backbone and layers can be compared",
    conventions=(
        Convention("johnson2016", "arXiv:1603.08155, equation 2, over every map of the backbone"),
        Convention(
            "esrgan", f"{BASICSR}, options/train/ESRGAN",
            settings={"distance": "l1", "layer_weights": (0.0, 0.0, 0.0, 0.0, 1.0)}, layers=BEFORE_ACTIVATION,
            relation="mean absolute difference of conv5_4 alone, before its ReLU",
        ),
        Convention(
            "realesrgan", f"{BASICSR}, options/train/RealESRGAN",
            settings={"distance": "l1", "layer_weights": (0.1, 0.1, 1.0, 1.0, 1.0)}, layers=BEFORE_ACTIVATION,
            relation="mean absolute differences, of conv1_2, conv2_2, conv3_4, conv4_4 and conv5_4 before their ReLU",
        ),
        Convention(
            "pix2pixhd", f"{PIX2PIXHD} VGGLoss",
            settings={
                "distance": "l1", "layer_weights": (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0), "preparation": "symmetric",
            },
            layers=FIRST_OF_BLOCKS,
            relation="mean absolute differences, of relu1_1 to relu5_1, on images on [-1, 1]",
        ),
        Convention(
            "leftthomas", "leftthomas/SRGAN@7ddfdf2 loss.py",
            settings={"layer_weights": (0.0, 0.0, 0.0, 0.0, 1.0), "preparation": "unit"}, layers=TO_LAST_POOLING,
            relation="of the last map alone, on images on [0, 1]",
            mistake="the network was trained on normalised images",
        ),
        Convention(
            "ledig2017", "arXiv:1609.04802, section 2.2.1 and equation 5",
            settings={"layer_weights": (0.0, 0.0, 0.0, 0.0, 1.0), "scale": 1 / 12.75**2},
            layers=("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4"),
            relation="of the last map alone, divided by 12.75: 0.006 times",
        ),
        Convention(
            "blog", "the blog on GAN loss functions",
            settings={"layer_weights": (0.0, 0.0, 0.0, 0.0, 1.0), "preparation": "unit", "over_samples": "sum"},
            layers=TO_LAST_POOLING, relation="leftthomas times the number of samples",
            mistake="the loop over maps runs over the samples of the one map that there is, and adds them up",
        ),
    ),
)  # fmt: skip
def perceptual(
    real: Tensor,
    fake: Tensor,
    backbone: Backbone,
    *,
    distance: Distance = "mse",
    layer_weights: tuple[float, ...] = (),
    preparation: Preparation = "imagenet",
    scale: float = 1.0,
    over_samples: Literal["mean", "sum"] = "mean",
) -> Tensor | SampleSet:
    """Perceptual distance: mean squared difference of feature maps.

        L = sum over maps l of w_l mean (phi_l(r) - phi_l(f))^2

    Args:
        real: images on [0, 1]; (N, 3, H, W).
        fake: what is meant to equal them; the same shape.
        backbone: from images to its feature maps, the shallowest first; each (N, C, H, W).
        distance: mean squared or mean absolute difference of a map.
        layer_weights: w, one a map; empty for 1 each.
        preparation: "imagenet" takes ImageNet's mean off and divides by its deviation, "symmetric" moves the images
            to [-1, 1], "unit" leaves them on [0, 1].
        scale: what the loss is multiplied by.
        over_samples: "sum" adds up the samples, which is a mistake.

    Returns:
        (N,), not negative; summed over samples, a statistic of the whole set.

    Convention: every map of the backbone with weight 1, ImageNet's normalisation, mean over the elements of a map.
    Which layers the maps are is the backbone's choice where the convention names none: `--backbone` gives the last
    ReLU of each block.

    Raises:
        InputError: the shapes differ, or the backbone gives another number of maps than there are weights.

    Reference: arXiv:1603.08155.
    """
    measure = {"mse": torch.square, "l1": torch.abs}[distance]
    maps = _maps(real, fake, backbone, preparation)
    values = scale * _weighted(maps, layer_weights, lambda r, f: per_sample(measure(r - f)))
    return SampleSet.summed(values) if over_samples == "sum" else values


@distance(
    family="features",
    symmetric=True,
    synonyms=("style",),
    reference=f"Gatys, Ecker and Bethge 2016, Image Style Transfer, arXiv:1508.06576; {JOHNSON}",
    interpretation="0: the same textures, wherever they are; only values with the same backbone and layers can be "
    "compared",
    conventions=(
        Convention("johnson2016", "arXiv:1603.08155, equation 4, over every map of the backbone"),
        Convention(
            "gatys2016", "arXiv:1508.06576, equations 4 and 5, five layers",
            settings={"layer_weights": (0.2, 0.2, 0.2, 0.2, 0.2), "scale": 0.25}, factor=0.05, layers=FIRST_OF_BLOCKS,
            relation="a quarter, with weights of one fifth",
        ),
        Convention(
            "basicsr", f"{BASICSR} PerceptualLoss", settings={"distance": "l1", "reduction": "mean"},
            relation="mean absolute differences of the matrices' entries",
        ),
        Convention(
            "basicsr_l2", f"{BASICSR} PerceptualLoss with criterion='l2'", settings={"reduction": "mean"},
            relation="mean squared differences of the matrices' entries",
        ),
    ),
)  # fmt: skip
def gram(
    real: Tensor,
    fake: Tensor,
    backbone: Backbone,
    *,
    distance: Distance = "mse",
    reduction: Literal["sum", "mean"] = "sum",
    layer_weights: tuple[float, ...] = (),
    preparation: Preparation = "imagenet",
    scale: float = 1.0,
) -> Tensor:
    """Style distance: difference of the Gram matrices of feature maps.

        L = sum over maps l of w_l ||G_l(r) - G_l(f)||^2,  G = F F^T / (C H W),  F the map as (C, H W)

    Args:
        real: images on [0, 1]; (N, 3, H, W).
        fake: what is meant to have their style; the same shape.
        backbone: from images to its feature maps, the shallowest first; each (N, C, H, W).
        distance: squared or absolute difference of entries.
        reduction: over the entries of a matrix.
        layer_weights: w, one a map; empty for 1 each.
        preparation: "imagenet", "symmetric" for [-1, 1], or "unit" for [0, 1].
        scale: what the loss is multiplied by.

    Returns:
        (N,), not negative.

    Convention: the squared Frobenius norm, as Johnson; Gatys' has a quarter of it and layers that weigh one fifth;
    BasicSR takes the mean absolute difference of entries.

    Raises:
        InputError: the shapes differ, or the backbone gives another number of maps than there are weights.

    Reference: arXiv:1508.06576, arXiv:1603.08155.
    """
    measure = {"mse": torch.square, "l1": torch.abs}[distance]

    def between(first: Tensor, second: Tensor) -> Tensor:
        entries = measure(_gram(first) - _gram(second)).flatten(1)
        return entries.sum(1) if reduction == "sum" else entries.mean(1)

    return scale * _weighted(_maps(real, fake, backbone, preparation), layer_weights, between)


Maps = Sequence[tuple[Tensor, Tensor]]


def _maps(real: Tensor, fake: Tensor, backbone: Backbone, preparation: Preparation) -> Maps:
    """Pairs of feature maps of real and fake."""
    check_shapes(real=real, fake=fake)
    if real.dim() != 4 or real.shape[1] != 3:
        raise InputError(f"a backbone sees RGB images (N, 3, H, W), but real has shape {tuple(real.shape)}")
    seen = [backbone(prepared(images, preparation)) for images in (real, fake)]
    return list(zip(*seen, strict=True))


def _weighted(maps: Maps, weights: tuple[float, ...], between: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    weights = weights or (1.0,) * len(maps)
    if len(weights) != len(maps):
        raise InputError(
            f"the backbone gives {len(maps)} maps, and there are {len(weights)} weights for them",
            hint="give as many with --set LOSS.layer_weights=1,1,...",
        )
    terms = [weight * between(*pair) for weight, pair in zip(weights, maps, strict=True) if weight]
    return torch.stack(terms).sum(0)


def _gram(features: Tensor) -> Tensor:
    vectors = features.flatten(2)
    return vectors @ vectors.mT / vectors[0].numel()
