"""Random numbers belong to samples, not to batches."""

import torch

from ganloss_cli.pipeline.data.randomness import SampleRandom, draw


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
