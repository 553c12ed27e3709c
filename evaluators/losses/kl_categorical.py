"""Kullback-Leibler divergences between distributions over classes."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.shapes import check_shapes

BLOG = "GAN Loss Functions: The Key to Generative Adversarial Networks, 2023-10-31"
Given = Literal["scores", "log_probabilities", "probabilities"]


@loss(
    family="latent",
    reference="Kullback and Leibler 1951, On Information and Sufficiency, Annals of Mathematical Statistics 22(1)",
    equilibrium=0.0,
    interpretation="0: both distributions are the same; in nats, at most ln C where the target is certain and the "
    "estimate even",
    conventions=(
        Convention("batchmean", "torch 2.13 KLDivLoss(reduction='batchmean') of log-probabilities"),
        Convention(
            "mean", "torch 2.13 KLDivLoss() of log-probabilities: its default reduction",
            settings={"reduction": "mean"}, relation="divided by the number of classes",
            mistake="the mean runs over classes as well, which torch's own documentation warns of",
        ),
        Convention(
            "blog", BLOG, leaves_span=True, settings={"reduction": "mean", "logarithm": False},
            relation="-(entropy of the target + its product with the estimate) / number of classes",
            mistake="KLDivLoss is given probabilities for log-probabilities, so the value is negative, which no "
            "divergence is; the mean runs over classes as well",
        ),
        Convention(
            "reverse", "the arguments exchanged", settings={"reverse": True},
            relation="of the estimate from the target",
        ),
    ),
)  # fmt: skip
def kl_categorical(
    target: Tensor,
    estimate: Tensor,
    *,
    given: Given = "scores",
    reduction: Literal["sample", "mean"] = "sample",
    reverse: bool = False,
    logarithm: bool = True,
) -> Tensor:
    """Kullback-Leibler divergence of a categorical distribution from an estimate of it.

        KL = sum over classes of p (log p - log q),  p = softmax(target), q = softmax(estimate)

    Args:
        target: the distribution that is aimed at; (N, C), or (N, C, ...) for one at each position.
        estimate: the distribution that is held against it, of the same shape.
        given: whether both hold scores before a softmax, log-probabilities or probabilities.
        reduction: "sample" sums over classes, "mean" averages over them.
        reverse: exchange the two.
        logarithm: take log q; without it q stands for its own logarithm, which is a mistake.

    Returns:
        (N,), in nats; summed over classes and averaged over positions; never negative but for the mistake.

    Convention: summed over classes, mean over samples, torch's "batchmean".

    Reference: KLDivLoss of torch.
    """
    check_shapes(target=target, estimate=estimate)
    if reverse:
        target, estimate = estimate, target
    log_p, log_q = _log_probabilities(target, given), _log_probabilities(estimate, given)
    p = log_p.exp()
    # a class without probability costs nothing, where 0 * log 0 is NaN
    elements = p * torch.where(p > 0, log_p - (log_q if logarithm else log_q.exp()), 0)
    over_classes = elements.sum(1) if reduction == "sample" else elements.mean(1)
    return over_classes.flatten(1).mean(1) if over_classes.dim() > 1 else over_classes


def _log_probabilities(values: Tensor, given: Given) -> Tensor:
    if given == "scores":
        return torch.log_softmax(values, dim=1)
    return values if given == "log_probabilities" else torch.log(values)
