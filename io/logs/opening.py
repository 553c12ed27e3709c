"""Training logs of any kind: which reader a file wants, told by its first bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints.formats.strangers import stranger_that_begins
from ganloss_cli.io.formats import reason, refuse_special
from ganloss_cli.io.logs import databases, wandb_files
from ganloss_cli.io.logs.event_files import is_event_file, read_event_file
from ganloss_cli.io.logs.metric_files import is_metric_folder, is_metric_line, read_metrics
from ganloss_cli.io.logs.objects import read_json, read_json_lines
from ganloss_cli.io.logs.series import Log
from ganloss_cli.io.logs.tables import read_array, read_csv
from ganloss_cli.io.logs.text import read_text
from ganloss_cli.io.own_outputs import is_own_output
from ganloss_cli.io.reading import enough_memory
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding

KINDS = (
    "TensorBoard events, JSON lines, JSON, CSV, .wandb, databases of trackio and MLflow, .npy,"
    " or text with NAME: NUMBER"
)
_HEAD = 4096
_MOST_SHOWN = 8  # files left out
_WHOLE_JSON = re.compile(r"\s*(\{\s*(\"|$)|\[\s*(\{|$))")  # no text log's "[2024-01-01 ..."
# what a folder of a training holds beside its logs is told apart by name
_NAMES = (
    "*tfevents*", "*.wandb", "*.db", "*.sqlite", "*.sqlite3", "*.jsonl", "wandb-summary.json", "trainer_state.json",
    "*.csv", "*loss_log*.txt", "*.log", "log*.txt", "*.npy",
)  # fmt: skip
# what wandb notes of itself, and what repeats the end of the .wandb file beside it
_OF_WANDB, _REPEATED = re.compile(r"debug(?:-\w+)?\.log"), ("wandb-summary.json", "wandb-history.jsonl")
_SETTINGS = {".yaml", ".yml", ".toml", ".ini", ".cfg"}
_PROGRAMS = {".py", ".sh", ".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".js", ".ts", ".java", ".go", ".rs"}
_SETTINGS_NAME = re.compile(r"(?:.*[_.-])?(?:config|hparams|args|options?|opt|settings)", re.IGNORECASE)


def open_logs(path: Path, run: str | None = None) -> tuple[Log, ...]:
    """The logs of a file or of a folder, those without a scalar left out.

    Args:
        path: a file of any name, or a folder with event files, .wandb, .db, .sqlite, .jsonl, wandb-summary.json,
            trainer_state.json, .csv, .npy, .log and loss_log.txt files and MLflow's folders at any depth.
        run: of several trainings the one of this name; None for all.

    Raises:
        InputError: no such path, damaged, or no scalar in it.
        UsageError: no training is called so.
    """
    with enough_memory(path):
        read = {file: _read(file, lenient=path.is_dir()) for file in _files(path)}
    logs = [log for found in read.values() for log in found if log.series]
    if not logs:
        findings = (finding for found in read.values() for log in found for finding in log.findings)
        said = (finding.message.partition(": ")[2] for finding in findings)
        raise InputError("; ".join((f"{path}: no scalars found", f"expected {KINDS}", *said)))
    empty = [file for file, found in read.items() if not any(log.series for log in found)]
    if empty:
        note = _left_out(path, [str(file.relative_to(path)) for file in empty])
        logs[0] = replace(logs[0], findings=(*logs[0].findings, note))
    return tuple(logs) if run is None else _of_run(path, logs, run)


def runs_of(logs: Sequence[Log]) -> list[str]:
    """The names of the trainings that logs are of, as far as they have any."""
    return [*dict.fromkeys(log.run for log in logs if log.run)]


def _of_run(path: Path, logs: Sequence[Log], run: str) -> tuple[Log, ...]:
    kept = tuple(log for log in logs if log.run == run)
    if not kept:
        known = ", ".join(runs_of(logs)) or "none has a name"
        raise UsageError(f"--run {run}: no training of {path} is called so", hint=f"there are: {known}")
    return kept


def _left_out(path: Path, names: list[str]) -> Finding:
    return Finding(
        check="left_out_logs",
        severity="note",
        message=f"{path}: left out {listed(names, _MOST_SHOWN)}: no series of scalars",
        evidence={"left_out": names},
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = {file.resolve(): file for pattern in _NAMES for file in path.rglob(pattern) if file.is_file()}
    folders = [folder for folder in (path, *path.rglob("metrics")) if is_metric_folder(folder)]
    outside = (file for file in found.values() if not _is_beside_wandb(file) and not is_own_output(file))
    yield from sorted([*folders, *outside])


def _is_beside_wandb(file: Path) -> bool:
    """Whether a file is one that wandb keeps beside its log."""
    if _OF_WANDB.fullmatch(file.name) and file.parent.name in ("logs", "wandb"):
        return True
    return file.name in _REPEATED and any(file.parent.parent.glob("*.wandb"))


def _read(path: Path, *, lenient: bool) -> tuple[Log, ...]:
    if path.is_dir():
        return (read_metrics(path),)
    refuse_special(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    if not head:
        if lenient:
            return ()
        raise InputError(f"{path}: an empty file; expected {KINDS}")
    if is_event_file(path):
        return (read_event_file(path),)
    if head.startswith(wandb_files.MAGIC):
        return (wandb_files.read_wandb(path),)
    try:
        if head.startswith(databases.MAGIC):
            return databases.read_database(path)
        if head.startswith(b"\x93NUMPY"):
            return (read_array(path),)
    except InputError:
        if lenient:  # a folder may hold arrays and databases that are no logs
            return ()
        raise
    _refuse_strangers(path, head)
    return (_read_text(path, head.decode("utf-8-sig", "replace")),)


def _refuse_strangers(path: Path, head: bytes) -> None:
    """Refuse what holds names and numbers, or bytes, and is none of a training's logs."""
    known = stranger_that_begins(head)
    if b"\0" in head or (known and known.mistaken and not head.lstrip().startswith(b"{")):
        found = f"; found {known.what}" if known else ""
        raise InputError(f"{path}: not a log; expected {KINDS}{found}", hint=known.hint if known else None)
    what = "settings" if path.suffix.lower() in _SETTINGS else "a program" if path.suffix.lower() in _PROGRAMS else ""
    if path.suffix.lower() == ".json" and _SETTINGS_NAME.fullmatch(path.stem):
        what = "settings"
    if what:
        raise InputError(f"{path}: {what}, not a log; expected {KINDS}")


def _read_text(path: Path, head: str) -> Log:
    first = (head.splitlines() or [""])[0]
    if _WHOLE_JSON.match(first) and path.suffix != ".jsonl" and (log := read_json(path)) is not None:
        return log
    if _is_json(first):
        return read_json_lines(path)
    if is_metric_line(first):
        return read_metrics(path)
    return read_csv(path) if _is_csv(first) else read_text(path)


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_csv(line: str) -> bool:
    names = [name.strip() for name in line.split(",")]
    return len(names) > 1 and not any(":" in name or "=" in name for name in names)
