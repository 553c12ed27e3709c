"""Recognises the auto-encoder of stable-audio-tools: Oobleck's convolutions around a Gaussian of the latents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.architectures.dac import convolutions_of, plain_names, sample_rate_of
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

NAME = "Oobleck VAE"
SOURCE = "Stability-AI/stable-audio-tools"
# configs/model_configs/autoencoders/stable_audio_2_0_vae.json
_PUBLISHED = Recipe(source=SOURCE, settings={"tanh": False})
_RATES, _SAMPLE_RATE = [2, 4, 4, 8, 8], 44100


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, NAME) or not any(key.startswith("encoder.layers.1.layers.0.layers.1.") for key in shapes):
        return None
    names = plain_names(shapes)
    plain = plain_shapes({names[key]: shape for key, shape in shapes.items()})
    found = convolutions_of(plain)
    if found is None or any(not key.startswith(("encoder.", "decoder.")) for key in plain):
        return None
    ends = {name: found.pop(name) for name in ("encoder_in", "encoder_out", "decoder_in", "decoder_out")}
    if ends["encoder_out"] != 2 * ends["decoder_in"] or f"decoder.{len(found['decoder_rates']) + 2}.bias" in plain:
        return None
    told = {"tanh": _told(config)} if _told(config) is not None else {}
    settled = settle(NAME, "generator", ("tanh",), [_PUBLISHED], {ARCH_ARGS: config.get(ARCH_ARGS), **told})
    hyperparameters = {
        "in_channels": ends["encoder_in"], "out_channels": ends["decoder_out"], "n_latents": ends["decoder_in"],
        "snake": "encoder.1.3.beta" in plain, **found, **settled.settings,
    }  # fmt: skip
    known = _SAMPLE_RATE if found["encoder_rates"] == _RATES else None
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), output="waveform", hop=math.prod(found["encoder_rates"]),
        takes=("noise",), beside=("mu", "sigma"), recipe=recipe_of(config), n_channels=ends["encoder_in"],
        sample_rate=sample_rate_of(config) or known, logs={"kl": "stable_audio", "mrstft": "stable_audio"},
    )  # fmt: skip
    return matched(NAME, "generator", hyperparameters, task, settled.origins)


def critic_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What model_config.json says of the discriminator; nothing where there is none."""
    found: Any = config
    for name in ("training", "loss_configs", "discriminator", "config"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def recipe_of(config: Mapping[str, Any]) -> str:
    """The training, as owner/name and the name of its recipe."""
    return f"{SOURCE} stable_audio{'_rpgan' if critic_of(config).get('loss_type') == 'rpgan' else ''}"


def _told(config: Mapping[str, Any]) -> bool | None:
    """Whether what is made goes through tanh, by model_config.json: in the decoder, unless it says no, or behind it."""
    model = config.get("model")
    decoder = model.get("decoder") if isinstance(model, Mapping) else None
    settings = decoder.get("config") if isinstance(decoder, Mapping) else None
    if not isinstance(model, Mapping) or not isinstance(settings, Mapping):
        return None
    return bool(settings.get("final_tanh", True)) or bool(model.get("soft_clip", False))


FAMILIES = (Family(name=NAME, detect=_detect, network="oobleck.Oobleck"),)
