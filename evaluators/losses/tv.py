"""Total variation: how much neighbouring pixels differ."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Convention, loss

_WITH_CHANNELS = 4  # axes


@loss(
    family="reconstruction",
    reference="Rudin, Osher and Fatemi 1992, Nonlinear total variation based noise removal algorithms, "
    "doi:10.1016/0167-2789(92)90242-F",
    higher_is_better=False,
    equilibrium=0.0,
    images="image_only",
    weights="ema",
    interpretation="0: flat; compare with that of the reals, for smooth is not the same as right",
    conventions=(
        Convention("basicsr", "XPixelGroup/BasicSR@8d56e3a basicsr/losses/basic_loss.py"),
        Convention(
            "leftthomas", "leftthomas/SRGAN@7ddfdf2 loss.py", settings={"power": 2, "scale": 2.0},
            relation="twice the squared differences",
        ),
        Convention(
            "torchmetrics", "torchmetrics 1.9.0 total_variation", settings={"reduction": "sum"},
            relation="summed over pixels and channels",
        ),
        Convention(
            "kornia", "kornia 0.9.0 total_variation, the mean of its values", settings={"reduction": "pixels"},
            relation="summed over pixels, then the mean over channels",
        ),
        Convention(
            "piq", "piq 0.8.0 total_variation", settings={"power": 2, "reduction": "sum", "root": True},
            relation="the root of the sum of all squared differences",
        ),
        Convention(
            "rof1992", "doi:10.1016/0167-2789(92)90242-F, equation 2.2a",
            settings={"kind": "isotropic", "reduction": "sum"}, relation="the length of each pixel's gradient, summed",
        ),
    ),
)  # fmt: skip
def tv(
    fake: Tensor,
    *,
    kind: Literal["anisotropic", "isotropic"] = "anisotropic",
    power: int = 1,
    reduction: Literal["mean", "sum", "pixels"] = "mean",
    root: bool = False,
    scale: float = 1.0,
) -> Tensor:
    """Total variation of an image.

        TV = mean |f(i + 1, j) - f(i, j)| + mean |f(i, j + 1) - f(i, j)|

    Args:
        fake: images on [0, 1]; (N, C, H, W) or (N, H, W), at least 2 x 2 pixels.
        kind: add up the steps down and to the right, or take the length of the two together.
        power: of an anisotropic step, 1 or 2.
        reduction: over pixels and channels; "pixels": the sum over pixels, and the mean over channels.
        root: take the root of a sample's sum.
        scale: what the loss is multiplied by.

    Returns:
        (N,), not negative.

    Convention: means of absolute steps in either direction, as BasicSR; leftthomas/SRGAN squares and doubles them,
    torchmetrics and piq sum over pixels.

    Raises:
        InputError: not images, or less than two pixels in a direction.

    Reference: doi:10.1016/0167-2789(92)90242-F.
    """
    if fake.dim() not in (3, 4) or min(fake.shape[-2:]) < 2:
        raise InputError(f"images are (N, C, H, W) of at least 2 x 2 pixels, but fake has shape {tuple(fake.shape)}")
    down, across = fake.diff(dim=-2), fake.diff(dim=-1)
    if kind == "isotropic":
        down, across = functional.pad(down, (0, 0, 0, 1)), functional.pad(across, (0, 1))
        # the root has no slope at zero: where nothing changes, the gradient is taken as zero
        squares = down.square() + across.square()
        flat = squares == 0
        steps = [torch.where(flat, 0.0, squares.masked_fill(flat, 1).sqrt())]
    else:
        steps = [down.abs() ** power, across.abs() ** power]
    sums = [step.flatten(1).mean(1) if reduction == "mean" else step.flatten(1).sum(1) for step in steps]
    total = torch.stack(sums).sum(0)
    if reduction == "pixels" and fake.dim() == _WITH_CHANNELS:
        total = total / fake.shape[1]
    return scale * (total.sqrt() if root else total)
