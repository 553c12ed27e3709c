"""Runs a command line several times in processes of their own, and kills each run when its journal has so many bytes.

    python killed.py PLAN.json

The plan holds the words of the command line, and for every run its journal and the number of bytes. One process
imports torch for all of them: each other one is a fork of it, made before torch has started any thread, and of several
that share a run each has the variables that torchrun gives.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import ganloss_cli.pipeline.evaluate.evaluation  # noqa: F401
from ganloss_cli.cli import main


def started(words: Sequence[str], processes: int) -> list[int]:
    """The processes of a run."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])
    shared = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "k"}
    found = []
    for rank in range(processes):
        found.append(os.fork())
        if found[-1] == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if processes > 1:
                os.environ |= {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            main(words)
            os._exit(0)
    return found


def killed(words: Sequence[str], journal: Path, n_bytes: int, processes: int = 1) -> None:
    """One run, which ends by itself where its journal never has as many bytes."""
    running = started([*words, "--journal", str(journal)], processes)
    while running:
        if journal.exists() and journal.stat().st_size >= n_bytes:
            for process in running:
                os.kill(process, signal.SIGKILL)
            for process in running:
                os.waitpid(process, 0)
            return
        time.sleep(0.0005)
        running = [process for process in running if os.waitpid(process, os.WNOHANG) == (0, 0)]


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text())
    for name, n_bytes in plan["runs"]:
        killed(plan["words"], Path(name), n_bytes)
