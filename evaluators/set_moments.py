"""Mean and covariance of a set of features, where somebody kept these and not the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from torch import Tensor

from ganloss_cli.errors import InputError


class SetMoments(Sequence[Sequence[Tensor]]):
    """What stands for the features of a set in a file of statistics.

    Args:
        packed: the mean over the rows of the covariance; (1, 1 + D, D), or (0, 1 + D, D) in batches that follow.
    """

    def __init__(self, packed: Tensor) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, k: int) -> Sequence[Tensor]: ...
    @overload
    def __getitem__(self, k: slice) -> Sequence[Sequence[Tensor]]: ...
    def __getitem__(self, k: int | slice) -> Sequence[Tensor] | Sequence[Sequence[Tensor]]:
        """Nothing: a loss that asks for samples cannot have them."""
        raise InputError(
            "the reals are a mean and a covariance, and their samples are not known",
            hint="only the Frechet distance takes a file of statistics",
        )
