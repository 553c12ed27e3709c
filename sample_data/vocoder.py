"""Stand-ins for a training of BigVGAN: `python vocoder.py FOLDER`.

In FOLDER/exp a generator, its discriminators and a config as its training saves them, with random weights of reduced
width; in FOLDER/LibriTTS three recordings and the list of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import soundfile
import torch

from ganloss_cli.io.networks.bigvgan import BigvganGenerator
from ganloss_cli.io.networks.spectrogram_discriminators import MultiResolutionDiscriminator
from ganloss_cli.io.networks.waveform_discriminators import MultiPeriodDiscriminator

CONFIG = {
    "resblock": "2", "upsample_rates": [8, 8, 4], "upsample_kernel_sizes": [16, 16, 8], "upsample_initial_channel": 16,
    "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]], "activation": "snake", "snake_logscale": False,
    "resolutions": [[1024, 120, 600], [2048, 240, 1200], [512, 50, 240]], "mpd_reshapes": [2, 3, 5, 7, 11],
    "num_mels": 80, "n_fft": 1024, "hop_size": 256, "win_size": 1024, "sampling_rate": 16000, "fmin": 0, "fmax": None,
    "fmax_for_loss": None, "lambda_melloss": 45,
}  # fmt: skip


def main(folder: Path) -> None:
    """Write the folder of the run and that of its data."""
    run, data = folder / "exp", folder / "LibriTTS"
    for place in (run, data):
        place.mkdir(parents=True)
    torch.manual_seed(0)
    generator = BigvganGenerator(
        in_channels=80, initial_channels=16, upsample_rates=(8, 8, 4), upsample_kernels=(16, 16, 8), resblock=2,
        resblock_kernels=(3,), dilations=((1, 3),), beta=False,
    )  # fmt: skip
    for buffer in generator.buffers():  # low-pass filters
        buffer.copy_(torch.hann_window(14, periodic=False)[1:-1].expand_as(buffer) / 6.5)
    judges = {
        "mpd": MultiPeriodDiscriminator(channels=(2, 4, 4, 4, 4)),
        "mrd": MultiResolutionDiscriminator(resolutions=CONFIG["resolutions"], n_channels=4),
    }
    torch.save({"generator": generator.state_dict()}, run / "g_00000100")
    states = {name: judge.state_dict() for name, judge in judges.items()}
    torch.save({**states, "steps": 100, "epoch": 1}, run / "do_00000100")
    (run / "config.json").write_text(json.dumps(CONFIG))
    for k in range(3):
        wave = 0.3 * np.sin(2 * np.pi * (150 + 50 * k) * np.arange(16000) / 16000)
        soundfile.write(data / f"{k}.wav", wave, 16000, subtype="FLOAT")
    (data / "val-full.txt").write_text("0|One.\n1|Two.\n2|Three.\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
