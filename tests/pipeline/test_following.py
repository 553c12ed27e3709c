"""`--follow` with a clock of its own: what counts as written, what is evaluated again, what ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError, NoNetworkError
from ganloss_cli.io.checkpoints import State
from ganloss_cli.pipeline.rank.each import Evaluated
from ganloss_cli.pipeline.rank.follow import Following
from ganloss_cli.records.report import Report

REPORT = Report(tool={}, environment={}, command=(), seed=0, device="cpu", dtype="float32")


@dataclass
class Training:
    """Stands in for networks and for a training that writes while time passes."""

    folder: Path
    events: dict[float, Callable[[], object]] = field(default_factory=dict)
    now: float = 0.0
    seen: list[tuple[float, str, int]] = field(default_factory=list)
    fails: InputError | None = None

    def one(self, state: State) -> Evaluated:
        self.seen.append((self.now, state.name, len(state.files)))
        return Evaluated(state=state, error=self.fails, report=None if self.fails else REPORT)

    def states(self) -> tuple[State, ...]:
        steps = sorted({int(file.stem[1:]) for file in self.folder.iterdir()})
        if not steps:
            raise NoNetworkError("none yet")
        files = {n: [self.folder / f"{role}{n}.pt" for role in "GD"] for n in steps}
        return tuple(
            State(files=tuple(file for file in files[n] if file.exists()), run=self.folder, step=n) for n in steps
        )

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for at in sorted(self.events):
            if at <= self.now:
                self.events.pop(at)()
        if self.now > 60:
            raise KeyboardInterrupt

    def follow(self, until: int | None = None) -> list[int | None]:
        following = Following(
            series=self, states=self.states, until=until, clock=lambda: self.now, wait=self.wait,  # type: ignore[arg-type]
        )  # fmt: skip
        return [each.step for each in following.run(lambda _: None)]

    def write(self, name: str, size: int = 1) -> Callable[[], object]:
        return lambda: (self.folder / name).write_bytes(b"x" * size)


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(folder=tmp_path)


def test_a_file_is_opened_once_its_size_has_been_still_for_two_seconds(training: Training) -> None:
    training.events = {
        1.0: training.write("G1.pt", 1),
        2.0: training.write("G1.pt", 2),
        3.0: training.write("G1.pt", 3),
    }

    assert training.follow() == [1]
    assert training.seen == [(5.0, "G1.pt", 1)]


def test_it_ends_with_the_step_asked_for_or_a_later_one(training: Training) -> None:
    training.events = {1.0: training.write("G10.pt"), 4.0: training.write("G20.pt"), 9.0: training.write("G30.pt")}

    assert training.follow(until=15) == [10, 20]
    assert training.now < 9


def test_ctrl_c_ends_with_what_is_there(training: Training) -> None:
    training.write("G1.pt")()

    assert training.follow(until=100) == [1]


def test_a_partner_that_comes_later_has_the_step_evaluated_again_in_the_same_row(training: Training) -> None:
    training.events = {1.0: training.write("G1.pt"), 10.0: training.write("D1.pt")}

    assert training.follow() == [1]
    assert [n for _, _, n in training.seen] == [1, 2]


def test_what_the_training_deletes_stays_in_the_table(training: Training) -> None:
    training.events = {
        1.0: training.write("G1.pt"), 8.0: training.write("G2.pt"), 9.0: lambda: (training.folder / "G1.pt").unlink(),
    }  # fmt: skip

    assert training.follow() == [1, 2]


def test_data_that_cannot_be_read_end_it_at_once(training: Training) -> None:
    training.write("G1.pt")()
    training.fails = InputError("imgs/3.png: damaged")

    with pytest.raises(InputError, match=r"3\.png"):
        training.follow()


def test_a_damaged_checkpoint_does_not_end_it(training: Training) -> None:
    training.write("G1.pt")()
    training.fails = InputError(f"{training.folder / 'G1.pt'}: damaged")

    assert training.follow() == [1]
