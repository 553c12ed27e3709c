"""Entries of a mapping that are taken at once leave the machine as their operations do, one by one."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed.checkpoint as distributed
from hypothesis import given, settings
from hypothesis import strategies as st

from ganloss_cli.io.checkpoints.pickle import machine as machines
from ganloss_cli.io.checkpoints.pickle import scan
from ganloss_cli.io.checkpoints.pickle.machine import Machine
from ganloss_cli.io.checkpoints.pickle.repeats import Repeats
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle

pytestmark = pytest.mark.filterwarnings(
    "ignore:torch.distributed is disabled", "ignore::FutureWarning", "ignore:.*TypedStorage"
)


@dataclass
class Record:
    name: str
    place: int
    inner: Any = None


def metadata(folder: Path) -> bytes:
    content = {
        "generator": {f"layer{k}.weight": torch.zeros([1 + k % 3] * (1 + k % 2)) for k in range(300)},
        "long": {"n" * 300: torch.zeros(2), "ä": torch.zeros(2), "step": torch.tensor(4)},
        "epoch": 7,
    }
    distributed.save(content, checkpoint_id=folder, no_dist=True)
    return (folder / ".metadata").read_bytes()


@pytest.fixture(scope="module")
def pickles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    def records(make: Any, n: int = 60) -> bytes:
        return pickle.dumps({f"k{k}": make(k) for k in range(n)}, protocol=4)

    shared: list[object] = []
    return {
        "distributed": metadata(tmp_path_factory.mktemp("dcp")),
        "far away": records(lambda k: Record("a", 2**k if k < 62 else 2**40 + k, Record("b", 3))),
        "growing": records(lambda k: Record("a", 1, Record("b", k, list(range(k % 7))))),
        "filled from outside": records(lambda k: Record("a", 1, Record("b", k, shared.append(k) or shared))),
        "names of globals": records(lambda k: Record("a", k, Record(f"b{k}", k, [int, str, Path][k % 3]))),
        "lists of records": pickle.dumps([Record("a", k, Record("b", k, (k, "x"))) for k in range(80)], protocol=4),
    }


def scanned(data: bytes, *, step_by_step: bool) -> tuple[Scan, Machine, int]:
    seen: list[Machine] = []
    taken = 0

    def machine() -> Machine:
        seen.append(Machine())
        return seen[-1]

    def follow(self: Repeats, *arguments: Any) -> int:
        nonlocal taken
        before = self.machine.count
        end = theirs(self, *arguments)
        taken += self.machine.count - before
        return end

    theirs = Repeats.follow
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "Machine", machine)
        patch.setattr(machines, "_CHECK_EVERY", 1)
        patch.setattr(Repeats, "follow", (lambda _, _data, position: position) if step_by_step else follow)
        return scan_pickle(data), seen[0], taken


def memo(machine: Machine) -> Iterator[tuple[int, str | None, int, int]]:
    for place, value in machine.memo.items():
        yield place, value.text, value.depth, value.size


NAMES = ["distributed", "far away", "growing", "filled from outside", "names of globals", "lists of records"]


@pytest.mark.parametrize("name", NAMES)
def test_a_scan_with_repeats_is_the_scan_step_by_step(pickles: dict[str, bytes], name: str) -> None:
    (quick, machine, _), (slow, other, _) = (scanned(pickles[name], step_by_step=how) for how in (False, True))

    assert quick == slow
    assert quick.problem is None
    assert list(memo(machine)) == list(memo(other))
    assert (machine.count, machine.n_bytes, machine.stack) == (other.count, other.n_bytes, other.stack)


def test_most_of_the_metadata_of_a_distributed_checkpoint_is_taken_at_once(pickles: dict[str, bytes]) -> None:
    _, machine, taken = scanned(pickles["distributed"], step_by_step=False)

    assert taken > 0.7 * machine.count


@settings(max_examples=50, deadline=None)
@given(name=st.sampled_from(NAMES), changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4))
def test_a_damaged_pickle_is_told_as_step_by_step(
    pickles: dict[str, bytes], name: str, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(pickles[name])
    for where, byte in changes:
        data[min(int(where * len(data)), len(data) - 1)] = byte

    (quick, *_), (slow, *_) = (scanned(bytes(data), step_by_step=how) for how in (False, True))

    assert (quick.globals, quick.problem, quick.calls, quick.end) == (slow.globals, slow.problem, slow.calls, slow.end)
    assert quick == slow


def test_a_limit_ends_repeats_as_it_ends_operations(pickles: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MAX_OPERATIONS", 9_000)

    found, *_ = scanned(pickles["distributed"], step_by_step=False)

    assert found.problem == "more than 9000 pickle operations"
