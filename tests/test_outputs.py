"""Outputs: never in the place of an input, whole or not at all, and what of several was written is said."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ganloss_cli.cli import main

EVAL = ["eval", "--losses", "l1", "--no-progress"]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def work(tmp_path: Path, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of everything that a command reads, which is the current one."""
    for image in sorted((sample_data / "imgs" / "real").iterdir())[:2]:
        shutil.copy(image, tmp_path)
    names = [image.name for image in sorted(tmp_path.iterdir())]
    rows = [{"name": name, "real": name, "fake": names[0]} for name in names]
    (tmp_path / "man.csv").write_text("name,real,fake\n" + "".join(",".join(row.values()) + "\n" for row in rows))
    (tmp_path / "man.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "log.csv").write_text("epoch,loss_g\n1,0.5\n2,0.25\n")
    (tmp_path / "log.json").write_text('[{"epoch": 1, "loss_g": 0.5}]')
    (tmp_path / "losses.py").write_text("import torch\ndef l1(real, fake):\n    return (real - fake).abs().mean()\n")
    (tmp_path / "g").mkdir()
    shutil.copy(sample_data / "g.pt", tmp_path / "g" / "g.pt")
    (tmp_path / "g" / "config.json").write_text('{"nz": 16}')
    monkeypatch.chdir(tmp_path)
    assert main([*EVAL, "--data", "man.csv", "-o", "a.json", "-q"]) == 0
    shutil.copy("a.json", "b.json")
    return tmp_path


OVERWRITING = {
    "eval of a manifest": "eval --data man.csv --losses l1 -o man.csv",
    "eval of JSON lines": "eval --data man.json --losses l1 -o man.json",
    "eval of a file that a manifest names": "eval --data man.csv --losses l1 -o png.json",
    "eval beside settings": "eval -c g/g.pt --real 0.png --losses l1 -o g/config.json",
    "eval of a user's network": "eval -c g/g.pt --network G=losses.py:Net --real 0.png -o py.json",
    "compare with the first": "compare a.json b.json -o a.json",
    "compare with the second": "compare a.json b.json -o b.json",
    "audit log of a table": "audit log log.csv -o log.csv",
    "audit log of a folder": "audit log . -o ./log.csv",
    "inspect": "inspect g/g.pt -o pt.json",
    "audit checkpoint": "audit checkpoint g/g.pt -o pt.json",
    "audit number": "audit number l1=0.5 --data man.json -o man.json",
    "audit loss": "audit loss losses.py:l1 --as l1 -o py.json",
    "another output": "compare a.json b.json -o c.json -o ./c.json",
}


@pytest.mark.parametrize("line", OVERWRITING.values(), ids=OVERWRITING.keys())
def test_no_output_takes_the_place_of_an_input(line: str, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = sorted(work.glob("*.png"))
    images[0].rename("0.png")
    images[0].symlink_to("0.png")
    Path("png.json").hardlink_to("0.png")
    Path("pt.json").symlink_to("g/g.pt")
    Path("py.json").hardlink_to("losses.py")
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}

    assert main(line.split()) == 2
    assert re.search("would overwrite|an output already", capsys.readouterr().err)
    assert {path: path.read_bytes() for path in work.rglob("*") if path.is_file()} == before


def test_a_report_may_lie_in_a_folder_that_is_looked_through_again(work: Path) -> None:
    for _ in range(2):
        assert main(["inspect", "g", "-o", "g/report.json", "-q"]) == 0


def test_a_full_disk_costs_one_output_and_is_told_with_those_that_were_written(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("full.csv").symlink_to("/dev/full")

    assert main(["compare", "a.json", "b.json", "-o", "full.csv", "-o", "c.json", "-o", "c.md"]) == 2

    out, err = capsys.readouterr()
    assert "full.csv: cannot be written (no space left on device); written: c.json, c.md, standard output" in err
    assert json.loads(Path("c.json").read_text())["passed"]
    assert Path("c.md").read_text().startswith("passed: 1 key")
    assert "passed" in out


def test_a_pipe_without_a_reader_is_refused_before_the_work(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.json")

    assert main([*EVAL, "--data", "man.csv", "-o", "pipe.json"]) == 2
    assert "pipe.json: cannot be written (a pipe that nobody reads)" in capsys.readouterr().err


def test_a_pipe_with_a_reader_gets_the_whole_document(work: Path) -> None:
    os.mkfifo("pipe.json")
    with subprocess.Popen(["cat", "pipe.json"], stdout=subprocess.PIPE) as reader:
        time.sleep(0.1)

        assert main(["compare", "a.json", "b.json", "-o", "pipe.json", "-q"]) == 0
        assert reader.stdout is not None
        assert json.loads(reader.stdout.read())["passed"]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_fills_up_within_the_document_is_told(work: Path, unbuffered: str) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

    with Path("out").open("w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "ganloss_cli", "eval", "--schema"],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered}, stdout=out, stderr=subprocess.PIPE, text=True,
            preexec_fn=small_files, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (2, "error: standard output: cannot be written: File too large\n")


def test_an_unbuffered_document_is_the_same(run_ganloss: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = run_ganloss("eval", "--schema").stdout
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")

    assert run_ganloss("eval", "--schema").stdout == usual != ""


@pytest.mark.parametrize(("closed", "status"), [("2>&-", 0), (">&-", 2), ("<&-", 0), ("<&- 2>&-", 0)])
def test_closed_streams_cost_nothing_else(closed: str, status: int, work: Path) -> None:
    line = f"{sys.executable} -m ganloss_cli inspect g -o c.json {closed}"

    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)

    assert done.returncode == status
    assert done.stderr == ("" if status == 0 else done.stderr)
    assert "Traceback" not in done.stderr
    assert status or json.loads(Path("c.json").read_text())["files"]


INTERRUPTED = """
import os, signal, sys
class Hook:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Hook())
sys.argv = ["ganloss", *{words}]
from ganloss_cli.__main__ import run
run()
"""


@pytest.mark.parametrize("module", ["ganloss_cli.cli", "typer", "ganloss_cli.commands.eval", "numpy", "torch.nn"])
def test_ctrl_c_while_modules_are_imported_is_interrupted(module: str, work: Path) -> None:
    code = INTERRUPTED.format(module=module, words=[*EVAL, "--data", "man.csv", "-o", "c.json"])

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")
    assert list(work.glob("*c.json*")) + list(work.glob(".*")) == []


def test_what_a_killed_run_left_is_gone_after_the_next_one(work: Path) -> None:
    killed = "import os; from ganloss_cli.io.writing import OutputFile as O; from pathlib import Path as P;"
    subprocess.run([sys.executable, "-c", f"{killed} o = O(P('c.json')); os.kill(os.getpid(), 9)"], check=False)
    assert len(list(work.glob(".ganloss-*"))) == 1

    assert main(["compare", "a.json", "b.json", "-o", "c.json", "-q"]) == 0
    assert list(work.glob(".ganloss-*")) == []
