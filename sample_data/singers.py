"""Stand-ins for a training of so-vits-svc: `python singers.py LOGS DATASET`.

A generator, a discriminator and a config as its training saves them, with random weights of reduced width, and what it
reads: recordings of two singers in a folder each, with features, pitch and loudness beside every one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch
from voice import networks

from ganloss_cli.io.networks.so_vits_svc import so_vits_svc

RATE, N_FFT, HOP, FEATURES = 44100, 2048, 512, 768
MODEL = {
    "resblock": "2", "upsample_rates": [32, 16], "upsample_kernel_sizes": [64, 32], "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]], "ssl_dim": FEATURES, "vol_embedding": True,
}  # fmt: skip
CONFIG = {
    "train": {"segment_size": 5120, "c_mel": 45, "c_kl": 1.0},
    "data": {
        "sampling_rate": RATE, "filter_length": N_FFT, "hop_length": HOP, "win_length": N_FFT, "n_mel_channels": 80,
        "mel_fmin": 0.0, "mel_fmax": 22050, "unit_interpolate_mode": "nearest",
    },
    "model": MODEL,
    "spk": {"alto": 0, "bass": 1},
}  # fmt: skip


def generator() -> torch.nn.Module:
    """G."""
    torch.manual_seed(0)
    prior = {
        "n_features": FEATURES, "n_hidden": 12, "n_heads": 2, "n_layers": 1, "kernel": 3, "window": 4,
        "has_volume": True, "predicts_pitch": True,
    }  # fmt: skip
    return so_vits_svc(
        prior=prior, flow={"shared": False, "transformer": None}, separable=False, n_bins=N_FFT // 2 + 1,
        n_channels=8, kernel=5, dilation_rate=1, posterior_layers=2, flow_layers=2, n_flows=2, n_speakers=2,
        in_channels=6, initial_channels=8, upsample_rates=MODEL["upsample_rates"],
        upsample_kernels=MODEL["upsample_kernel_sizes"], resblock=2, resblock_kernels=[3], dilations=[[1, 3]],
        post_bias=True, condition_channels=4, sample_rate=RATE, n_harmonics=9, snake=False,
    )  # fmt: skip


def main(logs: Path, dataset: Path) -> None:
    """Write both folders."""
    logs.mkdir(parents=True)
    for name, network in {"G": generator(), "D": networks()["D"]}.items():
        torch.save({"model": network.state_dict(), "iteration": 5}, logs / f"{name}_800.pth")
    (logs / "config.json").write_text(json.dumps(CONFIG))
    numbers = np.random.default_rng(0)
    for singer, hertz in {"alto": 220, "bass": 110}.items():
        (dataset / singer).mkdir(parents=True)
        for k, n_frames in enumerate((40, 32)):
            wave = dataset / singer / f"{k}.wav"
            soundfile.write(wave, 0.3 * np.sin(2 * np.pi * hertz * np.arange(n_frames * HOP) / RATE), RATE)
            pitch, voiced = np.full(n_frames, float(hertz)), (numbers.random(n_frames) < 0.9).astype(float)
            np.save(f"{wave}.f0.npy", np.asanyarray((pitch, voiced), dtype=object))
            features = numbers.normal(size=(1, FEATURES, n_frames * HOP * 50 // RATE)).astype(np.float32)
            torch.save(torch.from_numpy(features), f"{wave}.soft.pt")
            np.save(f"{wave}.vol.npy", np.full(n_frames, 0.2, np.float32))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
