"""Who is one of a launcher's processes, and who was only started by one."""

import json
from pathlib import Path

import pytest

from ganloss_cli import launch
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.launch import launched, started_by, tasks_alike

MARK = {"TORCHELASTIC_RUN_ID": "none"}
PLACE = {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
Process = tuple[str, dict[str, str]]  # the program, and the variables that it was started with


@pytest.fixture
def ancestors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Lets processes stand above this one, the nearest first."""
    monkeypatch.setattr(launch, "_PROC", tmp_path)
    monkeypatch.setattr("os.getppid", lambda: 100)

    def above(*processes: Process) -> None:
        for k, (program, variables) in enumerate(processes):
            place = tmp_path / str(100 + k)
            place.mkdir()
            (place / "stat").write_text(f"{100 + k} (a name) of) S {101 + k if k + 1 < len(processes) else 1} 0 0")
            (place / "environ").write_bytes(b"".join(f"{name}={value}\0".encode() for name, value in variables.items()))
            (place / "exe").symlink_to(f"/usr/bin/{program}")

    return above


LAUNCHER = ("python3.11", {"HOME": "/"})
WORKER = {**PLACE, **MARK}


@pytest.mark.parametrize(
    ("above", "mine", "joins"),
    [
        ((LAUNCHER,), WORKER, True),
        ((("bash", WORKER), LAUNCHER), WORKER, True),
        ((("python3.11", WORKER), LAUNCHER), WORKER, False),
        ((("dash", WORKER), ("python3.11", WORKER), LAUNCHER), WORKER, False),
        ((("slurmstepd", {}), ("slurmd", {})), PLACE, True),
        ((("bash", PLACE), ("slurmstepd", {})), PLACE, True),
        ((("python3.11", {}), ("bash", {})), PLACE, False),
        # of the job that torchrun itself runs in
        ((("python3.11", {**PLACE, "RANK": "1"}), ("bash", {})), WORKER, True),
        ((), WORKER, True),
    ],
    ids=[
        "a worker of torchrun", "wrapped in a shell", "a child of a training", "of a training through a shell",
        "a task of srun", "a script of srun", "a child of a training that set the variables in itself",
        "torchrun within a job with variables of its own", "a system that shows no processes",
    ],
)  # fmt: skip
def test_a_worker_joins_and_a_child_of_one_does_not(
    above: tuple[Process, ...], mine: dict[str, str], joins: bool, ancestors
) -> None:
    ancestors(*above)

    found = launched(mine)

    assert (found is not None) == joins
    assert (started_by(mine) is None) == joins
    if found is not None:
        assert (found.rank, found.of, found.local_rank) == (1, 2, 1)
        assert found.variables == "WORLD_SIZE=2, RANK=1, LOCAL_RANK=1, MASTER_ADDR=localhost, MASTER_PORT=29500"


@pytest.mark.parametrize(
    "mine", [{}, {**WORKER, "WORLD_SIZE": "1", "RANK": "0"}, {"WORLD_SIZE": "2"}, {**WORKER, "RANK": "first"}]
)
def test_a_process_alone_is_a_plain_run(mine: dict[str, str], ancestors) -> None:
    ancestors(LAUNCHER)

    assert launched(mine) is None


SRUN = {"SLURM_PROCID": "1", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"}


@pytest.mark.parametrize(
    ("above", "mine", "tasks"),
    [
        ((("slurmstepd", {}),), SRUN, 4),
        ((("bash", SRUN), ("slurmstepd", {})), SRUN, 4),
        ((("python3.11", SRUN), ("slurmstepd", {})), SRUN, None),
        ((("slurmstepd", {}),), {**SRUN, **PLACE}, None),
        ((("bash", {}),), {**SRUN, "SLURM_STEP_NUM_TASKS": "1"}, None),
        ((("bash", {}),), {"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, None),
        ((("bash", {}),), {}, None),
    ],
    ids=["a task", "in a script", "a child of a training", "with a rank", "one task", "a job's own script", "no job"],
)
def test_a_task_of_srun_without_a_rank_is_one_of_many_alike(
    above: tuple[Process, ...], mine: dict[str, str], tasks: int | None, ancestors
) -> None:
    ancestors(*above)

    assert tasks_alike(mine) == tasks
    assert launched({name: value for name, value in mine.items() if name not in PLACE}) is None


def test_tasks_of_srun_that_all_do_the_same_are_told_so(ancestors, monkeypatch, capsys, project: Path) -> None:
    ancestors(("slurmstepd", {}))
    for name, value in SRUN.items():
        monkeypatch.setenv(name, value)
    words = ["eval", "--data", str(project / "sample_data" / "tensors" / "losses.safetensors"), "--losses", "g_hinge"]

    found = []
    for more in ([], ["--no-distributed"]):
        assert main([*words, *more, "--format", "json"]) == ExitStatus.DONE
        found.append([finding["check"] for finding in json.loads(capsys.readouterr().out)["findings"]])

    assert found == [["tasks_not_divided"], []]


def test_ranks_without_an_address_are_refused_at_once(monkeypatch, capsys, project: Path) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", **MARK}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    data = str(project / "sample_data" / "tensors" / "losses.safetensors")

    assert main(["eval", "--data", data, "--losses", "g_hinge"]) == ExitStatus.USAGE

    assert "2 processes cannot meet" in (said := capsys.readouterr().err)
    assert "MASTER_ADDR expected, but not set (WORLD_SIZE=2, RANK=0)" in " ".join(said.split())
