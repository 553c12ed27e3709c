"""What the durations of a text's symbols cost, as VITS adds it to its generator's total."""

from __future__ import annotations

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.statistics import Weighted

VITS = "jaywalnut310/vits@2e561ba"


@loss(
    family="latent",
    span=(None, None),
    reference="Kim et al. 2021, Conditional Variational Autoencoder with Adversarial Learning for End-to-End "
    "Text-to-Speech, arXiv:2106.06103",
    interpretation="of the stochastic predictor nats a symbol, bounded by one draw, maybe negative; of the plain "
    "one the mean squared error of the logarithms of frames",
    conventions=(
        Convention("vits", f"{VITS} models.py, train.py"),
        Convention(
            "spread", "by hand: the deviation of the values that the draws give", settings={"spread": True},
            relation="how far the default lies from what another draw would have given",
        ),
    ),
)  # fmt: skip
def duration(l_length: Tensor, x_mask: Tensor, *, spread: bool = False) -> Weighted | SampleSet:
    """What the durations that the alignment gives the symbols cost their predictor.

        L = sum(l_length) / sum(x_mask)

    Args:
        l_length: of all symbols of a sample; (N,), or (N, draws), of which the first counts.
        x_mask: 1 on valid symbols; (N, 1, S).
        spread: instead of the loss, the standard deviation over draws of the loss of the whole set.

    Returns:
        costs and numbers of symbols, each (N,): the ratio of their totals. With `spread`, a statistic of the set.

    Convention: over the symbols of a batch, blanks included, one draw; l_length as it is before VITS divides it.

    Raises:
        InputError: shapes that do not belong together, or a spread of fewer than two draws.

    Reference: arXiv:2106.06103, equation 7.
    """
    draws = l_length[:, None] if l_length.dim() == 1 else l_length
    if draws.dim() != 2 or x_mask.dim() != 3 or len(draws) != len(x_mask):
        raise InputError(
            f"l_length has shape {tuple(l_length.shape)} and x_mask {tuple(x_mask.shape)}",
            hint="give l_length as (N,) or (N, draws) and x_mask as (N, 1, S)",
        )
    symbols = x_mask.to(draws.dtype).flatten(1).sum(1)
    if not spread:
        return Weighted(values=draws[:, 0], weights=symbols)
    if draws.shape[1] < 2:
        raise InputError("l_length holds one draw, whose spread is not known")
    return SampleSet.of(_deviation, {"draws": draws, "symbols": symbols})


@finishes_sets
def _deviation(whole: Whole) -> Tensor:
    return torch.std(whole["draws"].sum(0) / whole["symbols"].sum())
