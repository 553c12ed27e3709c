"""Stand-ins for what a training of the Descript Audio Codec saves: `python codec.py FOLDER`.

A codec and its discriminator in `latest`, with random weights of reduced width, as audiotools saves them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch

from ganloss_cli.io.networks.dac import Dac
from ganloss_cli.io.networks.dac_discriminator import DacDiscriminator

RATE = 16000


def networks() -> dict[str, torch.nn.Module]:
    """The codec and its discriminator, by the names of their folders."""
    torch.manual_seed(0)
    codec = Dac(
        encoder_widths=[4, 8, 16, 16], encoder_rates=[2, 4, 8], decoder_widths=[16, 16, 8, 4], decoder_rates=[8, 4, 2],
        n_latents=12, n_codebooks=3, n_entries=8, n_values=2,
    )  # fmt: skip
    discriminator = DacDiscriminator(period_channels=[2, 2, 4, 4, 4], band_channels=2)
    return {"dac": codec, "discriminator": discriminator}


def upstream_name(key: str) -> str:
    """The name of a tensor in a file of descriptinc's."""
    key = re.sub(r"(\.convs\.\d+|\.band_convs\.\d+\.\d+)\.", r"\1.0.", key)
    return re.sub(r"\.(?=\d)", ".block.", key) if key.startswith(("encoder", "decoder")) else key


def main(folder: Path) -> None:
    """Write the folder."""
    for name, network in networks().items():
        (folder / "latest" / name).mkdir(parents=True, exist_ok=True)
        state = {upstream_name(key): value for key, value in network.state_dict().items()}
        metadata = {"kwargs": {"sample_rate": RATE}, "logs": {}}
        torch.save({"state_dict": state, "metadata": metadata}, folder / "latest" / name / "weights.pth")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
