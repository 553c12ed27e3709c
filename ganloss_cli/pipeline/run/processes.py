"""Several processes of a launcher: joining, what every one of them sends to the first, and leaving with one status."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from ganloss_cli.errors import UsageError
from ganloss_cli.pipeline.run.arrays import Array, packed, unpacked
from ganloss_cli.records.launched import Launched

_CHUNK = 2**24  # bytes that are sent at once
_POLL = 0.02  # seconds between two looks at what the others say
_LEAVING = 10.0  # seconds that the first process waits for the others to have left, and they for what it tells
_FOREVER = timedelta(days=365)  # what a slow process may take; one that died closes its connections
_rounds = itertools.count()  # a process may join several times, one run after the other


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong in one of the processes."""

    rank: int
    status: int
    message: str
    hint: str | None = None


class OthersFailedError(Exception):
    """Another process cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Processes:
    """The processes of a run, seen from one of them.

    Args:
        launched: which one it is.
        store: that all of them read and write.
    """

    def __init__(self, launched: Launched, store: Any) -> None:
        self.rank, self.of = launched.rank, launched.of
        self.orderly = True  # whether the others will say that they leave
        self._store = store
        self._failed = False

    def share(self, steps: range) -> range:
        """The steps that are this process's: consecutive ones, and as many for each as can be."""
        return steps[len(steps) * self.rank // self.of : len(steps) * (self.rank + 1) // self.of]

    def next(self, what: str) -> int:
        """How often any process has asked for this before: a turn that no other one gets."""
        return int(self._store.add(f"next/{what}", 1)) - 1

    def tell(self, key: str, value: str) -> None:
        """Let the others know."""
        self._store.set(key, value)

    def first_told(self, *keys: str) -> str:
        """What was told under one of several names, as soon as one is; of several, the first of the names.

        Raises:
            OthersFailedError: another process cannot go on.
        """
        while (known := next((key for key in keys if self._store.check([key])), None)) is None:
            self.check()
            time.sleep(_POLL)
        return str(self._store.get(known).decode())

    def check(self) -> None:
        """Go no further if another process cannot.

        Raises:
            OthersFailedError: it cannot.
        """
        if self._store.check(["failure"]):
            raise OthersFailedError(Failure(**json.loads(self._store.get("failure"))))

    def fail(self, failure: Failure) -> Failure:
        """Tell the others that this process cannot go on; returns what was told first."""
        self._failed = True
        told = self._store.compare_set("failure", "", json.dumps(vars(failure)))
        return Failure(**json.loads(told))

    def gathered(self, tree: Any) -> Iterator[Any]:
        """What every process has, in their order; only the first gets any, its own among them.

        Args:
            tree: a state: values of JSON and arrays.

        Raises:
            OthersFailedError: another process cannot go on.
        """
        if self.rank > 0:
            self._send(tree)
            return
        yield tree
        for rank in range(1, self.of):
            yield self._receive(rank, int(self.first_told(f"ready/{rank}")))

    def _send(self, tree: Any) -> None:
        arrays: list[Array] = []

        def place(array: Array) -> dict[str, int]:
            arrays.append(array)
            return {"bytes": array.nbytes}

        header = np.frombuffer(json.dumps(packed(tree, place)).encode(), np.uint8)
        self._store.set(f"ready/{self.rank}", str(header.nbytes))
        for array in (header, *arrays):
            for chunk in _chunks(np.array(array.reshape(-1).view(np.uint8)) if array is header else array):
                dist.send(chunk, 0)

    def _receive(self, rank: int, n_bytes: int) -> Any:
        def fetch(n_bytes: int) -> Array:
            array = np.empty(n_bytes, np.uint8)
            for chunk in _chunks(array):
                dist.recv(chunk, rank)
            return array

        header = fetch(n_bytes)
        return unpacked(json.loads(header.tobytes()), lambda data: fetch(data["bytes"]))

    def ended(self, status: int | None) -> int:
        """The one status that all processes end with.

        Args:
            status: the first process's own; None for the others, which wait for it.

        Raises:
            OthersFailedError: another process cannot go on.
        """
        if status is not None:
            self._store.set("status", str(status))
            return status
        return int(self.first_told("status"))

    def leave(self) -> None:
        """Nothing more is said; the first process, which may hold the store, goes last.

        A launcher ends all others as soon as one has gone that failed, which the first has to have told by then.
        """
        with contextlib.suppress(RuntimeError):  # whoever is gone needs nothing more
            if self.rank == 0:
                self._store.set("first leaves", "")
            elif self._failed:
                self._wait(lambda: self._store.check(["first leaves"]))
            self._store.add("left", 1)
            if self.rank == 0 and self.orderly:
                self._wait(lambda: self._store.add("left", 0) == self.of)
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()

    def _wait(self, ended: Callable[[], bool]) -> None:
        end = time.monotonic() + _LEAVING
        while not ended() and time.monotonic() < end:
            time.sleep(_POLL)


def _chunks(array: Array) -> Iterator[torch.Tensor]:
    flat = torch.from_numpy(array.reshape(-1).view(np.uint8))
    return (flat[start : start + _CHUNK] for start in range(0, len(flat), _CHUNK))


def join(launched: Launched, seconds: float) -> Processes | None:
    """Meet the other processes.

    Args:
        launched: which one this is.
        seconds: how long the others are waited for.

    Returns:
        them; None in a training that is a group already, and calls this in itself.

    Raises:
        UsageError: they do not come.
    """
    if dist.is_initialized():
        return None
    limit = timedelta(seconds=seconds)
    try:
        store, rank, of = next(iter(rendezvous("env://", timeout=limit)))
        store = dist.PrefixStore(f"ganloss/{next(_rounds)}", store)  # type: ignore[attr-defined]  # named in its docs
        store.set(f"arrived/{rank}", "")
        store.wait([f"arrived/{each}" for each in range(of)], limit)
        dist.init_process_group("gloo", store=store, rank=rank, world_size=of, timeout=_FOREVER)
    except ValueError as error:  # names the first variable that is missing
        raise UsageError(
            f"{launched.of} processes cannot meet: {str(error).rpartition(': ')[2]} ({launched.variables})",
            hint="torchrun sets all variables, --shard I/N needs none; --no-distributed evaluates here alone",
        ) from error
    except RuntimeError as error:
        raise UsageError(
            f"{launched.of} processes were to meet within {seconds:g} s, and did not: {launched.variables}",
            hint="--no-distributed evaluates in this process alone; --join-timeout SECONDS waits longer",
        ) from error
    if torch.cuda.is_available():
        torch.cuda.set_device(launched.local_rank % torch.cuda.device_count())
    return Processes(launched, store)
