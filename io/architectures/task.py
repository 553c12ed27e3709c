"""What a recognised network is: its hyper-parameters with where each came from, what it takes and what it gives."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import nn

Shapes = Mapping[str, tuple[int, ...]]
Role = Literal["generator", "discriminator"]
Origin = Literal["shape", "recipe", "config", "option"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a rebuilt network takes and returns.

    Args:
        input: what it takes first.
        range: of the images it takes and produces.
        scores: of a discriminator: raw scores, or probabilities after a sigmoid.
        features: whether it returns features beside its scores.
        logs: loss -> the convention that the training of this family logs, where that is not the default.
        latent_shape: of one sample.
        channels: order of the colour channels of images.
        beside: roles of what a generator returns behind what it makes, such as mu and logvar.
        n_classes: of the labels that it takes beside its input; None where it takes none.
        recipe: the training code whose choices were assumed where neither shapes nor config tell, as owner/name.
    """

    input: Literal["image", "latents", "mel", "waveform", "spectrogram"]
    range: tuple[float, float] | None = None
    scores: Literal["logits", "probabilities"] | None = None
    features: bool = False
    logs: Mapping[str, str] = field(default_factory=dict)
    latent_shape: tuple[int, ...] | None = None
    channels: Literal["RGB", "BGR"] = "RGB"
    beside: tuple[str, ...] = ()
    n_classes: int | None = None
    recipe: str | None = None


# what most discriminators of images are
ImageScores = partial(Task, input="image", range=(-1.0, 1.0), scores="logits", features=True)


@dataclass(frozen=True, kw_only=True)
class Match:
    """A recognised architecture.

    Args:
        architecture: name of the family.
        role: generator or discriminator.
        hyperparameters: arguments of its network's constructor.
        origins: where each came from: read off a shape, given by the family's recipe, by the config beside the
            file, or by the user's option.
        task: what it takes and returns.
    """

    architecture: str
    role: Role
    hyperparameters: Mapping[str, Any]
    origins: Mapping[str, Origin]
    task: Task


def matched(
    architecture: str,
    role: Role,
    hyperparameters: Mapping[str, Any],
    task: Task,
    origins: Mapping[str, Origin] | None = None,
) -> Match:
    """A match whose hyper-parameters were read off shapes, but for those whose origin is given."""
    of_shapes: dict[str, Origin] = dict.fromkeys(hyperparameters, "shape")
    return Match(
        architecture=architecture,
        role=role,
        hyperparameters=hyperparameters,
        origins={**of_shapes, **(origins or {})},
        task=task,
    )


@dataclass(frozen=True, kw_only=True)
class Family:
    """One row of the table of architectures.

    Args:
        name: as reports print it.
        detect: names and shapes, and the config of the file -> a match, or None.
        network: what its hyper-parameters are the arguments of, in io/networks: "module.Class".
        ignores: whether a key of a state dict means nothing to this network, such as statistics of old layers.
    """

    name: str
    detect: Callable[[Shapes, Mapping[str, Any]], Match | None]
    network: str
    ignores: Callable[[Match, str], bool] = lambda _match, _key: False

    def build(self, match: Match) -> nn.Module:
        """An untrained network; imports torch."""
        module, _, name = self.network.partition(".")
        make = getattr(importlib.import_module(f"ganloss_cli.io.networks.{module}"), name)
        return make(**match.hyperparameters)  # type: ignore[no-any-return]
