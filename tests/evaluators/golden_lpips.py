"""LPIPS of two small pictures through a network of a formula: the package's own module, its trunk replaced by that."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def formula(count: int, *shape: int, phase: float) -> Tensor:
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7 + phase).view(*shape)


def look(images: Tensor, channels: Sequence[int] | None = None, pooling: object = None, /) -> list[Tensor]:
    """Maps of as many channels as the linear layers weigh."""
    maps = []
    for stage, width in enumerate(channels or ()):
        weight = formula(width * 3, width, 3, 1, 1, phase=stage).to(images)
        maps.append(functional.relu(functional.conv2d(functional.avg_pool2d(images, 1 + stage % 2), weight)))
    return maps


REAL = (formula(192, 1, 3, 8, 8, phase=0.0) + 1) / 2
FAKE = (formula(192, 1, 3, 8, 8, phase=0.4) + 1) / 2
PAIR = {"real": REAL, "fake": FAKE, "backbone": look}
LPIPS = "lpips 0.1.4, LPIPS with its trunk replaced"
FIGURES = {
    "": 0.07226133983351953,
    "alex_unit": 0.00646944002119081,
    "alex_v0_0": 0.04814866478500972,
    "alex_v0_0_unit": 0.012708709118340832,
    "squeeze": 0.08892605476916286,
    "squeeze_v0_0": 0.050186510886003274,
    "squeeze_unit": 0.007191360456162106,
    "squeeze_v0_0_unit": 0.014386410265780901,
    "vgg": 0.07301910740355384,
    "vgg_unit": 0.005752638820257694,
    "vgg_v0_0": 0.021846844990588102,
    "vgg_v0_0_unit": 0.007221195194831275,
}

GOLDEN = tuple(
    {
        "loss": "lpips", "batch": PAIR, "expected": expected, "source": LPIPS, "tolerance": 1e-6,
        **({"convention": convention} if convention else {}),
    }
    for convention, expected in FIGURES.items()
)  # fmt: skip
