"""Logs that are tables: JSON, CSV, and .npy files with one value an epoch."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs.series import Log, Recorder, count, number
from ganloss_cli.io.reading import read_text
from ganloss_cli.io.stored import open_stored
from ganloss_cli.records.report import Finding

# columns that count: never a loss
STEPS = ("step", "global_step", "iteration", "iter", "iters", "_step", "trainer/global_step", "progress/kimg")
EPOCHS = ("epoch", "epochs", "progress/tick")
_CLOCKS = ("timestamp", "_timestamp", "_runtime", "_wandb/runtime", "wall_time", "time")
# how wandb writes what JSON has no number for
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


def read_json_lines(path: Path) -> Log:
    """A file of one JSON object a line, such as StyleGAN's stats.jsonl or wandb-history.jsonl.

    Objects in objects are joined with a slash; {"num", "mean", "std"} is a mean with its standard error. A line that is
    cut off is left out and noted.
    """
    recorder, damaged = Recorder(path), 0
    for row, line in enumerate(read_text(path, "JSON lines").decode("utf-8", "replace").splitlines()):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            flat = dict(_flat(entry)) if isinstance(entry, dict) else {}
        except (ValueError, OverflowError, RecursionError):  # integers beyond any float, brackets beyond any depth
            damaged += 1
            continue
        _add_object(recorder, flat, row)
    return Log(path=path, format="JSON lines", series=recorder.series(), findings=_damaged(path, damaged))


def read_json(path: Path) -> Log | None:
    """A file that is one JSON object, such as wandb-summary.json, or a list of objects; None for any other text."""
    try:
        document = json.loads(read_text(path, "JSON").decode("utf-8", "replace"))
        entries = document if isinstance(document, list) else [document]
        if not all(isinstance(entry, dict) for entry in entries):
            return None
        flat = [dict(_flat(entry)) for entry in entries]
    except (ValueError, OverflowError, RecursionError):  # integers beyond any float, brackets beyond any depth
        return None
    recorder = Recorder(path)
    for row, entry in enumerate(flat):
        _add_object(recorder, entry, row)
    return Log(path=path, format="JSON", series=recorder.series())


def _add_object(recorder: Recorder, flat: Mapping[str, tuple[float, float | None]], row: int) -> None:
    step = next((n for key in flat if key.lower() in STEPS and (n := count(flat[key][0])) is not None), None)
    epoch = next((n for key in flat if key.lower() in EPOCHS and (n := count(flat[key][0])) is not None), None)
    for tag, (value, error) in flat.items():
        if tag.lower() not in (*STEPS, *EPOCHS, *_CLOCKS):
            recorder.add(tag, value, row=row, step=step, epoch=epoch, text=repr(value), error=error)


def _flat(entry: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, tuple[float, float | None]]]:
    """Tags with their values, and the standard errors where spreads were logged."""
    for key, value in entry.items():
        tag = f"{prefix}{key}"
        if isinstance(value, bool) or (isinstance(value, dict) and "_type" in value):
            continue  # wandb's images, histograms and tables have a type, and sizes that are no losses
        if isinstance(value, str) and value in _NO_NUMBERS:
            value = float(value)
        if isinstance(value, int | float):
            yield tag, (float(value), None)
        elif isinstance(value, dict) and {"num", "mean", "std"} <= value.keys():
            mean, std, num = (value[name] for name in ("mean", "std", "num"))
            if isinstance(mean, int | float):
                known = isinstance(std, int | float) and isinstance(num, int | float) and num > 0
                yield tag, (float(mean), std / math.sqrt(num) if known else None)
        elif isinstance(value, dict):
            yield from _flat(value, f"{tag}/")


def read_csv(path: Path) -> Log:
    """A CSV file with a line of names, such as Lightning's metrics.csv; empty and wordy cells are left out.

    Where rows are named rather than counted (a data set a row), a tag is "NAME/column".
    """
    recorder = Recorder(path)
    with io.StringIO(read_text(path, "CSV").decode("utf-8", "replace"), newline="") as file:
        rows = csv.reader(file)
        try:
            names = [name.strip() for name in next(rows, [])]
            counted = [*_columns(names, STEPS), *_columns(names, EPOCHS)]
            for row, cells in enumerate(rows):
                _add_row(recorder, names, cells, row, named=not counted)
        except csv.Error as error:
            raise InputError(f"{path}: damaged CSV ({error})") from error
    return Log(path=path, format="CSV", series=recorder.series())


def _columns(names: Sequence[str], known: Sequence[str]) -> list[int]:
    return [k for k, name in enumerate(names) if name.lower() in known]


def _add_row(recorder: Recorder, names: Sequence[str], cells: Sequence[str], row: int, *, named: bool) -> None:
    numbers = [number(cell) for cell in cells]
    label = cells[0].strip() if named and cells and numbers[0] is None else ""
    step, epoch = _counted(names, numbers, STEPS), _counted(names, numbers, EPOCHS)
    for name, cell, value in zip(names, cells, numbers, strict=False):
        if value is not None and name and name.lower() not in (*STEPS, *EPOCHS, *_CLOCKS):
            tag = f"{label}/{name}" if label else name
            recorder.add(tag, value, row=row, step=step, epoch=epoch, text=cell)


def read_array(path: Path) -> Log:
    """A .npy file of one number an epoch; its tag is the file's name, its epochs count from 1.

    Raises:
        InputError: another shape than (N,), or Python objects, which are never unpickled.
    """
    stored = open_stored(path)[""]
    if len(stored.shape) != 1:
        raise InputError(f"{path}: has shape {stored.shape}; expected one number an epoch, (N,)")
    recorder = Recorder(path)
    single = stored.dtype.itemsize <= 4
    for row, value in enumerate(stored.whole().double().tolist()):
        recorder.add(path.stem, value, row=row, epoch=row + 1, text=None if single else repr(value))
    return Log(path=path, format="npy", series=recorder.series(), per_epoch=True)


def _counted(names: Sequence[str], numbers: Sequence[float | None], known: Sequence[str]) -> int | None:
    """The first count in columns of these names."""
    found = (numbers[k] for k in _columns(names, known) if k < len(numbers))
    return next((n for value in found if value is not None and (n := count(value)) is not None), None)


def _damaged(path: Path, lines: int) -> tuple[Finding, ...]:
    if not lines:
        return ()
    return (
        Finding(
            check="damaged_lines",
            severity="note" if lines == 1 else "warning",
            message=f"{path}: {lines} {'line is' if lines == 1 else 'lines are'} no JSON and left out",
            evidence={"path": str(path), "lines": lines},
        ),
    )
