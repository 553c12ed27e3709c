"""Gradients of a discriminator's scores with respect to its input."""

from __future__ import annotations

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Critic, as_logits


def score_gradients(discriminator: Critic, samples: Tensor) -> Tensor:
    """Each sample's gradient of the sum of all its scores, over patches and sub-discriminators.

    Args:
        discriminator: called once, with gradients on.
        samples: its input, in its own range; (N, ...).

    Returns:
        the gradients, in the shape of `samples`; those of a sample whose scores are not finite are not, whatever the
        slope is there. Where gradients were on, they can be differentiated themselves.

    Raises:
        InputError: the scores do not depend on the samples.
    """
    differentiable = torch.is_grad_enabled()  # whoever trains differentiates the penalty; evaluation keeps no graph
    with torch.enable_grad():
        leaf = samples if samples.requires_grad else samples.detach().requires_grad_()
        each = as_logits(discriminator(leaf))
        total = sum((scores.sum() for scores in each), start=leaf.new_zeros(()))
        if not total.requires_grad:
            raise InputError(
                "discriminator: its scores do not depend on its input, so they have no gradient",
                hint="remove torch.no_grad() and .detach() from its forward",
            )
        (gradients,) = torch.autograd.grad(total, leaf, create_graph=differentiable)
    for scores in each:
        gradients = where_finite(gradients, scores)
    return gradients


def where_finite(values: Tensor, seen: Tensor) -> Tensor:
    """Values of samples, infinite or NaN for those of which something else that was seen is.

    Args:
        values: (N, ...).
        seen: (N, ...), of the same samples; of another number of them it tells nothing.
    """
    if len(seen) != len(values) or bool(torch.isfinite(seen).all()):
        return values
    sums = (seen.detach().flatten(1).abs() if seen.dim() > 1 else seen.detach().abs()[:, None]).sum(1)
    sums = sums.to(values).reshape(-1, *[1] * (values.dim() - 1))
    return torch.where(torch.isfinite(sums), values, sums)
