"""One computation for all losses and conventions that need it, for as long as a batch lives."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_Memory = dict[Hashable, tuple[tuple[Any, ...], Any]]
_memory: ContextVar[_Memory | None] = ContextVar("ganloss_shared", default=None)


@contextmanager
def shared_computations() -> Iterator[None]:
    """Within this block, functions marked `@shared` compute each distinct call once."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a pure function whose result several losses need, such as the blurs of SSIM.

    Outside `shared_computations()` it is the plain function. Tensors and lists are compared by identity and kept
    alive with the result, so that an address is never reused; everything else is compared by value.
    """

    @functools.wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        memory = _memory.get()
        if memory is None:
            return function(*args, **kwargs)
        key = (function, *map(_identity, args), *((name, _identity(kwargs[name])) for name in sorted(kwargs)))
        if key not in memory:
            memory[key] = ((args, kwargs), function(*args, **kwargs))
        result: R = memory[key][1]
        return result

    return remembered


def remember(function: Callable[..., R], result: R, *args: object) -> None:
    """Within `shared_computations()`, let a function marked `@shared` answer this call with `result`."""
    memory = _memory.get()
    if memory is not None:
        key = (inspect.unwrap(function), *map(_identity, args))
        memory[key] = ((args, {}), result)


def asked_again(function: Callable[..., Any], *args: object) -> bool:
    """Whether this call was asked for before, within `shared_computations()`; from now on it was.

    For what is faster to compute than to keep: compute it for whoever asks first, and keep it from the second on.
    """
    memory = _memory.get()
    if memory is None:
        return False
    key = ("asked", function, *map(_identity, args))
    again = key in memory
    memory[key] = (args, None)
    return again


def _identity(value: object) -> Hashable:
    return value if isinstance(value, (str, int, float, bool, tuple, type(None))) else id(value)
