"""Holds runs of many kinds under a real torchrun, and of merged shards, against the undivided ones, to the bit.

    python tests/golden/divided.py [KIND...] [--processes 1 2 3]

Without kinds: those of test_shares.py, and rankings. Only timing, environment and command may differ.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))  # tests/optional.py, where pytest does not load it

from golden_files import make_files
from golden_run import commands
from test_launched import RANKED, launch, line
from test_shares import KINDS, document, split

from ganloss_cli.cli import main as ganloss


def printed(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        ganloss(words)
    return without_command(out.getvalue())


def without_command(text: str) -> dict[str, Any]:
    return {name: value for name, value in document(text).items() if name != "command"}


def merged(kind: str, of: int) -> dict[str, Any]:
    """What shares of a golden command line make."""
    own, told = split(commands()[f"eval-{kind}"])
    own += [] if "--batch-size" in own else ["--batch-size", "2"]
    for k in range(of):
        printed(*own, "--shard", f"{k + 1}/{of}", "-o", f"part{k}.json", "--format", "json")
    return printed("merge", *(f"part{k}.json" for k in range(of)), *told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=[*KINDS, *RANKED])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 3])
    asked = parser.parse_args()
    alike = {kind: RANKED.get(kind) or line(kind) for kind in asked.kinds}
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder))
        os.chdir(folder)
        runpy.run_path("sample_data/trajectory.py")["main"](Path("run"))
        came = {}
        for processes in asked.processes:
            launch(Path(folder), processes, {"alike": alike})
            came[processes] = json.loads(Path("rank0.json").read_text())
        for kind in asked.kinds:
            alone = without_command(came[asked.processes[0]][f"{kind} alone"]["printed"])
            told = {f"torchrun {n}": without_command(own[kind]["printed"]) for n, own in came.items()}
            if kind not in RANKED:
                told |= {f"shards {n}": merged(kind, n) for n in (2, 3)}
            verdicts = [f"{how} {'equal' if found == alone else 'DIFFERS'}" for how, found in told.items()]
            sys.stdout.write(f"{kind:22}{len(alone['results']):3} results  {', '.join(verdicts)}\n")


if __name__ == "__main__":
    main()
