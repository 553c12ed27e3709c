"""Runs that are killed at random times: their outputs are whole, or as they were, and nothing else is left."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from command_lines import whole_files

LINES = ("compare t.npy t.npy", "inspect g.pt --tensors", "audit number l1=0.5 --real real --fake fake")
OUTPUTS = {
    "compare": ("o.json", "o.csv", "o.md"),
    "inspect": ("o.json", "p.json", "o.md"),
    "audit": ("o.json", "o.csv", "o.md"),
}
OLD = "as it was\n"
WRITING = 0.02  # seconds that it takes to write three outputs


def run_kills(n_kills: int, seed: int, say: Callable[[str], None]) -> int:
    """Kill so many runs.

    Returns:
        1 where anything is left that is neither whole nor as it was, else 0.
    """
    chance = Random(seed)
    found: Counter[str] = Counter()
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        whole_files(folder)
        inputs = {path: path.stat().st_mtime_ns for path in _files(folder)}
        whole = {line: min((_whole(line, folder) for _ in range(2)), key=lambda run: run[0]) for line in LINES}
        for k in range(n_kills):
            line = LINES[k % len(LINES)]
            said, states, left = _kill(line, folder, *whole[line], chance)
            found[f"{said}, outputs {', '.join(sorted(states))}"] += 1
            if "torn" in states or left - {*inputs}:
                failures.append(f"kill {k} of '{line}': {states}, {sorted(map(str, left - {*inputs}))}")
        _whole(LINES[0], folder)
        left = {*_files(folder)} - {*inputs} - {folder / name for names in OUTPUTS.values() for name in names}
        if left or any(path.stat().st_mtime_ns != time_ for path, time_ in inputs.items()):
            failures.append(f"after a whole run: {sorted(map(str, left))} left, or an input changed")
    for kind, count in sorted(found.items()):
        say(f"{count:6} {kind}")
    say(f"seed {seed}: {n_kills} runs killed, {len(failures)} failures")
    for failure in failures:
        say(failure)
    return 1 if failures else 0


def _kill(
    line: str, folder: Path, seconds: float, documents: dict[str, str], chance: Random
) -> tuple[str, list[str], set[Path]]:
    """Kill one run: how it ended, what became of its outputs, and what else is there but hidden files of its own."""
    outputs = [folder / name for name in _outputs(line)]
    before = OLD if chance.random() < 0.5 else None
    for path in {folder / name for names in OUTPUTS.values() for name in names}:
        path.unlink(missing_ok=True)
        if before and path in outputs:
            path.write_text(before)
    if chance.random() < 0.5:
        said = _killed(line, folder, lambda: time.sleep(seconds * chance.random()))
    else:
        said = _killed(line, folder, lambda: time.sleep(WRITING * chance.random()), writing=True)
    states = [_state(path, before, documents[path.name]) for path in outputs]
    hidden = [path for path in _files(folder) if path.name.startswith(".ganloss-")]
    return said, states, {*_files(folder)} - {*outputs} - {*hidden[: len(outputs)]}


def _outputs(line: str) -> tuple[str, ...]:
    return OUTPUTS[line.split()[0]]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _started(line: str, folder: Path) -> subprocess.Popen[bytes]:
    words = [*line.split(), *(word for name in _outputs(line) for word in ("-o", name))]
    return subprocess.Popen(
        [sys.executable, "-m", "ganloss_cli", *words, "-q"], cwd=folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _whole(line: str, folder: Path) -> tuple[float, dict[str, str]]:
    """How long a run takes, and what it writes."""
    begin = time.monotonic()
    with _started(line, folder) as process:
        assert process.wait() in (0, 1), line
    return time.monotonic() - begin, {name: _shape((folder / name).read_text()) for name in _outputs(line)}


def _killed(line: str, folder: Path, wait: Callable[[], None], *, writing: bool = False) -> str:
    """Kill a run after a while; of its start, or of the first output that it writes."""
    with _started(line, folder) as process:
        while writing and process.poll() is None and not _writes(folder):
            pass
        wait()
        process.kill()
        when = "killed while it wrote" if writing else "killed"
        return when if process.wait() < 0 else "ended before"


def _writes(folder: Path) -> bool:
    try:
        return any(path.stat().st_size for path in folder.glob(".ganloss-*"))
    except FileNotFoundError:
        return True


def _state(path: Path, before: str | None, whole: str) -> str:
    if not path.exists():
        return "absent" if before is None else "torn"
    text = path.read_text()
    if text == before:
        return "as before"
    if path.suffix == ".json" and not _is_json(text):
        return "torn"
    return "whole" if _shape(text) == whole else "torn"


def _shape(text: str) -> str:
    """A document without its times, which are others in every run."""
    return re.sub(r"\d[\d.e:+-]*", "0", text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
