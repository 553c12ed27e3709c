"""Work in threads of one core each, in place of every small operation on all cores.

torch spreads one operation over all cores and waits for the slowest. For thousands of operations on cache-sized blocks
that wait is most of the time as soon as another process, or a thread that decodes images, wants a core as well: a
hundred times slower was measured. Threads that work on a block each, alone, only wait at the end.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Made = TypeVar("Made")


def each_on_one_core(function: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    """`[function(item) for item in items]`, as many at a time as torch may use cores.

    Gradients are recorded where they are in the calling thread, and `@shared` functions share with it.

    Args:
        function: works on tensors of the processor; several run at once.
        items: what it is called with.

    Returns:
        the results, in the order of the items.
    """
    count = torch.get_num_threads()
    if count == 1 or len(items) < 2:
        return [function(item) for item in items]
    gradients, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    def work(item: Item) -> Made:
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
            return function(item)

    made: dict[int, Made] = {}
    waiting = iter(range(len(items)))

    def work_through() -> None:
        for index in waiting:  # an iterator hands each number to one thread only
            made[index] = work(items[index])

    pool = _pool(count)
    # a context cannot be entered twice at once: a copy for each
    threads = [pool.submit(contextvars.copy_context().run, work_through) for _ in range(min(count, len(items)))]
    for thread in threads:
        thread.result()
    return [made[index] for index in range(len(items))]


@functools.cache
def _pool(count: int) -> ThreadPoolExecutor:
    return pool_of_single_cores(count, "ganloss")


def pool_of_single_cores(count: int, name: str) -> ThreadPoolExecutor:
    """Threads in which torch's operations use one core each.

    Args:
        count: of threads, which are all started.
        name: what theirs begin with.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix=name, initializer=_work_alone)
    started = threading.Barrier(count)
    for future in [pool.submit(started.wait) for _ in range(count)]:
        future.result()
    # the number is the calling thread's own, but also the one that threads yet to come begin with
    torch.set_num_threads(torch.get_num_threads())
    return pool


@contextlib.contextmanager
def on_one_core() -> Iterator[None]:
    """This thread's operations on one core: for what only moves memory while other threads have work for the rest."""
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(count)


def _work_alone() -> None:
    torch.get_num_threads()  # a thread's first question sets its number to the global one
    torch.set_num_threads(1)
