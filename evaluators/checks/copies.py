"""Checks of networks beside each other: the same where they should differ, averages that average nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.initialisation import initialiser_of
from ganloss_cli.evaluators.checks.layers import floating, weight_matrices
from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.checks.subjects import AuditedModel, AuditedNetwork

_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
# an average of steps of one trajectory points where the trajectory does; independent weights are orthogonal
SAME_DIRECTION = 0.5
LEAST_WEIGHTS = 4096  # the cosine of two independent vectors of so many entries is below 0.1
Pair = tuple[AuditedNetwork, AuditedNetwork]


@check(severity="error")
def identical_networks(model: AuditedModel) -> Iterator[Observation]:
    """Two networks that should differ have bit-identical weights.

    One was loaded or saved under the other's name. ImportPaddle/DiscoGAN-Paddle loads discriminator_A with the weights
    of discriminator_B, in both frameworks that it compares, and its comparison passes. A network and its own moving
    average are compared by `ema_equals_raw`. Batch statistics do not count: two copies that ran on other data differ
    in those alone.
    """
    for first, second in combinations(model.networks, 2):
        if first.role == second.role and first.weights != second.weights:
            continue
        if first.path == second.path and first.part == second.part:
            continue
        if _same(first.tensors, second.tensors):
            yield Observation(
                message=f"{_beside(first, second)} are bit-identical",
                evidence={
                    "networks": [first.name, second.name],
                    "roles": [first.role, second.role],
                    "files": [str(first.path), str(second.path)],
                    "tensors": len(_parameters(first.tensors)),
                },
                hint="look for the line that saves or loads one under the other's name",
            )


@check(severity="warning")
def ema_equals_raw(model: AuditedModel) -> Iterator[Observation]:
    """An averaged network is bit-identical to the raw one.

    The average was never updated and copied at the end, its decay is 0, or one network was saved under both names.
    Losses that are meant for the average are then those of the raw network.
    """
    for raw, ema in _averaged_pairs(model.networks):
        if _same(raw.tensors, ema.tensors):
            yield Observation(
                message=f"{_beside(raw, ema)}: the average is bit-identical to the raw weights",
                evidence={"networks": [raw.name, ema.name]},
                hint="check the decay and that the average is updated in training",
            )


@check(severity="warning")
def ema_stuck(model: AuditedModel) -> Iterator[Observation]:
    """An averaged network does not follow the raw one.

    Its layers are still as initialised while the raw ones are trained, or point in other directions than they do
    (cosine below 0.5 in most layers; the average of a trajectory stays close to its end). The average was made but
    never updated, or the raw weights were loaded without it.
    """
    for raw, ema in _averaged_pairs(model.networks):
        if _same(raw.tensors, ema.tensors):
            continue
        cosines, fresh = _followed(raw.tensors, ema.tensors)
        apart = [name for name, cosine in cosines.items() if not cosine >= SAME_DIRECTION]
        if cosines and 2 * len(set(apart) | set(fresh)) > len(cosines):
            yield Observation(
                message=f"{_beside(raw, ema)}: {len(set(apart) | set(fresh))} of {len(cosines)} layers of the average"
                " do not follow the raw weights",
                evidence={"cosines": cosines, "as_initialised": fresh},
                hint="check that the average starts as a copy of the raw weights and is updated at every step",
            )


def _averaged_pairs(networks: Sequence[AuditedNetwork]) -> Iterator[Pair]:
    for raw in networks:
        for ema in networks:
            if (raw.weights, ema.weights) == ("raw", "ema") and raw.role == ema.role:
                yield raw, ema


def _followed(raw: Mapping[str, Tensor], ema: Mapping[str, Tensor]) -> tuple[dict[str, float], list[str]]:
    """The cosine of every large layer with its average, and the averages that are as initialised while it is not."""
    averages = dict(weight_matrices(ema))
    cosines, fresh = {}, []
    for name, matrix in weight_matrices(raw):
        average = averages.get(name)
        if average is None or average.shape != matrix.shape or matrix.numel() < LEAST_WEIGHTS:
            continue
        cosines[name] = float(torch.cosine_similarity(matrix.float().flatten(), average.float().flatten(), dim=0))
        if initialiser_of(ema[name]) and not initialiser_of(raw[name]):
            fresh.append(name)
    return cosines, fresh


def _parameters(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in floating(tensors) if not name.endswith(_BUFFERS)}


def _same(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> bool:
    """Whether all parameters are equal, name by name; a network without any is like no other."""
    own, others = _parameters(first), _parameters(second)
    return bool(own) and own.keys() == others.keys() and all(torch.equal(own[name], others[name]) for name in own)


def _beside(first: AuditedNetwork, second: AuditedNetwork) -> str:
    if first.path == second.path:
        return f"{first.path}: {first.name} and {second.name}"
    return f"{first.called} and {second.called}"
