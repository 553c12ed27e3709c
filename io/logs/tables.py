"""Logs that are tables: CSV, and .npy files with one value an epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs.names import EPOCHS, STEPS, counted, is_counter, is_no_loss, prefix_of
from ganloss_cli.io.logs.series import Log, Recorder, count, number
from ganloss_cli.io.reading import read_text
from ganloss_cli.io.stored import open_stored

_TAGS, _VALUE = ("name", "metric", "tag", "key"), "value"  # heads of a table with a tag a row


def read_csv(path: Path) -> Log:
    """A CSV file with a line of names, such as Lightning's metrics.csv; empty and wordy cells are left out.

    A line of names may come again with others: a training that goes on with another set of losses. Where rows are named
    rather than counted (a data set a row), a tag is "NAME/column".
    """
    recorder = Recorder(path)
    with io.StringIO(read_text(path, "CSV").decode("utf-8-sig", "replace"), newline="") as file:
        rows = csv.reader(file)
        try:
            names = [name.strip() for name in next(rows, [])]
            for row, cells in enumerate(rows):
                words = [cell.strip() for cell in cells]
                if words == names or are_heads(words):
                    names = words
                else:
                    add_row(recorder, names, cells, row)
        except csv.Error as error:
            raise InputError(f"{path}: damaged CSV ({error})") from error
    return recorder.log("CSV")


def are_heads(cells: Sequence[str]) -> bool:
    """Whether a row of a table is its line of names: words alone, of which one counts or says that tags stand below."""
    words = [cell.lower() for cell in cells if cell]
    return all(number(word) is None for word in words) and (any(map(is_counter, words)) or _is_long(words))


def add_row(
    recorder: Recorder,
    names: Sequence[str],
    cells: Sequence[str],
    row: int,
    *,
    step: int | None = None,
    epoch: int | None = None,
) -> None:
    """Take in the numbers of one row of a table; of one with the columns name and value, the one number of it.

    Args:
        recorder: that takes them.
        names: of the columns.
        cells: of the row.
        row: its number.
        step: of the row, where it has none itself.
        epoch: likewise.
    """
    if _is_long(names):
        by_head = dict(zip((name.lower() for name in names), cells, strict=False))
        tag = next(by_head.pop(head, "") for head in _TAGS if head in by_head)
        kept = {head: cell for head, cell in by_head.items() if is_counter(head)}
        names, cells = [*kept, tag], [*kept.values(), by_head.get(_VALUE, "")]
    numbers = [number(cell) for cell in cells]
    named = not any(map(is_counter, names))
    label = cells[0].strip() if named and cells and numbers[0] is None else ""
    prefix = prefix_of(dict(zip(names, cells, strict=False)))
    by_name = {name: value for name, value in zip(names, numbers, strict=False) if value is not None}
    steps, epochs = (
        [n for value in counted(by_name, known) if (n := count(value)) is not None] for known in (STEPS, EPOCHS)
    )
    for name, cell, value in zip(names, cells, numbers, strict=False):
        if value is not None and name and not is_no_loss(name):
            tag = f"{label}/{name}" if label else f"{prefix}{name}"
            recorder.add(tag, value, row=row, step=[*steps, step][0], epoch=[*epochs, epoch][0], text=cell)


def _is_long(names: Sequence[str]) -> bool:
    """Whether a table has a tag a row: name, value, step."""
    words = {name.lower() for name in names}
    return _VALUE in words and not words.isdisjoint(_TAGS)


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
    return recorder.log("npy", per_epoch=True)
