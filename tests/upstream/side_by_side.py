"""What every comparison of a published training's own code with `--recipe` uses."""

import math
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganloss_cli import evaluate

IDLE = types.SimpleNamespace(zero_grad=lambda: None, step=lambda: None)
Logged = Mapping[str, float]


def pictures(folder: Path, n: int, side: int) -> Tensor:
    """Random 8-bit pictures in a folder, and what they hold on [0, 1]."""
    folder.mkdir(parents=True)
    made = []
    for k in range(n):
        values = np.random.default_rng(len(folder.name) * 100 + ord(folder.name[-1]) + k).integers(
            0, 256, (side, side, 3), dtype=np.uint8
        )
        Image.fromarray(values).save(folder / f"{k}.png")
        made.append(torch.from_numpy(values).permute(2, 0, 1).float() / 255)
    return torch.stack(made)


def as_floats(logged: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(torch.as_tensor(value).detach()) for name, value in logged.items()}


def recipe(name: str | None, **choices: Any) -> dict[str, float]:
    """What ours computes; without a name, of the recipe that the networks are recognised by."""
    report = evaluate(recipe=name, **choices)
    return {result.typed: math.nan if result.value is None else result.value for result in report.results}
