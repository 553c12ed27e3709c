"""One set over two processes beside one: `torchrun --nproc-per-node 2 -m ganloss_cli eval` and `ganloss eval`, in turn.

    python benchmarks/divided.py --pairs 1000 --side 256 --repeats 3

Each process has one thread and decodes in it, so that one process can use one processor. Told are the seconds of the
evaluation, which the report holds, and of whole processes, start-up and torchrun's agent included; the numbers of both
are compared, and have to be equal to the last bit. CPU seconds stand beside the wall clock, because a busy machine
stretches only the latter.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from processes import Run, timed


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--side", type=int, default=256, help="of the pictures, in pixels")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--losses", default="ssim,psnr")
    wanted = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as place:
        _pictures(Path(place), wanted.pairs, wanted.side)
        words = [
            "-m",
            "ganloss_cli",
            "eval",
            "--data",
            place,
            "--losses",
            wanted.losses,
            "--num-workers",
            "0",
            "--quiet",
        ]
        one = [sys.executable, *words]
        two = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *words]
        pairs = [(_measured(one, Path(place)), _measured(two, Path(place))) for _ in range(wanted.repeats)]
    evaluations = [a["seconds"] / b["seconds"] for a, b in pairs]
    wholes = [a["run"].wall / b["run"].wall for a, b in pairs]
    if any(a["results"] != b["results"] for a, b in pairs):
        raise SystemExit("the numbers differ")
    for name, k in (("one process", 0), ("two processes", 1)):
        of_each = [pair[k] for pair in pairs]
        print(
            f"{name}: evaluation {min(each['seconds'] for each in of_each):.2f} s,"
            f" whole {min(each['run'].wall for each in of_each):.2f} s,"
            f" CPU {min(each['run'].cpu for each in of_each):.2f} s"
        )
    told = ", ".join(f"{ratio:.2f}" for ratio in evaluations), ", ".join(f"{ratio:.2f}" for ratio in wholes)
    print(f"evaluation: {statistics.median(evaluations):.2f} x as fast ({told[0]})")
    print(f"whole processes: {statistics.median(wholes):.2f} x as fast ({told[1]})")


def _measured(command: list[str], place: Path) -> dict[str, Any]:
    report = place.with_name(f"{place.name}.json")
    run: Run = timed([*command, "--output", str(report)])
    document = json.loads(report.read_text())
    report.unlink()
    return {"run": run, "seconds": document["timing"]["evaluation_seconds"], "results": document["results"]}


def _pictures(place: Path, count: int, side: int) -> None:
    random = np.random.default_rng(0)
    for folder in ("real", "fake"):
        (place / folder).mkdir()
        for k in range(count):
            picture = random.integers(0, 256, (side // 8, side // 8, 3), np.uint8)
            Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC).save(
                place / folder / f"{k:05d}.png"
            )


if __name__ == "__main__":
    main()
