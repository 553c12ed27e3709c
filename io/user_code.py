"""Importing a file of the user's own, with its neighbours. The only place that runs code, and the user named it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ganloss_cli.errors import InputError

Result = TypeVar("Result")


@contextlib.contextmanager
def importing_beside(file: Path) -> Iterator[None]:
    """Within this block import as from the file's folder, leave no bytecode there, and keep stdout for the report.

    Args:
        file: of the user; packages around it are found too.
    """
    top, _ = _package_of(file)
    path, bytecode, known = sys.path[:], sys.dont_write_bytecode, set(sys.modules)
    folders = list(dict.fromkeys((str(file.resolve().parent), str(top))))
    _forget_modules_of_other(folders)
    sys.path[:0] = folders
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path[:], sys.dont_write_bytecode = path, bytecode
        _remember(folders, set(sys.modules) - known)


_own_modules: dict[str, str] = {}  # name in sys.modules -> the user's folder that it came from


def _forget_modules_of_other(folders: list[str]) -> None:
    """Two projects may both have a blocks.py: what one imported must not answer the other's import."""
    for name in [name for name, folder in _own_modules.items() if folder not in folders]:
        sys.modules.pop(name, None)
        del _own_modules[name]


def _remember(folders: list[str], names: set[str]) -> None:
    for name in names:
        origin = Path(getattr(sys.modules[name], "__file__", None) or "/")
        folder = next((folder for folder in folders if origin.is_relative_to(folder)), None)
        # a user's folder may hold the whole Python installation, as a home directory does
        installed = "site-packages" in origin.parts or origin.is_relative_to(sysconfig.get_path("stdlib"))
        if folder and not installed:
            _own_modules[name] = folder


def _package_of(file: Path) -> tuple[Path, str]:
    """The folder above the outermost package that holds the file, and the file's dotted name in it."""
    file = file.resolve()
    folder, parts = file.parent, [file.stem]
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)


def import_file(file: Path) -> types.ModuleType:
    """The module that a file is, within `importing_beside`; whatever the user's code raises comes through.

    Args:
        file: of the user; it needs no __init__.py beside it for relative imports.
    """
    _, name = _package_of(file)
    if "." not in name:
        # a package of its own name around the folder, so that `from .blocks import X` works without an __init__.py
        package = types.ModuleType(
            f"_ganloss_user_{hashlib.sha256(str(file.resolve().parent).encode()).hexdigest()[:12]}"
        )
        package.__path__ = [str(file.resolve().parent)]
        sys.modules[package.__name__] = package
        name = f"{package.__name__}.{name}"
    importlib.invalidate_caches()
    return importlib.import_module(name)


def run_theirs(action: Callable[[], Result], what: str) -> Result:
    """Run the user's code; whatever it raises is an error of the input, told in its own words.

    Args:
        action: calls it.
        what: the file, and what could not be done with it.

    Raises:
        InputError: it raised something, or wants to end the program.
    """
    try:
        return action()
    except SystemExit as error:
        raise InputError(f"{what}: it ends the program (exit {error.code})") from error
    except Exception as error:
        raise InputError(f"{what}: {type(error).__name__}: {error}") from error
