"""The golden run: fixed command lines give the numbers, the fields and the exit statuses that were recorded.

`python tests/golden` shows what differs, and records it with --record.
"""

from pathlib import Path

import pytest
from golden_comparison import differences
from golden_files import make_files
from golden_numbers import changed
from golden_run import STORED, commands, outcome, stored, tolerance


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command lines run in."""
    folder = tmp_path_factory.mktemp("golden")
    make_files(folder)
    return folder


# the audits of losses whose functions are called in a process of their own; one holds the way there
IN_A_PROCESS = {"audit-loss-right"}


@pytest.mark.parametrize("name", commands())
def test_a_command_line_gives_what_was_recorded(name: str, place: Path, request: pytest.FixtureRequest) -> None:
    if name.startswith("audit-loss") and name not in IN_A_PROCESS:
        request.getfixturevalue("losses_in_this_process")

    found = list(differences(stored(name), outcome(commands()[name], place), tolerance=tolerance(name)))

    assert not found, "\n".join([*found, f"`python tests/golden --record {name}` records this"])


def test_numbers_that_change_are_of_another_version() -> None:
    assert not changed(), "raise NUMBERS in records/tool.py, and run `python tests/golden --record NAME`"


def test_every_record_is_of_a_command_line() -> None:
    assert {file.stem for file in STORED.glob("*.json")} == set(commands())


def test_every_exit_status_of_a_user_s_mistake_is_among_the_records() -> None:
    assert {stored(name)["status"] for name in commands()} == {0, 1, 2, 3, 4, 5, 6}
