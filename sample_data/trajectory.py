"""Stand-ins for the checkpoints that a training leaves: `python trajectory.py FOLDER`.

The networks of g.pt with noise on the generator's weights that fades step by step, a generator and a discriminator a
step; between the last two steps it hardly changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

NOISE = {1000: 0.2, 1500: 0.1, 2000: 0.05, 2500: 0.0003, 3000: 0.0}  # step -> its share of a weight


def main(folder: Path) -> None:
    """Write the files G_STEP.pt and D_STEP.pt."""
    folder.mkdir()
    networks = torch.load(Path(__file__).with_name("g.pt"), weights_only=True)
    generator = torch.Generator().manual_seed(0)
    noise = {name: torch.randn(weight.shape, generator=generator) for name, weight in networks["generator"].items()}
    for step, share in NOISE.items():
        noisy = {name: weight * (1 + share * noise[name]) for name, weight in networks["generator"].items()}
        torch.save(noisy, folder / f"G_{step}.pt")
        torch.save(networks["discriminator"], folder / f"D_{step}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
