"""Whole processes, and what they took."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process and its children took: seconds, and peak resident megabytes."""

    wall: float
    cpu: float
    peak: float


def timed(command: Sequence[str], *, expected: int = 0) -> Run:
    """Run a command to its end; it may import what stands in this folder.

    Raises:
        SystemExit: it ended with another status than `expected`: what was timed was not the work.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once, not in every process
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        raise SystemExit(f"{' '.join(command)[:200]}: ended with {process.returncode}, expected {expected}")
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss / 1024)
