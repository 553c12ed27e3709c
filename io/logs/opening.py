"""Training logs of any kind: which reader a file wants, told by its first bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import reason, refuse_special
from ganloss_cli.io.logs.event_files import is_event_file, read_event_file
from ganloss_cli.io.logs.series import Log
from ganloss_cli.io.logs.tables import read_array, read_csv, read_json, read_json_lines
from ganloss_cli.io.logs.text import read_text
from ganloss_cli.io.own_outputs import is_own_output
from ganloss_cli.io.reading import enough_memory
from ganloss_cli.records.report import Finding

KINDS = "TensorBoard events, JSON lines, wandb-summary.json, CSV, .npy, or text with NAME: NUMBER"
_HEAD = 4096
_MOST_SHOWN = 8  # files left out
_WHOLE_JSON = re.compile(r"\s*(\{\s*(\"|$)|\[\s*(\{|$))")  # no text log's "[2024-01-01 ..."
_WANDB = b":W&B"  # wandb/wandb wandb/sdk/internal/datastore.py, LEVELDBLOG_HEADER_IDENT
# what a folder of a training holds beside its logs is told apart by name
_NAMES = ("*tfevents*", "*.jsonl", "wandb-summary.json", "*.csv", "*loss_log*.txt", "*.log", "log*.txt", "*.npy")


def open_logs(path: Path) -> tuple[Log, ...]:
    """The logs of a file or of a folder, those without a scalar left out.

    Args:
        path: a file of any name, or a folder with event files, .jsonl, wandb-summary.json, .csv, .npy, .log and
            loss_log.txt files at any depth.

    Raises:
        InputError: no such path, damaged, or no scalar in it.
    """
    with enough_memory(path):
        read = {file: _read(file, lenient=path.is_dir()) for file in _files(path)}
    logs = [log for log in read.values() if log and log.series]
    if not logs:
        raise InputError(f"{path}: no scalars found; expected {KINDS}")
    if left_out := [str(file.relative_to(path)) for file, log in read.items() if not (log and log.series)]:
        logs[0] = replace(logs[0], findings=(*logs[0].findings, _left_out(path, left_out)))
    return tuple(logs)


def _left_out(path: Path, names: list[str]) -> Finding:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return Finding(
        check="left_out_logs",
        severity="note",
        message=f"{path}: left out {', '.join(names[:_MOST_SHOWN])}{more}: no series of scalars",
        evidence={"left_out": names},
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = {file for pattern in _NAMES for file in path.rglob(pattern) if file.is_file()}
    yield from sorted(file for file in found if not is_own_output(file))


def _read(path: Path, *, lenient: bool) -> Log | None:
    refuse_special(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    if not head:
        if lenient:
            return None
        raise InputError(f"{path}: an empty file; expected {KINDS}")
    if is_event_file(path):
        return read_event_file(path)
    if head.startswith(b"\x93NUMPY"):
        try:
            return read_array(path)
        except InputError:
            if lenient:  # a folder may hold arrays that are no logs
                return None
            raise
    if head.startswith(_WANDB):
        raise InputError(
            f"{path}: Weights & Biases' binary log; expected {KINDS}",
            hint="give the run's wandb-summary.json, or its history written as one JSON object a line",
        )
    if b"\0" in head:
        raise InputError(f"{path}: not a log; expected {KINDS}")
    first = head.decode("utf-8", "replace").splitlines()[0]
    if _is_json(first):
        return read_json_lines(path)
    if _WHOLE_JSON.match(first) and (log := read_json(path)) is not None:
        return log
    return read_csv(path) if _is_csv(first) else read_text(path)


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_csv(line: str) -> bool:
    names = [name.strip() for name in line.split(",")]
    return len(names) > 1 and not any(":" in name or "=" in name for name in names)
