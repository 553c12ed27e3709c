"""Random numbers belong to samples, not to batches."""

import torch

from ganloss_cli.io.samples import Group, Reading
from ganloss_cli.pipeline.data.randomness import SampleKeys, SampleRandom, draw


def test_a_sample_draws_the_same_in_any_batch():
    like = torch.zeros(1)
    together = SampleRandom(seed=3, keys=["a", "b", "c"], like=like)("alpha", (2,), "uniform")
    alone = SampleRandom(seed=3, keys=["b"], like=like)("alpha", (2,), "uniform")

    assert torch.equal(together[1], alone[0])


def test_seed_name_and_sample_all_matter():
    drawn = [draw(s, k, n, (4,), "normal") for s in (0, 1) for k in ("a", "b") for n in ("x", "y")]

    assert len({tuple(values.tolist()) for values in drawn}) == 8


def test_normal_numbers_are_standard():
    drawn = draw(0, "a", "latents", (20_000,), "normal")

    # five standard errors of mean and variance
    assert abs(float(drawn.mean())) < 5 / 20_000**0.5
    assert abs(float(drawn.var()) - 1) < 5 * (2 / 20_000) ** 0.5


def group(names: tuple[str, ...] = ("a", "b", "c"), *, by_index: bool = False) -> Group:
    return Group(roles=("real",), names=names, paths={}, kinds={}, sample_rates={}, ranges={}, by_index=by_index,
                 read=lambda _: Reading(values={}, digests={}))  # fmt: skip


def keys(*digests: dict[str, bytes], by_index: bool = False, roles: tuple[str, ...] = ("real",)) -> list[str]:
    found = SampleKeys(group(by_index=by_index))
    for index, each in enumerate(digests):
        found.saw(index, each)
    return found.of(range(len(digests)), roles)


def test_a_sample_of_a_file_is_keyed_by_its_bytes_and_equal_ones_by_their_rank() -> None:
    assert keys({"real": b"1"}, {"real": b"2"}, {"real": b"1"}) == ["31 0", "32 0", "31 1"]


def test_only_the_bytes_of_the_roles_that_are_read_count() -> None:
    one, other = {"real": b"1", "label": b"3"}, {"real": b"1", "label": b"4"}

    assert keys(one, other) == ["31 0", "31 1"]
    assert keys(one, other, roles=("real", "label")) == ["31+33 0", "31+34 0"]


def test_what_is_made_of_a_recording_is_keyed_by_the_recording() -> None:
    assert keys({"real": b"1", "pitch": b"3"}, roles=("input",)) == ["31 0"]


def test_samples_without_files_are_keyed_by_their_place() -> None:
    assert keys({"real": b"1"}, {"real": b"1"}, by_index=True) == ["0", "1"]
    assert keys({}, {}) == ["a", "b"]  # latents, whose names are their places
