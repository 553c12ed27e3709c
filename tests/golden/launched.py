"""What a process that torchrun started does in a test: one command line after the other, joining and leaving each time.

    torchrun --nproc-per-node N launched.py PLAN.json

The plan holds `alike`, command lines that are also run alone, `together`, others that are not, and perhaps `scores`, a
command line with which two processes go through all that may go wrong. What came of everything is written to
rank0.json, rank1.json and so on.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ganloss_cli.cli import main

RANK = int(os.environ["RANK"])


def run(*words: str) -> dict[str, Any]:
    """A command line in this process: its status, and what it printed."""
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        status = main(words)
    return {"status": status, "printed": printed.getvalue(), "said": said.getvalue()}


def everything(plan: dict[str, Any]) -> dict[str, Any]:
    """Run a plan."""
    came = {}
    for name, words in plan["alike"].items():
        came[name] = run(*words, "--format", "json")
        if RANK == 0:
            came[f"{name} alone"] = run(*words, "--format", "json", "--no-distributed")
    came |= {name: run(*words) for name, words in plan.get("together", {}).items()}
    return came | (troubled(plan["scores"]) if "scores" in plan else {})


def troubled(scores: list[str]) -> dict[str, Any]:
    """What two processes may go through."""
    came = {}
    came["gate"] = run(*scores, "--fail-if", "d_bce>0", "--output", "gate.json", "--per-sample")
    came["baseline"] = run(*scores, "--baseline", "gate.json", "--fail-if-worse", "d_bce from equilibrium by 0.1",
                           "--format", "json")  # fmt: skip
    came["rank 1 fails"] = run("eval", "--data", "made/scores.npz" if RANK == 0 else "made/cut.safetensors",
                               "--output", "failed.json")  # fmt: skip
    came["other options"] = run(*scores, "--seed", str(RANK))
    for name in ("journal", "journal again"):
        came[name] = run(*scores, "--format", "json", "--journal", "both.jsonl")
    came["undivided command"] = run("losses", "ssim")
    if RANK == 1:
        began = [sys.executable, "-m", "ganloss_cli", *scores, "--format", "json", "--join-timeout", "1"]
        child = subprocess.run(began, capture_output=True, text=True, timeout=100, check=False)
        came["child"] = {"status": child.returncode, "printed": child.stdout, "said": child.stderr}
    if RANK == 0:
        came["nobody comes"] = run(*scores, "--join-timeout", "0.2", "--output", "late.json")
    return came


if __name__ == "__main__":
    Path(f"rank{RANK}.json").write_text(json.dumps(everything(json.loads(Path(sys.argv[1]).read_text()))))
