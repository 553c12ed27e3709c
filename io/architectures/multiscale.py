"""Recognises the pixel discriminator of pix2pix, and the multi-scale ones of pix2pixHD and SPADE."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.normalisation import is_old_statistic, norm_behind
from ganloss_cli.io.architectures.recipes import Recipe, named, settle
from ganloss_cli.io.architectures.spellings import chain, plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, matched

PIXEL = "PixelGAN"
MULTISCALE = "Multi-scale PatchGAN"
_NAMES = {
    "pix2pixHD features": re.compile(r"scale(\d+)_layer(\d+)\.0\.weight"),
    "pix2pixHD plain": re.compile(r"layer(\d+)\.(\d+)\.weight"),
    "SPADE": re.compile(r"discriminator_(\d+)\.model(\d+)\.0(?:\.0)?\.weight"),
}
_MIN_CONVOLUTIONS = 3


def _detect_pixel(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first, middle, last = (shapes.get(f"net.{index}.weight", ()) for index in (0, 2, 5))
    if first[2:] != (1, 1) or not named(config, PIXEL):
        return None
    in_channels, ndf = first[1], first[0]
    norm = norm_behind(shapes, "net.2", "net.3")
    if norm is None or middle != (2 * ndf, ndf, 1, 1) or last != (1, 2 * ndf, 1, 1) or "net.0.bias" not in shapes:
        return None
    hyperparameters = {"in_channels": in_channels, "ndf": ndf, "norm": norm}
    task = ImageScores(logs={"d_lsgan": "cyclegan"})
    return matched(PIXEL, "discriminator", hyperparameters, task)


def _detect_multiscale(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    plain = plain_shapes(shapes)
    names = next((names for names, pattern in _NAMES.items() if any(map(pattern.fullmatch, plain))), None)
    if names is None or not named(config, MULTISCALE, "pix2pixHD", "SPADE"):
        return None
    scales = _scales(plain, names)
    channels = chain(scales[0], (4, 4))
    if channels is None or len(channels) <= _MIN_CONVOLUTIONS or channels[-1] != 1:
        return None
    if any(scale != scales[0] for scale in scales):
        return None
    # with features handed out pix2pixHD's sigmoid is never reached
    ends = [Recipe(source=_SOURCE[names], settings={"sigmoid": False})]
    asked = config if names == "pix2pixHD plain" else {}
    if "no_lsgan" in asked:
        asked = {"sigmoid": bool(asked["no_lsgan"]), **asked}
    settled = settle(MULTISCALE, "discriminator", ("sigmoid",), ends, asked)
    hyperparameters = {
        "names": names,
        "channels": channels,
        "n_scales": len(scales),
        "norm": _norm(plain, names),
        "spectral": bool(spectral_layers(shapes)),
        **settled.settings,
    }
    task = ImageScores(
        scores="probabilities" if settled.settings["sigmoid"] else "logits",
        logs=_LOGS[names],
        recipe=_SOURCE[names],
    )
    return matched(MULTISCALE, "discriminator", hyperparameters, task, settled.origins)


_LOGS = {
    "pix2pixHD features": {"fm": "pix2pixhd"},
    "pix2pixHD plain": {},
    "SPADE": {"fm": "spade", "d_hinge": "spade", "g_hinge": "spade"},
}
_SOURCE = {"pix2pixHD features": "NVIDIA/pix2pixHD", "pix2pixHD plain": "NVIDIA/pix2pixHD", "SPADE": "NVlabs/SPADE"}


def _scales(plain: Shapes, names: str) -> list[list[tuple[int, ...]]]:
    """The kernels of every sub-discriminator, in order."""
    found: dict[int, dict[int, tuple[int, ...]]] = {}
    for key, shape in plain.items():
        if len(shape) == 4 and (match := _NAMES[names].fullmatch(key)):
            found.setdefault(int(match[1]), {})[int(match[2])] = shape
    return [[layers[layer] for layer in sorted(layers)] for _, layers in sorted(found.items())]


def _norm(plain: Shapes, names: str) -> str:
    """Behind the second convolution; without parameters it leaves no keys, and the default of both is instance."""
    if names == "SPADE":
        wrapped = "discriminator_0.model1.0.0.weight" in plain
        return "batch" if "discriminator_0.model1.0.1.running_mean" in plain else "instance" if wrapped else "none"
    key = "layer0.3.running_mean" if names == "pix2pixHD plain" else "scale0_layer1.1.running_mean"
    return "batch" if key in plain else "instance"


FAMILIES = (
    Family(name=PIXEL, detect=_detect_pixel, network="multiscale.PixelDiscriminator", ignores=is_old_statistic),
    Family(
        name=MULTISCALE,
        detect=_detect_multiscale,
        network="multiscale.MultiscaleDiscriminator",
        ignores=is_old_statistic,
    ),
)
