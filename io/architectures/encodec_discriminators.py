"""Recognises the discriminators of EnCodec and audiocraft: spectrograms of several sizes, periods, scales."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, all_positive
from ganloss_cli.io.architectures.encodec import AUDIOCRAFT, ENCODEC, experiment
from ganloss_cli.io.architectures.oobleck import SOURCE as STABLE_AUDIO
from ganloss_cli.io.architectures.oobleck import critic_of, recipe_of
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import numbered, plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, matched

SPECTROGRAMS, PERIODS, SCALES = "MS-STFT discriminator", "audiocraft MPD", "audiocraft MSD"
# config/solver/compression/default.yaml; facebookresearch/encodec's own class says 0.2
_SLOPE = Recipe(source=AUDIOCRAFT, settings={"slope": 0.3})
_KNOWN = {
    SPECTROGRAMS: [
        Recipe(source=ENCODEC, settings={"n_ffts": [1024, 2048, 512], "slope": 0.2}),
        Recipe(source=AUDIOCRAFT, settings={"n_ffts": [1024, 2048, 512, 256, 128], "slope": 0.3}),
    ],
    PERIODS: [Recipe(source=AUDIOCRAFT, settings={"periods": [2, 3, 5, 7, 11], "slope": 0.3})],
    SCALES: [_SLOPE],
}
# the key of each in audiocraft's configuration
_NAMES = {SPECTROGRAMS: "msstftd", PERIODS: "mpd", SCALES: "msd"}
_EACH = {SPECTROGRAMS: "n_ffts", PERIODS: "periods"}
_LIST = "discriminators."  # which audiocraft has twice
_FIRST = tuple(f"{_LIST * n}0.convs.0.{conv}" for n in (1, 2) for conv in ("conv.", "1.conv."))


def _detect(wanted: str, shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, wanted) or not any(key.startswith(_FIRST) for key in shapes):
        return None
    shapes = {key.replace(f"{_LIST}{_LIST}", _LIST): shape for key, shape in shapes.items()}
    plain = plain_shapes(shapes)
    subs: list[list[tuple[int, ...]]] = []
    while kernels := _kernels(plain, f"discriminators.{len(subs)}"):
        subs.append(kernels)
    if not subs or any(kernels != subs[0] for kernels in subs) or _kind(subs[0]) != wanted:
        return None
    channels = [kernel[0] for kernel in subs[0][:-1]]
    sizes: dict[str, Any] = {"channels": channels}
    if wanted == SPECTROGRAMS:
        sizes |= {"n_channels": subs[0][0][1] // 2}
        if "discriminators.0.convs.0.conv.weight" not in shapes:  # only stable-audio-tools has a norm there
            return _of_stable_audio(sizes, len(subs), config)
    elif wanted == SCALES:
        sizes["groups"] = [before // kernel[1] for before, kernel in zip([1, *channels], subs[0], strict=False)]
        normed = spectral_layers(shapes)
        sizes["spectral_scales"] = [k for k in range(len(subs)) if f"discriminators.{k}.conv_post.conv" in normed]
        sizes["n_scales"] = len(subs)
    return _settled(wanted, sizes, len(subs), config)


def _kernels(plain: Shapes, prefix: str) -> list[tuple[int, ...]]:
    """Those of one sub-discriminator, the scores' last."""
    last = plain.get(f"{prefix}.conv_post.conv.weight", ())
    moved = {key.replace(".convs.0.1.conv.", ".convs.0.conv."): shape for key, shape in plain.items()}
    kernels = numbered(moved, f"{prefix}.convs.{{}}.conv.weight", len(last)) if last else []
    return [*kernels, last] if kernels else []


def _kind(kernels: list[tuple[int, ...]]) -> str | None:
    sizes = [kernel[2:] for kernel in kernels]
    if sizes == [(3, 9)] * (len(sizes) - 2) + [(3, 3)] * 2 and kernels[0][1] % 2 == 0:
        return SPECTROGRAMS
    if sizes == [(5, 1)] * 5 + [(3, 1)] and kernels[0][1] == 1:
        return PERIODS
    return SCALES if sizes == [(15,), *[(41,)] * 4, (5,), (3,)] and kernels[0][1] == 1 else None


def _settled(what: str, sizes: dict[str, Any], n_subs: int, config: Mapping[str, Any]) -> Match:
    name = _EACH.get(what)
    unknown = ("slope",) if name is None else (name, "slope")
    told = {key: experiment(config, _NAMES[what], key) for key in unknown}
    told["slope"] = experiment(config, _NAMES[what], "activation_params", "negative_slope")
    given = {key: value for key, value in told.items() if value is not None}
    recipes = [one for one in _KNOWN[what] if name is None or len(one.settings[name]) == n_subs]
    settled = settle(what, "discriminator", unknown, recipes, {ARCH_ARGS: config.get(ARCH_ARGS), **given})
    each = settled.settings.get(name) if name else None
    if name and (not isinstance(each, list) or len(each) != n_subs or not all_positive(each)):
        raise InputError(
            f"{what}: {name} {each} do not fit the weights, which have {n_subs} sub-discriminators",
            hint=f"name them with --arch '{what}' --arch-args discriminator:{name}=1024x2048x512, one each",
        )
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, recipe=f"{AUDIOCRAFT} encodec",
        logs={"fm": "audiocraft", "d_hinge": "audiocraft", "g_hinge": "audiocraft"},
    )  # fmt: skip
    return matched(what, "discriminator", {**sizes, **settled.settings}, task, settled.origins)


def _of_stable_audio(sizes: dict[str, Any], n_subs: int, config: Mapping[str, Any]) -> Match:
    """Of stable-audio-tools, whose model_config.json says the sizes; else stable_audio_2_0_vae.json's are taken."""
    told, options = critic_of(config), {ARCH_ARGS: config.get(ARCH_ARGS)}
    settings: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for name, (theirs, known) in _OF_STABLE_AUDIO.items():  # one by one: a config may name any of them
        fits = name != "n_ffts" or len(known) == n_subs
        recipes = [Recipe(source=STABLE_AUDIO, settings={name: known})] if fits else []
        given = {name: told[theirs]} if theirs in told else {}
        chosen = settle(SPECTROGRAMS, "discriminator", (name,), recipes, {**options, **given})
        settings |= chosen.settings
        origins |= chosen.origins
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, n_channels=sizes["n_channels"],
        recipe=recipe_of(config),
        logs={"fm": "audiocraft", "d_hinge": "audiocraft", "g_hinge": "audiocraft"},
    )  # fmt: skip
    return matched(SPECTROGRAMS, "discriminator", {**sizes, **settings}, task, origins)


# ours -> the word of its config, and stable_audio_2_0_vae.json's or the class's own
_OF_STABLE_AUDIO: Mapping[str, tuple[str, Any]] = {
    "n_ffts": ("n_ffts", [2048, 1024, 512, 256, 128]),
    "slope": ("", 0.2),
    "stride": ("", 1),
    "power": ("spec_scale_pow", 0.0),
}

FAMILIES = tuple(
    Family(name=name, detect=partial(_detect, name), network=f"encodec_discriminators.{network}")
    for name, network in (
        (SPECTROGRAMS, "SpectrogramsDiscriminator"),
        (PERIODS, "PeriodsDiscriminator"),
        (SCALES, "ScalesDiscriminator"),
    )
)
