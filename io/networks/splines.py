"""Monotonic rational-quadratic splines (Durkan et al. 2019, arXiv 1906.04032), the identity outside their interval."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_BOUND = 5.0  # of the interval, on both sides
_LEAST = 1e-3  # width, height and slope
_SLACK = 1e-6  # that the last knot lies beyond the interval, so that its end is inside


def spline(inputs: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers moved along a spline each.

    Args:
        inputs: any numbers.
        widths: of the bins before their softmax; (*inputs, K).
        heights: the same.
        slopes: of the inner knots before their softplus; (*inputs, K - 1).

    Returns:
        the numbers, and the logarithm of the slope at each; shaped as the inputs.
    """
    inside = (inputs >= -_BOUND) & (inputs <= _BOUND)
    outer = math.log(math.exp(1 - _LEAST) - 1)  # whose softplus makes the slope of the outer knots 1
    knots = functional.pad(slopes, (1, 1), value=outer)
    moved, slope = _within(inputs.clamp(-_BOUND, _BOUND), widths, heights, _LEAST + functional.softplus(knots))
    return torch.where(inside, moved, inputs), torch.where(inside, slope, torch.zeros_like(slope))


def _within(inputs: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor]:
    across, up = _knots(widths), _knots(heights)
    ends = torch.cat([across[..., :-1], across[..., -1:] + _SLACK], dim=-1)
    place = (inputs[..., None] >= ends).sum(-1, keepdim=True) - 1

    def at(values: Tensor, step: int = 0) -> Tensor:
        return values.gather(-1, place + step)[..., 0]

    left, width, bottom, height = at(across), at(across.diff(dim=-1)), at(up), at(up.diff(dim=-1))
    first, last, mean = at(slopes), at(slopes, 1), height / width
    part = (inputs - left) / width
    mixed = part * (1 - part)
    below = mean + (first + last - 2 * mean) * mixed
    moved = bottom + height * (mean * part**2 + first * mixed) / below
    slope = mean**2 * (last * part**2 + 2 * mean * mixed + first * (1 - part) ** 2)
    return moved, torch.log(slope) - 2 * torch.log(below)


def _knots(sizes: Tensor) -> Tensor:
    """The ends of the bins, (..., K + 1), from -5 to 5."""
    shares = _LEAST + (1 - _LEAST * sizes.shape[-1]) * sizes.softmax(-1)
    inner = 2 * _BOUND * shares.cumsum(-1)[..., :-1] - _BOUND
    return functional.pad(functional.pad(inner, (1, 0), value=-_BOUND), (0, 1), value=_BOUND)
