"""A few of what `python tests/fuzz` does at length: see CONTRIBUTING."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ("--commands --mutants 60 --seed 13", "0 failures"),
        ("--kills 6 --seed 13", "0 failures"),
        ("--minutes 0 --only npz", "0 mutants of 2 files"),  # the warm-up alone, which imports every module once
    ],
    ids=["commands", "kills", "readers"],
)
def test_no_mutant_and_no_kill_leaves_more_than_words(options: str, end: str, project: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-W", "ignore", "tests/fuzz", "--keep", str(tmp_path), *options.split()]

    done = subprocess.run(line, cwd=project, capture_output=True, text=True, errors="replace", check=False)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert end in done.stdout


def test_what_a_command_does_wrong_is_found(tmp_path: Path, project: Path) -> None:
    broken = (
        "import sys; sys.path.insert(0, 'tests/fuzz'); import commands; from pathlib import Path\n"
        "commands.main = lambda words: print('Traceback') or (0 if 'warm' in words else 70)\n"
        "commands.WARM_UP = ('warm',)\n"
        "sys.exit(commands.run_commands(3, 0, Path(sys.argv[1]), print))\n"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", broken, str(tmp_path)], cwd=project, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert (done.returncode, "3 failures" in done.stdout) == (1, True), done.stderr
    assert len(list(tmp_path.iterdir())) == 3
