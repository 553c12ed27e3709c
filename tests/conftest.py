import os

# The tests' tensors are small: threads of torch would wait for each other longer than they compute, most of all on a
# shared machine. Set before anything imports torch, and for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# a width of the shell's own, or of the processes that tests are spread over, is nothing that output may depend on
os.environ.pop("COLUMNS", None)

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples in every run, and no failure because a shared machine was slow.
settings.register_profile("ganloss", derandomize=True, deadline=None, database=None)
settings.load_profile("ganloss")


def _module(name: str, folder: str = "tests") -> ModuleType:
    """A module of a folder that is on no path, under its own name: pickles name what lies in it."""
    spec = importlib.util.spec_from_file_location(name, ROOT / folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FOREIGN = _module("foreign")
# libraries of extras import torchvision, whose build for CUDA does not load beside a torch without
_module("torchvision_operators", "benchmarks").declare_torchvision_operators()
_module("optional")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is about a loss whose library is not installed, or cannot be imported here."""
    from ganloss_cli.evaluators.catalogue import catalogue

    known = catalogue()
    why = {name: _unusable(entry.extra) for name, entry in known.items() if entry.extra}
    why |= {f"{name}:{row.name}": _unusable(row.extra) for name, entry in known.items() for row in entry.conventions
            if row.extra}  # fmt: skip
    for item in items:
        for value in item.callspec.params.values() if hasattr(item, "callspec") else ():
            named = value.get("loss") if isinstance(value, dict) else getattr(value, "name", value)
            typed = f"{named}:{value.get('convention')}" if isinstance(value, dict) else named
            reason = isinstance(named, str) and (why.get(typed) or why.get(named))
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@functools.cache
def _unusable(extra: Any) -> str:
    """Why the packages of an extra cannot be used; "" where they can."""
    from ganloss_cli.errors import UsageError

    try:
        for package in extra.packages:
            extra.module(package.replace("-", "_"))
    except UsageError as error:
        return error.message
    return ""


@pytest.fixture
def foreign() -> Iterator[object]:
    """An object whose pickle calls a global on no list; the test fails if that was ever called."""
    FOREIGN.CALLS.clear()
    yield FOREIGN.Foreign()
    assert FOREIGN.CALLS == [], "code of a file ran"


@pytest.fixture
def losses_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions that `audit loss` calls are called here; what a process of their own survives has its own tests."""
    from ganloss_cli.pipeline.loss import audit

    monkeypatch.setattr(audit, "LossProcess", _module("in_this_process").InThisProcess)


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout's root."""
    return ROOT


@pytest.fixture(scope="session")
def sample_data() -> Path:
    return ROOT / "sample_data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real checkpoints and data, not part of the project."""
    folder = os.environ.get("GANLOSS_REAL_DATA")
    if not folder:
        pytest.skip("GANLOSS_REAL_DATA names no folder of real checkpoints and data")
    return Path(folder)


@pytest.fixture(scope="session")
def run_ganloss() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own: run_ganloss("eval", ..., cwd=folder)."""

    def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ganloss_cli", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    return run
