"""Recognises SRVGG of Real-ESRGAN, SRResNet of BasicSR and the generator of leftthomas/SRGAN."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import Recipe, all_used, named, settle, stems
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

_SRVGG = "SRVGGNetCompact"
_SRRESNET = "SRResNet"
_SRGAN = "SRGAN generator"


_BASICSR = Task(input="image", range=(0.0, 1.0), recipe="XPixelGroup/BasicSR")


def _detect_srvgg(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys = stems(shapes, ".weight", 4)
    if len(keys) < 2 or keys != [f"body.{2 * k}" for k in range(len(keys))] or not named(config, _SRVGG, "SRVGG"):
        return None
    activations = stems(shapes, ".weight", 1)
    first, last = shapes[f"{keys[0]}.weight"], shapes[f"{keys[-1]}.weight"]
    channels, scale = first[1], math.isqrt(last[0] // first[1])
    if first[2:] != (3, 3) or channels * scale**2 != last[0] or not all_used(shapes, [*keys, *activations]):
        return None
    hyperparameters = {"channels": channels, "width": first[0], "n_convolutions": len(keys) - 2, "scale": scale}
    if activations:
        return matched(_SRVGG, "generator", {**hyperparameters, "activation": "prelu"}, _BASICSR)
    if "act_type" in config:
        config = {"activation": config["act_type"], **config}
    recipes = [
        Recipe(source=f"XPixelGroup/BasicSR act_type={kind}", settings={"activation": kind})
        for kind in ("relu", "leakyrelu")
    ]
    settled = settle(_SRVGG, "generator", ("activation",), recipes, config)
    return matched(_SRVGG, "generator", {**hyperparameters, **settled.settings}, _BASICSR, settled.origins)


def _detect_srresnet(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first, up = shapes.get("conv_first.weight", ()), shapes.get("upconv1.weight", ())
    if len(first) != 4 or len(up) != 4 or not named(config, _SRRESNET, "MSRResNet"):
        return None
    blocks = [key for key in shapes if re.fullmatch(r"body\.\d+\.conv1\.weight", key)]
    if not blocks:
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
    return matched(_SRRESNET, "generator", hyperparameters, _BASICSR)


def _detect_srgan(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first = shapes.get("block1.0.weight", ())
    if first[2:] != (9, 9):
        return None
    blocks = [key for key in shapes if re.fullmatch(r"block\d+\.conv1\.weight", key)]
    behind = f"block{len(blocks) + 2}"
    ups = [key for key in shapes if re.fullmatch(rf"block{len(blocks) + 3}\.\d+\.conv\.weight", key)]
    if not blocks or f"{behind}.1.weight" not in shapes or not named(config, _SRGAN, "SRGAN"):
        return None
    hyperparameters = {
        "channels": first[1],
        "width": first[0],
        "n_blocks": len(blocks),
        "n_ups": len(ups),
        "norm_behind_blocks": f"{behind}.1.running_mean" in shapes,
    }
    task = Task(input="image", range=(0.0, 1.0), recipe="leftthomas/SRGAN")
    return matched(_SRGAN, "generator", hyperparameters, task)


FAMILIES = (
    Family(name=_SRVGG, detect=_detect_srvgg, network="superresolution.SRVGG"),
    Family(name=_SRRESNET, detect=_detect_srresnet, network="superresolution.SRResNet"),
    Family(name=_SRGAN, detect=_detect_srgan, network="superresolution.SRGANGenerator"),
)
