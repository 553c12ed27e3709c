"""Recognises the ResNet generator of CycleGAN and pix2pix (junyanz's networks.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.normalisation import is_old_statistic, norm_behind
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, Task, matched

_FIRST_BLOCK = 10  # padding, convolution, norm, activation; then three layers for each of the two down-samplings
_BLOCK = re.compile(r"model\.(\d+)\.conv_block\.(\d+)\.weight")
# (first, second) index of the convolutions in a block -> (padding layers, dropout); a dropout shifts the second by one
_LAYOUTS: dict[tuple[int, ...], tuple[str, bool]] = {
    (1, 5): ("reflect", False),
    (1, 6): ("reflect", True),
    (0, 3): ("zero", False),
    (0, 4): ("zero", True),
}


def _detect(shapes: Shapes, _config: Mapping[str, Any]) -> Match | None:
    first = shapes.get("model.1.weight", ())
    blocks = sorted({int(match[1]) for key in shapes if (match := _BLOCK.fullmatch(key))})
    n_blocks = len(blocks)
    if first[2:] != (7, 7) or blocks != list(range(_FIRST_BLOCK, _FIRST_BLOCK + n_blocks)) or not blocks:
        return None
    last = shapes.get(f"model.{_FIRST_BLOCK + n_blocks + 7}.weight", ())
    norm = norm_behind(shapes, "model.1", "model.2")
    layout = _LAYOUTS.get(_convolutions(shapes))
    if last[2:] != (7, 7) or norm is None or layout is None:
        return None
    hyperparameters = {
        "in_channels": first[1],
        "out_channels": last[0],
        "ngf": first[0],
        "n_blocks": n_blocks,
        "norm": norm,
        "padding": layout[0],
        "dropout": layout[1],
    }
    task = Task(input="image", range=(-1.0, 1.0), recipe="junyanz/pytorch-CycleGAN-and-pix2pix")
    # reflect and replicate leave the same keys; both papers' generators reflect
    origins: dict[str, Origin] = {} if layout[0] == "zero" else {"padding": "recipe"}
    return matched("CycleGAN ResNet generator", "generator", hyperparameters, task, origins)


def _convolutions(shapes: Shapes) -> tuple[int, ...]:
    """Indices of the convolutions in the first block: the keys with four-dimensional weights."""
    indices = (
        int(match[2])
        for key, shape in shapes.items()
        if len(shape) == 4 and (match := _BLOCK.fullmatch(key)) and int(match[1]) == _FIRST_BLOCK
    )
    return tuple(sorted(indices))


FAMILY = Family(
    name="CycleGAN ResNet generator",
    detect=_detect,
    network="resnet_generator.ResnetGenerator",
    ignores=is_old_statistic,
)
