"""What a loss function is handed: the roles it names, on the range it wants, and settings that the context knows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import LOGIT_ROLES, NETWORK_ROLES, Batch
from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses.sides import Scores
from ganloss_cli.pipeline.networks.models import BuiltNetwork, is_discriminator
from ganloss_cli.pipeline.networks.opening import BACKBONE
from ganloss_cli.pipeline.networks.ranges import UNIT, Ranged
from ganloss_cli.pipeline.run.forward import Forward, Step, require_unit
from ganloss_cli.pipeline.run.plan import Run
from ganloss_cli.pipeline.run.roles import LAST_LAYER, side_of
from ganloss_cli.records.request import Range

# Losses that compare pixels as they are; the others know how to prepare images themselves.
PIXEL_FAMILIES = ("reconstruction", "cycle")


def batch_for(run: Run, step: Step) -> Batch:
    """The batch that this loss sees.

    Args:
        run: the loss, and where its roles come from.
        step: the samples.
    """
    weights = run.forward_weights()
    wanted = images_range(run, step.forward)
    held: dict[str, Any] = {}
    for name, origin in run.origins.items():
        sound = "mask" in run.loss.needs and origin.source is None  # a mask is one of magnitudes
        value = step.sounds.magnitude(origin.role) if sound else step.produce(origin, run.domain, weights)
        held[name] = _on_range(value, wanted, run, name, step) if isinstance(value, Ranged) else value
    _map_latents(held, run, step)
    first = next(iter(run.origins.values()))
    for name in (*run.loss.needs, *run.loss.optional):
        if name == BACKBONE:
            held[name] = step.backbone(run.selected)
        elif name in NETWORK_ROLES:
            network = step.forward.graph.network(name, run.domain)
            critic = is_discriminator(network)
            held[name] = step.critic(network, first.space) if critic else step.maker(network, weights, first.space)
        elif name == LAST_LAYER:
            held[name] = step.last_layer(run.origins["fake"], run.domain, weights)
        elif name == "random":
            like = next(value for value in held.values() if isinstance(value, Tensor))
            roles = {origin.root.role for origin in run.origins.values() if origin.space == first.space}
            held[name] = step.random(first.space, roles, like)
    return Batch(**held)


def without_infinite_scores(batch: Batch) -> tuple[Batch, dict[str, list[int]]]:
    """Infinite scores as NaN, which no loss forgives: a softplus of minus infinity is 0, the best score there is.

    Args:
        batch: with scores of a discriminator, or without.

    Returns:
        the batch, and by role which of its samples have an infinite score.
    """
    changed: dict[str, Any] = {}
    infinite: dict[str, list[int]] = {}
    for role in LOGIT_ROLES:
        logits = getattr(batch, role) or ()
        beyond = [torch.isinf(scores.detach()) for scores in logits]
        if any(map(torch.any, beyond)):
            changed[role] = [scores.masked_fill(where, math.nan) for scores, where in zip(logits, beyond, strict=True)]
            samples = torch.stack([where.reshape(len(where), -1).any(1) for where in beyond]).any(0)
            infinite[role] = samples.nonzero().flatten().tolist()
    return replace(batch, **changed), infinite


def _map_latents(held: dict[str, Any], run: Run, step: Step) -> None:
    """A loss that calls the generator on latents, such as path length, works on styles where there is a mapping."""
    if "generator" not in run.loss.needs or "latents" not in held:
        return
    network = step.forward.graph.network("generator", run.domain)
    mapping = getattr(step.forward.model.get(network, run.forward_weights()).module, "mapping", None)
    if callable(mapping):
        with torch.no_grad():
            held["latents"] = mapping(held["latents"])


def images_range(run: Run, forward: Forward) -> Range | None:
    """The range on which this loss gets images: [0, 1], or that of the network it calls; None for as they are.

    In a recipe, differences of pixels are taken in the range of the generator, as its training does.
    """
    if run.selected.as_trained and run.loss.family in PIXEL_FAMILIES:
        return forward.model.get(run.network, run.forward_weights()).range if run.network else None
    if run.loss.images != "network":
        return UNIT
    called = [name for name in (*run.loss.needs, *run.loss.optional) if name in NETWORK_ROLES and name != BACKBONE]
    network = forward.graph.network(called[0], run.domain) if called else run.network
    return forward.model.get(network, run.forward_weights()).range if network else UNIT


def context_for(run: Run, forward: Forward) -> dict[str, Any]:
    """The settings that are properties of the discriminator, the checkpoints or the data."""
    network = discriminator_of(run, forward)
    rates = {rate for group in forward.groups for rate in group.sample_rates.values()}
    return {
        **forward.model.running,
        "scores": network.scores if network else forward.request.scores,
        "features_have_logits": network.features_have_logits if network else None,
        "sample_rate": rates.pop() if len(rates) == 1 else None,
    }


def discriminator_of(run: Run, forward: Forward) -> BuiltNetwork | None:
    """The discriminator whose output the loss reads."""
    for origin in run.origins.values():
        for name in reversed(origin.networks()):
            if is_discriminator(name):
                return forward.model.get(name, "raw")
    return None


def _on_range(value: Ranged, wanted: Range | None, run: Run, name: str, step: Step) -> Tensor:
    if run.loss.images == "image_only" and value.range is None and side_of(name) != "fake":
        require_unit(value.tensor, name, "the data")
    return step.on_range(value, wanted)


def score_extremes(run: Run, batch: Batch) -> Iterator[tuple[float, float]]:
    """The lowest and the highest of the scores that a loss takes for logits, where they may be probabilities."""
    if "scores" not in run.loss.settings or "scores" in run.selected.chosen:
        return
    for name in LOGIT_ROLES:
        for logits in getattr(batch, name) or ():
            if (known := logits.detach()[logits.isfinite()]).numel():  # one that is not hides the others
                low, high = torch.aminmax(known)
                yield float(low), float(high)


def scores_matter(run: Run, batch: Batch, settings: dict[str, Any]) -> bool:
    """Whether a loss of logits is another one of probabilities, as that of least squares is not."""
    if not all(bool(torch.isfinite(each).all()) for name in LOGIT_ROLES for each in getattr(batch, name) or ()):
        return False  # what is not finite is an error in either
    logits, probabilities = (total(run.loss(batch, {**settings, "scores": each})) for each in get_args(Scores))
    return logits != probabilities
