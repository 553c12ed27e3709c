"""Which normalisation the layers of junyanz's networks have, read off one convolution and the layer behind it."""

from __future__ import annotations

from typing import Literal

from ganloss_cli.io.architectures.task import Match, Shapes


def norm_behind(shapes: Shapes, convolution: str, norm: str) -> Literal["batch", "instance", "none"] | None:
    """Batch norm has keys; instance norm has none, so its convolution keeps the bias; without norm there is neither.

    Args:
        shapes: of the state dict.
        convolution: prefix of the convolution's keys.
        norm: prefix of the keys of the layer behind it.

    Returns:
        None for a combination that these networks do not have.
    """
    has_bias, is_affine = f"{convolution}.bias" in shapes, f"{norm}.weight" in shapes
    if is_affine:
        return "batch" if f"{norm}.running_mean" in shapes and not has_bias else None
    return "instance" if has_bias else "none"


def is_old_statistic(match: Match, key: str) -> bool:
    """Whether a key is a statistic that instance norm kept before torch 0.4; these networks never used it."""
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    return match.hyperparameters["norm"] == "instance" and key.endswith(statistics)
