"""Sums over the elements of a sample, of what is computed from each element of both: one pass over memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.parallel import on_one_core

Elements = Callable[[Tensor, Tensor], Tensor]

BLOCK = 1 << 16  # elements worked on at a time, to stay in a processor's cache


def of_elements(elements: Elements, real: Tensor, fake: Tensor, reduction: Literal["mean", "sum"] = "mean") -> Tensor:
    """Mean or sum of the elements of each sample.

    Without gradients a processor's core goes through both once, a block that stays in its cache at a time, and adds
    up the blocks in float64. More cores would have to share the same memory, and on a busy machine they wait for each
    other ten times as long as one of them takes.

    Args:
        elements: from some elements of both, in one row a sample, to as many values.
        real: (N, ...).
        fake: the same shape.
        reduction: over the elements of one sample.

    Returns:
        (N,).
    """
    real, fake = (
        samples.reshape(len(samples), -1) if samples.dim() > 1 else samples[:, None] for samples in (real, fake)
    )
    recorded = torch.is_grad_enabled() and (real.requires_grad or fake.requires_grad)
    plain = {real.dtype, fake.dtype} <= {torch.float32, torch.float64}
    if recorded or not plain or real.device.type != "cpu" or real.numel() <= BLOCK:
        values = elements(real, fake)
        return values.mean(1) if reduction == "mean" else values.sum(1)
    with on_one_core():
        sums = _sums(elements, real, fake)
    return (sums / real.shape[1] if reduction == "mean" else sums).to(real.dtype)


def _sums(elements: Elements, real: Tensor, fake: Tensor) -> Tensor:
    n_samples, n_elements = real.shape
    together = max(1, BLOCK // n_elements)  # samples
    sums = []
    for first in range(0, n_samples, together):
        of_blocks = []
        for start in range(0, n_elements, BLOCK):
            part = slice(first, first + together), slice(start, start + BLOCK)
            of_blocks.append(elements(real[part], fake[part]).sum(1).double())
        sums.append(torch.stack(of_blocks).sum(0))
    return torch.cat(sums)
