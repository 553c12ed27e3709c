"""Recognises MelGAN's generator and discriminator (descriptinc/melgan-neurips)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.architectures.hifigan_recipes import HIFIGAN_MEL
from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

GENERATOR, DISCRIMINATOR = "MelGAN generator", "MelGAN discriminator"
_SOURCE = "descriptinc/melgan-neurips"
# scripts/train.py names the sample rate and the bands, mel2wav/modules.py the rest: HiFi-GAN's, up to half the rate
_MEL = replace(HIFIGAN_MEL, fmax=None, convention="melgan")
_FIRST_SUB = "model.disc_0.model"
_LAYER = re.compile(r"model\.(\d+)\.weight")
_RESIDUAL = re.compile(r"model\.(\d+)\.shortcut\.weight")


def _detect_generator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, GENERATOR) or not any(key.startswith("model.4.shortcut.") for key in shapes):
        return None
    plain = plain_shapes(shapes)
    indices = sorted(int(match[1]) for key in plain if (match := _LAYER.fullmatch(key)))
    blocks = {int(match[1]) for key in plain if (match := _RESIDUAL.fullmatch(key))}
    n_residual, n_ups = next(k for k in range(len(blocks) + 1) if 4 + k not in blocks), len(indices) - 2
    ups = [3 + stage * (n_residual + 2) for stage in range(n_ups)]
    # after the last residual block: an activation, padding, the last convolution
    if n_ups < 1 or indices != [1, *ups, ups[-1] + n_residual + 3] or len(blocks) != n_ups * n_residual:
        return None
    first, last = plain["model.1.weight"], plain[f"model.{indices[-1]}.weight"]
    kernels = [plain[f"model.{up}.weight"] for up in ups]
    if not all(is_kernel(kernel, 3) for kernel in (first, last, *kernels)):
        return None
    channels = [first[0], *(kernel[1] for kernel in kernels)]
    if first[2:] != (7,) or last != (1, channels[-1], 7) or any(kernel[2] % 2 for kernel in kernels):
        return None
    ratios = [kernel[2] // 2 for kernel in kernels]
    hyperparameters = {"in_channels": first[1], "channels": channels, "ratios": ratios, "n_residual": n_residual}
    mel = _MEL if (first[1], math.prod(ratios)) == (_MEL.n_mels, _MEL.hop) else None
    task = AudioTask(
        input="mel",
        range=(-1.0, 1.0),
        recipe=_SOURCE,
        output="waveform",
        hop=math.prod(ratios),
        mel=mel,
    )
    return matched(GENERATOR, "generator", hyperparameters, task)


def _detect_discriminator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, DISCRIMINATOR) or not any(key.startswith("model.disc_0.model.layer_0.") for key in shapes):
        return None
    plain = plain_shapes(shapes)
    n_scales = len(numbered(plain, "model.disc_{}.model.layer_0.1.weight", 3))
    first = plain.get(f"{_FIRST_SUB}.layer_0.1.weight", ())
    # layer_0 begins with its padding
    inner = numbered({**plain, f"{_FIRST_SUB}.layer_0.0.weight": first}, f"{_FIRST_SUB}.layer_{{}}.0.weight", 3)[1:]
    # a weight and a bias for the first layer, the strided ones, the wide one and the logit map
    if len(inner) < 2 or first[1:] != (1, 15) or len(plain) != 2 * n_scales * (len(inner) + 2):
        return None
    channels, strided = [first[0], *(kernel[0] for kernel in inner)], inner[:-1]
    hyperparameters = {
        "n_scales": n_scales,
        "channels": channels,
        "groups": [before // kernel[1] for before, kernel in zip(channels, strided, strict=False)],
        "factor": strided[0][2] // 10,
    }
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, logs={"fm": "melgan"}, recipe=_SOURCE
    )
    return matched(DISCRIMINATOR, "discriminator", hyperparameters, task)


FAMILIES = (
    Family(name=GENERATOR, detect=_detect_generator, network="melgan.MelganGenerator"),
    Family(name=DISCRIMINATOR, detect=_detect_discriminator, network="melgan.MelganDiscriminator"),
)
