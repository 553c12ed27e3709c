"""The other side of the child process: it asks, waits no longer than allowed, and starts a new one after a death."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

START_SECONDS = 120.0  # of torch in the child, on a machine that has other things to do
IMPORT_SECONDS = 10.0  # at least, of whatever the user's file imports
# A function that ends its process is called again, in a new one, until it has cost this much; waiting costs more.
MOST_DEATHS = 6
_MARK = "GANLOSS_AUDITED_BY"  # in the environment of whatever the user's file starts
_COSTS: Mapping[str, int] = {"takes_too_long": 2}

Trouble = Literal["takes_too_long", "crashes", "exits", "out_of_time", "given_up"]


@dataclass(frozen=True, kw_only=True)
class Died:
    """Why there is no answer.

    Args:
        trouble: the check that this is a finding of.
        message: what happened.
    """

    trouble: Trouble
    message: str


Answer = Mapping[str, Any] | Died


class LossProcess:
    """A child process that holds the user's function; use it as a context manager.

    Args:
        introduction: the first request, which makes it import the file.
        seconds_per_call: after which a call counts as endless.
        seconds: for all calls together.
        memory: bytes that the child may allocate beyond what torch needs.
    """

    def __init__(
        self, introduction: Mapping[str, Any], *, seconds_per_call: float, seconds: float, memory: int
    ) -> None:
        self._introduction = {**introduction, "memory": memory, "seconds": seconds + START_SECONDS}
        self._per_call = seconds_per_call
        self._left = seconds
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._mark = f"{_MARK}={secrets.token_hex(8)}"
        self._asked = 0
        self.deaths = 0  # weighed by what they cost

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()

    def introduce(self, *, definitions_only: bool = False) -> Answer:
        """Start a child and let it import the file.

        Args:
            definitions_only: run imports, definitions and assignments of the file and nothing else.
        """
        self._introduction["definitions_only"] = definitions_only
        self._start()
        started = self._awaited(START_SECONDS, "starting the process")
        if isinstance(started, Died):
            return started
        return self._exchange(self._introduction, max(IMPORT_SECONDS, 3 * self._per_call), "importing the file")

    def replace_globals(self, names: Sequence[str]) -> Answer:
        """Import the file again with names of it standing for an input of ours.

        Args:
            names: of the file, at module level.
        """
        self._introduction["globals"] = list(names)
        return self.introduce(definitions_only=self._introduction["definitions_only"])

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """Let it make a call.

        Args:
            request: of `WorkerFunction.answer`.
        """
        if self._left <= 0:
            return Died(trouble="out_of_time", message="the time for the whole audit is used up")
        if self._process is None:
            answer = self.introduce(definitions_only=self._introduction["definitions_only"])
            if isinstance(answer, Died):
                return answer
        started = time.monotonic()
        answer = self._exchange(request, min(self._per_call, self._left), "the call")
        self._left -= time.monotonic() - started
        return answer

    def _start(self) -> None:
        self._kill()
        self._asked = 0
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        environment[_MARK] = self._mark.partition("=")[2]
        self._process = subprocess.Popen(
            # -P: the folder that the audit runs in may hold anything, a torch.py too
            [sys.executable, "-P", "-m", "ganloss_cli.pipeline.loss.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            env=environment, start_new_session=True,
        )  # fmt: skip
        self._answers = queue.Queue()
        threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers), daemon=True).start()

    def _exchange(self, request: Mapping[str, Any], limit: float, what: str) -> Answer:
        process = self._process
        if process is None or process.stdin is None:  # for the type checker: `ask` has started one
            return self._died("exits", f"{what} found no process")
        self._asked += 1
        try:
            process.stdin.write(json.dumps({**request, "number": self._asked}) + "\n")
            process.stdin.flush()
        except OSError:
            return self._died(*_end_of(process, what))
        return self._awaited(limit, what)

    def _awaited(self, limit: float, what: str) -> Answer:
        """The next line of the child; not its end of file, which a process that it forked would keep from coming."""
        process = self._process
        until = time.monotonic() + limit
        while process is not None:
            ended = process.poll() is not None  # before looking: what it wrote last is in the queue a moment later
            try:
                line = self._answers.get(timeout=1.0 if ended else max(0.0, min(0.2, until - time.monotonic())))
            except queue.Empty:
                if ended:
                    break
                if time.monotonic() >= until:
                    return self._died("takes_too_long", f"{what} did not end within {limit:.3g} s")
                continue
            if line is None:
                break
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict) and answer.get("number") == self._asked:
                    return answer
            return self._died("exits", f"{what} wrote into the pipe of the audit")
        return self._died(*_end_of(process, what))

    def _died(self, trouble: Trouble, message: str) -> Died:
        self.deaths += _COSTS.get(trouble, 1)
        self._kill()
        return Died(trouble=trouble, message=message)

    def _kill(self) -> None:
        """End the child and whatever it started, in its own session or, on Linux, beyond."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own
            else:
                process.kill()
        process.wait()
        _end_marked(self._mark)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _end_marked(mark: str) -> None:
    """End what left the session of the child: every process that was started with its environment."""
    for _ in range(MOST_DEATHS):  # one may start another meanwhile
        marked = list(_marked(mark))
        for pid in marked:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not marked:
            return
        time.sleep(0.01)


def _marked(mark: str) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):  # where there is none, such processes go on
        with contextlib.suppress(OSError):
            alive = (folder / "stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
            if alive and mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def _pass_on(pipe: Any, answers: queue.Queue[str | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in pipe:
            answers.put(line)
    answers.put(None)


def _end_of(process: subprocess.Popen[str] | None, what: str) -> tuple[Trouble, str]:
    if process is None:
        return "exits", f"{what} found no process"
    try:
        status = process.wait(timeout=1.0)
    except subprocess.TimeoutExpired:  # it closed its pipe and lives on
        return "exits", f"{what} closed the pipe of the audit"
    if status >= 0:
        return "exits", f"{what} ended the process with status {status}"
    if status == -getattr(signal, "SIGXCPU", 0):
        return "takes_too_long", f"{what} used up the processor time of the whole audit"
    with contextlib.suppress(ValueError):
        return "crashes", f"{what} ended with {signal.Signals(-status).name}"
    return "crashes", f"{what} ended with signal {-status}"
