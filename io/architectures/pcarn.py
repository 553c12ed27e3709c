"""Recognises PCARN and PCARN-M (nmhkahn/PCARN-pytorch)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import Recipe, named, settle
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

NAME = "PCARN"
_SOURCE = "nmhkahn/PCARN-pytorch"


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    entry, block = shapes.get("entry.weight", ()), shapes.get("b1.b1.conv1.weight", ())
    if len(entry) != 4 or len(block) != 4 or "sub_mean.shifter.weight" not in shapes or not named(config, NAME):
        return None
    width, groups = entry[0], entry[0] // block[1]
    scales = [scale for scale in (2, 3, 4) if f"upsample.up{scale}.body.0.weight" in shapes] or _only_scale(shapes)
    # one network for several scales: nothing in the file tells which the images are for
    recipes = [Recipe(source=f"{_SOURCE} x{scale}", settings={"scale": scale}) for scale in scales]
    settled = settle(NAME, "generator", ("scale",), recipes, config)
    hyperparameters = {"width": width, "groups": groups, "scales": scales, **settled.settings}
    task = Task(input="image", range=(0.0, 1.0), recipe=_SOURCE)
    return matched(NAME, "generator", hyperparameters, task, settled.origins)


def _only_scale(shapes: Shapes) -> list[int]:
    up = shapes.get("upsample.up.body.0.weight", (1,))
    factor = math.isqrt(up[0] // shapes["entry.weight"][0])
    return [4 if "upsample.up.body.3.weight" in shapes else factor]


FAMILY = Family(name=NAME, detect=_detect, network="pcarn.PCARN")
