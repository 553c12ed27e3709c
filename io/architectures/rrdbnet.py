"""Recognises RRDBNet, the generator of ESRGAN and Real-ESRGAN, in its three dialects of key names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

NAME = "RRDBNet"
_BLOCK = re.compile(r"(body|RRDB_trunk|model\.1\.sub)\.(\d+)\.(?:rdb|RDB)1\.conv1(?:\.0)?\.weight")
_UP = {"body": "conv_up", "RRDB_trunk": "upconv"}
_FIRST = {"body": "conv_first", "RRDB_trunk": "conv_first", "model.1.sub": "model.0"}
_N_BEFORE_UPS = 2  # model.0 is the first convolution, model.1 the blocks
_FOLDS = (1, 2, 4)


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    blocks = [match for key in shapes if (match := _BLOCK.fullmatch(key))]
    if not blocks or not named(config, NAME, "ESRGAN"):
        return None
    dialect, n_blocks = blocks[0][1], len(blocks)
    n_ups, last = _ups(shapes, dialect)
    first, out = shapes.get(f"{_FIRST[dialect]}.weight", ()), shapes.get(f"{last}.weight", ())
    dense = shapes[blocks[0][0]]
    ups = [f"model.{3 * up}" if dialect == "model.1.sub" else f"{_UP[dialect]}{up}" for up in range(1, n_ups + 1)]
    if len(first) != 4 or len(out) != 4 or dense[1] != first[0]:
        return None
    if any(shapes.get(f"{up}.weight") != (first[0], first[0], 3, 3) for up in ups):
        return None  # up-samplings of another kind
    # the image has as many channels as the output, unless folding explains the rest
    fold = next((side for side in _FOLDS if first[1] == out[0] * side**2), 1)
    hyperparameters = {
        "in_channels": first[1] // fold**2,
        "out_channels": out[0],
        "width": first[0],
        "n_blocks": n_blocks,
        "growth": dense[0],
        "n_ups": n_ups,
        "fold": fold,
    }
    task = Task(input="image", range=(0.0, 1.0), recipe="XPixelGroup/BasicSR")
    return matched(NAME, "generator", hyperparameters, task)


def _ups(shapes: Shapes, dialect: str) -> tuple[int, str]:
    """How many up-samplings, and the prefix of the last convolution."""
    if dialect != "model.1.sub":
        pattern = re.compile(r"(?:conv_up|upconv)\d+\.weight")
        return sum(1 for key in shapes if pattern.fullmatch(key)), "conv_last"
    numbers = sorted(int(key.split(".")[1]) for key in shapes if re.fullmatch(r"model\.\d+\.weight", key))
    # an up-sampling, its convolution and its activation each; then a convolution, an activation, the last convolution
    return (numbers[-1] - _N_BEFORE_UPS - 2) // 3, f"model.{numbers[-1]}"


FAMILY = Family(name=NAME, detect=_detect, network="rrdbnet.RRDBNet")
