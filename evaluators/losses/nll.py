"""What auto-encoders with a discriminator call nll_loss: a distance of pixels and LPIPS under one scale."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Backbone
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.shapes import check_shapes, per_sample
from ganloss_cli.evaluators.sharing import shared

TAMING = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py"
LDM = "CompVis/latent-diffusion@a506df5 ldm/modules/losses/contperceptual.py"
LLAMAGEN = "FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/vq_loss.py"
DIFFUSERS = "huggingface/diffusers@58eb52c examples/research_projects/autoencoderkl/train_autoencoderkl.py"
# of richzhang's LPIPS: what images on [-1, 1] are moved and divided by, channel by channel, and the maps of VGG16
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
through_lpips = functools.partial(Convention, backbone="lpips_vgg16", layers=LAYERS)
AS_TAMING = through_lpips("taming", TAMING)
AS_LLAMAGEN = through_lpips(
    "llamagen", LLAMAGEN, settings={"pixel": "l2"}, relation="with squared differences of pixels for absolute ones",
)  # fmt: skip
_EPSILON = 1e-10

Pixel = Literal["l1", "l2", "none"]


@distance(
    family="features",
    symmetric=True,
    on_request=True,
    weights="raw",
    reference="Esser, Rombach and Ommer 2021, Taming Transformers, arXiv:2012.09841; Rombach et al. 2022, "
    "arXiv:2112.10752",
    interpretation="0: every picture comes back as it was; LPIPS with the linear layers at hand is most of it",
    conventions=(
        AS_TAMING,
        through_lpips(
            "latent_diffusion", LDM, settings={"reduction": "sum"},
            relation="summed over the elements of a sample, to each of which LPIPS is added",
        ),
        AS_LLAMAGEN,
        through_lpips(
            "diffusers", DIFFUSERS, settings={"pixel": "l2", "perceptual_weight": 0.5, "reduction": "sum"},
            relation="of squared differences and half of LPIPS, summed over the elements of a sample",
        ),
        through_lpips("lpips", f"{TAMING}, p_loss", settings={"pixel": "none"}, relation="LPIPS alone"),
    ),
)  # fmt: skip
def nll(
    real: Tensor,
    fake: Tensor,
    backbone: Backbone,
    *,
    pixel: Pixel = "l1",
    perceptual_weight: float = 1.0,
    logvar: float = 0.0,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """Reconstruction loss of auto-encoders that are trained against a discriminator.

        L = (mean |r - f| + w LPIPS(r, f)) / exp(s) + s

    Args:
        real: images on [0, 1]; (N, 3, H, W).
        fake: the reconstruction; the same shape.
        backbone: from images to the maps of VGG16 that LPIPS compares, with the linear layers that weigh them.
        pixel: "l1" or "l2" differences on [-1, 1], or "none".
        perceptual_weight: w.
        logvar: s, which latent-diffusion trains.
        reduction: "sum" multiplies by the number of elements of a sample.

    Returns:
        (N,).

    Convention: as taming-transformers, which calls it rec_loss too; latent-diffusion sums over elements, so that LPIPS
    counts once for every one of them.

    Raises:
        InputError: the shapes differ, or the pictures are not RGB.

    Reference: arXiv:2012.09841, arXiv:2112.10752.
    """
    check_shapes(real=real, fake=fake)
    if real.dim() != 4 or real.shape[1] != 3:
        raise InputError(f"nll: LPIPS sees RGB images (N, 3, H, W), but real has shape {tuple(real.shape)}")
    values = reconstruction(
        _symmetric(real), _symmetric(fake), backbone, pixel=pixel, perceptual_weight=perceptual_weight
    )
    return likelihood(values, real[0].numel() if reduction == "sum" else 1, logvar)


def reconstruction(real: Tensor, fake: Tensor, backbone: Backbone, *, pixel: Pixel, perceptual_weight: float) -> Tensor:
    """Distance of pixels and LPIPS of images on [-1, 1]; (N,).

    Args:
        real: images on [-1, 1]; (N, 3, H, W).
        fake: the same of their reconstruction.
        backbone: with linear layers.
        pixel: what is taken of differences.
        perceptual_weight: of LPIPS.
    """
    measures: Mapping[Pixel, Callable[[Tensor], Tensor]] = {
        "l1": torch.abs, "l2": torch.square, "none": torch.zeros_like,
    }  # fmt: skip
    values = per_sample(measures[pixel](real - fake))
    if perceptual_weight == 0:
        return values
    return values + perceptual_weight * learned_distance(real, fake, backbone)


def likelihood(values: Tensor, elements: int, logvar: float) -> Tensor:
    """What a distance is as a negative log likelihood, for so many elements."""
    spread = torch.as_tensor(logvar, dtype=values.dtype)
    return elements * (values / spread.exp() + spread)


def learned_distance(real: Tensor, fake: Tensor, backbone: Backbone) -> Tensor:
    """LPIPS (Zhang et al. 2018, arXiv:1801.03924) of images on [-1, 1]; (N,).

    Args:
        real: (N, 3, H, W).
        fake: the same shape.
        backbone: with the linear layers that weigh its maps.
    """
    weights = backbone.linear
    channels = tuple(weight.numel() for weight in weights)
    seen = [backbone(_scaled(images), channels) for images in (real, fake)]
    terms = []
    for first, second, weight in zip(*seen, weights, strict=True):
        squares = (_unit(first) - _unit(second)) ** 2
        terms.append((squares * weight.to(squares).view(1, -1, 1, 1)).sum(1).flatten(1).mean(1))
    return torch.stack(terms).sum(0)


@shared
def _symmetric(images: Tensor) -> Tensor:
    return 2 * images - 1


@shared
def _scaled(images: Tensor) -> Tensor:
    shift, scale = (images.new_tensor(values).view(3, 1, 1) for values in (SHIFT, SCALE))
    return (images - shift) / scale


def _unit(features: Tensor) -> Tensor:
    # vector_norm has a slope at zero, where sqrt has none
    length: Tensor = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / (length + _EPSILON)
