"""Fitting the data to the networks: what is the input, what is drawn, what is compared with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.datasets import DataSet, Group, Reading
from ganloss_cli.pipeline.data.autoencoder import feed_autoencoder, is_autoencoder, refuse_without_posterior
from ganloss_cli.pipeline.data.labels import labelled
from ganloss_cli.pipeline.data.randomness import draw
from ganloss_cli.pipeline.data.regroup import doubled, joined, renamed
from ganloss_cli.pipeline.data.separator import feed_separator
from ganloss_cli.pipeline.data.vocoder import feed_vocoder
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model, latent_shape, takes_images
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

MOST_FAKES = 10_000


@dataclass(frozen=True, kw_only=True)
class Arranged:
    """Data with the roles that the networks and losses use."""

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...] = ()

    def spaces(self) -> dict[str, int]:
        """Role -> index of the group that holds it."""
        return {role: k for k, group in enumerate(self.groups) for role in group.roles}


def arrange(data: DataSet, model: Model, request: Request) -> Arranged:
    """Give the generator something to eat.

    One generator between two domains gets input and real; one that eats images and finds only reals gets those; one
    that eats latents gets as many as there are reals.

    Raises:
        UsageError: nothing tells what the generator eats, or how many fakes to draw.
    """
    arranged = _fed(_with_labels(Arranged(groups=data.groups, findings=data.findings)), model, request)
    groups, findings = labelled(arranged.groups, model, request.seed)
    return Arranged(groups=groups, findings=(*arranged.findings, *findings))


def _fed(arranged: Arranged, model: Model, request: Request) -> Arranged:
    if "generator" not in model.roles():
        return arranged
    roles = arranged.spaces()
    if "real_A" in roles and "real_B" in roles and "generator_AB" not in model.roles():
        arranged = _one_direction(arranged, request)
        roles = arranged.spaces()
    if model.get("generator", "raw").makes_masks:
        return _separated(arranged, model)
    if "fake" not in roles:
        refuse_without_posterior(model.get("generator", "raw"), roles)
    if {"input", "latents", "fake", "mixture"} & set(roles):
        return arranged
    return _feed(arranged, model, request)


def _one_direction(arranged: Arranged, request: Request) -> Arranged:
    direction = request.direction or "AtoB"
    names = {"real_A": "input", "real_B": "real"} if direction == "AtoB" else {"real_A": "real", "real_B": "input"}
    findings = arranged.findings
    if request.direction is None:
        finding = Finding(
            check="direction_assumed",
            severity="note",
            message="one generator between A and B: A is taken for its input and B for its target",
            hint="name it with --direction AtoB or --direction BtoA",
        )
        findings = (*findings, finding)
    return Arranged(groups=tuple(renamed(group, names) for group in arranged.groups), findings=findings)


def _feed(arranged: Arranged, model: Model, request: Request) -> Arranged:
    generator = model.get("generator", "raw")
    roles = arranged.spaces()
    if generator.task is not None and generator.task.eats == "mel":
        return _vocoded(arranged, generator)
    if is_autoencoder(generator):
        return _encoded(arranged, generator)
    eats_images = takes_images(generator)
    if eats_images is None and request.latent_shape is None:
        raise UsageError(
            f"{generator.callees[0].name}: nothing tells what the generator eats",
            hint="give its inputs with --input, or the shape of its latents with --latent-shape",
        )
    if eats_images and request.latent_shape is None:
        if "real" not in roles:
            return arranged
        finding = Finding(
            check="input_is_real",
            severity="note",
            message="the data are one folder, so each image is the generator's input too: G(x) is compared with x",
            hint="give --input and --real, or a folder with input/ and real/, to compare G(input) with real;"
            " --aligned AB where each picture holds both, side by side",
        )
        groups = tuple(doubled(group) if "real" in group.roles else group for group in arranged.groups)
        return Arranged(groups=groups, findings=(*arranged.findings, finding))
    count = _how_many(arranged, request, roles)
    shape = latent_shape(generator, request)
    drawn = _latents(count, shape, request.seed)
    told = next((group for group in arranged.groups if "label" in group.roles and len(group.names) >= count), None)
    groups = (*arranged.groups, drawn if told is None else joined(drawn, told, ("label",)))
    return Arranged(groups=groups, findings=arranged.findings)


def _separated(arranged: Arranged, model: Model) -> Arranged:
    """Sounds for a mask network; input and real, as of noisy/ and clean/, are its mixture and target."""
    if "mixture" not in arranged.spaces():
        names = {"input": "mixture", "real": "target"}
        groups = tuple(renamed(group, names) if "input" in group.roles else group for group in arranged.groups)
        arranged = replace(arranged, groups=groups)
    place = arranged.spaces().get("mixture")
    if place is None or arranged.groups[place].kinds["mixture"] != "audio":
        return arranged
    fed, finding = feed_separator(arranged.groups[place], model.get("generator", "raw"), model)
    groups = (*arranged.groups[:place], fed, *arranged.groups[place + 1 :])
    return Arranged(groups=groups, findings=(*arranged.findings, finding))


def _vocoded(arranged: Arranged, generator: BuiltNetwork) -> Arranged:
    place = arranged.spaces().get("real")
    if place is None:
        return arranged
    fed, finding = feed_vocoder(arranged.groups[place], generator)
    groups = (*arranged.groups[:place], fed, *arranged.groups[place + 1 :])
    return Arranged(groups=groups, findings=(*arranged.findings, finding))


def _encoded(arranged: Arranged, generator: BuiltNetwork) -> Arranged:
    place = arranged.spaces().get("real")
    if place is None:
        return arranged
    fed, findings = feed_autoencoder(arranged.groups[place], generator)
    groups = (*arranged.groups[:place], fed, *arranged.groups[place + 1 :])
    return Arranged(groups=groups, findings=(*arranged.findings, *findings))


def _how_many(arranged: Arranged, request: Request, roles: Mapping[str, int]) -> int:
    if request.samples is not None:
        return request.samples
    if "real" not in roles:
        raise UsageError("no data: how many fakes to draw is unknown", hint="give --samples N, or --data")
    count = min(len(arranged.groups[roles["real"]].names), MOST_FAKES)
    return min(count, request.limit) if request.limit else count


def _latents(count: int, shape: tuple[int, ...], seed: int) -> Group:
    names = tuple(f"z{k:05d}" for k in range(count))

    def read(index: int) -> Reading:
        return Reading(values={"latents": draw(seed, names[index], "latents", shape, "normal")}, digests={})

    return Group(
        roles=("latents",),
        names=names,
        paths={"latents": f"N(0, 1), seed {seed}"},
        kinds={"latents": "tensor"},
        sample_rates={},
        ranges={},
        read=read,
    )


def _with_labels(arranged: Arranged) -> Arranged:
    """Labels that lie in an array belong to the samples in their order."""
    alone = next((group for group in arranged.groups if group.roles == ("label",)), None)
    if alone is None:
        return arranged
    others = [group for group in arranged.groups if group is not alone]
    if not any(len(group.names) == len(alone.names) for group in others):
        counts = ", ".join(f"{'/'.join(group.roles)} {len(group.names)}" for group in others) or "no other data"
        raise InputError(f"{alone.paths['label']}: {len(alone.names)} labels for {counts}")
    groups = (joined(g, alone, ("label",)) if len(g.names) == len(alone.names) else g for g in others)
    return replace(arranged, groups=tuple(groups))
