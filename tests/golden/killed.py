"""Runs a command line several times in processes of their own, and kills each when its journal has so many bytes.

    python killed.py PLAN.json

The plan holds the words of the command line, and for every run its journal and the number of bytes. One process
imports torch for all of them: each run is a fork of it, made before torch has started any thread.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import ganloss_cli.pipeline.evaluate.evaluation  # noqa: F401
from ganloss_cli.cli import main


def killed(words: list[str], journal: Path, n_bytes: int) -> None:
    """One run."""
    process = os.fork()
    if process == 0:
        main([*words, "--journal", str(journal)])
        os._exit(0)
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if journal.exists() and journal.stat().st_size >= n_bytes:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return
        time.sleep(0.0005)


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text())
    for name, n_bytes in plan["runs"]:
        killed(plan["words"], Path(name), n_bytes)
