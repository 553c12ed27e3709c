"""MLflow's store of files: a folder a run, and in its folder "metrics" a file a tag: time, value, step. Torch-free."""

from __future__ import annotations

import re
from pathlib import Path

from ganloss_cli.io.logs.databases import of_mlflow
from ganloss_cli.io.logs.series import Log, Recorder, count, number
from ganloss_cli.io.reading import read_text

FOLDER = "metrics"
_NAME = re.compile(r"^run_name: *['\"]?(.*?)['\"]?\s*$", re.MULTILINE)
_ALIVE = re.compile(r"^lifecycle_stage: *active", re.MULTILINE)
# mlflow/mlflow mlflow/store/tracking/file_store.py: milliseconds, a float as Python has it, a step, of late a data set
_LINE = re.compile(r"\d{10,16} (\S+) (-?\d+)(?: \S+ \S+)?")


def is_metric_line(line: str) -> bool:
    """Whether a line is one of a tag's file."""
    return (match := _LINE.fullmatch(line.strip())) is not None and number(match[1]) is not None


def is_metric_folder(path: Path) -> bool:
    """Whether a folder is that of a run's tags, and the run not deleted."""
    return path.name == FOLDER and path.is_dir() and _ALIVE.search(_about(path)) is not None


def read_metrics(path: Path) -> Log:
    """The tags of a run, or the one of a single file; a tag is the file's place below the folder "metrics".

    Args:
        path: the folder of a run's tags, or one file of it.

    Raises:
        InputError: a file cannot be read.
    """
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    numbers = [(_tag(file, path), *entry) for file in files for entry in _entries(file)]
    return of_mlflow(Recorder(path), numbers).log("MLflow", run=_run(path) if path.is_dir() else "")


def _entries(file: Path) -> list[tuple[float, int]]:
    lines = read_text(file, "a metric of MLflow").decode("utf-8", "replace").splitlines()
    found = [match for line in lines if (match := _LINE.fullmatch(line.strip()))]
    return [
        (value, step) for match in found
        if (value := number(match[1])) is not None and (step := count(float(match[2]))) is not None
    ]  # fmt: skip


def _tag(file: Path, folder: Path) -> str:
    around = folder if folder.is_dir() else next((up for up in file.parents if up.name == FOLDER), file.parent)
    return file.relative_to(around).as_posix()


def _run(folder: Path) -> str:
    match = _NAME.search(_about(folder))
    return match[1] if match and match[1] else folder.parent.name


def _about(folder: Path) -> str:
    """What lies beside a run's tags about the run itself."""
    about = folder.parent / "meta.yaml"
    return read_text(about, "settings").decode("utf-8", "replace") if about.is_file() else ""
