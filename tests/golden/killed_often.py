"""Kills a journalled run at many places spread over it, and tells whether every one goes on where it was.

    python tests/golden/killed_often.py --times 100 --processes 1
    python tests/golden/killed_often.py --times 60 --processes 2
    python tests/golden/killed_often.py --times 60 --processes 2 --rank

Whatever is wrong ends it. At last stands how many steps the journals had when their runs were killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import runpy
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from golden_files import make_files
from killed import killed, started

SCORES = ("eval", "--data", "made/scores.npz", "--losses", "d_bce,d_ragan", "--batch-size", "2", "--num-workers", "0")
RANKED = ("rank", "run", "--data", "sample_data/imgs", "--losses", "tv,d_ragan", "--by", "tv", "--batch-size", "1",
          "--num-workers", "0")  # fmt: skip


def document(words: Sequence[str], processes: int, out: str) -> dict[str, Any]:
    """What a run that nobody kills writes, without what differs from run to run."""
    for process in started([*words, "--quiet", "-o", out], processes):
        os.waitpid(process, 0)
    found: dict[str, Any] = json.loads(Path(out).read_text())
    found["steps"] = found.pop("timing").get("journal_steps")
    for name in ("kept", "again"):
        (found.get("ranking") or {}).pop(name, None)
    return {name: value for name, value in found.items() if name not in ("environment", "command")}


def check(*, holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"does not hold: {what}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rank", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder))
        os.chdir(folder)
        runpy.run_path("sample_data/trajectory.py")["main"](Path("run"))
        words = RANKED if asked.rank else SCORES
        undisturbed = document(words, asked.processes, "undisturbed.json")
        document([*words, "--journal", "whole.jsonl"], asked.processes, "whole.json")
        whole = Path("whole.jsonl").read_bytes()
        n_steps, seeded = len(whole.splitlines()), random.Random(asked.seed)
        had = []
        for k in range(asked.times):
            journal = Path(f"{k}.jsonl")
            killed([*words, "--quiet", "-o", "killed.json"], journal, seeded.randrange(1, len(whole)), asked.processes)
            n_whole = journal.read_bytes().count(b"\n")
            found = document([*words, "--journal", str(journal)], asked.processes, "resumed.json")
            lines = [
                line for line in journal.read_bytes().splitlines() if line.startswith(b"{") and line.endswith(b"}")
            ]
            check(holds=found == {**undisturbed, "steps": n_whole}, what=f"run {k}: the numbers of the undisturbed run")
            check(
                holds=len(lines) == n_steps, what=f"run {k}: {n_steps} steps, each once; its journal has {len(lines)}"
            )
            had.append(n_whole)
    middle = sum(0 < n < n_steps for n in had)
    told = (
        f"{asked.times} runs of {asked.processes} process(es), killed with {min(had)} to {max(had)} of {n_steps} steps"
    )
    sys.stdout.write(
        f"{told}, median {statistics.median(had):g}; {middle} in the middle; all went on with equal numbers\n"
    )


if __name__ == "__main__":
    main()
