import io
import pickletools
import zipfile
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ganloss_cli.io.checkpoints.pickle import scan
from ganloss_cli.io.checkpoints.pickle.machine import Machine, Value
from ganloss_cli.io.checkpoints.pickle.operations import operation_at
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle
from ganloss_cli.io.checkpoints.pickle.tensor_runs import tensor_run


def pickled(content: object, protocol: int = 2) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, pickle_protocol=protocol)
    with zipfile.ZipFile(file) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl"))


def step_by_step(data: bytes, start: int = 0) -> Scan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "tensor_run", lambda *_: None)
        return scan_pickle(data, start)


def runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Where runs begin and end."""
    for operation, _, position in pickletools.genops(data):
        if operation.name in ("BINGET", "LONG_BINGET") and position is not None:
            found = tensor_run(data, position, len(data))
            if found:
                yield position, found.end


RANKS = {f"rank{n}": torch.zeros([2] * n) for n in range(8)}
MANY = {f"layer{k}.weight": torch.zeros(300, 1) for k in range(200)}  # more places than a byte has
VIEWS = {"whole": torch.zeros(70_000, 3), "part": torch.zeros(70_000, 3)[65_900:].T}
network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
optimizer = torch.optim.Adam(network.parameters())
network(torch.zeros(1, 3, 8, 8)).sum().backward()
optimizer.step()
CONTENTS = {
    "ranks": RANKS,
    "many": MANY,
    "views": VIEWS,
    "parameters": dict(network.named_parameters()),
    "training": {"model": network.state_dict(), "optimizer": optimizer.state_dict(), "step": 7},
    "ninety axes": {"a": torch.zeros(2), "b": torch.zeros([1] * 60), "c": torch.zeros(2)},
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_a_scan_with_runs_is_the_scan_step_by_step(content: object, protocol: int) -> None:
    data = pickled(content, protocol)

    assert scan_pickle(data) == step_by_step(data)
    assert scan_pickle(data).problem is None


def test_every_tensor_but_the_first_of_a_type_is_a_run() -> None:
    # the first tensor names the function, the first of either type its class
    data = pickled({**RANKS, "counter": torch.tensor(1), "other": torch.tensor(2), "double": torch.zeros(2).double()})

    assert len(list(runs(data))) == len(RANKS) - 1 + 1


@pytest.mark.parametrize("content", [RANKS, MANY, VIEWS], ids=["ranks", "many", "views"])
def test_a_run_leaves_the_machine_as_its_operations_do(content: dict[str, torch.Tensor]) -> None:
    data = pickled(content)
    quick, slow, position = Machine(), Machine(), 0
    n_runs = 0
    while position < len(data):
        run = tensor_run(data, position, len(data))
        end = run.end if run else operation_at(data, position, len(data)).end
        if run:
            assert quick.follow_run(run)
            n_runs += 1
        else:
            quick.follow(operation_at(data, position, len(data)))
        while position < end:
            operation = operation_at(data, position, len(data))
            slow.follow(operation)
            position = operation.end

        assert position == end
        assert (quick.stack, quick.memo, quick.names, quick.calls) == (slow.stack, slow.memo, slow.names, slow.calls)
        assert (quick.n_bytes, quick.count) == (slow.n_bytes, slow.count)
    assert n_runs == len(content) - 1


SMALL = pickled({"a": torch.zeros(2), "b": torch.zeros(3, 4), "c": torch.tensor(1.0), "d": torch.zeros(1, 2, 3, 4)})
SPANS = list(runs(SMALL))


@settings(max_examples=400)
@given(st.data())
def test_a_changed_run_is_judged_as_its_operations_are(choice: st.DataObject) -> None:
    start, end = choice.draw(st.sampled_from(SPANS))
    changed = bytearray(SMALL)
    for _ in range(choice.draw(st.integers(1, 3))):
        position = choice.draw(st.integers(start, end - 1))
        changed[position] = choice.draw(st.sampled_from([*b"hjqrKMJ()tQR.0\x85\x86\x87\x88\x89X", 0, 1, 3, 200]))

    assert scan_pickle(bytes(changed)) == step_by_step(bytes(changed))


def test_every_truncation_of_a_run_is_judged_as_its_operations_are() -> None:
    for end in range(len(SMALL)):
        assert scan_pickle(SMALL[:end]) == step_by_step(SMALL[:end])


def test_a_name_kept_within_a_run_is_seen_when_it_is_imported() -> None:
    # the storage's key, "1", is what the second run keeps; STACK_GLOBAL then imports "1.1"
    start, end = SPANS[0]
    run = tensor_run(SMALL, start, len(SMALL))
    assert run is not None
    assert run.puts[0] is not None
    importing = SMALL[:end] + 2 * bytes([ord("h"), run.puts[0]]) + b"\x93" + SMALL[end:]

    assert "1.1" in scan_pickle(importing).globals
    assert scan_pickle(importing) == step_by_step(importing)


def test_a_run_that_overwrites_what_it_reads_is_followed_step_by_step() -> None:
    run = tensor_run(SMALL, SPANS[0][0], len(SMALL))
    assert run is not None
    memo = {place: Value() for place in run.gets}
    overwriting = run._replace(puts=[run.gets[4], *run.puts[1:]])

    assert not Machine(memo=dict(memo), count=1000).follow_run(overwriting)
    assert Machine(memo=dict(memo), count=1000).follow_run(run)


def test_a_run_that_reads_something_large_is_followed_step_by_step() -> None:
    run = tensor_run(SMALL, SPANS[0][0], len(SMALL))
    assert run is not None
    memo = {place: Value() for place in run.gets}

    assert not Machine(memo=memo | {run.gets[3]: Value(depth=199)}, count=1000).follow_run(run)
    assert not Machine(memo=memo | {run.gets[3]: Value(size=900)}, count=1000).follow_run(run)


def test_a_run_that_writes_beyond_its_count_is_followed_step_by_step() -> None:
    run = tensor_run(SMALL, SPANS[0][0], len(SMALL))
    assert run is not None

    assert not Machine(memo={place: Value() for place in run.gets}, count=max(run.gets)).follow_run(run)
