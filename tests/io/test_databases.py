import math
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs import databases
from ganloss_cli.io.logs.opening import open_logs
from ganloss_cli.io.logs.series import Log

# As trackio 0.43.0 and mlflow 3.17.2 create them, as far as runs and metrics go.
TRACKIO = """CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, timestamp TEXT NOT NULL,
    run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, log_id TEXT, space_id TEXT)"""
OLD_TRACKIO = """CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL,
    run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL)"""
CALL = "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?, '', ?, ?, CAST(? AS BLOB))"
MLFLOW = """
CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), start_time BIGINT, lifecycle_stage VARCHAR(20),
    CONSTRAINT run_pk PRIMARY KEY (run_uuid));
CREATE TABLE metrics ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
    run_uuid VARCHAR(32) NOT NULL, step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL,
    CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan));
CREATE TABLE latest_metrics ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL);
"""

ENDLESS = """CREATE VIEW metrics AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
    SELECT id, 'r' AS run_name, id AS step, '{}' AS metrics FROM n"""


def database(path: Path, schema: str, *inserts: tuple[str, Iterable[tuple[object, ...]]]) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(schema)
        for statement, rows in inserts:
            connection.executemany(statement, rows)
    return path


def trackio(path: Path, rows: Iterable[tuple[str, str, int, str]]) -> Path:
    insert = (
        "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?, '2026', ?, ?, CAST(? AS BLOB))"
    )
    return database(path, TRACKIO, (insert, rows))


def mlflow(path: Path, runs: Iterable[tuple[str, str, int, str]], rows: Iterable[tuple[object, ...]]) -> Path:
    return database(
        path, MLFLOW, ("INSERT INTO runs VALUES (?, ?, ?, ?)", runs),
        ("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows),
    )  # fmt: skip


def read(log: Log) -> dict[str, tuple[tuple[int | None, float], ...]]:
    return {tag: tuple(zip(one.steps, one.values, strict=True)) for tag, one in log.series.items()}


def test_the_calls_that_trackio_keeps_are_read(tmp_path: Path) -> None:
    path = trackio(
        tmp_path / "gan.db",
        [("a1", "first", 0, '{"d_loss":1.5,"epoch":0,"nested":{"a":0.25}}'),
         ("a1", "first", 10, '{"d_loss":"NaN","g_loss":"Infinity","epoch":1}'),
         ("b2", "second", 0, '{"d_loss":0.5}')],
    )  # fmt: skip

    first, second = open_logs(path)

    assert (first.format, first.run, second.run) == ("trackio", "first", "second")
    assert first.series["d_loss"].values[0] == 1.5
    assert math.isnan(first.series["d_loss"].values[1])
    assert (first.series["d_loss"].steps, first.series["d_loss"].epochs) == ((0, 10), (0, 1))
    assert read(second) == {"d_loss": ((0, 0.5),)}
    assert first.series["g_loss"].values == (math.inf,)
    assert first.series["nested/a"].values == (0.25,)


def test_an_older_trackio_knows_runs_by_their_names(tmp_path: Path) -> None:
    insert = "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES ('2025', ?, ?, ?)"
    path = database(tmp_path / "gan.db", OLD_TRACKIO, (insert, [("run", 0, '{"d": 1.5}'), ("run", 1, '{"d": 0.5}')]))

    (log,) = open_logs(path)

    assert (log.run, read(log)) == ("run", {"d": ((0, 1.5), (1, 0.5))})


def test_a_row_of_trackio_that_is_no_object_is_damaged(tmp_path: Path) -> None:
    rows = [("a", "run", 0, '{"d": 1.5}'), ("a", "run", 1, "["), ("a", "run", 2, "[1]")]

    (log,) = open_logs(trackio(tmp_path / "gan.db", rows))

    assert read(log) == {"d": ((0, 1.5),)}
    assert [finding.check for finding in log.findings] == ["damaged_records"]


def test_the_runs_of_mlflow_are_read_and_the_deleted_left_out(tmp_path: Path) -> None:
    path = mlflow(
        tmp_path / "mlflow.db",
        [("b", "later", 2, "active"), ("a", "first", 1, "active"), ("c", "gone", 3, "deleted")],
        [("d_loss", 1.5, 1, "a", 0, 0), ("train/g", 0.0, 1, "a", 0, 1), ("d_loss", 0.75, 2, "a", 10, 0),
         ("train/g", 1.7976931348623157e308, 2, "a", 10, 0), ("d_loss", 9.0, 1, "b", 5, 0),
         ("d_loss", 7.0, 1, "c", 5, 0)],
    )  # fmt: skip

    first, later = open_logs(path)

    assert (first.format, first.run, later.run) == ("MLflow", "first", "later")
    assert read(first)["d_loss"] == ((0, 1.5), (10, 0.75))
    assert math.isnan(first.series["train/g"].values[0])
    assert first.series["train/g"].values[1] == math.inf
    assert first.series["d_loss"].rows == first.series["train/g"].rows
    assert read(later) == {"d_loss": ((5, 9.0),)}


def test_steps_that_mlflow_was_not_given_are_none(tmp_path: Path) -> None:
    rows = [("d", 1.5, 1, "a", 0, 0), ("d", 0.5, 2, "a", 0, 0)]

    (log,) = open_logs(mlflow(tmp_path / "mlflow.db", [("a", "run", 1, "active")], rows))

    assert read(log) == {"d": ((None, 1.5), (None, 0.5))}


def test_nothing_is_written_beside_a_database(tmp_path: Path) -> None:
    path = trackio(tmp_path / "gan.db", [("a", "run", 0, '{"d": 1.5}'), ("a", "run", 1, '{"d": 0.5}')])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    tmp_path.chmod(0o555)

    (log,) = open_logs(path)

    tmp_path.chmod(0o755)
    assert read(log) == {"d": ((0, 1.5), (1, 0.5))}
    assert [file.name for file in tmp_path.iterdir()] == ["gan.db"]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_rows_that_a_training_has_not_checkpointed_are_read_too(tmp_path: Path) -> None:
    path = trackio(tmp_path / "gan.db", [("a", "run", 0, '{"d": 1.5}')])
    with closing(sqlite3.connect(path)) as running:
        running.execute("PRAGMA journal_mode = WAL")
        with running:
            running.execute(CALL, ("a", "run", 1, '{"d": 0.5}'))
        beside = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        (log,) = open_logs(path)

        assert read(log) == {"d": ((0, 1.5), (1, 0.5))}
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == beside


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("CREATE TABLE t (x)", "none of trackio or MLflow"),
        ("CREATE TABLE metrics (x)", "none of trackio or MLflow"),
        # a view may compute whatever it likes
        (ENDLESS, "none of trackio or MLflow"),
    ],
)
def test_other_databases_are_refused_in_words(schema: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        open_logs(database(tmp_path / "other.db", schema))


def test_a_database_that_is_no_log_is_left_out_of_a_folder(tmp_path: Path) -> None:
    database(tmp_path / "study.db", "CREATE TABLE t (x)")
    (tmp_path / "log.csv").write_text("step,d\n1,0.5\n2,0.25\n")

    (log,) = open_logs(tmp_path)

    assert log.path.name == "log.csv"
    assert [finding.evidence for finding in log.findings] == [{"left_out": ["study.db"]}]


def test_a_damaged_database_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = trackio(tmp_path / "gan.db", [("a", "run", k, '{"d": 1.5}') for k in range(2_000)])
    content = bytearray(path.read_bytes())
    content[8_192:] = b"\xff" * (len(content) - 8_192)
    path.write_bytes(content)

    with pytest.raises(InputError, match="cannot be read"):
        open_logs(path)


@pytest.mark.parametrize(("limit", "value"), [("_MOST_ROWS", 2), ("_LARGEST_VALUE", 40), ("_MOST_INSTRUCTIONS", 100)])
def test_more_than_any_training_logs_is_refused(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = trackio(tmp_path / "gan.db", [("a", "run", k, f'{{"d": 1.5, "n": "{"x" * 50}"}}') for k in range(3)])
    assert len(open_logs(path)[0].series["d"].values) == 3

    monkeypatch.setattr(databases, limit, value)
    monkeypatch.setattr(databases, "_AT_ONCE", 10)

    with pytest.raises(InputError, match=r"gan\.db: "):
        open_logs(path)


def metric(folder: Path, tag: str, *lines: str) -> None:
    path = folder / "metrics" / tag
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def mlruns(folder: Path, stage: str = "active") -> Path:
    """A run as mlflow 3.17.2 keeps it in files."""
    metric(folder, "d_loss", "1795931111333 1.5 0", "1795931111334 0.75 10", "1795931111334 nan 20")
    metric(folder, "train/g_loss", "1795931111333 0.0 0", "1795931111334 inf 10 data 3f2a")
    (folder / "meta.yaml").write_text(
        f"end_time: 1795931111335\nlifecycle_stage: {stage}\nrun_name: judicious-mole-427\n"
    )
    (folder / "params").mkdir()
    (folder / "params" / "lr").write_text("0.001")
    return folder


@pytest.mark.parametrize("below", ["", "mlruns/2078", "mlruns/2078/db80", "mlruns/2078/db80/metrics"])
def test_the_files_of_a_run_of_mlflow_are_one_log(below: str, tmp_path: Path) -> None:
    mlruns(tmp_path / "mlruns" / "2078" / "db80")
    mlruns(tmp_path / "mlruns" / "2078" / "c001", stage="deleted")

    (log,) = open_logs(tmp_path / below)

    assert (log.format, log.run) == ("MLflow", "judicious-mole-427")
    assert tuple(log.series["d_loss"].values[:2]) == (1.5, 0.75)
    assert math.isnan(log.series["d_loss"].values[2])
    assert log.series["d_loss"].steps == (0, 10, 20)
    assert read(log)["train/g_loss"] == ((0, 0.0), (10, math.inf))
    assert log.series["d_loss"].rows[:2] == log.series["train/g_loss"].rows


def test_a_single_file_of_mlflow_is_its_tag(tmp_path: Path) -> None:
    mlruns(tmp_path / "run")

    (log,) = open_logs(tmp_path / "run" / "metrics" / "train" / "g_loss")

    assert read(log) == {"train/g_loss": ((0, 0.0), (10, math.inf))}


def test_a_name_that_is_no_text_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = trackio(tmp_path / "gan.db", [("a", "run", 0, '{"d": 1.5}')])
    path.write_bytes(path.read_bytes().replace(b"metrics TEXT", b"metri\x84s TEXT").replace(b"TABLE", b"TA\x84LE"))

    with pytest.raises(InputError, match="cannot be read"):
        open_logs(path)
