import io
import zipfile

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ganloss_cli.io.checkpoints.pickle import scan
from ganloss_cli.io.checkpoints.pickle.machine import Machine, Value
from ganloss_cli.io.checkpoints.pickle.operations import operation_at
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle
from ganloss_cli.io.checkpoints.pickle.tensor_entries import follow_entries
from ganloss_cli.io.checkpoints.pickle.tensor_runs import tensor_run


def pickled(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    with zipfile.ZipFile(file) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl"))


def one_by_one(data: bytes) -> Scan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "tensor_run", lambda *_: None)
        return scan_pickle(data)


def n_followed(data: bytes) -> int:
    """How many stretches of entries are followed at once."""
    found = 0

    def counted(machine, window, run):
        nonlocal found
        end = follow_entries(machine, window, run)
        found += end is not None and end > run.end
        return end

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "follow_entries", counted)
        scan_pickle(data)
    return found


MANY = {f"layer{k}.weight": torch.zeros([1] * (k % 7)) for k in range(60)}
NETWORK = nn.Sequential(*(layer for _ in range(8) for layer in (nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2))))
CONTENTS = {
    "many": MANY,
    "network": NETWORK.state_dict(),
    "several": {"G": MANY, "D": NETWORK.state_dict(), "step": 3},
    "tied": {**MANY, "again": MANY["layer3.weight"], "more": torch.zeros(2), "and more": torch.zeros(2)},
    "long names": {f"{'a' * (k % 260)}{k}": torch.zeros(2) for k in range(240, 280)},
    "a name that looks like what follows one": {f"{k}rabcdh\x00((r" * 3: torch.zeros(2) for k in range(60)},
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_scan_with_entries_is_the_scan_one_by_one(content: object) -> None:
    data = pickled(content)

    assert scan_pickle(data) == one_by_one(data)
    assert scan_pickle(data).problem is None


def test_a_state_dict_is_followed_in_a_few_stretches() -> None:
    assert 1 <= n_followed(pickled(MANY)) <= 3
    assert 1 <= n_followed(pickled(NETWORK.state_dict())) <= 10


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_entries_leave_the_machine_as_their_operations_do(content: object) -> None:
    data = pickled(content)
    quick, slow, position = Machine(), Machine(), 0
    while position < len(data):
        run = tensor_run(data, position, len(data))
        if run and quick.follow_run(run):
            end = follow_entries(quick, data, run) or run.end
        else:
            operation = operation_at(data, position, len(data))
            quick.follow(operation)
            end = operation.end
        while position < end:
            operation = operation_at(data, position, len(data))
            slow.follow(operation)
            position = operation.end

        assert position == end
        assert (quick.stack, quick.memo, quick.names, quick.calls) == (slow.stack, slow.memo, slow.names, slow.calls)
        assert (quick.n_bytes, quick.count) == (slow.n_bytes, slow.count)


SMALL = pickled({f"a{k}": torch.zeros([2] * (k % 4)) for k in range(45)})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_entries_are_judged_as_their_operations_are(choice: st.DataObject) -> None:
    changed = bytearray(SMALL)
    for _ in range(choice.draw(st.integers(1, 3))):
        position = choice.draw(st.integers(3_000, len(SMALL) - 1))
        changed[position] = choice.draw(st.sampled_from([*b"hjqrKMJ()tQRuX.0\x85\x86\x87\x88\x89", 0, 1, 3, 200]))

    assert scan_pickle(bytes(changed)) == one_by_one(bytes(changed))


def test_entries_that_read_something_large_are_followed_one_by_one() -> None:
    data = pickled(MANY)
    candidates = (tensor_run(data, k, len(data)) for k in range(data.index(b"layer40"), len(data)))
    run = next(run for run in candidates if run)
    memo = {place: Value() for place in run.gets}

    assert (follow_entries(Machine(memo=dict(memo), count=10_000), data, run) or 0) > run.end
    assert follow_entries(Machine(memo=memo | {run.gets[3]: Value(depth=199)}, count=10_000), data, run) is None
    assert follow_entries(Machine(memo=memo | {run.gets[3]: Value(size=900)}, count=10_000), data, run) is None


def test_entries_that_write_beyond_their_count_are_followed_one_by_one() -> None:
    data = pickled(MANY)
    candidates = (tensor_run(data, k, len(data)) for k in range(data.index(b"layer40"), len(data)))
    run = next(run for run in candidates if run)
    memo = {place: Value() for place in run.gets}

    assert follow_entries(Machine(memo=memo, count=100), data, run) is None


def test_what_only_looks_like_entries_is_not_looked_for_again() -> None:
    data = pickled({f"layer{k:05}.weight": torch.zeros(1) for k in range(400)})
    changed = data.replace(b"X\x11\x00\x00\x00layer", b"X\x10\x00\x00\x00layer")  # names a byte shorter than they look
    looked = 0

    def counted(machine, window, run):
        nonlocal looked
        looked += 1
        return follow_entries(machine, window, run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "follow_entries", counted)
        found = scan_pickle(changed)

    assert changed != data
    assert found == one_by_one(changed)
    assert looked <= 1
