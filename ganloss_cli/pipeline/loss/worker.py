"""The child process of `ganloss audit loss`: it imports the user's file and calls the function, within limits.

It says that it is ready, then answers one line of JSON with one line of JSON, on what were its standard input and
output. Whatever happens to it, the audit goes on with the next one.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_DUMPS, _LOADS = json.dumps, json.loads  # whatever the user's file makes of the module
MOST_WRITTEN = 1 << 30  # bytes of one file: what is printed goes into one


def main() -> None:
    """Serve until the other side closes the pipe."""
    requests, answers = _private_pipes()
    own = os.getpid()
    _say(answers, _ready())
    served: Any = None
    for line in requests:
        asked = _LOADS(line)
        _written()  # by our own imports
        try:
            served, answer = _load(asked) if served is None else (served, served.answer(asked))
        except Exception as error:  # noqa: BLE001  what the user's code left behind, such as a patched torch
            message = f"what the function left behind breaks the next call: {error}"[:300]
            answer = {"raised": {"type": type(error).__name__, "text": message, "line": None}}
        if os.getpid() != own:  # the function forked, and this is the copy
            os._exit(0)
        answer["number"] = asked["number"]
        answer["printed"] = answer.get("printed", 0) + _written()
        _say(answers, answer)


def _say(answers: IO[str], answer: Mapping[str, Any]) -> None:
    answers.write(_DUMPS(answer) + "\n")
    answers.flush()


def _private_pipes() -> tuple[IO[str], IO[str]]:
    """The pipes of the protocol; what the user's code reads is empty, and what it prints is only counted."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    with tempfile.TemporaryFile() as sink:
        for descriptor in (1, 2):
            os.dup2(sink.fileno(), descriptor)
    return requests, answers


def _written() -> int:
    """How many bytes went to the descriptors of standard output and error since the last time."""
    with contextlib.suppress(OSError, ValueError):  # closed by the user's code
        sys.stdout.flush()
        sys.stderr.flush()
        written = os.lseek(1, 0, os.SEEK_CUR)
        os.lseek(1, 0, os.SEEK_SET)
        os.ftruncate(1, 0)
        return written
    return 0


def _ready() -> Mapping[str, Any]:
    """Import what takes its time, so that the time of the user's file is its own."""
    import torch

    import ganloss_cli.pipeline.loss.worker_calls  # noqa: F401

    # one thread: nothing to fork or to lock, and the same rounding on every machine
    torch.set_num_threads(1)
    return {"ready": True, "number": 0}


def _load(asked: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    from ganloss_cli.pipeline.loss.worker_calls import WorkerFunction

    _limit(asked["memory"], asked["seconds"])
    return WorkerFunction.load(asked)


def _limit(memory: int, seconds: float) -> None:
    """Let allocations beyond `memory` fail, leave no core file, and end by itself if the audit is killed."""
    try:
        import resource
    except ImportError:  # Windows: time limits alone
        return
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: MOST_WRITTEN, resource.RLIMIT_CPU: int(seconds) + 1}
    # torch maps far more than it uses, so what is there already does not count
    with contextlib.suppress(OSError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
        limits[resource.RLIMIT_AS] = int(pages) * os.sysconf("SC_PAGE_SIZE") + memory
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    main()
