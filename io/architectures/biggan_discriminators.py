"""Recognises discriminators of BigGAN's kind: BigGAN, BigGAN-deep, SAGAN and SNGAN of three repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ganloss_cli.io.architectures.biggan import (
    SOURCES,
    activation_recipes,
    attended,
    is_spectral,
    plainly_named,
    widths,
)
from ganloss_cli.io.architectures.biggan_names import Names, dialect, is_without_effect
from ganloss_cli.io.architectures.recipes import named, settle
from ganloss_cli.io.architectures.spellings import is_kernel
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, matched

NAME = "BigGAN ResNet discriminator"
_LOGS: Mapping[Names, Mapping[str, str]] = {
    "BigGAN-PyTorch": {"d_hinge": "biggan", "g_hinge": "biggan"},
    "StudioGAN": {},
    "SNGAN": {},
}
# channels after every stage, in units of those before the first -> whether the stage halves the size
_DEEP_STAGES: Mapping[tuple[float, ...], tuple[bool, ...]] = {
    (1, 1, 1): (True, True, False),
    (2, 4, 8, 16): (True,) * 4,
    (2, 4, 8, 16, 16): (True,) * 5,
    (2, 4, 8, 8, 16, 16): (True,) * 6,
    (1, 2, 4, 8, 8, 16, 16): (True,) * 7,
}


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    names = dialect(shapes)
    if names is None or not named(config, NAME, "BigGAN"):
        return None
    plain = plainly_named(shapes)
    linear, deep = plain.get("linear.weight", ()), "blocks.0.conv4.weight" in plain
    found = widths(plain, 1, 4 if deep else 2)
    image = plain.get("input_conv.weight" if deep else "blocks.0.conv1.weight", ())
    if found is None or "output_conv.weight" in plain or not is_kernel(linear, 2) or not is_kernel(image, 4):
        return None
    channels, hidden = found
    learned = [k for k in range(len(hidden)) if f"blocks.{k}.conv_sc.weight" in plain]
    # the last block keeps the size even where its channels change
    halves = _halves_deep(channels) if deep else [k for k in learned if k < len(hidden) - 1]
    head = _head(plain, shapes, linear)
    if halves is None or head is None or linear[1] != channels[-1] or not (deep or 0 in learned):
        return None
    settled = settle(NAME, "discriminator", ("activation",), activation_recipes(names), config)
    n_classes = plain["embed.weight"][0] if head == "projection" else 0
    hyperparameters = {
        "names": names,
        "channels": channels,
        "hidden": hidden,
        "halves": halves,
        "learned": learned,
        "attention": attended(plain, len(hidden)),
        "n_classes": n_classes,
        "head": head,
        "deep": deep,
        "spectral": is_spectral(shapes),
        "image_channels": image[1],
        **settled.settings,
    }
    task = ImageScores(
        logs=_LOGS[names],
        n_classes=n_classes or None,
        recipe=SOURCES[names],
    )
    return matched(NAME, "discriminator", hyperparameters, task, {"halves": "recipe", **settled.origins})


def _head(plain: Shapes, shapes: Shapes, linear: tuple[int, ...]) -> Literal["projection", "none"] | None:
    """How labels enter the score; None for a network with several outputs: MDGAN's and MHGAN's look alike.

    A StudioGAN discriminator with a second linear layer classifies beside its score, and needs no label for that.
    """
    if linear[0] != 1:
        return None
    embedded = plain.get("embed.weight", ())
    classifies = any(key.startswith("linear2.") for key in shapes)
    projects = is_kernel(embedded, 2) and embedded[1] == linear[1] and not classifies
    return "projection" if projects else "none" if classifies or not embedded else None


def _halves_deep(channels: list[int]) -> list[int] | None:
    """Numbers of the blocks that halve the size: the first of every stage that does."""
    after, n_blocks = channels[1:], len(channels) - 1
    for stages, halves in _DEEP_STAGES.items():
        depth = n_blocks // len(stages)
        if n_blocks == depth * len(stages) and after == [channels[0] * n for n in stages for _ in range(depth)]:
            return [stage * depth for stage, half in enumerate(halves) if half]
    return None


def _ignores(match: Match, key: str) -> bool:
    """What is no part of the score; the embedding of a head that classifies is not."""
    classifies = match.hyperparameters["head"] == "none" and key.startswith("embedding.")
    return classifies or is_without_effect(key)


FAMILY = Family(name=NAME, detect=_detect, network="biggan.BigGANDiscriminator", ignores=_ignores)
