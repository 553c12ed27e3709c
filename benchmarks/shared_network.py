"""What losses cost beside the networks they share: our evaluation over the bare forward passes, in one process.

    python benchmarks/shared_network.py --samples 4 --seconds 1 --repeats 5

Builds a generator, MPD and MSD of HiFi-GAN V1's size with random weights, writes them and some noise as WAV, and lets
the evaluation of a report and the same networks on the same lengths take turns. What counts is the median of the
ratios of neighbours, because the speed of a machine drifts: 1.05 means that everything but the networks (decoding, the
input's mel spectrogram, losses, statistics) takes 5 % of their time. As a second witness, which no drift reaches, the
time that the evaluation spends outside of any network is told over the time inside, both of the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import nn

from ganloss_cli import evaluate
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.waveform_discriminators import MultiPeriodDiscriminator, MultiScaleDiscriminator
from ganloss_cli.pipeline.run.steps import Steps

RATE, HOP, BANDS = 22050, 256, 80
LOSSES = {
    "mel,fm,d_lsgan,g_lsgan": ("mel", "fm", "d_lsgan", "g_lsgan"),
    "fm:all": ("fm:all",),
    "fm:all,fm_moment": ("fm:all", "fm_moment"),
}


def bare(generator: nn.Module, discriminators: list[nn.Module], frames: torch.Tensor) -> float:
    """Seconds of the forward passes alone."""
    length = frames.shape[2] * HOP
    real = 0.1 * torch.randn(len(frames), 1, length)
    started = time.perf_counter()
    with torch.no_grad():
        fake = generator(frames)
        for discriminator in discriminators:
            discriminator(real)
            discriminator(fake)
    return time.perf_counter() - started


class Inside:
    """Seconds inside the outermost calls of modules."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count within this block, while an evaluation sends its data through."""
        call, run = nn.Module.__call__, Steps.run

        def timed(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            self._depth += 1
            try:
                return call(module, *args, **kwargs)
            finally:
                self._depth -= 1
                self.seconds += 0.0 if self._depth else time.perf_counter() - started

        def counting(steps: Steps, *args: Any, **kwargs: Any) -> None:
            with mock.patch.object(nn.Module, "__call__", timed):
                run(steps, *args, **kwargs)

        self.seconds = 0.0
        with mock.patch.object(Steps, "run", counting):
            yield


def write_noise(folder: Path, samples: int, length: int) -> None:
    random = np.random.default_rng(0)
    for k in range(samples):
        with wave.open(str(folder / f"{k:03d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((3000 * random.standard_normal(length)).astype("<i2").tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    generator, mpd, msd = HifiganGenerator().eval(), MultiPeriodDiscriminator().eval(), MultiScaleDiscriminator().eval()
    frames = torch.randn(arguments.samples, BANDS, int(arguments.seconds * RATE) // HOP)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        torch.save({"generator": generator.state_dict()}, root / "g_00000000")
        torch.save({"mpd": mpd.state_dict(), "msd": msd.state_dict()}, root / "do_00000000")
        (root / "wavs").mkdir()
        write_noise(root / "wavs", arguments.samples, frames.shape[2] * HOP)
        seconds: dict[str, list[float]] = {name: [] for name in ("bare", *LOSSES)}
        outside: dict[str, list[float]] = {name: [] for name in LOSSES}
        inside = Inside()
        for repeat in range(arguments.repeats + 1):  # the first warms up
            for name in seconds:
                if name == "bare":
                    value = bare(generator, [mpd, msd], frames)
                else:
                    with inside.counted():
                        report = evaluate(
                            ckpt=root / "g_00000000",
                            disc=root / "do_00000000",
                            data=root / "wavs",
                            losses=LOSSES[name],
                            batch_size=arguments.samples,
                        )
                    value = report.timing["evaluation_seconds"]
                    outside[name].append(value / inside.seconds - 1)
                if repeat:
                    seconds[name].append(value)
    print(f"{arguments.samples} x {arguments.seconds:g} s at {RATE} Hz, {torch.get_num_threads()} threads")
    for name, values in seconds.items():
        ratios = [value / passes for value, passes in zip(values, seconds["bare"], strict=True)]
        each = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
        print(f"{name:<24} median {statistics.median(values):7.2f} s  {statistics.median(ratios):5.3f} x  ({each})")
    for name, shares in outside.items():
        each = ", ".join(f"{share:.1%}" for share in sorted(shares[1:]))
        print(f"{name:<24} outside its networks, over the time inside: {statistics.median(shares[1:]):.1%}  ({each})")


if __name__ == "__main__":
    main()
