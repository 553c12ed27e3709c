import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.evaluators.statistics import Moments


def moments_of(*batches: list[float], weights: list[list[float]] | None = None) -> Moments:
    moments = Moments()
    for position, batch in enumerate(batches):
        moments.update(torch.tensor(batch), torch.tensor(weights[position]) if weights else None)
    return moments


def test_the_figures_of_four_values_are_those_of_the_textbook() -> None:
    summary = moments_of([1.0, 2.0], [3.0, 10.0]).compute()

    assert (summary.count, summary.mean, summary.median) == (4, 4.0, 2.5)
    assert (summary.minimum, summary.maximum) == (1.0, 10.0)
    # squared deviations 9 + 4 + 1 + 36 = 50, variance 50 / 3, of the mean 50 / 12
    assert summary.standard_error == pytest.approx(math.sqrt(50 / 12))


def test_one_sample_has_a_mean_and_no_standard_error() -> None:
    summary = moments_of([3.0]).compute()

    assert (summary.mean, summary.standard_error) == (3.0, None)


def test_nothing_seen_gives_no_figures() -> None:
    summary = Moments().compute()

    assert summary.count == 0
    assert (summary.mean, summary.minimum, summary.median, summary.standard_error) == (None, None, None, None)


def test_one_value_that_is_not_finite_leaves_no_figure_and_is_counted() -> None:
    summary = moments_of([1.0, math.nan, math.inf, -math.inf]).compute()

    assert (summary.n_nan, summary.n_infinite) == (1, 2)
    assert (summary.mean, summary.minimum, summary.maximum, summary.median) == (None, None, None, None)
    assert summary.count == 4


def test_a_weighted_mean_is_a_ratio_of_sums() -> None:
    summary = moments_of([6.0], [2.0], weights=[[3.0], [1.0]]).compute()

    assert summary.mean == 8 / 4
    assert (summary.minimum, summary.maximum) == (2.0, 2.0)


def test_the_standard_error_of_a_ratio_is_cochrans() -> None:
    values, weights = [6.0, 2.0, 9.0], [3.0, 2.0, 3.0]

    summary = moments_of(values, weights=[weights]).compute()

    # ratio 17 / 8; residuals 6 - 51/8, 2 - 34/8, 9 - 51/8 = -3/8, -18/8, 21/8; mean weight 8/3
    residuals = [-3 / 8, -18 / 8, 21 / 8]
    expected = math.sqrt(sum(r**2 for r in residuals) / 2 / 3) / (8 / 3)
    assert summary.standard_error == pytest.approx(expected)


def test_a_sample_without_weight_has_no_value_of_its_own() -> None:
    moments = moments_of([0.0, 4.0], weights=[[0.0, 2.0]])

    assert (moments.compute().count, moments.compute().n_nan) == (1, 0)
    assert math.isnan(moments.samples()[0])
    assert moments.samples()[1] == 2.0


def test_samples_come_back_in_the_order_in_which_they_went_in() -> None:
    first, second = moments_of([3.0], [1.0]), moments_of([2.0])

    first.merge(second)

    assert first.samples().tolist() == [3.0, 1.0, 2.0]


def test_values_in_float32_are_summed_in_float64() -> None:
    moments = Moments()

    moments.update(torch.full((10_000_000,), 0.1, dtype=torch.float32))

    assert moments.compute().mean == pytest.approx(float(np.float32(0.1)), rel=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.data())
def test_no_figure_depends_on_how_the_values_are_cut_into_batches(values: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    whole, parts = Moments(), Moments()
    tensor = torch.tensor(values, dtype=torch.float64)

    whole.update(tensor)
    parts.update(tensor[:cut])
    parts.update(tensor[cut:])

    assert parts.compute() == whole.compute()


def test_a_sample_that_weighs_nothing_counts_for_nothing() -> None:
    moments = moments_of([3.0, 0.0, 5.0], weights=[[1.0, 0.0, 3.0]])

    summary = moments.compute()

    assert (summary.mean, summary.count, summary.n_nan) == (2.0, 2, 0)
    assert (summary.minimum, summary.maximum) == (pytest.approx(5 / 3), 3.0)


def test_a_value_without_weight_is_infinite() -> None:
    summary = moments_of([3.0, 1.0], weights=[[1.0, 0.0]]).compute()

    assert (summary.mean, summary.n_infinite) == (None, 1)
