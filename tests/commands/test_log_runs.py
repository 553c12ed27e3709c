"""Logs of several trainings in one place."""

import json
import math
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ganloss_cli.cli import main


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """What trackio keeps of two trainings: the generator's loss of scores that are all -1, and another number."""
    path = tmp_path / "gan.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_name TEXT, step INTEGER, metrics TEXT)")
        rows = [("right", json.dumps({"g_bce": math.log1p(math.e)})), ("wrong", '{"g_bce": 9.5}')]
        connection.executemany("INSERT INTO metrics (run_name, step, metrics) VALUES (?, 7, ?)", rows)
    np.savez(tmp_path / "scores.npz", fake_logits=-np.ones((8, 1), np.float32))
    return path


def test_a_checkpoint_is_of_one_training(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["audit", "log", str(database), "--data", str(database.with_name("scores.npz"))])

    err = " ".join(capsys.readouterr().err.split())
    assert status == 2
    assert "2 trainings; a checkpoint is of one: right, wrong" in err
    assert "--run NAME" in err


@pytest.mark.parametrize(("run", "status"), [("right", 0), ("wrong", 1)])
def test_the_training_that_is_named_is_held(
    run: str, status: int, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["audit", "log", str(database), "--run", run, "--data", str(database.with_name("scores.npz")), "-q"]

    assert main([*words, "-f", "json"]) == status

    document = json.loads(capsys.readouterr().out)
    assert [(file["format"], file["run"]) for file in document["files"]] == [("trackio", run)]
    assert len(document["numbers"]) == 1


def test_without_a_checkpoint_all_trainings_are_told_by_their_names(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "log", str(database), "-q"]) == 0

    out = capsys.readouterr().out
    assert "trackio, run right, 1 tag" in out
    assert "trackio, run wrong, 1 tag" in out


def test_a_name_that_no_training_has_is_answered_with_those_there_are(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "log", str(database), "--run", "best"]) == 2

    err = " ".join(capsys.readouterr().err.split())
    assert "no training of" in err
    assert "there are: right, wrong" in err
