"""Masks on magnitude spectrograms: what they keep of the source, and what they do to the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.shapes import check_shapes, per_sample
from ganloss_cli.records.report import Finding

AURALFLOW = "kianzohoury/auralflow@503e249 auralflow/losses/losses.py"
XU = "ifnspaml/Components-Loss@33d3dc5"
OPEN_UNMIX = "sigsep/open-unmix-pytorch@fb672c9 scripts/train.py"


def _zero_separation_weight(_batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """With three terms the weights add up to 1, and the first is what alpha and beta leave."""
    weight = 1 - settings["alpha"] - settings["beta"]
    if settings["terms"] == 3 and abs(weight) < 1e-9:
        yield Finding(
            check="zero_separation_weight",
            severity="warning",
            message="component: the separation term has the weight 1 - alpha - beta = 0: a mask of zeros is rewarded",
            evidence={"alpha": settings["alpha"], "beta": settings["beta"], "separation_weight": 0.0},
            hint="set another one with --set component.alpha=0.1, or use component:xu2019",
        )


@loss(
    family="separation",
    reference="Xu et al. 2019, Components Loss for Neural Networks in Mask-Based Speech Enhancement, arXiv:1908.05087",
    higher_is_better=False,
    equilibrium=0.0,
    weights="ema",
    findings=_zero_separation_weight,
    interpretation="alpha and beta decide: with the defaults the separation itself has no weight, and small is not "
    "good",
    conventions=(
        Convention("auralflow", AURALFLOW),
        Convention(
            "two_term", AURALFLOW, settings={"terms": 2},
            relation="without the quality of the residual; the separation weighs 1 - alpha",
        ),
        Convention(
            "auralflow_page", "auralflow's page on its losses: ||R|| and n of the whole tensor",
            settings={"norms": "set"}, relation="norms over all samples",
        ),
        Convention(
            "xu2019", f"{XU} Mask-based_CNN_3CL_training.py", settings={"alpha": 0.1, "beta": 0.8, "norms": "set"},
            relation="weights 0.1, 0.1 and 0.8, and norms over all samples",
        ),
        Convention(
            "xu2019_two_term", f"{XU} Mask-based_CNN_2CL_training.py", settings={"alpha": 0.5, "terms": 2},
            relation="two terms, each weighing one half",
        ),
    ),
)  # fmt: skip
def component(
    mask: Tensor,
    target: Tensor,
    residual: Tensor,
    *,
    alpha: float = 0.2,
    beta: float = 0.8,
    terms: Literal[2, 3] = 3,
    norms: Literal["sample", "set"] = "sample",
) -> Tensor | SampleSet:
    """Component loss of a mask: how well it keeps the source, removes the rest, and leaves the rest sounding.

        L = (1 - alpha - beta)/n ||M Y - Y||^2 + alpha/n ||M R||^2 + beta/n ||M R / ||M R|| - R / ||R|| ||^2

        and with two terms:  (1 - alpha)/n ||M Y - Y||^2 + alpha/n ||M R||^2

    Args:
        mask: M, the estimated soft mask; (N, ...), usually within [0, 1].
        target: Y, magnitude spectrogram of the source; the same shape.
        residual: R, magnitude spectrogram of the mixture less that of the source; the same shape.
        alpha: weight of what the mask lets through of the residual.
        beta: weight of the residual's change of shape. If alpha + beta > 1, both are divided by their sum.
        terms: 2 leaves the last term out.
        norms: of the last term, over one sample or over all samples.

    Returns:
        (N,), not negative; with norms over all samples, a statistic of the whole set. A silent spectrogram has no
        shape: its unit vector is taken as zero, so the last term's distance is 1 where only one of the two is silent
        and 0 where both are; auralflow's code has nan there.

    Convention: n is the number of elements of a sample and norms are of one sample, as auralflow's code. Its weights,
    the defaults, leave 1 - alpha - beta = 0 for the separation. Its page, read as it stands, takes the norms over the
    batch, as the authors' Keras code does.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:1908.05087, equations 4 and 6.
    """
    check_shapes(mask=mask, target=target, residual=residual)
    mask, target, residual = mask.flatten(1), target.flatten(1), residual.flatten(1)
    filtered = mask * residual
    separation = (mask * target - target).square().mean(1)
    attenuation = filtered.square().mean(1)
    if terms == 2:
        return (1 - alpha) * separation + alpha * attenuation
    alpha, beta = (weight / max(1.0, alpha + beta) for weight in (alpha, beta))
    value = (1 - alpha - beta) * separation + alpha * attenuation
    if norms == "sample":
        return value + beta * (_unit(filtered) - _unit(residual)).square().mean(1)
    products = {"filtered": filtered.square(), "residual": residual.square(), "both": filtered * residual}
    parts = {name: product.sum(1) for name, product in products.items()}
    parts["elements"] = torch.full_like(value, target.shape[1])
    return SampleSet.of(partial(_of_set, weight=beta), {"value": value, **parts})


def _unit(vectors: Tensor) -> Tensor:
    energy = vectors.square().sum(1, keepdim=True)
    return vectors / torch.where(energy > 0, energy, 1).sqrt()


@finishes_sets
def _of_set(whole: Whole, *, weight: float) -> Tensor:
    """The last term from energies: ||a/|a| - b/|b| ||^2 = 2 - 2 <a, b> / (|a| |b|), over all samples."""
    filtered, residual, both = (whole[name].sum() for name in ("filtered", "residual", "both"))
    present = (filtered > 0).to(filtered) + (residual > 0).to(filtered)
    norms = filtered * residual
    distance = present - 2 * both / torch.where(norms > 0, norms, 1).sqrt()
    return whole["value"].mean() + weight * distance / whole["elements"].sum()


@loss(
    family="separation",
    reference="Uhlich et al. 2017, Improving music source separation based on deep neural networks through data "
    "augmentation and network blending, doi:10.1109/ICASSP.2017.7952158",
    higher_is_better=False,
    equilibrium=0.0,
    weights="ema",
    interpretation="0: the masked mixture is the source; its units are those of the spectrogram, squared",
    conventions=(
        Convention("open_unmix", OPEN_UNMIX),
        Convention(
            "ideal_ratio", f"{AURALFLOW} MaskLoss", settings={"compare": "masks"},
            relation="of the mask with |target| / max(|mixture|, 1e-6)",
        ),
    ),
)  # fmt: skip
def mask_mse(
    mask: Tensor, mixture: Tensor, target: Tensor, *, compare: Literal["spectrograms", "masks"] = "spectrograms"
) -> Tensor:
    """Mean squared error of a masked mixture.

        L = mean (M X - Y)^2

    Args:
        mask: M, the estimated soft mask; (N, ...).
        mixture: X, magnitude spectrogram of the mixture; the same shape.
        target: Y, magnitude spectrogram of the source; the same shape.
        compare: the masked mixture with the source, or the mask with their ratio.

    Returns:
        (N,), not negative.

    Convention: mean over bins, frames and channels, as open-unmix; auralflow's MaskLoss compares masks.

    Raises:
        InputError: the shapes differ.

    Reference: doi:10.1109/ICASSP.2017.7952158.
    """
    check_shapes(mask=mask, mixture=mixture, target=target)
    if compare == "masks":
        return per_sample((mask - target / mixture.clamp(min=1e-6)).square())
    return per_sample((mask * mixture - target).square())
