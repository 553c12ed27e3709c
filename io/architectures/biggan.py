"""Recognises generators of BigGAN's kind: BigGAN, BigGAN-deep, SAGAN and SNGAN of three repositories."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from ganloss_cli.io.architectures.biggan_names import Names, dialect, is_without_effect, our_names
from ganloss_cli.io.architectures.recipes import Recipe, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

NAME = "BigGAN ResNet generator"
SOURCES: Mapping[Names, str] = {
    "BigGAN-PyTorch": "ajbrock/BigGAN-PyTorch",
    "StudioGAN": "POSTECH-CVLab/PyTorch-StudioGAN",
    "SNGAN": "christiancosgrove/pytorch-spectral-normalization-gan",
}
_DEEP_BLOCKS = 2  # a stage; more only where no stage changes the channels


@dataclass(frozen=True, kw_only=True)
class Conditioning:
    """What the norms are conditioned on."""

    latent: int
    n_classes: int
    condition: int
    conditioning: Literal["shared", "embedded", "one-hot", "none"]
    hierarchical: bool


def plainly_named(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Shapes under our names, without spectral norm."""
    names = our_names(shapes)
    return plain_shapes({names[key]: shape for key, shape in shapes.items() if not is_without_effect(key)})


def is_spectral(shapes: Shapes) -> bool:
    """Whether layers are under spectral norm, torch's or one that keeps a single vector."""
    return bool(spectral_layers(shapes)) or any(name.endswith(".u0") for name in our_names(shapes).values())


def attended(plain: Shapes, n_blocks: int) -> list[int]:
    """Numbers of the blocks that self-attention follows."""
    return [k for k in range(n_blocks) if f"attention.{k}.theta.weight" in plain]


def widths(plain: Shapes, first: int, last: int) -> tuple[list[int], list[int]] | None:
    """Channels before the first block and after every one, and inside every block; None where they do not join up.

    Args:
        plain: shapes under our names.
        first: number of the first convolution of a block.
        last: number of its last.
    """
    inner = numbered(plain, f"blocks.{{}}.conv{first}.weight", 4)
    outer = numbered(plain, f"blocks.{{}}.conv{last}.weight", 4)
    if not inner or len(inner) != len(outer):
        return None
    channels = [inner[0][1], *(kernel[0] for kernel in outer)]
    joined = all(kernel[1] == before for kernel, before in zip(inner, channels, strict=False))
    return (channels, [kernel[0] for kernel in inner]) if joined else None


def activation_recipes(names: Names) -> list[Recipe]:
    """ReLU, which no shape tells; StudioGAN's configurations could ask for another."""
    return [Recipe(source=SOURCES[names], settings={"activation": "relu"})]


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    names = dialect(shapes)
    if names is None or not named(config, NAME, "BigGAN"):
        return None
    plain = plainly_named(shapes)
    linear, image = plain.get("linear.weight", ()), plain.get("output_conv.weight", ())
    deep = "blocks.0.conv4.weight" in plain
    found = widths(plain, 1, 4 if deep else 2)
    if found is None or not is_kernel(linear, 2) or not is_kernel(image, 4):
        return None
    channels, hidden = found
    bottom = math.isqrt(linear[0] // channels[0])
    conditioning = _conditioning(plain, names, linear[1], len(hidden), deep=deep)
    doubles = _doubles(channels, deep=deep)
    if conditioning is None or doubles is None or linear[0] != channels[0] * bottom**2:
        return None
    settled = settle(NAME, "generator", ("activation",), activation_recipes(names), config)
    hyperparameters = {
        "names": names,
        **vars(conditioning),
        "channels": channels,
        "hidden": hidden,
        "bottom": bottom,
        "doubles": doubles,
        "attention": attended(plain, len(hidden)),
        "learned": "blocks.0.conv_sc.weight" in plain,
        "deep": deep,
        "spectral": is_spectral(shapes),
        "image_channels": image[0],
        **settled.settings,
    }
    task = Task(
        input="latents",
        range=(-1.0, 1.0),
        latent_shape=(conditioning.latent,),
        n_classes=conditioning.n_classes or None,
        recipe=SOURCES[names],
    )
    return matched(NAME, "generator", hyperparameters, task, {"doubles": "recipe", **settled.origins})


def _conditioning(plain: Shapes, names: Names, eaten: int, n_blocks: int, *, deep: bool) -> Conditioning | None:
    """How latents and labels reach the norms, from the sizes of their layers.

    Args:
        plain: shapes under our names.
        names: whose they are.
        eaten: values that the first layer takes.
        n_blocks: of the network.
        deep: whether every block is conditioned on the whole latent.
    """
    gain, shared = plain.get("blocks.0.bn1.gain.weight", ()), plain.get("shared.weight", ())
    if not gain:
        plainly = "blocks.0.bn1.running_mean" in plain and not deep
        found = Conditioning(latent=eaten, n_classes=0, condition=0, conditioning="none", hierarchical=False)
        return found if plainly and names != "BigGAN-PyTorch" else None
    if not is_kernel(gain, 2) or (shared and not is_kernel(shared, 2)):
        return None
    if not shared and names == "BigGAN-PyTorch":  # an embedding: a row a class
        found = Conditioning(
            latent=eaten, n_classes=gain[0], condition=gain[0], conditioning="embedded", hierarchical=False
        )
        return None if deep else found
    condition, (n_classes, embedded) = gain[1], shared or (0, 0)
    conditioning: Literal["shared", "none"] = "shared" if shared else "none"
    found = Conditioning(
        latent=eaten, n_classes=n_classes, condition=condition, conditioning=conditioning, hierarchical=False
    )
    if deep:
        whole = replace(found, latent=eaten - embedded, hierarchical=True)
        return whole if condition == eaten > embedded else None
    if condition == embedded + eaten:
        return replace(found, latent=eaten * (n_blocks + 1), hierarchical=True)
    if shared:
        return found if condition == embedded else None
    return replace(found, n_classes=condition, conditioning="one-hot")


def _doubles(channels: list[int], *, deep: bool) -> list[int] | None:
    """Numbers of the blocks that double the size: all, or the last of every stage; None without whole stages.

    The generators for 32 pixels have three stages of equal channels; the deep ones for more have two blocks a stage.
    """
    n_blocks = len(channels) - 1
    if not deep:
        return list(range(n_blocks))
    even = len(set(channels)) == 1 and n_blocks % 3 == 0
    depth = n_blocks // 3 if even else _DEEP_BLOCKS
    changes = [k for k, (before, after) in enumerate(pairwise(channels)) if before != after]
    if n_blocks % depth or any((k + 1) % depth for k in changes):
        return None
    return list(range(depth - 1, n_blocks, depth))


def _ignores(_match: Match, key: str) -> bool:
    # a counter says how many batches lie in statistics that are sums
    return is_without_effect(key) and not key.endswith("accumulation_counter")


FAMILY = Family(name=NAME, detect=_detect, network="biggan.BigGANGenerator", ignores=_ignores)
