"""Recognises the ResNets of GAN_stability: its models resnet, resnet2, resnet3 and resnet4."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import named, natural
from ganloss_cli.io.architectures.spellings import is_kernel
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, Task, matched
from ganloss_cli.records.listing import grouped

GENERATOR = "GAN_stability ResNet generator"
DISCRIMINATOR = "GAN_stability ResNet discriminator"
_BLOCK = re.compile(r"(resnet(?:\.(\d+)|_(\d+)_\d+))\.conv_0\.weight")
_SOURCE = "LMescheder/GAN_stability"
_LAST_OF_RESNET3 = 5
_WIDE = 7  # the kernel of resnet3's and resnet4's convolutions of images; the other two have 3


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    stages = _stages(shapes)
    scores = "embedding.weight" not in shapes
    linear, image = shapes.get("fc.weight", ()), shapes.get("conv_img.weight", ())
    if not stages or not is_kernel(linear, 2) or not is_kernel(image, 4):
        return None
    if not named(config, DISCRIMINATOR if scores else GENERATOR, "GAN_stability"):
        return None
    channels = _channels(shapes, [key for stage in stages for key in stage])
    if channels is None:
        return None
    beside, values = (channels[-1], linear[1]) if scores else (channels[0], linear[0])
    bottom = math.isqrt(values // beside)
    if values != beside * bottom**2 or (image[0] if scores else image[1]) != (channels[0] if scores else channels[-1]):
        return None
    # resnet3 has a resampling more than the others, on the side of the image, and resnet4 a stage more in its place
    third = image[2] == _WIDE and len(stages) == _LAST_OF_RESNET3 + 1
    common = {"keys": stages, "channels": channels, "bottom": bottom, "kernel": image[2]}
    if scores:
        hyperparameters: dict[str, Any] = {**common, "n_classes": linear[0], "halves_first": third}
        task = ImageScores(n_classes=linear[0], recipe=_SOURCE)
        return matched(DISCRIMINATOR, "discriminator", hyperparameters, task, {"halves_first": "recipe"})
    embedding = shapes["embedding.weight"]
    if not is_kernel(embedding, 2) or linear[1] <= embedding[1]:
        return None
    latent = linear[1] - embedding[1]
    hyperparameters = {
        **common, "n_classes": embedding[0], "embedding": embedding[1], "latent": latent,
        "unit": image[2] != _WIDE, "doubles_last": third,
    }  # fmt: skip
    task = Task(input="latents", range=(-1.0, 1.0), latent_shape=(latent,), n_classes=embedding[0], recipe=_SOURCE)
    return matched(GENERATOR, "generator", hyperparameters, task, {"unit": "recipe", "doubles_last": "recipe"})


def _stages(shapes: Shapes) -> list[list[str]]:
    """Keys of the blocks: every one a stage in resnet, those of one first number in the others."""
    blocks = map(_BLOCK.fullmatch, natural(filter(_BLOCK.fullmatch, shapes)))
    found = grouped((int(block[2] or block[3]), block[1]) for block in blocks if block)
    return [found[stage] for stage in sorted(found)]


def _channels(shapes: Shapes, keys: list[str]) -> list[int] | None:
    """Before the first block and after every one; None where they do not join up."""
    channels: list[int] = []
    for key in keys:
        first, second = shapes[f"{key}.conv_0.weight"], shapes.get(f"{key}.conv_1.weight", ())
        if not is_kernel(first, 4) or not is_kernel(second, 4) or (channels and channels[-1] != first[1]):
            return None
        channels += [second[0]] if channels else [first[1], second[0]]
    return channels


FAMILIES = (
    Family(name=GENERATOR, detect=_detect, network="gan_stability.GanStabilityGenerator"),
    Family(name=DISCRIMINATOR, detect=_detect, network="gan_stability.GanStabilityDiscriminator"),
)
