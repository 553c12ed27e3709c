"""The other side of the child process: it asks, waits no longer than allowed, and starts a new one after a death."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

MOST_DEATHS = 3  # after which the function is not called any more
IMPORT_SECONDS = 60.0  # torch and whatever else the user's file imports

Trouble = Literal["takes_too_long", "crashes", "exits", "out_of_time", "given_up"]


@dataclass(frozen=True, kw_only=True)
class Died:
    """Why there is no answer.

    Args:
        trouble: the check that this is a finding of.
        told: what happened, for its message.
    """

    trouble: Trouble
    told: str


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
        self._introduction = {**introduction, "memory": memory, "seconds": seconds + IMPORT_SECONDS}
        self._per_call = seconds_per_call
        self._left = seconds
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self.deaths = 0

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
        limit = min(IMPORT_SECONDS, 5 * self._per_call) + 2 * self._per_call
        return self._exchange(self._introduction, limit, "importing the file")

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
            request: of `Served.answer`.
        """
        if self._left <= 0:
            return Died(trouble="out_of_time", told="the time for the whole audit is used up")
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
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            # -P: the folder that the audit runs in may hold anything, a torch.py too
            [sys.executable, "-P", "-m", "ganloss_cli.pipeline.loss_functions.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            env=environment, start_new_session=True,
        )  # fmt: skip
        self._answers = queue.Queue()
        threading.Thread(target=_pass_on, args=(self._process.stdout, self._answers), daemon=True).start()

    def _exchange(self, request: Mapping[str, Any], limit: float, what: str) -> Answer:
        process = self._process
        if process is None or process.stdin is None:  # for the type checker: `ask` has started one
            return self._died("exits", f"{what} found no process")
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            return self._died("takes_too_long", f"{what} did not end within {limit:.3g} s")
        except OSError:
            line = None
        if line is None:
            return self._died(*_end_of(process, what))
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def _died(self, trouble: Trouble, told: str) -> Died:
        self.deaths += 1
        self._kill()
        return Died(trouble=trouble, told=told)

    def _kill(self) -> None:
        """End the child and whatever it started."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own
            else:
                process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _pass_on(pipe: Any, answers: queue.Queue[str | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in pipe:
            answers.put(line)
    answers.put(None)


def _end_of(process: subprocess.Popen[str], what: str) -> tuple[Trouble, str]:
    status = process.wait()
    if status >= 0:
        return "exits", f"{what} ended the process with status {status}"
    if status == -getattr(signal, "SIGXCPU", 0):
        return "takes_too_long", f"{what} used up the processor time of the whole audit"
    with contextlib.suppress(ValueError):
        return "crashes", f"{what} ended with {signal.Signals(-status).name}"
    return "crashes", f"{what} ended with signal {-status}"
