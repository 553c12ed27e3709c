"""Recognises StyleGAN2 as rosinality/stylegan2-pytorch and ppeetteerrs/stylegan2-torch write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from ganloss_cli.io.architectures.recipes import Recipe, named, settle
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, Task, matched

GENERATOR = "StyleGAN2 generator"
DISCRIMINATOR = "StyleGAN2 discriminator"
_ROSINALITY = "rosinality/stylegan2-pytorch"
_PPEETTEERRS = "ppeetteerrs/stylegan2-torch"
# lengths of the filter -> its taps
_TAPS = {4: [1.0, 3.0, 3.0, 1.0], 2: [1.0, 1.0], 3: [1.0, 2.0, 1.0]}


def _detect_generator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    ppeetteerrs = "mapping.1.weight" in shapes and "convs.0.affine.weight" in shapes
    mapping, up, first_image = (
        ("mapping", "up_convs.{}.weight", "to_rgbs.0.weight")
        if ppeetteerrs
        else ("style", "convs.{}.conv.weight", "to_rgb1.conv.weight")
    )
    constant, image, style = (shapes.get(key, ()) for key in ("input.input", first_image, f"{mapping}.1.weight"))
    if len(constant) != 4 or len(image) != 5 or len(style) != 2 or not named(config, GENERATOR, "stylegan2"):
        return None
    step = 1 if ppeetteerrs else 2
    channels = [constant[1]]
    while len(kernel := shapes.get(up.format(step * (len(channels) - 1)), ())) == 5:
        channels.append(kernel[1])
    settled = _settle(shapes, config, "generator", {"mapping_learning_rate": 0.01}, ppeetteerrs=ppeetteerrs)
    hyperparameters = {
        "channels": channels,
        "image_channels": image[1],
        "style": style[1],
        "n_mapping": sum(1 for key in shapes if re.fullmatch(rf"{mapping}\.\d+\.weight", key)),
        "stored_noise": "noises.noise_0" in shapes,
        "ppeetteerrs": ppeetteerrs,
        **settled.settings,
    }
    task = Task(input="latents", range=(-1.0, 1.0), latent_shape=(style[1],), recipe=settled.recipe)
    return matched(GENERATOR, "generator", hyperparameters, task, settled.origins)


def _detect_discriminator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    ppeetteerrs = "blocks.0.0.weight" in shapes
    blocks = "blocks" if ppeetteerrs else "convs"
    first, block = shapes.get(f"{blocks}.0.0.weight", ()), f"{blocks}.{{}}.skip.1.weight"
    final = shapes.get("final_conv.0.weight", ())
    if first[2:] != (1, 1) or len(final) != 4 or not named(config, DISCRIMINATOR, "stylegan2"):
        return None
    channels = [first[0]]
    while len(kernel := shapes.get(block.format(len(channels)), ())) == 4:
        channels.append(kernel[0])
    if final[1] != channels[-1] + 1:
        return None  # no channel for the spread within a group
    settled = _settle(shapes, config, "discriminator", {"group": 4}, ppeetteerrs=ppeetteerrs)
    hyperparameters = {
        "channels": channels,
        "image_channels": first[1],
        "hidden": final[0],
        "ppeetteerrs": ppeetteerrs,
        **settled.settings,
    }
    task = ImageScores(recipe=settled.recipe)
    return matched(DISCRIMINATOR, "discriminator", hyperparameters, task, settled.origins)


def _settle(
    shapes: Shapes,
    config: Mapping[str, Any],
    role: Literal["generator", "discriminator"],
    constant: Mapping[str, Any],
    *,
    ppeetteerrs: bool,
) -> Any:
    """The constants of the code, and the taps by the length of a filter; their values lie in the file."""
    length = next((shape[0] for key, shape in shapes.items() if key.endswith(".kernel") and shape), 4)
    taps = _TAPS.get(length, [1.0] * length)
    source = _PPEETTEERRS if ppeetteerrs else _ROSINALITY
    recipe = Recipe(source=source, settings={"taps": taps, **constant})
    return settle(f"StyleGAN2 {role}", role, tuple(recipe.settings), [recipe], config)


FAMILIES = (
    Family(name=GENERATOR, detect=_detect_generator, network="stylegan2.StyleGAN2Generator"),
    Family(name=DISCRIMINATOR, detect=_detect_discriminator, network="stylegan2_discriminator.StyleGAN2Discriminator"),
)
