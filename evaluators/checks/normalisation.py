"""Checks of normalisation: batch statistics, gains, weight norm, spectral norm."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ganloss_cli.evaluators.checks.layers import largest_singular_value, norm_layers, spectral_layers, weight_norm_gains
from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.checks.subjects import AuditedNetwork
from ganloss_cli.records.listing import listed

# a gain this much smaller than the layer's largest vanishes in float32 beside the other channels' sum
GAIN_LOST = float(torch.finfo(torch.float32).eps)
# batch norm's usual eps is 1e-5: a variance below a thousandth of it is no more than eps itself
VARIANCE_LOST = 1e-8
# one power iteration a step follows the weights: real checkpoints trained so reach 0.9998 and more (francomano/PSA-GAN)
SIGMA_FOLLOWS = 0.9


@check(severity="warning")
def batch_norm_variance_zero(network: AuditedNetwork) -> Iterator[Observation]:
    """A batch norm's running variance is zero or negative.

    The channel was constant in training, so in eval mode the layer divides by the root of its eps alone (0.003): the
    least difference is blown up 300-fold. A negative variance is a damaged file, and gives NaN.
    """
    zero: dict[str, int] = {}
    negative: dict[str, int] = {}
    for layer in norm_layers(network.tensors):
        low = layer.running_var
        if n := int((low < 0).sum()):
            negative[layer.name] = n
        elif n := int((low < VARIANCE_LOST).sum()):
            zero[layer.name] = n
    if negative:
        yield Observation(
            message=f"running variances of {listed(negative)} are negative",
            evidence={"channels": negative},
            hint="read the statistics anew in train mode, or take another checkpoint",
            severity="error",
        )
    if zero:
        yield Observation(
            message=f"running variances of {sum(zero.values())} channels of {listed(zero)} are zero",
            evidence={"channels": zero, "below": VARIANCE_LOST},
            hint="look for dead channels before these layers; ganloss eval --mode train shows how much depends on them",
        )


@check(severity="warning")
def batch_norm_never_updated(network: AuditedNetwork) -> Iterator[Observation]:
    """A batch norm still has the statistics that it was made with: mean 0 and variance 1, exactly.

    It never saw a batch in train mode, so in eval mode it normalises nothing: the network was trained with these
    layers in eval mode, or the statistics were not saved or not loaded, or it was never trained.
    """
    layers = list(norm_layers(network.tensors))
    fresh = [
        layer.name for layer in layers if not bool(layer.running_mean.any()) and bool((layer.running_var == 1).all())
    ]
    if fresh:
        yield Observation(
            message=f"{len(fresh)} of {len(layers)} batch norms are as they were made: {listed(fresh)}",
            evidence={"layers": fresh, "batch_norms": len(layers)},
            hint="run some batches in train mode and save again, or evaluate with --mode train",
        )


@check(severity="note")
def dead_normalisation_gain(network: AuditedNetwork) -> Iterator[Observation]:
    """A batch norm multiplies a channel by zero.

    The channel is its bias whatever the input is. A few are what weight decay leaves; half of a layer or more is a
    network that lost its width, or a gain that was initialised with zero and never trained.
    """
    dead, shares = {}, []
    for layer in norm_layers(network.tensors):
        if layer.gain is None:
            continue
        gain = layer.gain.abs()
        n = int((gain <= GAIN_LOST * gain.max()).sum())
        if n:
            dead[layer.name] = n
            shares.append(n / gain.numel())
    if dead:
        yield Observation(
            message=f"batch norms multiply {sum(dead.values())} channels by zero: {listed(dead)}",
            evidence={"channels": dead, "largest_share": max(shares)},
            hint="the channels can be cut out; if nobody pruned them, look at weight decay on gains",
            severity="warning" if max(shares) >= 0.5 else None,
        )


@check(severity="warning")
def weight_norm_gain_near_zero(network: AuditedNetwork) -> Iterator[Observation]:
    """A weight-normalised filter has a gain of zero.

    Weight norm is g v / |v|: with g at zero the filter is gone, and v gets no gradient to bring it back.
    """
    dead: dict[str, int] = {}
    for name, gains in weight_norm_gains(network.tensors):
        magnitudes = gains.abs()
        if n := int((magnitudes <= GAIN_LOST * magnitudes.max()).sum()):
            dead[name] = n
    if dead:
        yield Observation(
            message=f"{sum(dead.values())} gains of {listed(dead)} are zero",
            evidence={"gains": dead, "relative_to_largest": GAIN_LOST},
            hint="look for a part of the weights that was never loaded or trained",
        )


@check(severity="warning")
def stale_spectral_norm(network: AuditedNetwork) -> Iterator[Observation]:
    """The stored singular vectors of a spectral norm do not belong to the weights.

        sigma stored = u W v,  sigma true = largest singular value of W

    In eval mode the layer divides by the stored sigma. Where that is too small, the layer is not 1-Lipschitz but
    sigma true / sigma stored times as steep, and every score of the discriminator is on another scale than in training.
    u and v go stale where weights were loaded without them, averaged, or edited.
    """
    ratios = {}
    for layer in spectral_layers(network.tensors):
        true = largest_singular_value(layer.matrix)
        if true > 0 and not layer.stored_sigma() >= SIGMA_FOLLOWS * true:
            ratios[layer.name] = layer.stored_sigma() / true
    if ratios:
        worst = min(ratios, key=lambda name: ratios[name])
        yield Observation(
            message=f"stored sigma of {listed(ratios)} is not the largest singular value"
            f" (of {worst} {ratios[worst]:.3g} times it)",
            evidence={"stored_over_true": ratios, "least": SIGMA_FOLLOWS},
            hint="load u and v with the weights, or run some forward passes in train mode and save again",
        )
