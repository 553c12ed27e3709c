"""Steps are a fixed grid, and what they come to does not depend on who runs which of them, to the last bit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.evaluators.losses import fm_moment, mmd
from ganloss_cli.evaluators.statistics import Unreduced, kept_by, statistic_of
from ganloss_cli.io.samples import Group, Reading
from ganloss_cli.pipeline.data.batching import chunks
from ganloss_cli.pipeline.run.grid import Grid, balanced
from ganloss_cli.pipeline.run.series import Series


def test_a_block_is_cut_by_the_size_of_its_group_and_a_group_that_has_run_out_gives_none() -> None:
    grid = Grid(counts=(7, 4, 0), sizes=(3, 3, 5))

    assert len(grid) == 3
    assert [[grid.block(step, k) for k in range(3)] for step in range(3)] == [
        [range(3), range(3), range(0)],
        [range(3, 6), range(3, 4), range(0)],
        [range(6, 7), range(4, 4), range(0)],
    ]


@pytest.mark.parametrize("of", [1, 2, 3, 5, 8, 40])
def test_shares_hold_every_step_once_in_order_and_differ_by_one_at_most(of: int) -> None:
    grid = Grid(counts=(100,), sizes=(3,))

    shares = [grid.dealt(k, of) for k in range(of)]

    assert [step for share in shares for step in share] == list(range(34))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(
    ("most", "count", "size"), [(151, 1000, 125), (256, 300, 256), (1, 5, 1), (4, 100, 4), (4, 0, 4)]
)
def test_many_blocks_are_a_multiple_of_eight_and_few_are_as_large_as_they_may_be(
    most: int, count: int, size: int
) -> None:
    assert balanced(most, count) == size


def test_samples_of_several_shapes_share_passes_within_their_block_only() -> None:
    sizes = (1, 2, 1, 2, 1, 1)
    group = Group(
        roles=("real",), names=tuple("abcdef"), paths={"real": "x"}, kinds={"real": "tensor"}, sample_rates={},
        ranges={}, read=lambda k: Reading(values={"real": torch.zeros(sizes[k])}, digests={}),
    )  # fmt: skip

    passes = [chunk.indices for chunk in chunks(group, 4, 0, 1, [range(4), range(4, 6)])]

    assert passes == [(0, 2), (1, 3), (4, 5)]


def moments(k: int) -> Unreduced:
    random = torch.Generator().manual_seed(k)
    sides = [[[torch.randn(3, 5, generator=random)], [torch.randn(3, 7, generator=random)]] for _ in range(2)]
    return fm_moment(*sides)


def codes(k: int) -> Unreduced:
    random = torch.Generator().manual_seed(k)
    return mmd(torch.randn(3, 2, generator=random), lambda name, shape, kind: torch.full((3, *shape), float(k)))


def added(make: Any, steps: Sequence[int]) -> Series:
    whole = Series(over_batches=False)
    for step in steps:
        one = Series(over_batches=False)
        one.update(make(step), {"": 0}, [range(3 * step, 3 * step + 3)])
        one.settle(step)
        whole.extend(one)
    return whole


@pytest.mark.parametrize("make", [moments, codes])
@pytest.mark.parametrize("cuts", [(1,), (4,), (3, 5, 6), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)])
def test_a_statistic_of_stretches_is_that_of_all_steps_to_the_last_bit(make: Any, cuts: tuple[int, ...]) -> None:
    undivided = added(make, range(11)).outcome(paired=True)

    whole = Series(over_batches=False)
    for start, stop in zip((0, *cuts), (*cuts, 11), strict=True):
        whole.extend(added(make, range(start, stop)))

    assert whole.outcome(paired=True) == undivided
    assert undivided.count == 33


@pytest.mark.parametrize("make", [moments, codes])
def test_a_statistic_that_travelled_is_finished_as_at_home(make: Any) -> None:
    statistic = make(3)

    assert statistic_of(kept_by(statistic)).compute() == statistic.compute()


def test_reals_and_fakes_of_different_numbers_are_each_counted_once(tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    scores = {"real_logits": torch.randn(9, 1, generator=random), "fake_logits": torch.randn(4, 1, generator=random)}
    save_file(scores, tmp_path / "s.safetensors")

    report = evaluate(data=tmp_path / "s.safetensors", losses="d_lsgan", unpaired=True, batch_size=2, per_sample=True)

    (result,) = report.results
    assert (result.terms["real.0"].count, result.terms["fake.0"].count) == (9, 4)
    expected = ((scores["real_logits"].double() - 1) ** 2).mean() + (scores["fake_logits"].double() ** 2).mean()
    assert result.value == pytest.approx(float(expected))


NET = """
import torch


class Copy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))

    def forward(self, x):
        if len(x) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.gain * x
"""


def test_steps_that_memory_halved_are_named(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    torch.save({"gain": torch.ones(())}, tmp_path / "g.pt")
    (tmp_path / "imgs").mkdir()
    for k in range(6):
        Image.fromarray(np.full((8, 8, 3), 40 * k, np.uint8)).save(tmp_path / "imgs" / f"{k}.png")

    report = evaluate(
        ckpt=tmp_path / "g.pt", networks=f"generator={tmp_path}/net.py:Copy", input=tmp_path / "imgs",
        real=tmp_path / "imgs", losses="l1",
        batch_size=4, network_range="0,1",
    )  # fmt: skip

    (found,) = [finding for finding in report.findings if finding.check == "halved_steps"]
    assert found.evidence == {"steps": [0]}
    assert report.results[0].count == 6
