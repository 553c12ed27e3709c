"""Checkpoints dealt over processes: who is free takes the next, and the first brings all together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import torch.distributed as dist

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints import State
from ganloss_cli.pipeline.rank.dealt import Dealt
from ganloss_cli.pipeline.rank.each import Evaluated, Series, Settled
from ganloss_cli.pipeline.run.processes import Failure, OthersFailedError, Processes
from ganloss_cli.records.launched import Launched
from ganloss_cli.records.request import Request

STATES = [State(files=(Path(f"{step}.pt"),), run=Path(), step=step) for step in range(6)]


class Threads(Processes):
    """Processes that are threads of this one: a store as theirs, and a queue in place of the network."""

    def __init__(self, rank: int, of: int, store: Any, queue: Queue[Any]) -> None:
        super().__init__(Launched(rank=rank, of=of, local_rank=rank, variables=""), store)
        self.queue = queue

    def gathered(self, tree: Any) -> Iterator[Any]:
        if self.rank > 0:
            self.queue.put(tree)
            return
        yield tree
        for _ in range(1, self.of):
            yield self.queue.get(timeout=20)


@dataclass(kw_only=True)
class Told(Series):
    """Evaluates by a function, and keeps which steps."""

    evaluate: Callable[[Told, State], Evaluated]
    steps: list[int] = field(default_factory=list)

    def one(self, state: State) -> Evaluated:
        self.steps.append(state.step or 0)
        return self.evaluate(self, state)


Evaluate = Callable[[Told, State], Evaluated]


def failing(message: str) -> Evaluate:
    return lambda _, state: Evaluated(state=state, error=InputError(message.format(state.files[0])))


def dealt(evaluate: list[Evaluate], **chosen: Any) -> tuple[list[Told], list[Any]]:
    """Every process with its own way to evaluate: its series, and what its run came to."""
    store, queue = dist.HashStore(), Queue[Any]()
    series = [Told(request=Request(**chosen), evaluate=each) for each in evaluate]
    came: list[Any] = [None] * len(series)

    def work(rank: int) -> None:
        processes = Threads(rank, len(series), store, queue)
        try:
            came[rank] = Dealt(series=series[rank], states=STATES, processes=processes).run(lambda _: None)
        except (InputError, UsageError) as error:
            came[rank] = error
            processes.fail(Failure(rank=rank, status=3, message=error.message))
        except OthersFailedError as error:
            came[rank] = error

    threads = [threading.Thread(target=work, args=(rank,), daemon=True) for rank in range(len(series))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return series, came


def test_a_slow_checkpoint_does_not_hold_the_rest() -> None:
    others_done, slow_begun = threading.Event(), threading.Event()
    fail = failing("{}: unreadable")

    def slow(own: Told, state: State) -> Evaluated:
        slow_begun.set()
        assert others_done.wait(20)  # until all others have been evaluated
        return fail(own, state)

    def quick(own: Told, state: State) -> Evaluated:
        assert slow_begun.wait(20)
        if len(own.steps) == len(STATES) - 1:
            others_done.set()
        return fail(own, state)

    series, (found, nothing) = dealt([slow, quick], losses=("tv",))

    assert len(series[0].steps) == 1
    assert len(series[1].steps) == len(STATES) - 1
    assert [each.state.step for each in found] == [0, 1, 2, 3, 4, 5]
    assert nothing is None


def test_every_checkpoint_is_evaluated_once() -> None:
    series, _ = dealt([failing("{}: unreadable")] * 3, losses=("tv",))

    assert sorted(step for each in series for step in each.steps) == [0, 1, 2, 3, 4, 5]


def test_what_fails_all_of_them_is_told_as_one_process_tells_it() -> None:
    _, (raised, nothing) = dealt([failing("imgs/a.png: damaged")] * 2, losses=("tv",))

    assert isinstance(raised, InputError)
    assert raised.message == "imgs/a.png: damaged"
    assert nothing is None


def test_the_newest_that_can_be_evaluated_settles_the_losses_for_all() -> None:
    """Nobody begins an older one before: each waits for those before it to fail, or for one to succeed."""
    settled = Settled(losses=("tv",))
    fail, known = failing("{}: unreadable"), dict[int | None, Settled | None]()

    def evaluate(own: Told, state: State) -> Evaluated:
        known[state.step] = own.settled
        own.settled = settled if state.step == 4 else own.settled
        return fail(own, state)

    dealt([evaluate] * 3)

    assert known == {5: None, 4: None, 3: settled, 2: settled, 1: settled, 0: settled}


def test_processes_that_see_other_checkpoints_are_refused() -> None:
    store, queue = dist.HashStore(), Queue[Any]()
    queue.put({"run": "another", "data": {}, "kept": 0, "again": 0, "evaluated": {}})
    first = Dealt(
        series=Told(request=Request(losses=("tv",)), evaluate=failing("{}: unreadable")),
        states=STATES,
        processes=Threads(0, 2, store, queue),
    )

    with pytest.raises(InputError, match="rank 1 sees other data, checkpoints or options than rank 0"):
        first.run(lambda _: None)


def test_a_process_stops_within_a_run_once_another_cannot_go_on() -> None:
    store, queue = dist.HashStore(), Queue[Any]()
    mine, other = (Threads(rank, 2, store, queue) for rank in range(2))
    dealing = Dealt(series=Series(request=Request()), states=STATES, processes=mine)
    watched = dealing.series.watched
    assert watched is not None
    watched.advance(1)

    other.fail(Failure(rank=1, status=3, message="damaged"))

    with pytest.raises(OthersFailedError, match="damaged"):
        watched.advance(1)
