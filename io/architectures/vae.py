"""Recognises the variational auto-encoder of pytorch/examples.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task

if TYPE_CHECKING:
    from torch import nn

NAME = "Linear VAE"
_LAYERS = ("fc1", "fc21", "fc22", "fc3", "fc4")


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if set(shapes) != {f"{layer}.{part}" for layer in _LAYERS for part in ("weight", "bias")} or not named(
        config, NAME
    ):
        return None
    (hidden, n_values), (latent, _) = shapes["fc1.weight"], shapes["fc21.weight"]
    wanted = {"fc21": (latent, hidden), "fc22": (latent, hidden), "fc3": (hidden, latent), "fc4": (n_values, hidden)}
    if any(shapes[f"{layer}.weight"] != shape for layer, shape in wanted.items()):
        return None
    hyperparameters = {"n_values": n_values, "hidden": hidden, "latent": latent}
    return Match(
        architecture=NAME,
        role="generator",
        hyperparameters=hyperparameters,
        origins=dict.fromkeys(hyperparameters, "shape"),
        task=Task(
            eats="image",
            range=(0.0, 1.0),
            logs={"kl": "vae_example"},
            beside=("mu", "logvar"),
            recipe="pytorch/examples vae",
        ),
    )


def _build(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.vae import LinearVAE

    return LinearVAE(**match.hyperparameters)


FAMILY = Family(name=NAME, detect=_detect, build=_build)
