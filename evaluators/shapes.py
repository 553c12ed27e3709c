"""Refusing what would broadcast."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ganloss_cli.errors import InputError


def check_shapes(**tensors: Tensor) -> None:
    """Refuse tensors of different shapes.

    Broadcasting (N,) against (N, 1) gives (N, N) and a plausible mean: the most common silent error of loss code.

    Args:
        tensors: by the names of the roles, which the message repeats.

    Raises:
        InputError: two shapes differ; the message holds both.
    """
    (first, reference), *others = tensors.items()
    for name, tensor in others:
        if tensor.shape != reference.shape:
            raise InputError(
                f"{first} has shape {tuple(reference.shape)} but {name} has {tuple(tensor.shape)}",
                hint=_hint(reference, tensor),
            )


def _hint(one: Tensor, other: Tensor) -> str:
    if one.dim() == other.dim() == 4 and {one.shape[1], other.shape[1]} == {1, 3}:
        return "nothing is broadcast: one side is greyscale, the other RGB; save both as one of them"
    return "nothing is broadcast; for files see --resize, --modcrop and --channels mono"


def check_lengths(**lists: Sequence[object]) -> None:
    """Refuse lists of different lengths, which `zip` would cut in silence.

    Args:
        lists: by the names of the roles, which the message repeats.

    Raises:
        InputError: two lengths differ, or one is empty.
    """
    (first, reference), *others = lists.items()
    for name, other in [(first, reference), *others]:
        if len(other) == 0:
            raise InputError(f"{name} is an empty list")
        if len(other) != len(reference):
            raise InputError(f"{first} has {len(reference)} entries but {name} has {len(other)}")


def per_sample(values: Tensor) -> Tensor:
    """Mean over everything but the first axis; (N, ...) to (N,)."""
    return values.flatten(1).mean(1) if values.dim() > 1 else values
