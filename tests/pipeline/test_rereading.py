"""Data of several runs on one set of samples: read once, whatever the runs do with it, and read again where large."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.io.samples import DataSet, Group, Reading
from ganloss_cli.pipeline.data import cache
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.number.audit import trace_numbers
from ganloss_cli.records.request import Request

N = 7


@pytest.fixture
def reads() -> Counter[int]:
    return Counter()


@pytest.fixture
def group(reads: Counter[int]) -> Group:
    def read(index: int) -> Reading:
        reads[index] += 1
        return Reading(values={"real": torch.full((2, 3), float(index))}, digests={"real": bytes([index])})

    return Group(
        roles=("real",), names=tuple(map(str, range(N))), paths={"real": "t.npz"}, kinds={"real": "tensor"},
        sample_rates={}, ranges={}, read=read,
    )  # fmt: skip


def firsts(kept: Kept, group: Group, size: int = 3) -> list[list[float]]:
    """The first value of every sample, batch by batch."""
    return [chunk.values["real"][:, 0, 0].tolist() for chunk in kept.chunks(group, size, 0)]


def test_every_sample_is_read_once_however_often_it_is_asked_for(group: Group, reads: Counter[int]) -> None:
    kept = Kept()

    first, second = firsts(kept, group), firsts(kept, group)

    assert first == second == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0]]
    assert reads == Counter(range(N))


def test_what_one_run_does_to_its_samples_in_place_the_next_does_not_see(group: Group) -> None:
    kept = Kept()

    for _ in range(2):
        for chunk in kept.chunks(group, 3, 0):
            chunk.values["real"].fill_(-1)

    assert firsts(kept, group)[0] == [0.0, 1.0, 2.0]


def test_more_than_may_be_kept_is_read_again(group: Group, reads: Counter[int]) -> None:
    kept = Kept(most_bytes=5 * 2 * 3 * 4)  # five samples of seven

    assert firsts(kept, group) == firsts(kept, group)

    assert reads == Counter([*range(N), *range(N)])


def test_what_overflows_gives_back_its_own_bytes_and_no_others(group: Group, reads: Counter[int]) -> None:
    kept = Kept(most_bytes=10 * 2 * 3 * 4)  # ten samples
    beside, third = (
        replace(group, paths={"real": "b.npz"}),
        replace(group, paths={"real": "c.npz"}, names=tuple("01234")),
    )

    # side by side: the second is dropped at its second batch, the first stays with its seven samples
    list(zip(kept.chunks(group, 3, 0), kept.chunks(beside, 3, 0), strict=True))
    firsts(kept, third)
    reads.clear()
    firsts(kept, group)
    firsts(kept, third)

    assert reads == Counter(range(5))  # of the third alone, for which five more had no room


def test_other_batches_and_other_samples_are_not_mistaken_for_these(group: Group) -> None:
    kept = Kept()
    firsts(kept, group)

    assert firsts(kept, group, size=5) == [[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0]]
    assert firsts(kept, replace(group, names=group.names[:2])) == [[0.0, 1.0]]


def test_data_are_opened_once_for_a_limit() -> None:
    opened = []

    def open_(request: Request) -> DataSet:
        opened.append(request.limit)
        return DataSet(groups=(), findings=())

    kept = Kept()
    for request in (Request(), Request(mode="train"), Request(limit=3), Request()):
        kept.data(request, open_)

    assert opened == [None, 3]


def test_a_number_is_traced_alike_whether_its_data_are_kept_or_read_again(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n\n\ndef judge():\n    return nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(),"
        " nn.Dropout(0.0), nn.Linear(12, 1))\n"
    )
    torch.manual_seed(0)
    torch.save({"3.weight": torch.randn(1, 12), "3.bias": torch.zeros(1)}, tmp_path / "d.pt")
    pictures = {"real": 2 * torch.rand(80, 3, 2, 2) - 1, "fake": 2 * torch.rand(80, 3, 2, 2) - 1}
    torch.save(pictures, tmp_path / "t.pt")
    request = Request(
        disc=(tmp_path / "d.pt",), data=tmp_path / "t.pt",
        networks=(read_user_network(f"discriminator={tmp_path}/nets.py:judge"),),
        range=(-1.0, 1.0), scores="logits", batch_size=16,
    )  # fmt: skip

    kept = trace_numbers([stated_number("d_bce=0.98765")], request)
    monkeypatch.setattr(cache.Kept, "chunks", lambda _, *given: cache.chunks(*given))
    read_again = trace_numbers([stated_number("d_bce=0.98765")], request)

    assert replace(kept, timing={}) == replace(read_again, timing={})
    assert kept.numbers[0].tried > 50
