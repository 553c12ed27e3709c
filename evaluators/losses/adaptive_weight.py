"""The weight that VQGAN and its children give the adversarial loss: a ratio of two gradients at the last layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Backbone, Critic, LastLayer, as_logits
from ganloss_cli.evaluators.catalogue import loss
from ganloss_cli.evaluators.losses.gradients import where_finite
from ganloss_cli.evaluators.losses.nll import (
    AS_LLAMAGEN,
    AS_TAMING,
    DIFFUSERS,
    LDM,
    Pixel,
    likelihood,
    reconstruction,
    through_lpips,
)
from ganloss_cli.evaluators.shapes import check_one_shape, check_shapes, per_sample
from ganloss_cli.evaluators.statistics import State, array_of, travels

_LARGEST = 1e4


@travels
@dataclass(frozen=True, kw_only=True)
class GradientRatio:
    """The ratio of the norms of two mean gradients.

    Args:
        count: samples so far.
        reconstruction: sum of the first gradient over samples, float64; (P,).
        adversarial: the same of the second.
        scale: what the ratio is multiplied by.
        added: to the second norm, which it keeps from zero.
    """

    count: int
    reconstruction: Tensor
    adversarial: Tensor
    scale: float
    added: float

    def merge(self, other: GradientRatio) -> Self:
        """That of both sets' samples."""
        return replace(
            self,
            count=self.count + other.count,
            reconstruction=self.reconstruction + other.reconstruction,
            adversarial=self.adversarial + other.adversarial,
        )

    def check_beside(self, other: GradientRatio) -> None:
        """Refuse gradients of another layer."""
        check_one_shape("the last layer's gradient", self.reconstruction[None], other.reconstruction[None])

    def detach(self) -> Self:
        """The same; it holds no graph."""
        return self

    def compute(self) -> float:
        """The weight; infinite or NaN where a gradient is."""
        sums = (self.reconstruction, self.adversarial)
        first, second = (float(torch.linalg.vector_norm(gradient / self.count)) for gradient in sums)
        if not math.isfinite(first + second):
            return first + second
        return self.scale * min(first / (second + self.added), _LARGEST)

    def state(self) -> State:
        """All of it."""
        return {
            "count": self.count, "scale": self.scale, "added": self.added,
            "reconstruction": array_of(self.reconstruction), "adversarial": array_of(self.adversarial),
        }  # fmt: skip

    @classmethod
    def of_state(cls, state: State) -> Self:
        """The same again."""
        vectors: dict[str, Any] = {name: torch.from_numpy(state[name]) for name in ("reconstruction", "adversarial")}
        return cls(count=state["count"], scale=state["scale"], added=state["added"], **vectors)


@loss(
    family="adversarial",
    observed=True,
    on_request=True,
    images="network",
    reference="Esser, Rombach and Ommer 2021, Taming Transformers, arXiv:2012.09841, equation 7",
    no_equilibrium="it is a weight that training computes anew for every batch",
    interpretation="how much stronger the reconstruction pulls at the decoder's last layer than the discriminator: "
    "near 10000 the discriminator has no slope, near 0 the reconstruction has none",
    batch_dependent="it is of the mean gradient over the samples at hand, which grows as there are fewer of them",
    conventions=(
        AS_TAMING,
        through_lpips(
            "latent_diffusion", LDM, settings={"reduction": "sum"},
            relation="with the reconstruction summed over the elements of a sample",
        ),
        AS_LLAMAGEN,
        through_lpips(
            "diffusers", DIFFUSERS, settings={"pixel": "l2", "perceptual_weight": 0.0, "reduction": "sum"},
            relation="of squared differences alone, summed over the elements of a sample",
            mistake="LPIPS is computed without gradients: it is in the loss, and neither the weights nor this ratio"
            " follow it",
        ),
    ),
)  # fmt: skip
def adaptive_weight(
    real: Tensor,
    fake: Tensor,
    discriminator: Critic,
    last_layer: LastLayer,
    backbone: Backbone,
    *,
    pixel: Pixel = "l1",
    perceptual_weight: float = 1.0,
    logvar: float = 0.0,
    reduction: Literal["mean", "sum"] = "mean",
    added: float = 1e-4,
    scale: float = 1.0,
) -> GradientRatio:
    """Adaptive weight of the adversarial loss, of gradients at the decoder's last layer.

        weight = min(||d nll / d W|| / (||d g_hinge / d W|| + 1e-4), 10000)

    Args:
        real: images in the networks' own range, [-1, 1]; (N, 3, H, W).
        fake: their reconstruction.
        discriminator: scores the reconstruction.
        last_layer: from gradients at the reconstruction to those at the weights W that it came out of.
        backbone: of `nll`.
        pixel: of `nll`.
        perceptual_weight: of `nll`.
        logvar: of `nll`.
        reduction: of `nll`.
        added: to the second norm.
        scale: what the weight is multiplied by.

    Returns:
        a statistic of the whole set: the norms are of mean gradients.

    Convention: as taming-transformers before its discriminator_weight, with -mean D(fake) whatever the discriminator
    minimises.

    Raises:
        InputError: the shapes differ.

    Reference: arXiv:2012.09841, equation 7.
    """
    check_shapes(real=real, fake=fake)
    with torch.enable_grad():
        leaf = fake.detach().requires_grad_()
        values = reconstruction(real, leaf, backbone, pixel=pixel, perceptual_weight=perceptual_weight)
        values = likelihood(values, real[0].numel() if reduction == "sum" else 1, logvar)
        (of_values,) = torch.autograd.grad(values.sum(), leaf)
        scores = sum((per_sample(each) for each in as_logits(discriminator(leaf))), start=leaf.new_zeros(()))
        (of_scores,) = torch.autograd.grad(-scores.sum(), leaf)
        of_scores = where_finite(of_scores, scores)
    first, second = (last_layer(gradients).double().sum(0).cpu() for gradients in (of_values, of_scores))
    return GradientRatio(count=len(real), reconstruction=first, adversarial=second, scale=scale, added=added)
