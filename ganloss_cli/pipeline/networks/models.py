"""The networks of a run, and what their layers say of their inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from torch import nn

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures import Task
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.pipeline.networks.calling import Callee, first_layer
from ganloss_cli.records.report import CheckpointRecord, Finding, Weights
from ganloss_cli.records.request import Range, Request


def is_discriminator(role: str) -> bool:
    """Whether a network of that role is a discriminator; the others are generators, and the backbone."""
    return role.startswith("discriminator")


def is_generator(role: str) -> bool:
    """Whether a network of that role is a generator."""
    return role.startswith("generator")


@dataclass(kw_only=True)
class BuiltNetwork:
    """One network, ready to be called; a discriminator may have several parts, whose outputs are joined.

    Args:
        role: what it does, such as `generator` or `discriminator_A`.
        weights: raw or averaged.
        callees: its parts.
        subs: which parts of a discriminator those are, as "mpd"; None where no name tells.
        record: its place in the report's list of checkpoints.
        range: what the images span that it takes and makes.
        range_origin: "option", "recipe", "told" by what it makes, or "assumed".
        scores: whether a discriminator returns logits or probabilities; None where nothing tells.
        task: what is known of a recognised architecture; None for a user's own network.
        architecture: its name, or the class the user named.
        conditional: whether, as a discriminator, it takes the input beside the image.
        channels: the order of colour channels that it takes and makes.
        features: whether a discriminator returns feature maps.
        features_have_logits: whether the last of them are its logits; None where that is not known.
        beside: roles of what a generator returns behind what it makes: mu and logvar of an auto-encoder.
        mixes: why its output for a sample depends on the other samples of a batch; None where it does not.
    """

    role: str
    weights: Weights
    callees: list[Callee]
    record: int
    range: Range
    range_origin: str
    scores: str | None
    task: Task | None
    architecture: str
    subs: list[str | None] = field(default_factory=list)
    conditional: bool = False
    channels: Literal["RGB", "BGR"] = "RGB"
    features: bool = False
    features_have_logits: bool | None = None
    beside: tuple[str, ...] = ()
    mixes: str | None = None

    @property
    def is_discriminator(self) -> bool:
        """Whether it is one, of whichever domain."""
        return is_discriminator(self.role)

    @property
    def makes_masks(self) -> bool:
        """Whether it takes magnitude spectrograms and makes masks for them."""
        return isinstance(self.task, AudioTask) and self.task.output == "mask"

    def only(self, sub: str | None) -> BuiltNetwork:
        """A discriminator of these sub-discriminators alone; None for all of them."""
        if sub is None:
            return self
        pairs = zip(self.callees, self.subs, strict=True)
        return replace(self, callees=[callee for callee, name in pairs if name == sub], subs=[sub])

    @property
    def module(self) -> nn.Module:
        """The first part's module."""
        return self.callees[0].module


@dataclass(kw_only=True)
class Model:
    """All networks of a run, by role and weights."""

    networks: dict[tuple[str, Weights], BuiltNetwork] = field(default_factory=dict)
    records: list[CheckpointRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    running: dict[str, float] = field(default_factory=dict)  # settings of losses that the checkpoints hold
    logged_steps: dict[str, int] = field(default_factory=dict)  # file -> the step of its numbers in Lightning's logs
    training: dict[str, Any] = field(default_factory=dict)  # how it read its data, as the files and those beside say
    unusable: list[InputError] = field(default_factory=list)  # why networks of the files are left out
    backbones: Mapping[str, BuiltNetwork] = field(default_factory=dict)  # by name; what libraries keep is found there

    def roles(self) -> frozenset[str]:
        """Every role that some network has."""
        return frozenset(role for role, _ in self.networks)

    def get(self, role: str, weights: Weights) -> BuiltNetwork:
        """The network of that role, with those weights where it has them, else with the others; or that backbone."""
        other: Weights = "raw" if weights == "ema" else "ema"
        found = self.networks.get((role, weights)) or self.networks.get((role, other))
        return found or self.backbones[role]

    def mixes(self, role: str) -> str | None:
        """Why results of the networks of a role depend on the batch, or None."""
        return next((built.mixes for (name, _), built in self.networks.items() if name == role and built.mixes), None)

    def calls(self) -> dict[str, int]:
        """How often each network was called."""
        calls = {
            f"{role}{'_ema' if weights == 'ema' else ''}": sum(callee.calls for callee in network.callees)
            for (role, weights), network in self.networks.items()
        }
        through = sum(callee.calls for network in self.backbones.values() for callee in network.callees)
        return calls | ({"backbone": through} if self.backbones else {})

    def forget_calls(self) -> None:
        """Count calls from here on."""
        for network in (*self.networks.values(), *self.backbones.values()):
            for callee in network.callees:
                callee.calls = 0

    def has_both(self, role: str) -> bool:
        """Whether raw and averaged weights are at hand."""
        return (role, "raw") in self.networks and (role, "ema") in self.networks


def takes_images(network: BuiltNetwork) -> bool | None:
    """Whether a generator takes images rather than latents; None where its layers do not tell."""
    if network.task is not None:
        return network.task.input not in ("latents",)
    layer = first_layer(network.module)
    if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return True
    return False if layer is not None else None


def latent_shape(network: BuiltNetwork, request: Request) -> tuple[int, ...]:
    """The shape of one latent: the option, the recipe, or what the first layer takes.

    Raises:
        UsageError: none of them tells.
    """
    if request.latent_shape is not None:
        return request.latent_shape
    if network.task is not None and network.task.latent_shape is not None:
        return network.task.latent_shape
    layer = first_layer(network.module)
    if isinstance(layer, nn.Linear):
        return (layer.in_features,)
    if isinstance(layer, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        return (layer.in_channels, *([1] * len(layer.kernel_size)))
    raise UsageError(
        f"{network.callees[0].name}: the shape of its latents is unknown",
        hint="give --latent-shape, for example --latent-shape 128 or --latent-shape 100x1x1",
    )


def input_channels(module: nn.Module) -> int | None:
    """How many channels a network's first convolution takes."""
    layer = first_layer(module)
    return layer.in_channels if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d)) else None
