"""How long `ganloss inspect` looks at a torch.distributed.checkpoint of a gigabyte, beside single files of the same.

    python benchmarks/distributed.py --repeats 5 --tensors 500 5000

The same tensors lie in a folder of torch.distributed.checkpoint, in a torch.save file and in a .safetensors file, all
written here. Each look is a whole process, in turn (A B C A B C ...); CPU seconds (user and system) stand beside the
wall clock, because a busy machine stretches only the latter, and the peak of memory beside both.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import Run, timed

WRITE = """
import sys, torch
import torch.distributed.checkpoint as distributed
from safetensors.torch import save_file
folder, n_tensors, megabytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
elements = megabytes * 1_000_000 // 4 // n_tensors
shapes = [(elements,), (1, elements), (1, 1, elements)]  # of several ranks, as layers have
state = {f"layer{k}.weight": torch.zeros(shapes[k % 3]) for k in range(n_tensors)}
distributed.save({"generator": state}, checkpoint_id=folder + "/distributed", no_dist=True)
torch.save({"generator": state}, folder + "/whole.pt")
save_file(state, folder + "/whole.safetensors")
"""
NAMES = ("distributed", "whole.pt", "whole.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tensors", type=int, nargs="+", default=[500, 5_000])
    parser.add_argument("--megabytes", type=int, default=1_000)
    arguments = parser.parse_args()
    for n_tensors in arguments.tensors:
        with tempfile.TemporaryDirectory() as folder:
            sizes = [str(n_tensors), str(arguments.megabytes)]
            subprocess.run([sys.executable, "-W", "ignore", "-c", WRITE, folder, *sizes], check=True)
            runs: dict[str, list[Run]] = {name: [] for name in NAMES}
            for repeat in range(arguments.repeats + 1):  # the first warms up
                for name in NAMES:
                    run = timed([sys.executable, "-m", "ganloss_cli", "inspect", str(Path(folder) / name)])
                    if repeat:
                        runs[name].append(run)
        print(f"{n_tensors} tensors, {arguments.megabytes} MB")
        ours = statistics.median(run.cpu for run in runs["distributed"])
        for name, of_one in runs.items():
            wall, cpu = (statistics.median(getattr(run, what) for run in of_one) for what in ("wall", "cpu"))
            peak = max(run.peak for run in of_one)
            print(f"  {name:<18} wall {wall:6.3f} s   CPU {cpu:6.3f} s   peak {peak:4.0f} MB   {ours / cpu:4.2f} x")


if __name__ == "__main__":
    main()
