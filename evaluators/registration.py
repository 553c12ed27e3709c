"""Registration by being there: a loss or a check exists once its file lies in the folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable


def import_modules(package: str, folders: Iterable[str]) -> None:
    """Import every module of a package, in the order of their names; each enters itself where it belongs.

    Args:
        package: its dotted name.
        folders: its `__path__`.
    """
    for name in sorted(module.name for module in pkgutil.iter_modules(folders)):
        importlib.import_module(f"{package}.{name}")
