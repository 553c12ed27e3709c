"""Recognises the HiFi-GAN of kan-bayashi/ParallelWaveGAN and ESPnet: its generator, and its two discriminators.

They are HiFi-GAN's under names of their own, with another last kernel of the period discriminators and other strides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import (
    LONGEST_FRAME,
    MOST_HERTZ,
    AudioTask,
    Mel,
    all_positive,
    require_whole,
)
from ganloss_cli.io.architectures.hifigan import layout_of
from ganloss_cli.io.architectures.recipes import Recipe, named, settle
from ganloss_cli.io.architectures.spellings import numbered, plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

GENERATOR, PERIODS, SCALES = (f"ParallelWaveGAN HiFi-GAN {part}" for part in ("generator", "MPD", "MSD"))
SOURCE = "kan-bayashi/ParallelWaveGAN"
_RECIPE = f"{SOURCE} parallel_wavegan_hifigan"
# its names -> HiFi-GAN's
_NAMES = (
    (re.compile(r"input_conv\."), "conv_pre."),
    (re.compile(r"upsamples\.(\d+)\.1\."), r"ups.\1."),
    (re.compile(r"blocks\.(\d+)\.convs([12])\.(\d+)\.1\."), r"resblocks.\1.convs\2.\3."),
    (re.compile(r"output_conv\.1\."), "conv_post."),
    (re.compile(r"(discriminators\.\d+)\.convs\.(\d+)\.0\."), r"\1.convs.\2."),
    (re.compile(r"(discriminators\.\d+)\.output_conv\."), r"\1.conv_post."),
    (re.compile(r"(discriminators\.\d+)\.layers\.(\d+)\.0\."), r"\1.convs.\2."),
    (re.compile(r"(discriminators\.\d+)\.layers\.\d+\."), r"\1.conv_post."),
)
_STATISTICS = ("mean", "scale")


def hifigans_names(keys: Sequence[str]) -> dict[str, str]:
    """Its names of tensors -> HiFi-GAN's.

    Args:
        keys: of a state dict.
    """
    found = {}
    for key in keys:
        pattern, name = next(((p, n) for p, n in _NAMES if p.match(key)), (None, ""))
        found[key] = pattern.sub(name, key, count=1) if pattern else key
    if not any(".convs2." in name for name in found.values()):  # blocks of one convolution a dilation
        found = {key: name.replace(".convs1.", ".convs.") for key, name in found.items()}
    return found


def _renamed(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    names = hifigans_names(list(shapes))
    return {names[key]: shape for key, shape in shapes.items()}


def _detect_generator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, GENERATOR) or not any(key.startswith("upsamples.0.1.") for key in shapes):
        return None
    layout = layout_of(plain_shapes(_renamed({key: shapes[key] for key in shapes if key not in _STATISTICS})))
    if layout is None or any(kernel % 2 for kernel in layout.kernels):
        return None
    settings = _part(config, "generator_params")
    told = {"resblock_dilation_sizes": settings["resblock_dilations"]} if "resblock_dilations" in settings else {}
    usual = [[1, 3, 5][: layout.n_dilations]] * len(layout.resblock_kernels)
    known = Recipe(source=SOURCE, settings={"resblock_dilation_sizes": usual})
    settled = settle(GENERATOR, "generator", ("resblock_dilation_sizes",), [known], {**config, **told})
    dilations = settled.settings["resblock_dilation_sizes"]
    rows = dilations if isinstance(dilations, list) else []
    if [len(row) if all_positive(row) else 0 for row in rows] != [layout.n_dilations] * len(layout.resblock_kernels):
        raise InputError(
            f"{GENERATOR}: resblock_dilations {dilations} do not fit the weights",
            hint="put the config.yml of this very checkpoint beside it",
        )
    rates = [kernel // 2 for kernel in layout.kernels]
    hyperparameters = {
        "in_channels": layout.in_channels, "initial_channels": layout.initial_channels, "upsample_rates": rates,
        "upsample_kernels": layout.kernels, "resblock": layout.resblock, "resblock_kernels": layout.resblock_kernels,
        "post_bias": layout.post_bias, "dilations": rows, "statistics": "mean" in shapes,
    }  # fmt: skip
    mel = _mel(layout.in_channels, rates, config)
    task = AudioTask(
        input="mel", range=(-1.0, 1.0), recipe=_RECIPE, output="waveform", hop=mel.hop if mel else None, mel=mel,
        loss_settings=_mel_loss(config),
    )  # fmt: skip
    origins = {"dilations": settled.origins["resblock_dilation_sizes"]}
    return matched(GENERATOR, "generator", hyperparameters, task, origins)


def _mel(n_bands: int, rates: Sequence[int], config: Mapping[str, Any]) -> Mel | None:
    """The features of its preprocessing, as the config has them, else as egs/ljspeech/voc1/conf/hifigan.v1.yaml."""
    hop = math.prod(rates)
    usual = {"sampling_rate": 22050, "fft_size": 1024, "hop_size": 256, "win_length": None, "num_mels": 80,
             "fmin": 80, "fmax": 7600}  # fmt: skip
    told = {name: config[name] for name in usual if name in config}
    if not told and (n_bands, hop) != (80, 256):
        return None
    settings = {**usual, **told}
    sizes = [settings[name] for name in ("sampling_rate", "fft_size", "hop_size", "num_mels")]
    if not all_positive(sizes) or sizes[2:] != [hop, n_bands]:
        return None
    return Mel(
        sample_rate=sizes[0], n_fft=sizes[1], hop=hop, win=settings["win_length"] or sizes[1], n_mels=n_bands,
        fmin=settings["fmin"] or 0.0, fmax=settings["fmax"], fmax_for_loss=None, centred=True,
        convention="parallel_wavegan",
    )  # fmt: skip


def _mel_loss(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    told = _part(config, "mel_loss_params")
    if not told:
        return {}
    names = {"fs": "configured_rate", "fft_size": "n_fft", "hop_size": "hop", "num_mels": "bands", "fmin": "lowest",
             "fmax": "highest", "win_length": "window"}  # fmt: skip
    usual = {"log_base": 10.0, "fmin": 80, "fmax": 7600}
    settings = {**usual, **told}
    for name in ("fs", "fft_size", "hop_size", "win_length", "num_mels"):
        if settings.get(name) is not None:
            require_whole(name, settings[name], MOST_HERTZ if name == "fs" else LONGEST_FRAME)
    logarithm = "ln" if settings["log_base"] is None else "log10"
    return {"mel": {ours: settings[theirs] for theirs, ours in names.items() if theirs in settings} | {
        "logarithm": logarithm, "lowest": settings["fmin"] or 0.0,
    }}  # fmt: skip


def _detect_periods(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, PERIODS) or not any(key.startswith("discriminators.0.output_conv.") for key in shapes):
        return None
    plain = plain_shapes(_renamed(shapes))
    settings = _part(config, "discriminator_params")
    told = {**config, **_part(settings, "period_discriminator_params"), **settings}
    channels = [kernel[0] for kernel in numbered(plain, "discriminators.0.convs.{}.weight", 4)]
    post = plain.get("discriminators.0.conv_post.weight", ())
    kernels = [(after, before, 5, 1) for before, after in zip([1, *channels], channels, strict=False)]
    n_subs = _equal_subs(plain, {**{f"convs.{k}": kernel for k, kernel in enumerate(kernels)}, "conv_post": post})
    if not n_subs or len(channels) != 5 or len(post) != 4 or post[3] != 1:
        return None
    chosen, origins = {}, {}
    usual = {"periods": ([2, 3, 5, 7, 11], n_subs), "downsample_scales": ([3, 3, 3, 3, 1], len(channels))}
    for name, (values, length) in usual.items():
        known = [Recipe(source=SOURCE, settings={name: values})] if len(values) == length else []
        settled = settle(PERIODS, "discriminator", (name,), known, told)
        chosen[name], origins[name] = _required(PERIODS, name, settled.settings[name], length), settled.origins[name]
    sizes = {"channels": channels, "post_kernel": post[2], "spectral": bool(spectral_layers(shapes))}
    sizes |= {"periods": chosen["periods"], "strides": chosen["downsample_scales"]}
    return _judge(PERIODS, sizes, {"periods": origins["periods"], "strides": origins["downsample_scales"]})


def _detect_scales(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, SCALES) or not any(key.startswith("discriminators.0.layers.0.0.") for key in shapes):
        return None
    plain, spectral = plain_shapes(_renamed(shapes)), spectral_layers(_renamed(shapes))
    kernels = numbered(plain, "discriminators.0.convs.{}.weight", 3)
    channels = [kernel[0] for kernel in kernels]
    post = plain.get("discriminators.0.conv_post.weight", ())
    wanted = {**{f"convs.{k}": kernel for k, kernel in enumerate(kernels)}, "conv_post": post}
    n_scales = _equal_subs(plain, wanted)
    if not n_scales or [kernel[2] for kernel in kernels] != [15, *[41] * (len(kernels) - 2), 5] or post[2:] != (3,):
        return None
    settings = _part(config, "discriminator_params")
    told = {**settings, **_part(settings, "scale_discriminator_params")}
    usual = [4] * (len(kernels) - 3) + [1]
    known = Recipe(source=SOURCE, settings={"downsample_scales": usual})
    settled = settle(SCALES, "discriminator", ("downsample_scales",), [known], {**config, **told})
    strides = _required(SCALES, "downsample_scales", settled.settings["downsample_scales"], len(usual))
    groups = [before // kernel[1] for before, kernel in zip([1, *channels], kernels, strict=False)]
    sizes = {"channels": channels, "groups": groups, "n_scales": n_scales, "strides": [1, *strides, 1]}
    norms = {"spectral_scales": [k for k in range(n_scales) if f"discriminators.{k}.conv_post" in spectral]}
    return _judge(SCALES, sizes | norms, {"strides": settled.origins["downsample_scales"]})


def _equal_subs(plain: Shapes, kernels: Mapping[str, tuple[int, ...]]) -> int:
    """How many sub-discriminators of these kernels, with their biases, there are, where there is nothing else."""
    n_subs = len(plain) // (2 * len(kernels))
    tensors = {f"{layer}.weight": kernel for layer, kernel in kernels.items()}
    tensors |= {f"{layer}.bias": kernel[:1] for layer, kernel in kernels.items()}
    whole = {f"discriminators.{k}.{name}": shape for k in range(n_subs) for name, shape in tensors.items()}
    return n_subs if whole == plain else 0


def _required(what: str, name: str, value: Any, length: int) -> list[int]:
    if isinstance(value, list) and len(value) == length and all_positive(value):
        return value
    raise InputError(
        f"{what}: {name} {value} do not fit the weights, which have {length} of them",
        hint="put the config.yml of this very checkpoint beside it",
    )


def _judge(name: str, hyperparameters: Mapping[str, Any], origins: Mapping[str, Any]) -> Match:
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, recipe=_RECIPE,
        logs={"fm": "parallel_wavegan_hifigan"},
    )  # fmt: skip
    return matched(name, "discriminator", hyperparameters, task, origins)


def _part(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = config.get(name)
    return inner if isinstance(inner, Mapping) else {}


FAMILIES = tuple(
    Family(name=name, detect=detect, network=f"parallel_wavegan.{network}")
    for name, detect, network in (
        (GENERATOR, _detect_generator, "Generator"),
        (PERIODS, _detect_periods, "PeriodDiscriminators"),
        (SCALES, _detect_scales, "ScaleDiscriminators"),
    )
)
