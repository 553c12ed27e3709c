"""Sums over the elements of a sample, of what is computed from each element of both: one pass over memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.parallel import on_one_core
from ganloss_cli.evaluators.statistics import Floats

Elements = Callable[[Tensor, Tensor], Tensor]

BLOCK = 1 << 17  # elements worked on at a time, to stay in a processor's cache


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
    kinds = {(type(samples), samples.dtype, samples.device.type) for samples in (real, fake)}
    if recorded or not kinds <= {(Tensor, torch.float32, "cpu"), (Tensor, torch.float64, "cpu")}:
        values = elements(real, fake)
        return values.mean(1) if reduction == "mean" else values.sum(1)
    with on_one_core():
        sums = _sums(elements, real, fake)
    return torch.from_numpy(sums / real.shape[1] if reduction == "mean" else sums).to(real.dtype)


def in_float64(function: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
    """A function of values, rounded once, so that its last digit is the same by any library; MPS has no float64."""
    return function(values) if values.device.type == "mps" else function(values.double()).to(values.dtype)


def _sums(elements: Elements, real: Tensor, fake: Tensor) -> Floats:
    """By numpy, whose last digit is the same where it stands for torch."""
    n_samples, n_elements = real.shape
    sums = np.zeros(n_samples)
    together = max(1, BLOCK // max(1, n_elements))  # samples
    for first in range(0, n_samples, together):
        for start in range(0, n_elements, BLOCK):
            part = slice(first, first + together), slice(start, start + BLOCK)
            sums[part[0]] += elements(real[part], fake[part]).detach().numpy().sum(1)
    return sums
