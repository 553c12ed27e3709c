"""SSIM and MS-SSIM beside torchmetrics, pytorch-msssim, piq and scikit-image, in one run.

    python benchmarks/ssim.py --repeats 15

All take turns on the same images, because the speed of a machine drifts; what counts is the ratio of the medians, of
the wall clock and, as a second witness on a busy machine, of the CPU time of all threads.
Needs the extra `bench`; a library that cannot be imported is left out, and said.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchvision_operators import declare_torchvision_operators

from ganloss_cli.evaluators import losses

Measure = Callable[[Tensor, Tensor], Tensor]


def torchmetrics_ssim() -> Measure:
    library = importlib.import_module("torchmetrics.functional.image")
    return lambda r, f: library.structural_similarity_index_measure(f, r, data_range=1.0, reduction="none")


def torchmetrics_ms_ssim() -> Measure:
    library = importlib.import_module("torchmetrics.functional.image")
    return lambda r, f: library.multiscale_structural_similarity_index_measure(f, r, data_range=1.0, reduction="none")


def pytorch_msssim_ssim() -> Measure:
    library = importlib.import_module("pytorch_msssim")
    return lambda r, f: library.ssim(r, f, data_range=1.0, size_average=False)


def pytorch_msssim_ms_ssim() -> Measure:
    library = importlib.import_module("pytorch_msssim")
    return lambda r, f: library.ms_ssim(r, f, data_range=1.0, size_average=False)


def piq_ssim() -> Measure:
    library = importlib.import_module("piq")
    return lambda r, f: library.ssim(r, f, data_range=1.0, downsample=False, reduction="none")


def piq_ms_ssim() -> Measure:
    library = importlib.import_module("piq")
    return lambda r, f: library.multi_scale_ssim(r, f, data_range=1.0, reduction="none")


def scikit_image_ssim() -> Measure:
    library = importlib.import_module("skimage.metrics")
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}

    def measure(real: Tensor, fake: Tensor) -> Tensor:
        pairs = zip(real.numpy(), fake.numpy(), strict=True)
        values = [library.structural_similarity(*pair, data_range=1.0, channel_axis=0, **settings) for pair in pairs]
        return torch.tensor(values)

    return measure


PEERS: dict[str, dict[str, Callable[[], Measure]]] = {
    "ssim": {
        "torchmetrics": torchmetrics_ssim,
        "pytorch-msssim": pytorch_msssim_ssim,
        "piq": piq_ssim,
        "scikit-image": scikit_image_ssim,
    },
    "ms_ssim": {
        "torchmetrics": torchmetrics_ms_ssim,
        "pytorch-msssim": pytorch_msssim_ms_ssim,
        "piq": piq_ms_ssim,
    },
}


def pictures(samples: int, side: int) -> tuple[Tensor, Tensor]:
    """Smooth random pictures with some texture, and noisy copies, float32 on [0, 1]."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(samples, 3, side // 16, side // 16, generator=generator)
    real = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    real = (0.9 * real + 0.1 * torch.rand(real.shape, generator=generator)).contiguous()
    return real, (real + 0.05 * torch.randn(real.shape, generator=generator)).clamp(0, 1)


def medians(
    measures: dict[str, Measure], real: Tensor, fake: Tensor, repeats: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the wall clock and of the CPU by name; the first round warms up."""
    wall: dict[str, list[float]] = {name: [] for name in measures}
    cpu: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(repeats + 1):
        for name, measure in measures.items():
            started = time.perf_counter(), time.process_time()
            measure(real, fake)
            wall[name].append(time.perf_counter() - started[0])
            cpu[name].append(time.process_time() - started[1])
    return tuple({name: statistics.median(of_one[1:]) for name, of_one in each.items()} for each in (wall, cpu))  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    declare_torchvision_operators()  # torchmetrics and piq import it
    real, fake = pictures(arguments.samples, arguments.side)
    print(f"{arguments.samples} x 3 x {arguments.side} x {arguments.side}, float32, {torch.get_num_threads()} threads")
    for name, peers in PEERS.items():
        ours: Measure = getattr(losses, name)
        measures = {"ganloss": ours}
        for library, make in peers.items():
            try:
                measures[library] = make()
            except (ImportError, RuntimeError) as error:
                print(f"{library} left out: {error}")
        with torch.no_grad():
            exact = ours(real.double(), fake.double())
            for library, measure in measures.items():
                distance = (measure(real, fake).double() - exact).abs().max().item()
                print(f"{name:<8} {library:<15} differs by {distance:.1e} from ganloss in float64")
            wall, cpu = medians(measures, real, fake, arguments.repeats)
        for library, seconds in wall.items():
            speed = f"{1000 * seconds:8.1f} ms {arguments.samples / seconds:8.1f} images/s"
            ratios = f"{seconds / wall['ganloss']:7.1f} x wall {cpu[library] / cpu['ganloss']:7.1f} x CPU"
            print(f"{name:<8} {library:<15} {speed} {ratios}")


if __name__ == "__main__":
    main()
