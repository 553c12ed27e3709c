"""--journal: what a run has come through is not computed again, and the numbers are those of an undisturbed run."""

import contextlib
import errno
import io
import json
import os
import random
import runpy
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from golden_files import make_files
from golden_run import commands
from PIL import Image
from test_shares import document, split

from ganloss_cli.cli import main
from ganloss_cli.evaluators.losses import compiled
from ganloss_cli.io import journal as journals
from ganloss_cli.io.journal import Journal
from ganloss_cli.pipeline.run import resuming

J = "run.jsonl"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journal")
    make_files(folder)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder beside the data."""
    for name in ("made", "sample_data"):
        (tmp_path / name).symlink_to(made / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> dict[str, Any]:
    """The document of a run, with how many steps a journal had."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main([*words, "--format", "json"])
    assert status in (0, 6)
    found = json.loads(printed.getvalue())
    steps = found["timing"].get("journal_steps")
    return {**document(printed.getvalue()), "command": None, "steps": steps}


def lines(path: str = J) -> list[bytes]:
    return Path(path).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("kind", ["unpaired", "two_domains_recipe", "tensors_latent"])
def test_a_run_that_goes_on_has_the_numbers_of_an_undisturbed_one(kind: str, place: Path) -> None:
    own, told = split(commands()[f"eval-{kind}"])
    words = [*own, *told, "--batch-size", "2"]
    undisturbed = run(*words)

    first = run(*words, "--journal", J)
    whole = lines()
    Path(J).write_bytes(b"".join(whole[::2])[:-5])  # a step is missing, and another is torn
    again = run(*words, "--journal", J)
    at_last = run(*words, "--journal", J)

    for found, n in ((first, 0), (again, len(whole[::2]) - 1), (at_last, len(whole))):
        assert found == {**undisturbed, "steps": n}


SCORES = ("eval", "--data", "made/scores.npz", "--losses", "d_bce,d_ragan", "--batch-size", "20", "--journal", J)


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ((), 10),
        (("--limit", "100"), 5),
        (("--per-sample", "--worst", "2", "--num-workers", "0", "--shard", "1/2"), 5),
        (("--seed", "1"), 0),
        (("--set", "d_bce.scale=2"), 0),
        (("--dtype", "float64"), 0),
        (("--batch-size", "10"), 0),
    ],
)
def test_a_step_is_known_by_everything_that_changes_a_number(place: Path, words: tuple[str, ...], steps: int) -> None:
    run(*SCORES)

    assert run(*SCORES, *words)["steps"] == steps


@pytest.mark.parametrize("what", ["NUMBERS", "threads", "torch", "compiled"])
def test_another_tool_another_torch_and_other_threads_compute_anew(
    what: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*SCORES)

    other = SimpleNamespace(__version__=torch.__version__, get_num_threads=torch.get_num_threads)
    if what == "NUMBERS":
        monkeypatch.setattr(resuming, "NUMBERS", resuming.NUMBERS + 1)
    elif what == "torch":
        monkeypatch.setattr(resuming, "torch", SimpleNamespace(**{**vars(other), "__version__": "0.0.0"}))
    elif what == "compiled":
        monkeypatch.setattr(compiled, "IS_HERE", not compiled.IS_HERE)
    else:
        monkeypatch.setattr(resuming, "torch", SimpleNamespace(**{**vars(other), "get_num_threads": lambda: 64}))

    assert run(*SCORES)["steps"] == 0


def pictures(folder: Path) -> None:
    for side in ("real", "fake"):
        (folder / side).mkdir(parents=True)
        for k in range(6):
            Image.fromarray(np.full((8, 8, 3), 10 * k + len(side) * (side == "fake"), np.uint8)).save(
                folder / side / f"{k}.png"
            )


def test_files_are_known_by_what_they_hold_and_a_changed_one_costs_its_own_step(place: Path) -> None:
    pictures(place / "imgs")
    words = ("eval", "--data", "imgs", "--losses", "l1,psnr", "--batch-size", "2", "--journal", J)
    run(*words)

    for file in (place / "imgs").rglob("*.png"):
        os.utime(file, (1, 1))
    touched = run(*words)
    (place / "imgs").rename(place / "moved")
    moved = run(*("moved" if word == "imgs" else word for word in words))
    Image.fromarray(np.full((8, 8, 3), 99, np.uint8)).save(place / "moved" / "fake" / "3.png")
    changed = run(*("moved" if word == "imgs" else word for word in words))

    assert [found["steps"] for found in (touched, moved, changed)] == [3, 3, 2]
    assert changed["results"] == run("eval", "--data", "moved", "--losses", "l1,psnr", "--batch-size", "2")["results"]


def test_a_picture_of_an_archive_is_known_while_the_archive_is_what_it_was(place: Path) -> None:
    pictures(place / "imgs")
    words = ("eval", "--data", "imgs.zip", "--losses", "l1,psnr", "--batch-size", "2", "--journal", J)

    def pack() -> None:
        with zipfile.ZipFile("imgs.zip", "w") as archive:
            for file in sorted((place / "imgs").rglob("*.png")):
                archive.write(file, file.relative_to(place / "imgs"))

    pack()
    run(*words)
    untouched = run(*words)
    Image.fromarray(np.full((8, 8, 3), 99, np.uint8)).save(place / "imgs" / "fake" / "3.png")
    pack()
    changed = run(*words)

    assert [found["steps"] for found in (untouched, changed)] == [3, 2]
    assert changed["results"] == run(*words[:-2])["results"]


def test_a_label_that_lies_beside_the_pictures_is_part_of_its_step(place: Path) -> None:
    shutil.copytree("made/tiny", "own")
    names = sorted(file.name for file in Path("own").iterdir())
    words = ("eval", "--ckpt", "made/labelled.safetensors", "--real", "own", "--losses", "r1", "--batch-size", "1",
             "--journal", J)  # fmt: skip

    def label(*labels: int) -> None:
        Path("own/dataset.json").write_text(json.dumps({"labels": list(zip(names, labels, strict=True))}))

    label(0, 1, 0, 1)
    run(*words)
    label(0, 1, 1, 1)
    again = run(*words)

    assert again["steps"] == 3
    assert again["results"] == run(*words[:-2])["results"]


def test_numbers_drawn_for_a_file_whose_twin_was_put_before_it_are_drawn_again(place: Path) -> None:
    shutil.copytree("sample_data/imgs", "twins")
    words = ("eval", "--ckpt", "sample_data/g.pt", "--data", "twins", "--losses", "dragan", "--limit", "3",
             "--batch-size", "1", "--journal", J)  # fmt: skip
    run(*words)
    for side in Path("twins").iterdir():
        first = min(side.iterdir())
        shutil.copy(first, side / f"0{first.name}")

    again = run(*words)

    assert again["steps"] == 1  # of the twin and of the first there is another draw, and the second is what it was
    assert again["results"] == run(*words[:-2])["results"]


def test_lines_of_others_are_kept_and_several_journals_are_read_of_which_the_first_is_written(place: Path) -> None:
    Path("theirs.jsonl").write_text('{"step": 1, "loss": 2.5}\nno JSON\n')
    run(*SCORES[:-1], "theirs.jsonl", "--limit", "100")
    theirs = lines("theirs.jsonl")

    found = run(*SCORES, "--journal", "theirs.jsonl")

    assert found["steps"] == 5
    assert theirs[:2] == [b'{"step": 1, "loss": 2.5}\n', b"no JSON\n"]
    assert lines("theirs.jsonl") == theirs
    assert len(lines()) == 5


def test_statistics_that_are_too_large_for_a_line_lie_beside_it(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*commands()["eval-unpaired"][:-2], "--batch-size", "2", "--journal", J]
    monkeypatch.setattr(resuming, "MOST_LINE", 2000)
    first = run(*words)
    beside = sorted(Path(f"{J}.d").iterdir())

    assert beside
    assert run(*words) == {**first, "steps": 2}
    beside[0].unlink()
    assert run(*words) == {**first, "steps": 1}
    np.save(beside[0], np.load(beside[0]) + 1)
    assert main([*words]) == 3
    assert f"{beside[0].name}: is damaged" in capsys.readouterr().err


def test_a_full_disk_loses_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    undisturbed = run(*SCORES[:-2])
    written = [0]
    real = os.write

    def full(number: int, data: Any) -> int:
        written[0] += 1
        if written[0] > 4:
            real(number, bytes(data)[:7])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(number, data)

    monkeypatch.setattr(journals.os, "write", full)
    status = main([*SCORES])
    monkeypatch.undo()
    os.chdir(place)

    assert status == 2
    assert "the journal cannot be written (no space left on device)" in capsys.readouterr().err
    assert len(lines()) == 4
    assert lines()[-1].endswith(b"\n")
    assert run(*SCORES) == {**undisturbed, "steps": 4}


def test_a_journal_that_cannot_be_written_is_refused_before_the_work(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SCORES[:-1], "absent/run.jsonl"]) == 2
    assert "absent/run.jsonl: the journal cannot be written" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_that_write_at_once_do_not_tear_each_others_lines(place: Path) -> None:
    processes = []
    for name in "abc":
        processes.append(os.fork())
        if processes[-1] == 0:
            journal = Journal([Path(J)])
            for k in range(40):
                journal.append({"keys": [f"{name}{k}"], "text": name * 5000})
            os._exit(0)

    for process in processes:
        assert os.waitpid(process, 0)[1] == 0

    assert len(Journal([Path(J)])) == 120


RANKED = ("rank", "run", "--data", "sample_data/imgs", "--limit", "2", "--losses", "tv,d_ragan", "--by", "tv",
          "--batch-size", "1")  # fmt: skip
N_RANKED = 5 * 2  # steps of five checkpoints


@pytest.fixture
def trajectory(place: Path) -> Path:
    runpy.run_path("sample_data/trajectory.py")["main"](place / "run")
    return place


def without_decoded(found: dict[str, Any]) -> dict[str, Any]:
    """Without how many samples had to be decoded, which is what a journal spares."""
    return {
        **found,
        "ranking": {name: value for name, value in found["ranking"].items() if name not in ("kept", "again")},
    }


def test_a_ranking_goes_on_in_the_checkpoint_where_it_was(trajectory: Path) -> None:
    undisturbed = without_decoded(run(*RANKED))
    run(*RANKED, "--journal", J)
    Path(J).write_bytes(b"".join(lines()[:5])[:-9])  # two checkpoints, half of a third, and a torn line

    found = [run(*RANKED, "--journal", J) for _ in range(2)]

    assert [without_decoded(each) for each in found] == [{**undisturbed, "steps": n} for n in (4, N_RANKED)]


def test_a_checkpoint_of_a_ranking_is_known_to_a_run_of_its_own(trajectory: Path) -> None:
    run(*RANKED, "--journal", J)

    alone = run("eval", "run/G_2000.pt", "run/D_2000.pt", *RANKED[2:8], "--batch-size", "1", "--journal", J)

    assert alone["steps"] == 2


def test_every_journal_is_read_and_the_first_is_written(trajectory: Path) -> None:
    run(*RANKED, "--journal", "theirs.jsonl")
    Path("theirs.jsonl").write_bytes(b"".join(lines("theirs.jsonl")[:3]))

    found = run("eval", "--each", *RANKED[1:8], "--batch-size", "1", "--journal", J, "--journal", "theirs.jsonl")

    assert found["steps"] == 3
    assert len(lines()) == N_RANKED - 3
    assert len(lines("theirs.jsonl")) == 3


def test_what_another_process_appends_meanwhile_is_read_on(place: Path) -> None:
    mine, other = Journal([Path(J)]), Journal([Path(J)])
    other.append({"keys": ["a"], "text": "first"})
    assert mine.find("a") is None

    mine.read_on()
    Path(J).write_bytes(Path(J).read_bytes() + b'{"keys": ["b"], "te')  # as it is being written
    mine.read_on()
    Path(J).write_bytes(Path(J).read_bytes() + b'xt": "second"}\n')
    mine.read_on()

    assert [mine.find(key)["text"] for key in "ab"] == ["first", "second"]


KILLED = (*SCORES[:5], "--batch-size", "2", "--num-workers", "0")


def kill(place: Path) -> None:
    """Six runs that are killed, each at another moment: of about 80 000 bytes their journals would have had."""
    make_files(place)
    seeded = random.Random(0)
    runs = [(f"{k}.jsonl", seeded.randrange(1, 60_000)) for k in range(6)]
    (place / "plan.json").write_text(json.dumps({"words": KILLED, "runs": runs}))
    script = Path(__file__).with_name("killed.py")
    subprocess.run([sys.executable, script, "plan.json"], cwd=place, capture_output=True, timeout=120, check=True)


@pytest.fixture(scope="module")
def killed(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    return once("killed", kill)


@pytest.mark.parametrize("seed", range(6))
def test_a_run_that_is_killed_anywhere_goes_on_where_it_was(seed: int, killed: Path, place: Path) -> None:
    Path(J).write_bytes((killed / f"{seed}.jsonl").read_bytes())
    whole = [line for line in lines() if line.endswith(b"\n")]

    found = run(*KILLED, "--journal", J)

    assert 0 < len(whole) < 100
    assert found == {**run(*KILLED), "steps": len(whole)}
    assert run(*KILLED, "--journal", J)["steps"] == 100
