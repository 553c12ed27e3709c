"""The child process of `ganloss audit loss`: it imports the user's file and calls the function, within limits.

It answers one line of JSON with one line of JSON, on what were its standard input and output. Whatever happens to it,
the audit goes on with the next one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import IO, Any


def main() -> None:
    """Serve until the other side closes the pipe."""
    requests, answers = _private_pipes()
    served: Any = None
    for line in requests:
        asked = json.loads(line)
        if served is None:
            served, answer = _load(asked)
        else:
            answer = served.answer(asked)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _private_pipes() -> tuple[IO[str], IO[str]]:
    """The pipes of the protocol; what the user's code reads is empty, and what it prints goes nowhere."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return requests, answers


def _load(asked: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    import torch

    from ganloss_cli.pipeline.loss_functions.calls import Served

    # one thread: nothing to fork or to lock, and the same rounding on every machine
    torch.set_num_threads(1)
    _limit(asked["memory"], asked["seconds"])
    return Served.load(asked)


def _limit(memory: int, seconds: float) -> None:
    """Let allocations beyond `memory` fail, leave no core file, and end by itself if the audit is killed."""
    try:
        import resource
    except ImportError:  # Windows: time limits alone
        return
    held = 0
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  not a file of the user's
            held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    # torch maps far more than it uses, so what is there already does not count
    if held:
        _lower(resource.RLIMIT_AS, held + memory)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, int(seconds) + 1)


def _lower(limit: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, hard))


if __name__ == "__main__":
    main()
