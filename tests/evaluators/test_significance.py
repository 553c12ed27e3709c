"""Differences and their corrections against scipy, against values by hand, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from ganloss_cli.evaluators import significance

LEVEL = 0.05


@pytest.mark.parametrize("degrees", [1, 2, 5, 30, 999, 200_000])
@pytest.mark.parametrize("t", [0.0, 0.1, 1.0, 3.0, 6.0, 40.0])
def test_the_tail_is_scipys(t: float, degrees: float) -> None:
    assert significance.student_tail(t, degrees) == pytest.approx(scipy.stats.t.sf(t, degrees), rel=1e-8, abs=1e-300)
    assert significance.student_tail(-t, degrees) == pytest.approx(scipy.stats.t.cdf(t, degrees), rel=1e-8)


@pytest.mark.parametrize(("tail", "degrees"), [(0.05, 1), (0.01, 7), (0.05 / 1560, 199), (0.025, math.inf)])
def test_the_quantile_is_scipys(tail: float, degrees: float) -> None:
    assert significance.student_quantile(tail, degrees) == pytest.approx(scipy.stats.t.isf(tail, degrees), rel=1e-8)


def test_paired_and_unpaired_differences_are_scipys() -> None:
    drawn = np.random.default_rng(0)
    first, second, other = drawn.normal(size=30), drawn.normal(size=30), drawn.normal(0.3, 2.0, size=17)
    p = significance.paired(first, second).chance_below(0)
    assert p == pytest.approx(scipy.stats.ttest_rel(second, first, alternative="greater").pvalue, rel=1e-8)
    p = significance.unpaired(significance.Mean.of(first), significance.Mean.of(other)).chance_below(0)
    welch = scipy.stats.ttest_ind(other, first, alternative="greater", equal_var=False)
    assert p == pytest.approx(welch.pvalue, rel=1e-8)


def test_a_difference_without_any_spread_is_certain() -> None:
    ones = np.ones(4)
    assert significance.paired(ones, ones).chance_below(0) == 1.0
    assert significance.paired(ones, ones + 1).chance_below(0) == 0.0
    assert significance.paired(ones, ones + 1).chance_below(1) == 1.0


def test_one_sample_tells_nothing() -> None:
    single = significance.paired(np.zeros(1), np.ones(1))
    assert (single.standard_error, single.chance_below(0), single.noticed(LEVEL)) == (None, 1.0, None)


def test_holm_by_hand() -> None:
    # sorted .005 .01 .03 .04 times 4 3 2 1: .02 .03 .06 .04, made to rise: .02 .03 .06 .06
    assert significance.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_no_false_better_among_equals_beyond_the_level() -> None:
    drawn = np.random.default_rng(1)
    runs = 400
    samples = (drawn.normal(size=60) + 0.3 * drawn.normal(size=(12, 60)) for _ in range(runs))
    false = sum(len(significance.stand_paired(values, LEVEL).ties(LEVEL)) < 12 for values in samples)
    assert false / runs <= LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / runs)


def test_a_difference_of_the_size_stated_is_noticed_in_four_runs_of_five() -> None:
    drawn = np.random.default_rng(2)
    values = drawn.normal(size=200) + 0.3 * drawn.normal(size=(6, 200))
    distance = float(np.mean([each for each in significance.stand_paired(values, LEVEL).noticed if each is not None]))
    found: list[float] = []
    for _ in range(200):
        values = drawn.normal(size=200) + 0.3 * drawn.normal(size=(6, 200))
        values[0] -= distance
        chances = significance.stand_paired(values, LEVEL).chances
        found.append(float(np.mean([chance <= LEVEL for chance in chances[1:]])))
    assert 0.75 <= np.mean(found) <= 0.95


def test_as_many_samples_as_said_tell_the_difference() -> None:
    drawn = np.random.default_rng(3)
    pilot = significance.paired(np.zeros(50), drawn.normal(0.2, 1.0, size=50))
    count = pilot.count_to_tell(0.2, LEVEL)
    assert count is not None
    tried = (significance.paired(np.zeros(count), drawn.normal(0.2, 1.0, size=count)) for _ in range(400))
    assert 0.7 <= np.mean([each.chance_below(0) <= LEVEL for each in tried]) <= 0.9


def test_equal_rows_tie_and_nearly_equal_rows_keep_their_digits() -> None:
    row = 1e3 * np.random.default_rng(4).normal(size=40)
    shifted = row + 1e-7 + 1e-10 * np.arange(40)
    standing = significance.stand_paired(np.stack([row, row, shifted]), LEVEL)
    assert standing.ties(LEVEL) == (0, 1)


def test_the_bootstrap_of_means_agrees_with_the_paired_test() -> None:
    drawn = np.random.default_rng(5)
    values = drawn.normal(size=100) + 0.5 * drawn.normal(size=(4, 100)) + np.array([[0.0], [0.05], [0.6], [1.0]])
    picks = drawn.integers(0, 100, size=(2000, 100))
    redrawn = values[:, picks].mean(axis=2)
    by_samples = significance.stand_paired(values, LEVEL)
    by_bootstrap = significance.stand_resampled(values.mean(axis=1), redrawn, LEVEL)
    assert by_bootstrap.noticed[1] == pytest.approx(by_samples.noticed[1], rel=0.1)
    assert by_bootstrap.ties(LEVEL) == by_samples.ties(LEVEL) == (0, 1)


def test_the_front_leaves_out_what_another_row_betters() -> None:
    values = np.array([[1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [4.0, 1.0], [0.0, math.nan]])
    assert significance.front(values) == (0, 1, 3)
