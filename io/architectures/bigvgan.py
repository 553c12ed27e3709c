"""Recognises BigVGAN's generators (NVIDIA/BigVGAN), of its first and of its second version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganloss_cli.io.architectures.audio_task import AudioTask, audio_settings
from ganloss_cli.io.architectures.hifigan import layout_of, sizes_of
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

GENERATOR, SOURCE = "BigVGAN generator", "NVIDIA/BigVGAN"
_UP = re.compile(r"ups\.(\d+)\.0\.")
_OF_ACTIVATION = re.compile(r"(.*\.)?(act\.(alpha|beta)|upsample\.filter|downsample\.lowpass\.filter)")
_CHOICES = ("snake_logscale", "use_tanh_at_final")


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, GENERATOR) or "activation_post.act.alpha" not in shapes:
        return None
    plain = plain_shapes(shapes)
    found = layout_of({_UP.sub(r"ups.\1.", key): plain[key] for key in plain if not _OF_ACTIVATION.fullmatch(key)})
    if found is None:
        return None
    layout = replace(found, kind=("bigvgan",))
    sizes = sizes_of(GENERATOR, layout, config)
    settings = {**audio_settings(config), ARCH_ARGS: config.get(ARCH_ARGS) or {}}
    if "snake_logscale" in settings:  # a config of this code, which ends in tanh where it says nothing of it
        settings = {"use_tanh_at_final": True, **settings}
    # the second version has neither tanh nor bias at its end
    known = Recipe(source=SOURCE, settings={"snake_logscale": True, "use_tanh_at_final": layout.post_bias})
    chosen = settle(GENERATOR, "generator", _CHOICES, [known], settings)
    second = bool(settings.get("use_multiscale_melloss", not layout.post_bias))
    task = AudioTask(
        input="mel",
        range=(-1.0, 1.0),
        recipe=f"{SOURCE} {'bigvgan_v2' if second else 'bigvgan'}",
        output="waveform",
        hop=sizes.hop,
        mel=sizes.mel,
        loss_settings=sizes.mel.as_in_loss() if sizes.mel and not second else {},
    )
    hyperparameters = {
        **{key: value for key, value in sizes.hyperparameters.items() if key != "condition_channels"},
        "beta": "activation_post.act.beta" in shapes,
        "log_scale": chosen.settings["snake_logscale"],
        "tanh": chosen.settings["use_tanh_at_final"],
    }
    told = {"log_scale": chosen.origins["snake_logscale"], "tanh": chosen.origins["use_tanh_at_final"]}
    return matched(GENERATOR, "generator", hyperparameters, task, {**sizes.origins, **told})


FAMILIES = (Family(name=GENERATOR, detect=_detect, network="bigvgan.BigvganGenerator"),)
