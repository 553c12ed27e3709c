"""What .github/examples holds runs, with stand-ins for the cluster; the README's test runs the script of torchrun."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganloss_cli.cli import main

EXAMPLES = Path(__file__).resolve().parent.parent / ".github" / "examples"
LOSSES = ("--losses", "d_bce,d_ragan")


@pytest.fixture
def place(tmp_path: Path, sample_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with scores, in which examples run."""
    shutil.copy(sample_data / "tensors" / "losses.safetensors", tmp_path / "scores.safetensors")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(place: Path, text: str) -> dict[str, str]:
    """Variables with which `ganloss` is what `text` says."""
    (place / "ganloss").write_text(f"#!/bin/sh\n{text}\n")
    (place / "ganloss").chmod(0o755)
    return {**os.environ, "PATH": f"{place}:{os.environ['PATH']}"}


def test_the_tasks_of_a_slurm_array_make_the_parts_of_a_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # the words that each task starts ganloss with; they run in this process, where torch is imported already
    variables = program(place, 'printf "%s\\n" "$@" > "task-$SLURM_ARRAY_TASK_ID"; echo "$OMP_NUM_THREADS" > threads')
    script = ["bash", str(EXAMPLES / "slurm-array.sh"), "--data", "scores.safetensors", *LOSSES, "--batch-size", "2"]
    for task in "12":
        of = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "3"}
        subprocess.run(script, env={**variables, **of}, check=True, timeout=60)
        assert main((place / f"task-{task}").read_text().splitlines()) == 0
    main(["eval", "--data", "scores.safetensors", *LOSSES, "--batch-size", "2", "--output", "whole.json"])
    capsys.readouterr()

    assert main(["merge", "part-1.json", "part-2.json", "--output", "report.json"]) == 0

    whole, merged = (json.loads(Path(name).read_text())["results"] for name in ("whole.json", "report.json"))
    assert merged == whole
    assert (place / "threads").read_text() == "3\n"
    assert Path("part-1.jsonl").exists()


def test_snakemake_makes_one_report_of_all_parts(place: Path) -> None:
    snakemake = shutil.which("snakemake")
    if snakemake is None:
        pytest.skip("snakemake is not installed")
    variables = program(place, f'exec {sys.executable} -m ganloss_cli "$@"')
    (place / "g.pt").symlink_to(EXAMPLES.parent.parent / "sample_data" / "g.pt")
    (place / "imgs").symlink_to(EXAMPLES.parent.parent / "sample_data" / "imgs")
    words = ["--cores", "2", "--snakefile", str(EXAMPLES / "Snakefile"), "--config", "parts=2", "ckpt=g.pt",
             "data=imgs", "losses=ssim"]  # fmt: skip

    subprocess.run([snakemake, *words], env=variables, check=True, timeout=300, capture_output=True)

    assert json.loads((place / "report.json").read_text())["results"][0]["count"] == 8


@pytest.mark.parametrize("file", sorted(EXAMPLES.iterdir()), ids=lambda file: file.name)
def test_an_example_names_nothing_of_anybody_s_cluster(file: Path) -> None:
    text = file.read_text()

    for word in ("--account", "--partition", "--nodelist", "/home", "/scratch", "module load"):
        assert word not in text
