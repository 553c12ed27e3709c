"""A folder of small pairs of PNG files, and the same as ZIP and as tar shards: `ganloss eval` on each, in one run.

    python benchmarks/archives.py --images 5000 --repeats 5

Whole processes, start-up included, run in turn (A B C A B C ...), because the speed of a machine drifts. The values and
the fingerprint have to be the same; memory is compared with that of a tenth of the images.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from processes import Run, timed

SHARDS = 4


def make(root: Path, count: int, side: int) -> dict[str, str]:
    """The same images in each form; what --data takes, by form."""
    random = np.random.default_rng(0)
    files = []
    for role in ("real", "fake"):
        (root / "folder" / role).mkdir(parents=True)
        for k in range(count // 2):
            pixels = random.integers(0, 256, (side // 4, side // 4, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
            files.append((role, root / "folder" / role / f"{k:05}.png"))
            Image.fromarray(pixels).save(files[-1][1])
    for name, method in (("stored.zip", zipfile.ZIP_STORED), ("deflated.zip", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(root / name, "w", method) as archive:
            for role, path in files:
                archive.write(path, f"{role}/{path.name}")
    for k in range(SHARDS):
        with tarfile.open(root / f"shard-{k:04}.tar", "w") as shard:
            for role, path in files:
                if int(path.stem) % SHARDS == k:
                    shard.add(path, f"{path.stem}.{role}.png")
    forms = {"folder": "folder", "stored.zip": "stored.zip", "deflated.zip": "deflated.zip"}
    return {name: str(root / place) for name, place in {**forms, "tar": f"shard-{{0000..{SHARDS - 1:04}}}.tar"}.items()}


def command(data: str) -> list[str]:
    return [sys.executable, "-m", "ganloss_cli", "eval", "--losses", "psnr,ssim", "-f", "json", "-q", "--data", data]


def found(data: str) -> tuple[object, ...]:
    """Fingerprint and values."""
    report = json.loads(subprocess.run(command(data), capture_output=True, text=True, check=True).stdout)
    return report["fingerprint"], *(result["value"] for result in report["results"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root, few = Path(temporary) / "all", Path(temporary) / "few"
        all_, tenth = (
            make(at, n, arguments.side) for at, n in ((root, arguments.images), (few, arguments.images // 10))
        )
        same = {found(data) for data in all_.values()}
        runs: dict[str, list[Run]] = {name: [] for name in all_}
        for _ in range(arguments.repeats):
            for name, data in all_.items():
                runs[name].append(timed(command(data)))
        print(f"{arguments.images} images, {arguments.side} x {arguments.side}; values and fingerprint are"
              f" {'the same' if len(same) == 1 else 'DIFFERENT'}")  # fmt: skip
        for name, of_one in runs.items():
            wall, cpu = statistics.median(run.wall for run in of_one), statistics.median(run.cpu for run in of_one)
            pairs = list(zip(of_one, runs["folder"], strict=True))
            ratio = statistics.median(own.wall / folder.wall for own, folder in pairs)
            cpu_ratio = statistics.median(own.cpu / folder.cpu for own, folder in pairs)
            more = max(run.peak for run in of_one) - timed(command(tenth[name])).peak
            print(f"{name:<13} median {wall:6.2f} s   CPU {cpu:6.2f} s   of the folder's: {ratio:.2f}, CPU"
                  f" {cpu_ratio:.2f}   {more:+5.0f} MB for ten times the images")  # fmt: skip


if __name__ == "__main__":
    main()
