"""Whole command lines on mutants, each in a fork of one process that has imported torch.

Allowed is one of the exit statuses that the command's own help lists, but for 70, with words on standard error and no
traceback; 10 seconds of the processor; and the memory of `import torch` with 250 MB.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch
from command_lines import line_of, mutants, whole_files

from ganloss_cli.cli import AUDITS, COMMANDS, main
from ganloss_cli.errors import ExitStatus

MOST_SECONDS = 10
MOST_BYTES = 250_000_000
HANGS = 60  # seconds by the clock: asleep, or waiting for a process of its own
SAID_EVERY = 500  # mutants
WARM_UP = (
    "eval --real real --fake fake -q", "eval --real a.wav --fake a.wav -q",
    "eval -c g.pt -d d.pt --input real --real fake -q", "inspect g.pt",
    "compare t.npy t.npy", "losses l1", "audit checkpoint g.pt", "audit log log.csv",
)  # fmt: skip
_IMPORT = "import torch; print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"


@dataclass
class _Tally:
    """What came of the command lines so far."""

    failures: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0
    slowest: tuple[float, str] = (0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, name: str, words: list[str], status: int, used: resource.struct_rusage) -> None:
        """Take in what one of them used and ended with."""
        seconds = used.ru_utime + used.ru_stime
        self.seconds += seconds
        self.slowest = max(self.slowest, (seconds, name))
        self.largest = max(self.largest, (used.ru_maxrss * 1024, name))
        self.statuses[f"{' '.join(_command(words))} {status}"] += 1


def run_commands(n_mutants: int, seed: int, keep: Path, say: Callable[[str], None]) -> int:
    """So many mutants; what failed is said and kept.

    Returns:
        1 where anything failed, else 0.
    """
    torch.set_num_threads(1)
    found, others = mutants()
    begin, tally = time.monotonic(), _Tally()
    allowed_bytes = int(subprocess.check_output([sys.executable, "-c", _IMPORT])) * 1024 + MOST_BYTES
    with tempfile.TemporaryDirectory() as temporary:
        whole, work = Path(temporary) / "whole", Path(temporary) / "work"
        whole.mkdir()
        whole_files(whole)
        _warm_up(whole)
        for k in range(n_mutants):
            name, words, data, place = line_of(found, others, Random(f"{seed} {k}"))
            shutil.copytree(whole, work, copy_function=os.link)
            (work / place).write_bytes(data)
            status, used, said = _forked(words, work)
            shutil.rmtree(work)
            tally.add(name, words, status, used)
            if kind := _wrong(words, status, used, said, allowed_bytes):
                tally.failures[kind] += 1
                (keep / f"commands-{seed}-{k}").write_bytes(data)
                say(f"mutant {k} ({place}) of '{name}': {kind}\n  ganloss {words}\n{said[-3000:]}")
            if (k + 1) % SAID_EVERY == 0:
                say(f"{k + 1} mutants, {tally.failures.total()} failures")
    for status_, count in sorted(tally.statuses.items()):
        say(f"{count:6} {status_}")
    say(f"the most memory: {tally.largest[0] / 1e6:.0f} MB of {allowed_bytes / 1e6:.0f} MB, '{tally.largest[1]}'")
    say(f"the most CPU: {tally.slowest[0]:.1f} s of {MOST_SECONDS} s, '{tally.slowest[1]}'")
    say(f"seed {seed}: {n_mutants} command lines in {time.monotonic() - begin:.0f} s, {tally.seconds:.0f} s of CPU,")
    say(f"{tally.failures.total()} failures of {len(tally.failures)} kinds")
    for kind, count in tally.failures.most_common():
        say(f"{count:6} {kind}")
    return 1 if tally.failures else 0


def _warm_up(whole: Path) -> None:
    """What commands import late is imported once, so that it counts for no mutant."""
    for line in WARM_UP:
        status, _, said = _forked(line.split(), whole, here=True)
        assert status in (0, 1, 6), (line, said)


def _forked(words: list[str], folder: Path, *, here: bool = False) -> tuple[int, resource.struct_rusage, str]:
    """Run a command line in a folder: its status, negative where a signal ended it, what it used, what it said."""
    said = folder.parent / "said"
    if here:
        return _run(words, folder, said), resource.getrusage(resource.RUSAGE_SELF), said.read_text("utf-8", "replace")
    process = os.fork()
    if not process:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS + 1, MOST_SECONDS + 2))
        signal.alarm(HANGS)
        os.setpgid(0, 0)
        status = ExitStatus.INTERNAL
        try:
            status = _run(words, folder, said)
        finally:
            os._exit(status)
    _, ended, used = os.wait4(process, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # what it may have left running
    return os.waitstatus_to_exitcode(ended), used, said.read_text("utf-8", "replace")


def _run(words: list[str], folder: Path, said: Path) -> int:
    home = Path.cwd()
    os.chdir(folder)
    with said.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        try:
            return main(words)
        finally:
            os.chdir(home)


def _command(words: list[str]) -> list[str]:
    return [word for word in words[: 2 if words[:1] == ["audit"] else 1] if word in {"audit", *COMMANDS, *AUDITS}]


def _wrong(words: list[str], status: int, used: resource.struct_rusage, said: str, allowed_bytes: int) -> str:
    """What is wrong with an outcome; empty where nothing is."""
    command = _command(words)
    if status not in _documented(command[-1] if command else ""):
        internal = re.search(r"internal error: .*", said)
        return f"{' '.join(command)} ended with {status}: {internal.group()[:200] if internal else ''}"
    if "Traceback" in said:
        return "a traceback"
    if used.ru_utime + used.ru_stime > MOST_SECONDS:
        return f"{' '.join(command)} took {used.ru_utime + used.ru_stime:.0f} s"
    if used.ru_maxrss * 1024 > allowed_bytes:
        return f"{' '.join(command)} took {used.ru_maxrss / 1000:.0f} MB"
    steering = next((c for c in said if not c.isprintable() and c != "\n"), None)
    return f"{' '.join(command)} wrote {steering!r}" if steering else ""


def _documented(command: str) -> set[int]:
    """The statuses that a command's help lists; what lists none cannot fail but by its words."""
    place = {**COMMANDS, **AUDITS}.get(command)
    if place is None:
        return {ExitStatus.USAGE, ExitStatus.DONE}
    module, function = place.split(":")
    help_ = getattr(importlib.import_module(module), function).__doc__ or ""
    listed = {int(number) for number in re.findall(r"^ +(\d+)  ", help_.partition("Exit status:")[2], re.MULTILINE)}
    return (listed or {0, 2}) - {ExitStatus.INTERNAL}
