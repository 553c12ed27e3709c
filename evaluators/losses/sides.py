"""The two sides of an adversarial loss, sub-discriminator by sub-discriminator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Logits, as_logits
from ganloss_cli.evaluators.catalogue import Convention
from ganloss_cli.evaluators.shapes import check_lengths, per_sample

Reduction = Literal["sum", "mean"]
Scores = Literal["logits", "probabilities"]
Elementwise = Callable[[Tensor], Tensor]
Role = Literal["real", "fake"]
AVERAGED = "divided by the number of sub-discriminators"


def averaged(name: str, source: str) -> Convention:
    """The convention of a source that averages over sub-discriminators where the default sums.

    Args:
        name: what a person types after the colon.
        source: where it is from.
    """
    return Convention(name, source, settings={"sub_discriminators": "mean"}, relation=AVERAGED)


def one_side(role: Role, logits: Logits, loss_of: Elementwise, reduction: Reduction) -> dict[str, Tensor]:
    """One term a sub-discriminator: its own elements averaged within each sample.

    Args:
        role: whose scores they are; it names the terms, "real.0", "real.1" ...
        logits: what each sub-discriminator returned; (N,), or (N, ...) for patches.
        loss_of: the loss of each element.
        reduction: "sum", or "mean" to divide every term by the number of sub-discriminators.

    Returns:
        named terms, each (N,), that add up to this side of the loss.
    """
    logits = checked(role, logits)
    share = 1 / len(logits) if reduction == "mean" else 1
    return {f"{role}.{k}": share * per_sample(loss_of(scores)) for k, scores in enumerate(logits)}


def two_sides(
    real_logits: Logits, fake_logits: Logits, loss_of_real: Elementwise, loss_of_fake: Elementwise, reduction: Reduction
) -> dict[str, Tensor]:
    """The terms of both sides; they may hold different numbers of samples, but the same sub-discriminators.

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N, ...).
        fake_logits: the same for the fakes; (M, ...).
        loss_of_real: the loss of each element of the reals.
        loss_of_fake: the loss of each element of the fakes.
        reduction: over sub-discriminators, "sum" or "mean".

    Returns:
        "real.0", "real.1" ..., each (N,), then "fake.0", "fake.1" ..., each (M,).
    """
    check_lengths(real_logits=as_logits(real_logits), fake_logits=as_logits(fake_logits))
    real = one_side("real", real_logits, loss_of_real, reduction)
    return real | one_side("fake", fake_logits, loss_of_fake, reduction)


def checked(role: Role, logits: Logits) -> Logits:
    """The logits as a sequence, refused where they do not hold one entry a sample.

    Args:
        role: whose scores they are, for the message.
        logits: a tensor (N, ...), or one a sub-discriminator.

    Raises:
        InputError: there is none, one is a single number, or they hold different numbers of samples.
    """
    logits = as_logits(logits)
    check_lengths(**{f"{role}_logits": logits})
    for k, scores in enumerate(logits):
        if scores.dim() == 0 or len(scores) != len(logits[0]):
            raise InputError(
                f"{role}_logits.{k} has shape {tuple(scores.shape)}, expected one entry a sample, "
                f"as in {role}_logits.0 with {tuple(logits[0].shape)}",
                hint="save what the discriminator returns before any mean over the batch",
            )
    return logits


def as_raw_scores(returned: Tensor, scores: Scores) -> Tensor:
    """Raw scores, whatever the discriminator ends with.

    Args:
        returned: what the discriminator returned.
        scores: what that is: "logits", or "probabilities" after a sigmoid.

    Returns:
        the scores before the sigmoid; a probability's logarithms are held above -100, as torch's BCELoss holds them.

    Raises:
        InputError: probabilities outside [0, 1].
    """
    if scores == "logits":
        return returned
    if bool(((returned < 0) | (returned > 1)).any()):
        raise InputError(
            f"scores are said to be probabilities, but the discriminator returned {float(returned.detach().min()):.4g} "
            f"to {float(returned.detach().max()):.4g}",
            hint="pass --scores logits",
        )
    return torch.clamp(torch.log(returned), min=-100) - torch.clamp(torch.log1p(-returned), min=-100)
