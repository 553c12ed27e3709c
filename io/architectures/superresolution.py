"""Recognises SRVGG of Real-ESRGAN, SRResNet of BasicSR and the generator of leftthomas/SRGAN.

Torch-free.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.io.architectures.recipes import Recipe, all_used, named, settle, stems
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, Task

if TYPE_CHECKING:
    from torch import nn

_SRVGG = "SRVGGNetCompact"
_SRRESNET = "SRResNet"
_SRGAN = "SRGAN generator"


def _generator(
    name: str, recipe: str, hyperparameters: Mapping[str, Any], origins: Mapping[str, Origin] | None = None
) -> Match:
    return Match(
        architecture=name,
        role="generator",
        hyperparameters=hyperparameters,
        origins={**dict.fromkeys(hyperparameters, "shape"), **(origins or {})},
        task=Task(eats="image", range=(0.0, 1.0), recipe=recipe),
    )


def _detect_srvgg(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys = stems(shapes, ".weight", 4)
    activations = stems(shapes, ".weight", 1)
    if len(keys) < 2 or keys != [f"body.{2 * k}" for k in range(len(keys))] or not named(config, _SRVGG, "SRVGG"):
        return None
    first, last = shapes[f"{keys[0]}.weight"], shapes[f"{keys[-1]}.weight"]
    channels, scale = first[1], math.isqrt(last[0] // first[1])
    if first[2:] != (3, 3) or channels * scale**2 != last[0] or not all_used(shapes, [*keys, *activations]):
        return None
    hyperparameters = {"channels": channels, "width": first[0], "n_convolutions": len(keys) - 2, "scale": scale}
    if activations:
        return _generator(_SRVGG, "XPixelGroup/BasicSR", {**hyperparameters, "activation": "prelu"})
    if "act_type" in config:
        config = {"activation": config["act_type"], **config}
    recipes = [
        Recipe(source=f"XPixelGroup/BasicSR act_type={kind}", settings={"activation": kind})
        for kind in ("relu", "leakyrelu")
    ]
    settled = settle(_SRVGG, "generator", ("activation",), recipes, config)
    return _generator(_SRVGG, "XPixelGroup/BasicSR", {**hyperparameters, **settled.settings}, settled.origins)


def _detect_srresnet(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first, up = shapes.get("conv_first.weight", ()), shapes.get("upconv1.weight", ())
    blocks = [key for key in shapes if re.fullmatch(r"body\.\d+\.conv1\.weight", key)]
    if not blocks or len(first) != 4 or len(up) != 4 or not named(config, _SRRESNET, "MSRResNet"):
        return None
    last, width = shapes.get("conv_last.weight", ()), first[0]
    factor = math.isqrt(up[0] // width)
    if len(last) != 4 or factor**2 * width != up[0]:
        return None
    hyperparameters = {
        "in_channels": first[1],
        "out_channels": last[0],
        "width": width,
        "n_blocks": len(blocks),
        "scale": 4 if "upconv2.weight" in shapes else factor,
    }
    return _generator(_SRRESNET, "XPixelGroup/BasicSR", hyperparameters)


def _detect_srgan(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first = shapes.get("block1.0.weight", ())
    blocks = [key for key in shapes if re.fullmatch(r"block\d+\.conv1\.weight", key)]
    behind = f"block{len(blocks) + 2}"
    ups = [key for key in shapes if re.fullmatch(rf"block{len(blocks) + 3}\.\d+\.conv\.weight", key)]
    if first[2:] != (9, 9) or not blocks or f"{behind}.1.weight" not in shapes or not named(config, _SRGAN, "SRGAN"):
        return None
    hyperparameters = {
        "channels": first[1],
        "width": first[0],
        "n_blocks": len(blocks),
        "n_ups": len(ups),
        "norm_behind_blocks": f"{behind}.1.running_mean" in shapes,
    }
    return _generator(_SRGAN, "leftthomas/SRGAN", hyperparameters)


def _build_srvgg(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.superresolution import SRVGG

    return SRVGG(**match.hyperparameters)


def _build_srresnet(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.superresolution import SRResNet

    return SRResNet(**match.hyperparameters)


def _build_srgan(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.superresolution import SRGANGenerator

    return SRGANGenerator(**match.hyperparameters)


FAMILIES = (
    Family(name=_SRVGG, detect=_detect_srvgg, build=_build_srvgg),
    Family(name=_SRRESNET, detect=_detect_srresnet, build=_build_srresnet),
    Family(name=_SRGAN, detect=_detect_srgan, build=_build_srgan),
)
