"""DISTS of two small pictures through a network of a formula: the package's own module, its trunk replaced by that."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def formula(count: int, *shape: int, phase: float) -> Tensor:
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7 + phase).view(*shape)


def look(images: Tensor, channels: Sequence[int] | None = None, pooling: object = None, /) -> list[Tensor]:
    """Maps of as many channels as alpha and beta weigh."""
    maps = []
    for stage, width in enumerate(channels or ()):
        weight = formula(width * 3, width, 3, 1, 1, phase=stage).to(images)
        maps.append(functional.relu(functional.conv2d(functional.avg_pool2d(images, 1 + stage % 2), weight)))
    return maps


# of 8 bits, as files have them
REAL, FAKE = (((formula(192, 1, 3, 8, 8, phase=phase) + 1) * 127.5).round() / 255 for phase in (0.0, 0.4))
PAIR = {"real": REAL, "fake": FAKE, "backbone": look}
DISTS = "DISTS-pytorch 0.1, DISTS with its trunk replaced"
FIGURES = {
    "": 0.013147081225015844,
    "resized": 0.015643874113184575,
    "piq": 0.015314962829859669,
    "range_255": 0.02680536467332506,
    "range_symmetric": 0.0332355520246832,
}

GOLDEN = tuple(
    {
        "loss": "dists", "batch": PAIR, "expected": expected, "source": DISTS, "tolerance": 1e-6,
        **({"convention": convention} if convention else {}),
        **({"settings": {"shorter_side": 6}} if convention in ("resized", "piq") else {}),
    }
    for convention, expected in FIGURES.items()
)  # fmt: skip
