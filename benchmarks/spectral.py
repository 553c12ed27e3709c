"""Multi-resolution STFT loss beside auraloss, in one run.

    python benchmarks/spectral.py --repeats 10

Both take turns on the same waveforms, because the speed of a machine drifts; what counts is the ratio of the best
times. Needs auraloss: pip install auraloss.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from auraloss.freq import MultiResolutionSTFTLoss

from ganloss_cli.evaluators.catalogue import find_loss, total


def best_times(measures: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    best = dict.fromkeys(measures, float("inf"))
    for _ in range(repeats):
        for name, measure in measures.items():
            started = time.perf_counter()
            measure()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--length", type=int, default=88200)
    parser.add_argument("--repeats", type=int, default=10)
    arguments = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    real = 0.1 * torch.randn(arguments.samples, 1, arguments.length, generator=generator)
    fake = real + 0.01 * torch.randn(real.shape, generator=generator)
    loss, peer = find_loss("mrstft"), MultiResolutionSTFTLoss()
    settings = loss.convention("auraloss").settings
    with torch.no_grad():
        ours, theirs = total(loss.function(real, fake, **settings)), float(peer(fake, real))
        best = best_times(
            {"ganloss": lambda: loss.function(real, fake, **settings), "auraloss": lambda: peer(fake, real)},
            arguments.repeats,
        )
    print(f"{arguments.samples} x {arguments.length} samples, float32, {torch.get_num_threads()} threads")
    print(f"values: ganloss {ours:.7f}, auraloss {theirs:.7f}")
    for name, seconds in best.items():
        print(f"{name:<10} {1000 * seconds:8.1f} ms {seconds / best['ganloss']:6.1f} x")


if __name__ == "__main__":
    main()
