import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.evaluators.checks.separation import area_under_curve


def test_the_area_counts_pairs_in_order_and_half_of_ties() -> None:
    real, fake = np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0])

    area = area_under_curve(real, fake)

    # pairs: 3>2, 3>0, 2=2, 2>0, 1<2, 1>0: 4 and a half of 6
    assert area.value == pytest.approx(4.5 / 6)


def test_the_standard_error_is_delongs() -> None:
    real, fake = np.array([0.8, 0.6, 0.4]), np.array([0.7, 0.5, 0.1])

    area = area_under_curve(real, fake)

    # shares of fakes below each real 1, 2/3, 1/3; of reals above each fake 1/3, 2/3, 1: both of variance 1/9
    assert area.value == pytest.approx(2 / 3)
    assert area.standard_error == pytest.approx((1 / 27 + 1 / 27) ** 0.5)


def test_perfect_separation_has_an_interval_by_the_rule_of_three() -> None:
    area = area_under_curve(np.arange(30.0) + 100, np.arange(60.0))

    assert (area.value, area.low, area.high) == (1.0, pytest.approx(1 - 3 / 30), 1.0)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=20), st.lists(st.integers(0, 9), min_size=2, max_size=20))
def test_the_area_is_the_mean_over_all_pairs(real: list[int], fake: list[int]) -> None:
    expected = np.mean([(r > f) + (r == f) / 2 for r in real for f in fake])

    area = area_under_curve(np.array(real, float), np.array(fake, float))

    assert area.value == pytest.approx(expected)
    assert 0 <= area.low <= area.value <= area.high <= 1
