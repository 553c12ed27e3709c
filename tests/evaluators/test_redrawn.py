"""Losses over sets on samples drawn anew, and the values that a figure of a set is the mean of."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganloss_cli.evaluators.losses.coverage import coverage, density
from ganloss_cli.evaluators.losses.ragan import d_ragan
from ganloss_cli.evaluators.losses.sets import SampleSet


def test_a_set_of_samples_drawn_anew_is_the_set_of_those_samples() -> None:
    real, fake = torch.randn(6, 1), torch.randn(6, 1)
    picks = torch.tensor([0, 0, 3, 5, 5, 5])

    redrawn = d_ragan([real], [fake]).redrawn(lambda count: picks[:count])

    assert redrawn.compute() == d_ragan([real[picks]], [fake[picks]]).compute()


def test_every_batch_of_a_set_is_drawn_from() -> None:
    parts = SampleSet.summed(torch.tensor([1.0, 2.0])).merge(SampleSet.summed(torch.tensor([4.0])))

    assert parts.redrawn(lambda _: torch.tensor([2, 2, 0])).compute() == 9.0


@pytest.mark.parametrize("figure", [coverage, density])
def test_a_figure_is_the_mean_of_its_samples_and_has_their_error(figure) -> None:
    drawn = torch.Generator().manual_seed(0)
    statistic = figure(torch.randn(40, 2, generator=drawn), torch.randn(30, 2, generator=drawn) + 0.5)

    samples = statistic.samples()

    assert len(samples) == (40 if figure is coverage else 30)
    assert samples.mean() == pytest.approx(statistic.compute())
    assert samples.std(ddof=1) / np.sqrt(len(samples)) == pytest.approx(statistic.standard_error())
