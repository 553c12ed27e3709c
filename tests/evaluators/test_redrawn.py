"""Losses over sets on samples drawn anew, and the shares that samples have in the figure of a set."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganloss_cli.evaluators.losses.coverage import coverage, density
from ganloss_cli.evaluators.losses.ragan import d_ragan
from ganloss_cli.evaluators.losses.sets import SampleSet
from ganloss_cli.evaluators.neighbours import hanging_on


def test_a_set_of_samples_drawn_anew_is_the_set_of_those_samples() -> None:
    real, fake = torch.randn(6, 1), torch.randn(6, 1)
    picks = torch.tensor([0, 0, 3, 5, 5, 5])

    redrawn = d_ragan([real], [fake]).redrawn(lambda count: picks[:count])

    assert redrawn.compute() == d_ragan([real[picks]], [fake[picks]]).compute()


def test_every_batch_of_a_set_is_drawn_from() -> None:
    parts = SampleSet.summed(torch.tensor([1.0, 2.0])).merge(SampleSet.summed(torch.tensor([4.0])))

    assert parts.redrawn(lambda _: torch.tensor([2, 2, 0])).compute() == 9.0


def test_density_is_the_mean_of_its_samples_and_has_their_error() -> None:
    drawn = torch.Generator().manual_seed(0)
    statistic = density(torch.randn(40, 2, generator=drawn), torch.randn(30, 2, generator=drawn) + 0.5)

    samples = statistic.shares()["fake"]

    assert len(samples) == 30
    assert samples.mean() == pytest.approx(statistic.compute())
    assert samples.std(ddof=1) / np.sqrt(len(samples)) == pytest.approx(statistic.standard_error())


def test_coverage_is_the_mean_of_the_jackknife_s_values_of_the_fakes_and_has_its_error() -> None:
    drawn = torch.Generator().manual_seed(0)
    real, fake = torch.randn(60, 2, generator=drawn), 0.3 * torch.randn(30, 2, generator=drawn)
    without = [coverage(real, torch.cat([fake[:k], fake[k + 1 :]])).compute() for k in range(30)]

    samples = coverage(real, fake).shares()["fake"]

    assert samples.mean() == pytest.approx(coverage(real, fake).compute())
    by_hand = np.sqrt(29 / 30 * np.square(without - np.mean(without)).sum())
    assert samples.std(ddof=1) / np.sqrt(30) == pytest.approx(by_hand)


def test_a_real_out_of_reach_tells_of_chance_where_no_other_hangs_on_one_fake() -> None:
    """Two reals side by side are covered by both fakes, and the third, far away, by none."""
    real = torch.tensor([[0.0], [1.0], [9.0]])
    fake = torch.tensor([[0.9], [0.95]])

    assert hanging_on(real, fake, 1).tolist() == [0, -1]
    assert coverage(real, fake, k=1).shares()["fake"].std() > 0
