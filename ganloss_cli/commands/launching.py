"""A command that divides its work over the processes of a launcher: one of them speaks, and all end with one status."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ganloss_cli import streams
from ganloss_cli.commands.given import Given
from ganloss_cli.errors import ExitStatus, GanlossError
from ganloss_cli.launch import launched, started_by, tasks_alike
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.tool import tool
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.registry import render

if TYPE_CHECKING:
    from ganloss_cli.pipeline.run.processes import Failure, Processes
    from ganloss_cli.records.launched import Launched
    from ganloss_cli.records.report import Report


def together(given: Given, work: Callable[[Processes | None], int]) -> int:
    """Do the work of a command, alone or with the other processes of a launcher.

    Args:
        given: the command's options.
        work: what the command does; with other processes, the first one's status counts.

    Returns:
        the status of all of them.
    """
    mine = None if given["no_distributed"] else launched(os.environ)
    if mine is None:
        return work(None)
    try:
        from ganloss_cli.pipeline.run.processes import join

        processes = join(mine, given["join_timeout"])
    except GanlossError as error:
        _write_failure(given, mine, _failure(error, mine))
        raise
    return work(None) if processes is None else _shared(given, mine, processes, work)


def with_note(given: Given, report: Report) -> Report:
    """The report of one process; that others may do the same work, or belong to who started it, is said."""
    if given["no_distributed"] or given.values.get("shard") is not None:
        return report
    return replace(report, findings=(*report.findings, *_ignored(), *_alike()))


def _ignored() -> Iterator[Finding]:
    if (process := started_by(os.environ)) is not None:
        size = os.environ["WORLD_SIZE"]
        message = f"WORLD_SIZE={size} is that of process {process}, which started this one: evaluated here alone"
        hint = "--no-distributed says so beforehand; start ganloss with torchrun itself to divide the work"
        yield Finding(check="launcher_ignored", severity="note", message=message, hint=hint)


def _alike() -> Iterator[Finding]:
    if (tasks := tasks_alike(os.environ)) is not None:
        yield Finding(
            check="tasks_not_divided",
            severity="warning",
            message=f"each of the {tasks} tasks of srun evaluated all of it: RANK and WORLD_SIZE are not set",
            hint="--shard $((SLURM_PROCID + 1))/$SLURM_NTASKS divides a set, and ganloss merge makes one report;"
            " --no-distributed says that this is meant",
        )


def _shared(given: Given, mine: Launched, processes: Processes, work: Callable[[Processes | None], int]) -> int:
    from ganloss_cli.pipeline.run.processes import OthersFailedError

    try:
        status = work(processes)
        return processes.ended(status if mine.rank == 0 else None)
    except OthersFailedError as error:
        _write_failure(given, mine, error.failure)
        return error.failure.status
    except KeyboardInterrupt:
        processes.orderly = False
        return _interrupted(given, mine, processes)
    except Exception as error:
        told = processes.fail(_failure(error, mine))
        _write_failure(given, mine, told)
        if told.rank != mine.rank:
            return told.status
        streams.speak(wanted=True)
        if isinstance(error, GanlossError):
            error.message = f"rank {mine.rank}: {error.message}"
        raise
    finally:
        # a launcher tells the others to end as soon as one has ended badly, which they are about to do
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        processes.leave()


def _interrupted(given: Given, mine: Launched, processes: Processes) -> int:
    """A launcher ends all processes once one has failed: what that one told is what ended the run."""
    from ganloss_cli.pipeline.run.processes import OthersFailedError

    try:
        with contextlib.suppress(RuntimeError):  # whoever held what was told is gone
            processes.check()
    except OthersFailedError as error:
        _write_failure(given, mine, error.failure)
        return error.failure.status
    raise KeyboardInterrupt


def _failure(error: Exception, mine: Launched) -> Failure:
    from ganloss_cli.pipeline.run.processes import Failure

    if isinstance(error, GanlossError):
        return Failure(rank=mine.rank, status=int(error.status), message=error.message, hint=error.hint)
    return Failure(rank=mine.rank, status=int(ExitStatus.INTERNAL), message=f"{type(error).__name__}: {error}")


def _write_failure(given: Given, mine: Launched, failure: Failure) -> None:
    """The launcher hides the status of its processes: the document of the first one tells it."""
    if mine.rank > 0:
        return
    from ganloss_cli.io.writing import OutputFile
    from ganloss_cli.records.report import Error, Report

    error = Error(message=failure.message, hint=failure.hint, rank=failure.rank)
    report = Report(
        tool=tool(), environment={}, command=given.command, seed=given["seed"], device=given["device"],
        dtype=given["dtype"], exit_status=failure.status, error=error,
    )  # fmt: skip
    for path, format_ in given["output"]:
        if format_ == "json":
            with OutputFile(path) as file:
                file.commit(render(EvalDocument(report), format_))
