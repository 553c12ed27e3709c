"""Recognises the waveform discriminators of HiFi-GAN, VITS and RVC; their periods are a recipe's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, all_positive
from ganloss_cli.io.architectures.recipes import PART, Recipe, Settled, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

PERIODS, SCALES, BOTH = "HiFi-GAN MPD", "HiFi-GAN MSD", "VITS discriminator"
_VITS, _RVC = "jaywalnut310/vits", "RVC-Project/Retrieval-based-Voice-Conversion-WebUI"
# name, number of period discriminators -> the recipe whose periods they are
_RECIPES = {
    (PERIODS, 5): ("jik876/hifi-gan", [2, 3, 5, 7, 11]),
    (BOTH, 5): (_VITS, [2, 3, 5, 7, 11]),
    (BOTH, 6): (f"{_RVC} v1", [2, 3, 5, 7, 11, 17]),
    (BOTH, 7): ("RVC-Boss/GPT-SoVITS v2Pro", [2, 3, 5, 7, 11, 17, 23]),
    (BOTH, 8): (f"{_RVC} v2", [2, 3, 5, 7, 11, 17, 23, 37]),
}
_OF_VOCOS = "multiperioddisc"  # what its checkpoints call their period discriminators, which give no first map
_N_SCALES = 3
_N_PERIOD_CONVOLUTIONS, _N_HIFIGAN_SCALE, _N_VITS_SCALE = 5, 7, 6


@dataclass(frozen=True, kw_only=True)
class _Sub:
    """What the shapes of one sub-discriminator tell."""

    kind: Literal["period", "scale"]
    channels: list[int]
    groups: list[int]
    spectral: bool
    n_labels: int = 0


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    subs = _subs(shapes) if any(key.startswith("discriminators.0.conv_post.") for key in shapes) else None
    name = _name(subs) if subs else None
    if subs is None or name is None or not named(config, name):
        return None
    settled = _periods(name, sum(sub.kind == "period" for sub in subs), config)
    recipe = settled.recipe or (_VITS if name == BOTH else "jik876/hifi-gan")
    settings = {**_SETTINGS[name](subs), **settled.settings}
    n_labels = subs[0].n_labels
    if config.get(PART) == _OF_VOCOS or n_labels:
        recipe = "gemelo-ai/vocos"
        settings |= {"first_map": False, "n_labels": n_labels}
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, recipe=recipe, n_classes=n_labels or None
    )
    return matched(name, "discriminator", settings, task, settled.origins)


def _name(subs: Sequence[_Sub]) -> str | None:
    """Which of the three compositions these are; the sub-discriminators of a kind are equal in all of them."""
    folds, scales = [s for s in subs if s.kind == "period"], [s for s in subs if s.kind == "scale"]
    if any(sub.channels != folds[0].channels for sub in folds):
        return None
    if any((sub.channels, sub.groups) != (scales[0].channels, scales[0].groups) for sub in scales):
        return None
    lengths = [len(sub.channels) for sub in scales]
    if folds and not scales and _one_norm(folds):
        return PERIODS
    if not folds and lengths == [_N_HIFIGAN_SCALE] * _N_SCALES:
        return SCALES
    in_order = subs[0].kind == "scale" and lengths == [_N_VITS_SCALE]
    return BOTH if folds and in_order and _one_norm(subs) else None


def _one_norm(subs: Sequence[_Sub]) -> bool:
    return len({sub.spectral for sub in subs}) == 1


def _subs(shapes: Shapes) -> list[_Sub] | None:
    """The sub-discriminators that all tensors belong to, or None."""
    plain, spectral = plain_shapes(shapes), spectral_layers(shapes)
    subs: list[_Sub] = []
    while (key := f"discriminators.{len(subs)}") + ".conv_post.weight" in plain:
        sub = _sub(plain, key, f"{key}.conv_post" in spectral)
        if sub is None:
            return None
        subs.append(sub)
    n_tensors = sum(2 * (len(sub.channels) + 1) + bool(sub.n_labels) for sub in subs)  # a weight and a bias each
    return subs if subs and len(plain) == n_tensors and len({sub.n_labels for sub in subs}) == 1 else None


def _sub(plain: Shapes, key: str, spectral: bool) -> _Sub | None:
    post = plain[f"{key}.conv_post.weight"]
    kernels = numbered(plain, f"{key}.convs.{{}}.weight", len(post))
    channels = [kernel[0] for kernel in kernels]
    if not kernels or kernels[0][1:2] != (1,):
        return None
    groups = [before // kernel[1] for before, kernel in zip([1, *channels], kernels, strict=False)]
    if [kernel[2:] for kernel in kernels] == [(5, 1)] * _N_PERIOD_CONVOLUTIONS and post == (1, channels[-1], 3, 1):
        labels = plain.get(f"{key}.emb.weight", ())
        n_labels = labels[0] if is_kernel(labels, 2) else 0
        return _Sub(kind="period", channels=channels, groups=groups, spectral=spectral, n_labels=n_labels)
    sizes = [kernel[2:] for kernel in kernels]
    is_scale = len(kernels) in (_N_HIFIGAN_SCALE, _N_VITS_SCALE) and post == (1, channels[-1], 3)
    if is_scale and sizes == [(15,), *[(41,)] * (len(kernels) - 2), (5,)]:
        return _Sub(kind="scale", channels=channels, groups=groups, spectral=spectral)
    return None


def _periods(what: str, n_periods: int, config: Mapping[str, Any]) -> Settled:
    if what == SCALES:
        return Settled(settings={}, origins={}, recipe=None)
    known = _RECIPES.get((what, n_periods))
    recipes = [Recipe(source=known[0], settings={"periods": known[1]})] if known else []
    told = {"periods": config["mpd_reshapes"]} if "mpd_reshapes" in config else {}  # BigVGAN's word
    settled = settle(what, "discriminator", ("periods",), recipes, {**told, **config})
    periods = settled.settings["periods"]
    if not isinstance(periods, list) or len(periods) != n_periods or not all_positive(periods):
        raise InputError(
            f"{what}: periods {periods} do not fit the weights, which have {n_periods} period discriminators",
            hint=f"name them with --arch '{what}' --arch-args discriminator:periods=2x3x5x7x11, one each",
        )
    return settled


_SETTINGS = {
    PERIODS: lambda subs: {"channels": subs[0].channels, "spectral": subs[0].spectral},
    SCALES: lambda subs: {
        "channels": subs[0].channels,
        "groups": subs[0].groups,
        "n_scales": len(subs),
        "spectral_scales": [index for index, sub in enumerate(subs) if sub.spectral],
    },
    BOTH: lambda subs: {
        "period_channels": subs[1].channels,
        "scale_channels": subs[0].channels,
        "scale_groups": subs[0].groups,
        "spectral": subs[0].spectral,
    },
}


FAMILIES = (
    Family(name=PERIODS, detect=_detect, network="waveform_discriminators.MultiPeriodDiscriminator"),
    Family(name=SCALES, detect=_detect, network="waveform_discriminators.MultiScaleDiscriminator"),
    Family(name=BOTH, detect=_detect, network="waveform_discriminators.ScaleAndPeriodDiscriminator"),
)
