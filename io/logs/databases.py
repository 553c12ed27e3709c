"""Logs in SQLite databases: trackio's and MLflow's, read without writing anything beside them. Torch-free.

A database is opened as a file that nobody changes, so that SQLite makes no -wal and no -shm file; where a training that
still runs left its last rows in a -wal file, both are copied elsewhere first.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import reason
from ganloss_cli.io.logs.objects import add_json
from ganloss_cli.io.logs.series import Log, Recorder
from ganloss_cli.io.logs.unread import unread

MAGIC = b"SQLite format 3\0"
_LARGEST_VALUE = 1 << 26  # bytes
_LARGEST_COPY = 4 << 30  # bytes
_MOST_ROWS = 10_000_000
_MOST_INSTRUCTIONS, _AT_ONCE = 2_000_000_000, 100_000  # of SQLite's machine: a minute or so
# table -> columns: gradio-app/trackio trackio/sqlite_storage.py; mlflow/mlflow mlflow/store/tracking/dbmodels/models.py
_TRACKIO = {"metrics": {"run_name", "step", "metrics"}}
_MLFLOW = {"metrics": {"key", "value", "run_uuid", "step", "is_nan"}, "runs": {"run_uuid", "name", "lifecycle_stage"}}

_OF_RUN_ID = "SELECT run_id, run_name, step, metrics FROM metrics ORDER BY id"
_OF_NAME = "SELECT run_name, run_name, step, metrics FROM metrics ORDER BY id"
_RUNS = "SELECT run_uuid, name, lifecycle_stage FROM runs ORDER BY start_time"


def read_database(path: Path) -> tuple[Log, ...]:
    """The runs of a database of trackio or MLflow, in the order in which they began; MLflow's deleted ones left out.

    Raises:
        InputError: neither of them, damaged, or with more in it than any training logs.
    """
    try:
        with _opened(path) as connection:
            if _has(connection, _MLFLOW):
                return tuple(_mlflow(path, connection))
            if _has(connection, _TRACKIO):
                return tuple(_trackio(path, connection))
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a damaged name stands in SQLite's own message
        raise InputError(f"{path}: a SQLite database that cannot be read: {error}") from error
    raise InputError(
        f"{path}: a SQLite database, but none of trackio or MLflow",
        hint="give the log as CSV or as one JSON object a line",
    )


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder:
        file, beside = path.absolute(), path.with_name(f"{path.name}-wal")
        if beside.is_file() and beside.stat().st_size:
            file = _copied(path, beside, Path(folder))
        mode = "mode=ro&immutable=1" if file == path.absolute() else "mode=rw"
        with closing(sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True)) as connection:
            connection.text_factory = bytes
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
            connection.execute("PRAGMA trusted_schema = OFF")
            left = iter(range(_MOST_INSTRUCTIONS // _AT_ONCE))
            connection.set_progress_handler(lambda: next(left, None) is None, _AT_ONCE)
            yield connection


def _copied(path: Path, beside: Path, folder: Path) -> Path:
    """A copy of a database and of the rows that are not in it yet."""
    try:
        if (size := path.stat().st_size + beside.stat().st_size) > _LARGEST_COPY:
            raise InputError(f"{path}: has {size} bytes with {beside.name}; wait until the training has closed it")
        for file in (path, beside):
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    return folder / path.name


def _has(connection: sqlite3.Connection, tables: dict[str, set[str]]) -> bool:
    """Whether these are tables with these columns; a view of that name may compute anything."""
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master"))
    return all(
        kinds.get(table.encode()) == b"table"
        # a generated column is computed, and hidden from this pragma
        and columns <= {_text(name) for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        for table, columns in tables.items()
    )


def _trackio(path: Path, connection: sqlite3.Connection) -> Iterator[Log]:
    """A row is what one call logged, as JSON; newer versions tell runs of one name apart by run_id."""
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(metrics)")}
    query = _OF_RUN_ID if b"run_id" in columns else _OF_NAME
    recorders: dict[Any, tuple[str, Recorder]] = {}
    damaged = 0
    rows = connection.execute(query)
    for row, (key, name, step, metrics) in _limited(path, rows):
        recorder = recorders.setdefault(key, (_text(name), Recorder(path)))[1]
        place = step if isinstance(step, int) else None
        damaged += not (isinstance(metrics, bytes) and add_json(recorder, metrics, row, step=place))
    for name, recorder in recorders.values():
        yield recorder.log("trackio", run=name, findings=unread(path, 0, damaged))
        damaged = 0


def _mlflow(path: Path, connection: sqlite3.Connection) -> Iterator[Log]:
    """A row is one number; NaN has a column of its own, and infinity is the largest finite number."""
    names = {key: _text(name) for key, name, stage in connection.execute(_RUNS) if stage != b"deleted"}
    found: dict[Any, list[tuple[str, float, int]]] = {key: [] for key in names}
    rows = connection.execute("SELECT run_uuid, key, value, step, is_nan FROM metrics ORDER BY rowid")
    for _, (key, tag, value, step, is_nan) in _limited(path, rows):
        if key in found and isinstance(value, int | float) and isinstance(step, int):
            found[key].append((_text(tag), float("nan") if is_nan else float(value), step))
    for key, numbers in found.items():
        if numbers:
            yield of_mlflow(Recorder(path), numbers).log("MLflow", run=names[key])


def of_mlflow(recorder: Recorder, numbers: Sequence[tuple[str, float, int]]) -> Recorder:
    """Take in what MLflow keeps of one run.

    Args:
        recorder: that takes it.
        numbers: tag, value and step of each. Where all steps are 0, none was given.
    """
    counted = {tag for tag, _, step in numbers if step}
    rows: dict[tuple[int, int], int] = {}
    seen: dict[tuple[str, int], int] = {}
    for tag, value, step in numbers:
        occurrence = seen[tag, step] = seen.get((tag, step), -1) + 1
        row = rows.setdefault((step, occurrence), len(rows))
        recorder.add(tag, value, row=row, step=step if tag in counted else None, text=repr(value))
    return recorder


def _limited(path: Path, rows: sqlite3.Cursor) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for count, row in enumerate(rows):
        if count >= _MOST_ROWS:
            raise InputError(f"{path}: more than {_MOST_ROWS} rows of metrics")
        yield count, row


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
