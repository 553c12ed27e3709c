"""Is a layer still what an initialiser made of it? Only what random matrices do and trained ones do not counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.layers import largest_singular_value, row_extremes, weight_matrices
from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.checks.subjects import AuditedNetwork
from ganloss_cli.records.listing import grouped, listed

# fewer weights, or rows, than these pass the tests by chance
LEAST_WEIGHTS = 4096
LEAST_SIDE = 8
# of a standard error; with some hundred layers and four tests each, one in a million networks is beyond
SIGMAS = 6.0
# a uniform sample of n ends within 30/n of its bound, but for one in e^30
EDGE = 30.0
NORMAL_KURTOSIS, UNIFORM_KURTOSIS = 3.0, 1.8


@dataclass(frozen=True, kw_only=True)
class _Moments:
    n: int
    mean: float
    variance: float
    kurtosis: float
    largest: float


@check(severity="warning")
def untrained_layers(network: AuditedNetwork) -> Iterator[Observation]:
    """A layer's weights are what a usual initialiser draws: the layer was never trained.

    Said only where everything agrees: the scale is that of a known initialiser (torch's default, Kaiming, Xavier,
    N(0, 0.02), N(0, 0.01), N(0, 1)) within its standard error; a uniform distribution ends exactly at its bound, a
    normal one has kurtosis 3; rows and columns differ in length no more than independent numbers do; and the largest
    singular value is that of a random matrix, sigma (sqrt(m) + sqrt(n)). Training breaks the last two first: gradients
    are of low rank, so some directions stick out after a few hundred steps. Layers of fewer than 4096 weights are left
    out.
    """
    large = [
        name for name, matrix in weight_matrices(network.tensors)
        if matrix.numel() >= LEAST_WEIGHTS and min(matrix.shape) >= LEAST_SIDE
    ]  # fmt: skip
    fresh = {name: drawn for name in large if (drawn := initialiser_of(network.tensors[name]))}
    if fresh:
        every = len(fresh) == len(large)
        yield Observation(
            message=f"{'every layer that is large enough is' if every else f'{len(fresh)} of {len(large)} layers are'}"
            f" still as initialised: {_described(fresh)}",
            evidence={"layers": fresh, "judged": len(large)},
            hint="check that training reached these layers and that the trained weights were saved"
            " (a layer that was frozen on purpose looks the same)",
        )


def initialiser_of(weight: Tensor) -> str | None:
    """The initialiser that a weight is a typical draw of; None where there is none.

    Args:
        weight: of a linear layer (m, n), or of a convolution (m, n, ...).
    """
    moments = _moments(weight)
    if moments.variance == 0 or not math.isfinite(moments.variance):
        return None
    if abs(moments.mean) > SIGMAS * math.sqrt(moments.variance / moments.n):
        return None
    name = _uniform(weight, moments) or _normal(weight, moments)
    return name if name and _is_unstructured(weight.detach().reshape(weight.shape[0], -1), moments) else None


def _moments(weight: Tensor) -> _Moments:
    flat = weight.float()
    mean = float(flat.mean())
    squares = (flat - mean).square_()
    variance = float(squares.mean())
    fourth = float(squares.square_().mean())
    low, high = (float(extreme) for extreme in (row_extremes(weight)[0].min(), row_extremes(weight)[1].max()))
    kurtosis = fourth / variance**2 if variance > 0 else math.nan
    return _Moments(n=flat.numel(), mean=mean, variance=variance, kurtosis=kurtosis, largest=max(-low, high))


def _uniform(weight: Tensor, moments: _Moments) -> str | None:
    fan_in, fan_out = weight[0].numel(), weight[:, 0].numel()  # as torch counts them, transposed convolutions too
    bounds = {
        "torch's default, uniform to 1/sqrt(fan_in)": 1 / math.sqrt(fan_in),
        "Kaiming uniform": math.sqrt(6 / fan_in),
        "LeCun uniform": math.sqrt(3 / fan_in),
        "Xavier uniform": math.sqrt(6 / (fan_in + fan_out)),
    }
    # half precision rounds the bound up as well as down
    rounding = 2 * torch.finfo(weight.dtype).eps
    error = SIGMAS * math.sqrt((UNIFORM_KURTOSIS - 1) / moments.n)
    for name, bound in bounds.items():
        ends_there = bound * (1 - EDGE / moments.n) <= moments.largest <= bound * (1 + rounding)
        if ends_there and abs(moments.variance / (bound**2 / 3) - 1) <= error + 2 * rounding:
            return name
    return None


def _normal(weight: Tensor, moments: _Moments) -> str | None:
    fan_in, fan_out = weight[0].numel(), weight[:, 0].numel()
    deviations = {
        "N(0, 0.02)": 0.02,
        "N(0, 0.01)": 0.01,
        "N(0, 1)": 1.0,
        "Kaiming normal": math.sqrt(2 / fan_in),
        "Kaiming normal of slope 0.2": math.sqrt(2 / (1.04 * fan_in)),
        "LeCun normal": math.sqrt(1 / fan_in),
        "Xavier normal": math.sqrt(2 / (fan_in + fan_out)),
        "a tenth of Kaiming normal": 0.1 * math.sqrt(2 / fan_in),
    }
    if abs(moments.kurtosis - NORMAL_KURTOSIS) > SIGMAS * math.sqrt(24 / moments.n):
        return None
    error = SIGMAS * math.sqrt((NORMAL_KURTOSIS - 1) / moments.n)
    return next((name for name, s in deviations.items() if abs(moments.variance / s**2 - 1) <= error), None)


def _is_unstructured(weight: Tensor, moments: _Moments) -> bool:
    """Whether rows, columns and the largest singular value are those of independent numbers."""
    matrix = weight.float()
    squares = matrix.square()
    if not all(_is_even(squares.sum(dim=axis), squares.shape[axis], moments) for axis in (0, 1)):
        return False
    edge: float = math.sqrt(moments.variance) * (math.sqrt(matrix.shape[0]) + math.sqrt(matrix.shape[1]))
    # the largest singular value scatters about the edge by n^(-2/3) (Tracy-Widom; Johnstone 2001)
    slack: float = 1 + 2 * min(matrix.shape) ** (-2 / 3)
    return largest_singular_value(matrix) <= edge * slack


def _is_even(lengths: Tensor, n_summed: int, moments: _Moments) -> bool:
    """Whether squared lengths scatter as sums of `n_summed` independent squares do, and no more."""
    expected = n_summed * moments.variance**2 * (moments.kurtosis - 1)
    scatter = float((lengths - n_summed * moments.variance).square().mean())
    return bool(scatter <= expected * (1 + SIGMAS * math.sqrt(2 / lengths.numel())))


def _described(fresh: Mapping[str, str]) -> str:
    by_name = grouped((name, layer) for layer, name in fresh.items())
    return "; ".join(f"{listed(layers)} ({name})" for name, layers in by_name.items())
