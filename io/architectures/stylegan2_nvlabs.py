"""Recognises StyleGAN2 as NVlabs/stylegan2-ada-pytorch writes it, without labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, Settled, named, settle
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, Task, matched

GENERATOR, DISCRIMINATOR = "StyleGAN2-ADA generator", "StyleGAN2-ADA discriminator"
_SOURCE = "NVlabs/stylegan2-ada-pytorch"
_TAPS = [1.0, 3.0, 3.0, 1.0]
# train.py: half precision at the highest resolutions is clamped, and the conv_clamp is the same without it
_CLAMP = 256.0


def _detect_generator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    constant, style = shapes.get("synthesis.b4.const", ()), shapes.get("mapping.fc0.weight", ())
    if len(constant) != 3 or len(style) != 2 or not named(config, GENERATOR) or "mapping.embed.weight" in shapes:
        return None
    channels = [constant[0]]
    while len(kernel := shapes.get(f"synthesis.b{2 ** (len(channels) + 2)}.conv1.weight", ())) == 4:
        channels.append(kernel[0])
    layers = [shape for key, shape in shapes.items() if re.fullmatch(r"mapping\.fc\d+\.weight", key)]
    images = [shapes.get(f"synthesis.b{4 * 2**stage}.torgb.weight", ()) for stage in range(len(channels))]
    if any(shape != style for shape in layers) or style[0] != style[1] or any(len(image) != 4 for image in images):
        return None  # skip connections of another kind, or latents of another length than the styles
    constants = {"taps": _TAPS, "clamp": _CLAMP, "mapping_learning_rate": 0.01}
    settled = _settle("generator", GENERATOR, constants, config)
    hyperparameters = {
        "channels": channels,
        "image_channels": images[0][0],
        "style": style[1],
        "n_mapping": len(layers),
        "stored_noise": "synthesis.b4.conv1.noise_const" in shapes,
        **settled.settings,
    }
    task = Task(input="latents", range=(-1.0, 1.0), latent_shape=(style[1],), recipe=settled.recipe)
    return matched(GENERATOR, "generator", hyperparameters, task, settled.origins)


def _detect_discriminator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    last, out = shapes.get("b4.conv.weight", ()), shapes.get("b4.out.weight", ())
    if len(last) != 4 or not named(config, DISCRIMINATOR) or out[:1] != (1,):
        return None
    sizes = [int(match[1]) for key in shapes if (match := re.fullmatch(r"b(\d+)\.fromrgb\.weight", key))]
    if len(sizes) != 1:
        return None
    n_stages = sizes[0].bit_length() - 3
    first = shapes[f"b{sizes[0]}.fromrgb.weight"]
    skips = [shapes.get(f"b{sizes[0] >> stage}.skip.weight", ()) for stage in range(n_stages)]
    if len(first) != 4 or n_stages < 1 or sizes[0] != 4 << n_stages or any(len(skip) != 4 for skip in skips):
        return None  # not the residual kind
    channels = [first[0], *(skip[0] for skip in skips)]
    if last[1] != channels[-1] + 1:
        return None
    settled = _settle("discriminator", DISCRIMINATOR, {"taps": _TAPS, "clamp": _CLAMP, "group": 4}, config)
    hyperparameters = {
        "channels": channels,
        "image_channels": first[1],
        "hidden": last[0],
        **settled.settings,
    }
    task = ImageScores(recipe=settled.recipe)
    return matched(DISCRIMINATOR, "discriminator", hyperparameters, task, settled.origins)


def _settle(
    role: Literal["generator", "discriminator"], name: str, constants: Mapping[str, Any], config: Mapping[str, Any]
) -> Settled:
    """What no shape tells: from the arguments that the pickled module was made with, else as train.py has it."""
    told = {key: value for key, value in _made_with(role, config).items() if key in constants}
    given = {**told, ARCH_ARGS: config.get(ARCH_ARGS)}
    # one by one: a training with another clamp has the same filters
    each = [settle(name, role, (key,), [_recipe({key: value})], given) for key, value in constants.items()]
    settings = {key: value for one in each for key, value in one.settings.items()}
    return Settled(
        settings={**settings, "clamp": None if settings["clamp"] == "none" else settings["clamp"]},
        origins={key: origin for one in each for key, origin in one.origins.items()},
        recipe=next((one.recipe for one in each if one.recipe), None),
    )


def _recipe(settings: Mapping[str, Any]) -> Recipe:
    return Recipe(source=_SOURCE, settings=settings)


def _made_with(role: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's arguments that a pickle of modules keeps, in our words."""
    kept = config.get("init_kwargs")
    initial = "G" if role == "generator" else "D"
    own = next(
        (v for k, v in kept.items() if str(k).startswith(initial) and isinstance(v, Mapping)), None
    ) if isinstance(kept, Mapping) else None  # fmt: skip
    if own is None:
        return {}
    made: dict[str, Any] = {"clamp": own.get("conv_clamp")}
    if role == "generator":
        synthesis, mapping = _inner(own, "synthesis_kwargs"), _inner(own, "mapping_kwargs")
        made = {"clamp": synthesis.get("conv_clamp", own.get("conv_clamp"))}
        if "lr_multiplier" in mapping:
            made["mapping_learning_rate"] = mapping["lr_multiplier"]
    elif "mbstd_group_size" in (epilogue := _inner(own, "epilogue_kwargs")):
        made["group"] = epilogue["mbstd_group_size"]
    return made


def _inner(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = settings.get(name)
    return inner if isinstance(inner, Mapping) else {}


FAMILIES = (
    Family(name=GENERATOR, detect=_detect_generator, network="stylegan2_nvlabs.NvlabsGenerator"),
    Family(name=DISCRIMINATOR, detect=_detect_discriminator, network="stylegan2_nvlabs.NvlabsDiscriminator"),
)
