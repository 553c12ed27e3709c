"""Who is one of a launcher's processes, and who was only started by one."""

from pathlib import Path

import pytest

from ganloss_cli import launch
from ganloss_cli.launch import launched, started_by

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
