"""Recognises the U-Net generator of pix2pix (junyanz's networks.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.normalisation import is_old_statistic, norm_behind
from ganloss_cli.io.architectures.recipes import Recipe, named, settle
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

NAME = "pix2pix U-Net generator"
_MIN_DOWNS = 5
_WIDENING = (1, 2, 4, 8)
_PIX2PIX = Recipe(source="junyanz/pytorch-CycleGAN-and-pix2pix", settings={"dropout": True})


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first = shapes.get("model.model.0.weight", ())
    last = shapes.get("model.model.3.weight", ())
    levels = _levels(shapes)
    n_downs = len(levels) + 1
    if len(first) != 4 or len(last) != 4 or n_downs < _MIN_DOWNS or not named(config, NAME, "unet"):
        return None
    ngf, norm = first[0], norm_behind(shapes, f"{levels[0]}.1", f"{levels[0]}.2")
    # deeper down it stays 8 ngf wide
    widths = [ngf * _WIDENING[min(depth, 3)] for depth in range(n_downs)]
    chained = all(
        shapes[f"{level}.1.weight"] == (inner, outer, 4, 4)
        for level, outer, inner in zip(levels, widths, widths[1:], strict=False)
    )
    if norm is None or not chained or last[0] != 2 * ngf:
        return None
    if "no_dropout" in config:
        config = {"dropout": not config["no_dropout"], **config}
    settled = settle(NAME, "generator", ("dropout",), [_PIX2PIX], config)
    hyperparameters = {
        "in_channels": first[1],
        "out_channels": last[1],
        "ngf": ngf,
        "n_downs": n_downs,
        "norm": norm,
        **settled.settings,
    }
    task = Task(input="image", range=(-1.0, 1.0), recipe=settled.recipe)
    return matched(NAME, "generator", hyperparameters, task, settled.origins)


def _levels(shapes: Shapes) -> list[str]:
    """Prefixes of the depths below the outermost, from the top to the bottom."""
    levels: list[str] = []
    prefix = "model.model.1.model"
    while f"{prefix}.1.weight" in shapes:
        levels.append(prefix)
        prefix += ".3.model"
    return levels


FAMILY = Family(name=NAME, detect=_detect, network="unet.UnetGenerator", ignores=is_old_statistic)
