"""A run without torch, where all that it needs of torch is a little arithmetic on arrays: importing it takes a second.

Losses, checks and the pipeline are written once, against torch. Within `without_torch()` the name `torch` stands for a
few of its operations over numpy (arrays.py, functions.py), which give the same numbers to the last digit or two of
their precision. Nothing is guessed: what is not among them, and every failure, ends the block with `TorchNeededError`,
and whoever entered it does the work again with torch itself.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

from ganloss_cli.errors import UnsafeCheckpointError

Made = TypeVar("Made")
# of the modules that were imported meanwhile, those that may hold what stood for torch
_HOLDING = ("torch", "ganloss_cli.evaluators", "ganloss_cli.io", "ganloss_cli.pipeline", "ganloss_cli.without_torch.")


class TorchNeededError(Exception):
    """Something was asked for that only torch does."""


def without_torch(work: Callable[[], Made]) -> Made | None:
    """What some work comes to without torch; None where it needs torch, or fails, and has to be done with it.

    Args:
        work: imports whatever it needs of ours itself; what it returns holds no tensors.

    Raises:
        UnsafeCheckpointError: of the work.
    """
    if "torch" in sys.modules:
        return None
    try:
        with _in_place_of_torch():
            return work()
    except UnsafeCheckpointError:  # which is told before anything is read with or without torch
        raise
    except Exception:  # noqa: BLE001  done again, it fails in torch's own words, or does not
        if os.environ.get("GANLOSS_DEBUG", "0") not in ("", "0"):
            traceback.print_exc()
        return None


@contextmanager
def _in_place_of_torch() -> Iterator[None]:
    _import_numpy()
    from ganloss_cli.without_torch import functions, modules

    before = set(sys.modules)
    finder = _Finder({
        "torch": vars(functions),
        "torch.nn": vars(modules),
        "torch.nn.functional": vars(functions.functional),
        "torch.nn.utils.parametrizations": {"spectral_norm": modules.spectral_norm},
    })  # fmt: skip
    sys.meta_path.insert(0, finder)
    try:
        for name in finder.contents:  # each is an attribute of the one that it lies in
            importlib.import_module(name)
        yield
    finally:
        sys.meta_path.remove(finder)
        _forget([name for name in sys.modules if name not in before and name.startswith(_HOLDING)])


def _import_numpy() -> None:
    """Import numpy with one thread for its products of matrices: they wait for memory, and threads that wait spin."""
    name = "OPENBLAS_NUM_THREADS"  # read once, as it is loaded
    if name in os.environ:
        return
    os.environ[name] = "1"
    try:
        importlib.import_module("numpy")
    finally:
        del os.environ[name]


def _forget(names: Sequence[str]) -> None:
    """Let modules be imported anew, which hold what stood for torch."""
    for name in names:
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        if vars(sys.modules.get(parent, module)).get(child) is module:
            delattr(sys.modules[parent], child)


class _Finder:
    """Finds torch and all modules below it.

    Args:
        contents: of some of them; the others are empty.
    """

    def __init__(self, contents: dict[str, dict[str, Any]]) -> None:
        self.contents = contents

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """As importlib asks for it."""
        if name.split(".")[0] != "torch":
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """As importlib asks for it."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """As importlib asks for it."""
        public = self.contents.get(module.__name__, {})
        vars(module).update({name: value for name, value in public.items() if name == "__version__" or name[0] != "_"})


class _Module(ModuleType):
    """torch, or a module of it, which has everything that it is asked for: most of it absent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")


class Absent:
    """What only torch has: it may be named, as classes and tables are when a module is imported, and not used.

    Args:
        name: of it.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __call__(self, *_: object, **__: object) -> Any:
        """Needs torch."""
        raise TorchNeededError(self._name)

    def __bool__(self) -> bool:
        raise TorchNeededError(self._name)

    def __or__(self, other: object) -> Any:
        return Any

    __ror__ = __or__

    def __instancecheck__(self, value: object) -> bool:
        return False

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (_NeedsTorch,)


class _NeedsTorch:
    """Base of the classes that derive from one of torch's."""

    def __new__(cls, *_: object, **__: object) -> _NeedsTorch:
        raise TorchNeededError(cls.__name__)
