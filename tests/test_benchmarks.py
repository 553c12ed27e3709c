import importlib.util
import re
import sys
from pathlib import Path

import pytest


@pytest.fixture
def processes(project: Path):
    spec = importlib.util.spec_from_file_location("processes", project / "benchmarks" / "processes.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["processes"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["processes"]


def test_a_command_that_fails_is_no_measurement(processes) -> None:
    with pytest.raises(SystemExit, match="ended with 3, expected 0"):
        processes.timed([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_command_that_is_to_fail_may_not_succeed(processes) -> None:
    with pytest.raises(SystemExit, match="ended with 0, expected 2"):
        processes.timed([sys.executable, "-c", "pass"], expected=2)


def test_a_command_that_ends_as_expected_is_measured(processes) -> None:
    run = processes.timed([sys.executable, "-c", "raise SystemExit(2)"], expected=2)

    assert run.wall > 0
    assert run.peak > 1


def test_every_benchmark_starts_processes_where_their_status_is_checked(project: Path) -> None:
    files = sorted((project / "benchmarks").glob("*.py"))
    starts = re.compile(r"subprocess\.(?:run|Popen|call|check_output)\((?P<arguments>[^\n]*)")

    unchecked = {
        (file.name, match["arguments"])
        for file in files
        for match in starts.finditer(file.read_text(encoding="utf-8"))
        if "check=True" not in match["arguments"] and file.name != "processes.py"
    }

    assert len(files) > 5
    assert unchecked == set()
