"""Recognises stacks of linear layers, whose activations only the training code tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.io.architectures.recipes import Recipe, all_used, named, norms_behind, settle, stems
from ganloss_cli.io.architectures.spellings import chain
from ganloss_cli.io.architectures.task import Family, Match, Role, Shapes, Task, matched

NAME = "MLP"
_UNKNOWN = ("activation", "slope", "norm_eps", "end")


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A stack of a known training code: the sizes of its data and of its latents may differ, its inside may not."""

    source: str
    role: Role
    keys: tuple[str, ...]
    hidden: tuple[int, ...]
    norm_keys: tuple[str | None, ...]
    activation: str = "leaky_relu"
    slope: float = 0.2
    norm_eps: float = 1e-5
    end: str
    logs_half: bool = False  # its training reports half the sum of the real and the fake side

    def has_layers(self, keys: Sequence[str], norm_keys: Sequence[str | None]) -> bool:
        """Whether these are its layers, as they stand or without the prefix that names the network in its file."""
        layers = [*self.keys, *self.norm_keys]
        bare = [key and key.rpartition(".")[2] for key in layers]
        return [*keys, *norm_keys] in (layers, bare)

    def recipe(self) -> Recipe:
        return Recipe(source=self.source, settings={name: getattr(self, name) for name in _UNKNOWN})


def _plain(source: str, role: Role, prefix: str, **rest: Any) -> _Known:
    """A Sequential of linear layers with an activation behind each: 0, 2, 4 ..."""
    keys = tuple(f"{prefix}{2 * layer}" for layer in range(len(rest["hidden"]) + 1))
    return _Known(source=source, role=role, keys=keys, norm_keys=(None,) * len(keys), **rest)


_KNOWN = (
    *(
        known
        for source in ("yunjey/pytorch-tutorial", "csinva/gan-vae-pretrained-pytorch", "dsjardim/pytorch_gan")
        for known in (
            _plain(source, "generator", "", hidden=(256, 256), activation="relu", slope=0.0, end="tanh"),
            _plain(source, "discriminator", "", hidden=(256, 256), end="sigmoid"),
        )
    ),
    *(
        known
        # the same names and widths, another slope: only --arch-args can tell them apart
        for source, slope in (("aladdinpersson/Machine-Learning-Collection", 0.01), ("ashish-dalal's copy of it", 0.1))
        for known in (
            _plain(source, "generator", "gen.", hidden=(256,), slope=slope, end="tanh"),
            _plain(source, "discriminator", "disc.", hidden=(128,), slope=slope, end="sigmoid", logs_half=True),
        )
    ),
    _Known(
        source="eriklindernoren/PyTorch-GAN gan, wgan, wgan_gp",
        role="generator",
        keys=("model.0", "model.2", "model.5", "model.8", "model.11"),
        hidden=(128, 256, 512, 1024),
        norm_keys=(None, "model.3", "model.6", "model.9", None),
        norm_eps=0.8,
        end="tanh",
    ),
    *(
        _plain(f"eriklindernoren/PyTorch-GAN {name}", "discriminator", "model.", hidden=(512, 256), **rest)
        for name, rest in (("gan", {"end": "sigmoid", "logs_half": True}), ("wgan, wgan_gp", {"end": "none"}))
    ),
)


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys = stems(shapes, ".weight", 2)
    norms = stems(shapes, ".running_mean", 1)
    if len(keys) < 2 or not named(config, NAME) or not all_used(shapes, [*keys, *norms]):
        return None
    widths = chain([shapes[f"{key}.weight"] for key in keys])
    if widths is None or any(f"{key}.bias" not in shapes for key in keys):
        return None
    role: Role = "discriminator" if widths[-1] == 1 else "generator"
    norm_keys = norms_behind(keys, norms)
    fitting = [
        known
        for known in _KNOWN
        if (known.role, known.hidden) == (role, tuple(widths[1:-1])) and known.has_layers(keys, norm_keys)
    ]
    settled = settle(NAME, role, _UNKNOWN, [known.recipe() for known in fitting], config)
    judges = role == "discriminator"
    hyperparameters = {
        "keys": keys,
        "widths": widths,
        "norm_keys": norm_keys,
        "image_shape": None if judges else _image_shape(widths[-1]),
        "judges": judges,
        **settled.settings,
    }
    probabilities = settled.settings["end"] == "sigmoid"
    task = Task(
        input="image" if judges else "latents",
        range=(0.0, 1.0) if settled.settings["end"] == "sigmoid" and not judges else (-1.0, 1.0),
        scores=("probabilities" if probabilities else "logits") if judges else None,
        features=judges,
        logs={"d_bce": "discogan"} if fitting and all(known.logs_half for known in fitting) else {},
        latent_shape=None if judges else (widths[0],),
        recipe=settled.recipe,
    )
    return matched(NAME, role, hyperparameters, task, {"image_shape": "recipe", **settled.origins})


def _image_shape(n_values: int) -> list[int] | None:
    """A square image of one channel, else of three, else none."""
    for channels in (1, 3):
        side = math.isqrt(n_values // channels)
        if channels * side * side == n_values:
            return [channels, side, side]
    return None


FAMILY = Family(name=NAME, detect=_detect, network="sequential.LinearStack")
