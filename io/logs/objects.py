"""Logs that are JSON: an object a line, one object, a list of them; and objects inside other containers. Torch-free."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs.names import EPOCHS, STEPS, counted, is_count, is_counter, is_no_loss, prefix_of
from ganloss_cli.io.logs.series import Log, Recorder, count
from ganloss_cli.io.reading import read_text
from ganloss_cli.records.report import Finding

# how a logger writes what JSON has no number for: wandb, trackio, jq, str(float)
_NO_NUMBERS = {"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
# what a program's messages have, such as wandb's debug-core.log: the numbers beside them are no scalars
_MESSAGE = {"msg", "message"}
# what is no number of a training in an integer without an end, or in brackets without one
_UNREADABLE = (ValueError, OverflowError, RecursionError)


def read_json_lines(path: Path) -> Log:
    """A file of one JSON object a line, such as StyleGAN's stats.jsonl or wandb-history.jsonl.

    Objects in objects are joined with a slash; {"num", "mean", "std"} is a mean with its standard error. A line that is
    cut off is left out and noted.
    """
    recorder, damaged = Recorder(path), 0
    for row, line in enumerate(read_text(path, "JSON lines").decode("utf-8-sig", "replace").splitlines()):
        if line.strip() and not add_json(recorder, line, row):
            damaged += 1
    return recorder.log("JSON lines", findings=_damaged(path, damaged))


def read_json(path: Path) -> Log | None:
    """A file that is one JSON object, such as wandb-summary.json, or a list of objects; None for any other text.

    Of an object that holds one list of objects with a step or an epoch each, as the trainer_state.json of transformers
    holds its log_history, that list is the log. A lone object of settings counts to "epochs", and so counts nothing.

    Raises:
        InputError: it is a notebook.
    """
    try:
        document = json.loads(read_text(path, "JSON").decode("utf-8-sig", "replace"))
        entries = document if isinstance(document, list) else _history(document) or [document]
        if not all(isinstance(entry, dict) for entry in entries):
            return None
        flat = [dict(_flat(entry)) for entry in entries]
    except _UNREADABLE:
        return None
    if isinstance(document, dict) and "nbformat" in document:
        raise InputError(f"{path}: a Jupyter notebook, not a log", hint="give the file that its training logs to")
    if document is not entries and len(flat) == 1 and not any(map(is_count, flat[0])):
        flat = [{tag: value for tag, value in flat[0].items() if not is_counter(tag)}]
    recorder = Recorder(path)
    for row, entry in enumerate(flat):
        _add_flat(recorder, entry, row, prefix=prefix_of(entries[row]))
    return recorder.log("JSON")


def add_json(recorder: Recorder, text: str | bytes, row: int, *, step: int | None = None) -> bool:
    """Take in the numbers of one JSON object, as `add_object` does."""
    try:
        entry = json.loads(text)
    except _UNREADABLE:
        return False
    return isinstance(entry, dict) and add_object(recorder, entry, row, step=step)


def add_object(recorder: Recorder, entry: Mapping[str, Any], row: int, *, step: int | None = None) -> bool:
    """Take in the numbers of one object.

    Args:
        recorder: that takes them.
        entry: the object.
        row: what it stands in.
        step: of it, where it lies beside the object.

    Returns:
        whether it can be read.
    """
    try:
        flat = dict(_flat(entry))
    except _UNREADABLE:
        return False
    prefix = prefix_of(entry)
    if "level" not in entry or _MESSAGE.isdisjoint(entry) or counted(flat, STEPS):
        _add_flat(recorder, flat, row, step, prefix)
    return True


def _history(document: Any) -> list[Any] | None:
    """The one list of counted objects in an object."""
    found = [
        value for value in (document.values() if isinstance(document, dict) else ())
        if isinstance(value, list) and value
        and all(isinstance(entry, dict) and any(map(is_counter, entry)) for entry in value)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _add_flat(
    recorder: Recorder,
    flat: Mapping[str, tuple[float, float | None]],
    row: int,
    step: int | None = None,
    prefix: str = "",
) -> None:
    steps, epochs = (
        [n for value, _ in counted(flat, known) if (n := count(value)) is not None] for known in (STEPS, EPOCHS)
    )
    place = [*steps, step][0]
    for tag, (value, error) in flat.items():
        if not is_no_loss(tag):
            recorder.add(
                f"{prefix}{tag}", value, row=row, step=place, epoch=epochs[0] if epochs else None,
                text=repr(value), error=error,
            )  # fmt: skip


def _flat(entry: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, tuple[float, float | None]]]:
    """Tags with their values, and the standard errors where spreads were logged."""
    for key, value in entry.items():
        tag = f"{prefix}{key}"
        if isinstance(value, bool) or (isinstance(value, dict) and "_type" in value):
            continue  # wandb's images, histograms and tables have a type, and sizes that are no losses
        if isinstance(value, str) and value.strip().lower() in _NO_NUMBERS:
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
