"""The data as the networks take them: what is the input, what is drawn, what is compared with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.datasets import DataSet, Group, Reading
from ganloss_cli.io.roles import TEXT
from ganloss_cli.pipeline.data.autoencoder import autoencoder_input, is_autoencoder, refuse_without_posterior
from ganloss_cli.pipeline.data.codec import codec_input, is_codec
from ganloss_cli.pipeline.data.colours import in_our_order
from ganloss_cli.pipeline.data.labels import labelled, with_labels_beside
from ganloss_cli.pipeline.data.randomness import DRAWN, draw, place_of
from ganloss_cli.pipeline.data.regroup import doubled, joined, renamed, without
from ganloss_cli.pipeline.data.segments import frames_of, segment_on_frames
from ganloss_cli.pipeline.data.separator import separator_input
from ganloss_cli.pipeline.data.vocoder import vocoder_input
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model, latent_shape, takes_images
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

MOST_FAKES = 10_000


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Data with the roles that the networks and losses use."""

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...] = ()

    def spaces(self) -> dict[str, int]:
        """Role -> index of the group that holds it."""
        return {role: k for k, group in enumerate(self.groups) for role in group.roles}

    def noting(self, *findings: Finding) -> Inputs:
        """The same with more to report."""
        return replace(self, findings=(*self.findings, *findings))

    def changed(self, change: Callable[[Group], Group]) -> Inputs:
        """The same with every group changed."""
        return replace(self, groups=tuple(change(group) for group in self.groups))


def prepare_inputs(data: DataSet, model: Model, request: Request) -> Inputs:
    """Give the generator its input.

    One generator between two domains gets input and real; one that takes images and finds only reals gets those; one
    that takes latents gets as many as there are reals.

    Raises:
        UsageError: nothing tells what the generator takes, or how many fakes to draw.
    """
    ordered = [in_our_order(group, model, request) for group in data.groups]
    inputs = Inputs(groups=tuple(group for group, _ in ordered), findings=data.findings)
    inputs = _with_labels(inputs.noting(*(finding for _, findings in ordered for finding in findings)))
    inputs = inputs.changed(lambda group: without(group, _unread(model)))
    groups, findings = with_labels_beside(inputs.groups, model)
    inputs = _for_generator(replace(inputs, groups=groups).noting(*findings), model, request)
    groups, findings = labelled(inputs.groups, model, request.seed)
    return replace(inputs, groups=groups).noting(*findings)


def _unread(model: Model) -> set[str]:
    """What a training's list holds beside its recordings and no network here takes."""
    tasks = [built.task for built in model.networks.values()]
    taken = {role for task in tasks if isinstance(task, AudioTask) for role in task.takes}
    return {"phones", "coarse_pitch", "voiced", "volume", "voice", TEXT} - taken


def _for_generator(inputs: Inputs, model: Model, request: Request) -> Inputs:
    if "generator" not in model.roles():
        return inputs
    generator = model.get("generator", "raw")
    if "generator_AB" not in model.roles() and {"real_A", "real_B"} <= inputs.spaces().keys():
        inputs = _one_direction(inputs, request)
    roles = inputs.spaces()
    if generator.makes_masks:
        return _separated(inputs, generator, model)
    if "fake" not in roles:
        refuse_without_posterior(generator, roles)
    if {"input", "latents", "fake", "mixture"} & set(roles):
        mel = frames_of(model, roles)
        return inputs if mel is None else inputs.changed(partial(segment_on_frames, seconds=request.segment, mel=mel))
    if generator.task is not None and generator.task.input == "mel":
        beside = Path(model.records[generator.record].path)
        return _with_input(inputs, "real", lambda group: vocoder_input(group, generator, beside, request.segment))
    if is_autoencoder(generator):
        return _with_input(inputs, "real", lambda group: autoencoder_input(group, generator, request))
    if is_codec(generator):
        return _with_input(inputs, "real", lambda group: codec_input(group, generator))
    return _images_or_latents(inputs, generator, request)


def _one_direction(inputs: Inputs, request: Request) -> Inputs:
    direction = request.direction or "AtoB"
    names = {"real_A": "input", "real_B": "real"} if direction == "AtoB" else {"real_A": "real", "real_B": "input"}
    inputs = inputs.changed(lambda group: renamed(group, names))
    if request.direction is not None:
        return inputs
    return inputs.noting(
        Finding(
            check="direction_assumed",
            severity="note",
            message="one generator between A and B: A is taken for its input and B for its target",
            hint="name it with --direction AtoB or --direction BtoA",
        )
    )


def _images_or_latents(inputs: Inputs, generator: BuiltNetwork, request: Request) -> Inputs:
    with_images = takes_images(generator)
    if with_images is None and request.latent_shape is None:
        raise UsageError(
            f"{generator.callees[0].name}: nothing tells what the generator takes",
            hint="give its inputs with --input, or the shape of its latents with --latent-shape",
        )
    if with_images and request.latent_shape is None:
        return _with_real_as_input(inputs)
    count = _how_many(inputs, request)
    drawn = _latents(count, latent_shape(generator, request), request.seed)
    labels = next((group for group in inputs.groups if "label" in group.roles), None)
    if labels is None or len(labels.names) < count:
        _check_labels(labels, count, generator)
        return replace(inputs, groups=(*inputs.groups, drawn))
    return replace(inputs, groups=(*inputs.groups, joined(drawn, labels, ("label",))))


def _check_labels(labels: Group | None, count: int, generator: BuiltNetwork) -> None:
    """Refuse too few labels for a network whose classes are unknown; others get those that are drawn."""
    if labels is None or generator.task is not None or not any(callee.takes_label for callee in generator.callees):
        return
    held = len(labels.names)
    raise InputError(
        f"{labels.paths['label']}: {held} labels for {count} fakes", hint=f"give --samples {held}, or more labels"
    )


def _with_real_as_input(inputs: Inputs) -> Inputs:
    if "real" not in inputs.spaces():
        return inputs
    finding = Finding(
        check="input_is_real",
        severity="note",
        message="the data are one folder, so each image is the generator's input too: G(x) is compared with x",
        hint="give --input and --real, or a folder with input/ and real/, to compare G(input) with real;"
        " --aligned AB where each picture holds both, side by side",
    )
    return inputs.changed(lambda group: doubled(group) if "real" in group.roles else group).noting(finding)


def _separated(inputs: Inputs, generator: BuiltNetwork, model: Model) -> Inputs:
    """Sounds for a mask network; input and real, as of noisy/ and clean/, are its mixture and target."""
    if "mixture" not in inputs.spaces():
        names = {"input": "mixture", "real": "target"}
        inputs = inputs.changed(lambda group: renamed(group, names) if "input" in group.roles else group)
    k = inputs.spaces().get("mixture")
    if k is None or inputs.groups[k].kinds["mixture"] != "audio":
        return inputs
    return _with_input(inputs, "mixture", lambda group: separator_input(group, generator, model))


def _with_input(inputs: Inputs, role: str, make: Callable[[Group], tuple[Group, tuple[Finding, ...]]]) -> Inputs:
    """The data with what a network takes made of the group that holds `role`."""
    k = inputs.spaces().get(role)
    if k is None:
        return inputs
    group, findings = make(inputs.groups[k])
    return replace(inputs, groups=(*inputs.groups[:k], group, *inputs.groups[k + 1 :])).noting(*findings)


def _how_many(inputs: Inputs, request: Request) -> int:
    if request.samples is not None:
        return request.samples
    spaces = inputs.spaces()
    k = spaces.get("real", spaces.get("label"))
    if k is None:
        raise UsageError("no data: how many fakes to draw is unknown", hint="give --samples N, or --data")
    count = min(len(inputs.groups[k].names), MOST_FAKES)
    return min(count, request.limit) if request.limit else count


def _latents(count: int, shape: tuple[int, ...], seed: int) -> Group:
    names = tuple(map(place_of, range(count)))

    def read(index: int) -> Reading:
        return Reading(values={"latents": draw(seed, names[index], "latents", shape, "normal")}, digests={})

    return Group(
        roles=("latents",),
        names=names,
        paths={"latents": f"{DRAWN}, seed {seed}"},
        kinds={"latents": "tensor"},
        sample_rates={},
        ranges={},
        read=read,
        hashed=lambda _: {},
    )


def _with_labels(inputs: Inputs) -> Inputs:
    """Labels that lie in an array belong to the samples in their order."""
    alone = next((group for group in inputs.groups if group.roles == ("label",)), None)
    if alone is None:
        return inputs
    others = [group for group in inputs.groups if group is not alone]
    if not others:  # of latents that will be drawn
        return inputs
    if not any(len(group.names) == len(alone.names) for group in others):
        counts = " and ".join(f"{len(group.names)} of {'/'.join(group.roles)}" for group in others)
        raise InputError(
            f"{alone.paths['label']}: {len(alone.names)} labels for {counts}", hint="give one a sample with --label"
        )
    groups = (joined(g, alone, ("label",)) if len(g.names) == len(alone.names) else g for g in others)
    return replace(inputs, groups=tuple(groups))
