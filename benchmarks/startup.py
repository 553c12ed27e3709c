"""How long a person waits before anything is computed: commands beside a Python that does nothing, in one run.

    python benchmarks/startup.py --repeats 7

Each is a whole process, in turn (A B A B ...); CPU seconds (user and system) stand beside the wall clock, because a
busy machine stretches only the latter. `inspect` looks at a checkpoint of many small tensors, and at one whose tensors
are large, the audit at a pair of 200 MB with random weights; all are written here.
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
many, large, pair = sys.argv[1], sys.argv[2], sys.argv[5:]
torch.save({"generator": {f"layer{k}.weight": torch.zeros(4) for k in range(int(sys.argv[3]))}}, many)
torch.save({"generator": {f"layer{k}.weight": torch.zeros(2**20) for k in range(int(sys.argv[4]) // 4)}}, large)
for path in pair:
    torch.save({f"{k}.weight": 0.02 * torch.randn(2048, 2048) for k in range(6)}, path)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--tensors", type=int, default=10_000, help="of the checkpoint of many")
    parser.add_argument("--megabytes", type=int, default=400, help="of the large checkpoint")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many, large = str(Path(folder) / "many.pt"), str(Path(folder) / "large.pt")
        sizes = [str(arguments.tensors), str(arguments.megabytes)]
        pair = [str(Path(folder) / name) for name in ("G.pt", "D.pt")]
        subprocess.run([sys.executable, "-c", WRITE, many, large, *sizes, *pair], check=True)
        ganloss = [sys.executable, "-m", "ganloss_cli"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "ganloss --version": [*ganloss, "--version"],
            "ganloss --help": [*ganloss, "--help"],
            "an unknown option": [*ganloss, "eval", "--btach-size", "3"],
            f"inspect, {arguments.tensors} tensors": [*ganloss, "inspect", many],
            f"inspect, {arguments.megabytes} MB": [*ganloss, "inspect", large],
            "audit, a pair of 200 MB": [*ganloss, "audit", "checkpoint", *pair],
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for repeat in range(arguments.repeats + 1):  # the first warms up
            for name, command in commands.items():
                run = timed(command, expected=2 if name == "an unknown option" else 0)
                if repeat:
                    runs[name].append(run)
    bare = statistics.median(run.cpu for run in runs["python -c pass"])
    for name, of_one in runs.items():
        wall, cpu = statistics.median(run.wall for run in of_one), statistics.median(run.cpu for run in of_one)
        print(f"{name:<24} wall {wall:6.3f} s   CPU {cpu:6.3f} s   {cpu / bare:5.1f} x bare Python's CPU")


if __name__ == "__main__":
    main()
