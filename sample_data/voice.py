"""Stand-ins for an experiment of RVC: `python voice.py FOLDER`.

A generator, a discriminator and a config as its training saves them, with random weights of reduced width, and what it
extracts of three recordings: features, the pitch in 255 steps and in Hz, and the list of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch

from ganloss_cli.io.networks.vits import with_prior
from ganloss_cli.io.networks.waveform_discriminators import ScaleAndPeriodDiscriminator

RATE, N_FFT, HOP, FEATURES = 32000, 1024, 320, 768
MODEL = {
    "resblock": "2", "upsample_rates": [20, 16], "upsample_kernel_sizes": [40, 32], "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
}  # fmt: skip
CONFIG = {
    "train": {"segment_size": 3200, "c_mel": 45, "c_kl": 1.0},
    "data": {
        "sampling_rate": RATE, "filter_length": N_FFT, "hop_length": HOP, "win_length": N_FFT, "n_mel_channels": 80,
        "mel_fmin": 0.0, "mel_fmax": None,
    },
    "model": MODEL,
}  # fmt: skip


def networks() -> dict[str, torch.nn.Module]:
    """The generator and the discriminator."""
    torch.manual_seed(0)
    prior = {
        "n_symbols": 0, "n_features": FEATURES, "has_pitch": True, "n_channels": 8, "n_hidden": 12, "n_heads": 2,
        "n_layers": 1, "kernel": 3, "window": 10,
    }  # fmt: skip
    generator = with_prior(
        prior=prior, durations=None, n_bins=N_FFT // 2 + 1, n_channels=8, kernel=5, dilation_rate=1,
        posterior_layers=2, flow_layers=2, n_flows=2, n_speakers=2, in_channels=6, initial_channels=8,
        upsample_rates=MODEL["upsample_rates"], upsample_kernels=MODEL["upsample_kernel_sizes"], resblock=2,
        resblock_kernels=[3], dilations=[[1, 3]], post_bias=False, condition_channels=4, sample_rate=RATE,
    )  # fmt: skip
    discriminator = ScaleAndPeriodDiscriminator(
        period_channels=(2, 4, 4, 4, 4), scale_channels=(4, 4, 4, 8, 8, 8), scale_groups=(1,) * 6
    )
    return {"G": generator, "D": discriminator}


def main(folder: Path) -> None:
    """Write the experiment's folder."""
    numbers = np.random.default_rng(0)
    rows = []
    for name, network in networks().items():
        folder.mkdir(parents=True, exist_ok=True)
        torch.save({"model": network.state_dict(), "iteration": 5}, folder / f"{name}_100.pth")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    for k, n_frames in enumerate((60, 52, 44)):
        pitch = numbers.uniform(100, 200, n_frames + 1)
        held = {
            "3_feature768": numbers.normal(size=(n_frames // 2, FEATURES)).astype(np.float32),
            "2a_f0": np.rint(1127 * np.log(1 + pitch / 700) / 4).astype(int),
            "2b-f0nsf": pitch,
        }
        time = np.arange(n_frames * HOP) / RATE
        (folder / "0_gt_wavs").mkdir(exist_ok=True)
        soundfile.write(folder / "0_gt_wavs" / f"0_{k}.wav", 0.3 * np.sin(2 * np.pi * 150 * time), RATE)
        paths = [f"0_gt_wavs/0_{k}.wav"]
        for place, values in held.items():
            (folder / place).mkdir(exist_ok=True)
            paths.append(f"{place}/0_{k}.npy" if place.startswith("3") else f"{place}/0_{k}.wav.npy")
            np.save(folder / paths[-1], values)
        rows.append("|".join([*(f"{folder}/{path}" for path in paths), "0"]))
    (folder / "filelist.txt").write_text("\n".join(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
