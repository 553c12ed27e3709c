"""Figures of MelGAN: its generator and its discriminator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from figures import Case, classes, main
from torch import Tensor, nn
from torch.nn.utils import weight_norm

REPOSITORY = "descriptinc/melgan-neurips"
LAYERS = ["WNConv1d", "WNConvTranspose1d", "weights_init"]
NETWORKS = ["ResnetBlock", "Generator", "NLayerDiscriminator", "Discriminator"]


def networks(clones: Path) -> dict[str, Any]:
    """The classes of mel2wav/modules.py."""
    path = clones / "melgan-neurips" / "mel2wav" / "modules.py"
    return classes(path, [*LAYERS, *NETWORKS], weight_norm=weight_norm, np=np)


def judged(network: nn.Module, waveform: Tensor) -> Any:
    """Logits and maps; upstream's logits are the last maps."""
    maps = network(waveform)
    return [scale[-1] for scale in maps], maps


CASES = {
    "generator": Case(
        repository=REPOSITORY,
        construction="Generator(80, 32, 3)",
        build=lambda clones: networks(clones)["Generator"](80, 32, 3),
        input_shape=(2, 80, 6),
        gain=0.5,
    ),
    "discriminator": Case(
        repository=REPOSITORY,
        construction="Discriminator(3, 16, 4, 4)",
        build=lambda clones: networks(clones)["Discriminator"](3, 16, 4, 4),
        input_shape=(2, 1, 2048),
        call=judged,
        gain=0.8,
    ),
}

if __name__ == "__main__":
    main("melgan", CASES)
