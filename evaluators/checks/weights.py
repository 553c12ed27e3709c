"""Checks of weights as they lie in the file: finite, alive, and within what half precision can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.layers import floating, is_finite, row_extremes, weight_matrices, widened
from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.checks.subjects import AuditedNetwork
from ganloss_cli.records.listing import listed

FP16_MAX = 65504.0  # IEEE 754 binary16
# a weight takes part in sums of products: with less than a factor of 8 left, three activations of 1 may be too much
FP16_MARGIN = 8.0
# filters of fewer values than this may be constant by chance of rounding, or by design (1x1 shifts and scales)
LEAST_FILTER = 4


@check(severity="error")
def non_finite_weights(network: AuditedNetwork) -> Iterator[Observation]:
    """A weight or a buffer is NaN or infinite.

    Whatever the input is, what the network returns is NaN sooner or later, and so is every loss that reads it. Training
    diverged before this checkpoint was saved, or half precision overflowed. Masks may hold -inf and are left out.
    """
    counts = {
        name: int(value.numel() - torch.isfinite(widened(value)).sum())
        for name, value in floating(network.tensors)
        if "mask" not in name.rpartition(".")[2] and not is_finite(value)
    }
    if counts:
        first = next(iter(counts))
        yield Observation(
            message=f"{listed(counts)} {'hold' if len(counts) > 1 else 'holds'} NaN or infinity"
            f" ({counts[first]} of {network.tensors[first].numel()} values of {first})",
            evidence={"tensors": counts},
            hint="go back to a checkpoint from before the divergence; every loss of this network is NaN",
        )


@check(severity="warning")
def dead_channels(network: AuditedNetwork) -> Iterator[Observation]:
    """All weights of a filter are exactly zero.

    Such a channel is constant whatever the input is. Random initialisation and training do not make it; pruning,
    a copy that stopped half way, and layers that are initialised with zeros and never trained do.
    """
    zero = {name: n for name, _ in weight_matrices(network.tensors) if (n := _n_zero_rows(network.tensors[name]))}
    if zero:
        rows = {name: network.tensors[name].shape[0] for name in zero}
        yield Observation(
            message=f"{sum(zero.values())} filters of {listed(zero)} are all zero",
            evidence={"zero_filters": zero, "filters": rows},
            hint="if nobody pruned them, look for a part of the weights that was never loaded or trained",
        )


@check(severity="warning")
def constant_channels(network: AuditedNetwork) -> Iterator[Observation]:
    """All weights of a filter have one and the same value, or all filters of a layer are the same.

    Channels that begin equal stay equal, because they get equal gradients: a layer that was filled with a constant
    never becomes more than one channel.
    """
    constant, equal = {}, {}
    for name, matrix in weight_matrices(network.tensors):
        if matrix.shape[1] < LEAST_FILTER:
            continue
        low, high = row_extremes(network.tensors[name])
        matrix = widened(matrix)
        n = int(((low == high) & (low != 0)).sum())
        if n:
            constant[name] = n
        elif matrix.shape[0] > 1 and bool(matrix[0].any()) and torch.equal(matrix, matrix[:1].expand_as(matrix)):
            equal[name] = matrix.shape[0]
    if constant:
        yield Observation(
            message=f"{sum(constant.values())} filters of {listed(constant)} hold one value each",
            evidence={"constant_filters": constant},
            hint="initialise these layers with random numbers and train again",
        )
    if equal:
        yield Observation(
            message=f"all filters of {listed(equal)} are the same",
            evidence={"equal_filters": equal},
            hint="initialise these layers with random numbers and train again",
        )


@check(severity="note")
def fp16_overflow_margin(network: AuditedNetwork) -> Iterator[Observation]:
    """Weights are so large that half precision overflows, or nearly does.

    float16 ends at 65504. A weight beyond that becomes infinite when the network is converted; one within a factor of
    8 of it leaves no room for the sums that a layer forms. bfloat16 has the range of float32 and is not concerned.
    """
    wider = ((name, value) for name, value in floating(network.tensors) if value.dtype != torch.float16)
    yield from near_overflow({name: _largest(value) for name, value in wider}, "{} reaches")


def near_overflow(largest: Mapping[str, float], said: str) -> Iterator[Observation]:
    """What comes near the end of float16, if anything does; a warning where something goes beyond it.

    Args:
        largest: magnitudes by what holds them.
        said: the beginning of the message, with {} for what holds the largest.
    """
    near = {name: value for name, value in largest.items() if value > FP16_MAX / FP16_MARGIN}
    if near:
        worst = max(near, key=lambda name: near[name])
        yield Observation(
            message=f"{said.format(worst)} {near[worst]:.4g}, and float16 ends at {FP16_MAX:.0f}",
            evidence={"largest": near, "limit": FP16_MAX},
            hint="run this network in float32 or bfloat16",
            severity="warning" if near[worst] > FP16_MAX else None,
        )


def _n_zero_rows(weight: Tensor) -> int:
    low, high = row_extremes(weight)
    return int(((low == 0) & (high == 0)).sum())


def _largest(value: Tensor) -> float:
    """The largest finite magnitude."""
    if not is_finite(value):
        value = widened(value)[torch.isfinite(widened(value))]
        return float(value.abs().max()) if value.numel() else 0.0
    low, high = row_extremes(value)
    return max(-float(low.min()), float(high.max()))
