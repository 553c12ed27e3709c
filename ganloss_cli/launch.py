"""Whether a launcher such as torchrun started this process as one of several that share a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ganloss_cli.records.launched import Launched

VARIABLES = ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_RUN = "TORCHELASTIC_RUN_ID"  # torchrun and accelerate launch give it to the processes they start
_OF_A_WORKER = ("RANK", "WORLD_SIZE", "MASTER_PORT", _RUN)
_PROC = Path("/proc")


def launched(environment: Mapping[str, str]) -> Launched | None:
    """This process as one of several; None where it is alone, or nobody's but that of whoever started it.

    Args:
        environment: its variables.
    """
    numbers = [environment.get(name, "") for name in ("RANK", "WORLD_SIZE")]
    if not all(number.isdecimal() for number in numbers) or int(numbers[1]) < 2 or started_by(environment):
        return None
    local = environment.get("LOCAL_RANK", "")
    found = (f"{name}={environment[name]}" for name in VARIABLES if name in environment)
    return Launched(
        rank=int(numbers[0]),
        of=int(numbers[1]),
        local_rank=int(local if local.isdecimal() else numbers[0]),
        variables=", ".join(found),
    )


def started_by(environment: Mapping[str, str]) -> int | None:
    """The process of a training that started this one, which inherited the training's variables; None without one.

    A worker of a launcher has variables that the launcher itself has not. Whoever finds them in a process above itself
    was started by that worker: by a training, if Python runs it, while a shell may only wrap what the launcher was
    told to run. Without torchrun's mark, a Python process above may have set the variables in itself, as trainings do
    that start their own workers, and nothing tells it from a launcher: it is left alone as well. Where the system
    shows no other processes, a launcher is assumed.

    Args:
        environment: the variables of this process.
    """
    if environment.get("WORLD_SIZE", "1") == "1":
        return None
    for process in _ancestors():
        theirs = _variables_of(process)
        if theirs is None:
            return None
        inherited = all(theirs.get(name) == environment.get(name) for name in _OF_A_WORKER)
        if _runs_python(process) and (inherited or _RUN not in environment):
            return process
        if not inherited:
            return None
    return None


def tasks_alike(environment: Mapping[str, str]) -> int | None:
    """How many tasks of srun this process is one of, where nothing tells them apart: each does the whole work.

    A training that srun started may well start ganloss in every task: a Python process above means that.

    Args:
        environment: the variables of this process.
    """
    tasks = environment.get("SLURM_STEP_NUM_TASKS", "")  # which srun sets, and sbatch alone does not
    if not tasks.isdecimal() or int(tasks) < 2 or "RANK" in environment or any(map(_runs_python, _ancestors())):
        return None
    return int(tasks)


def _ancestors() -> Iterator[int]:
    process = os.getppid()
    while process > 1:
        yield process
        try:
            # the name, in parentheses, may hold anything; the parent's number is the second field behind it
            process = int((_PROC / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return


def _variables_of(process: int) -> dict[str, str] | None:
    """The variables that a process was started with; None where that is not to be had."""
    try:
        lines = (_PROC / str(process) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    pairs = (line.decode("utf-8", "replace").partition("=") for line in lines)
    return {name: value for name, _, value in pairs}


def _runs_python(process: int) -> bool:
    try:
        return (_PROC / str(process) / "exe").readlink().name.startswith(("python", "pypy"))
    except OSError:
        return False
