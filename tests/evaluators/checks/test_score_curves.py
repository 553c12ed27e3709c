"""ROC points, bins and calibration, against numbers by hand."""

import math

import numpy as np
import pytest

from ganloss_cli.evaluators.checks.observed import Scores
from ganloss_cli.evaluators.checks.score_curves import reliability, roc_points, separation
from ganloss_cli.evaluators.histograms import histogram


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_a_roc_curve_goes_through_every_threshold_and_takes_ties_at_once() -> None:
    assert roc_points(array(2, 1), array(1, 0)) == ((0, 0), (0, 0.5), (0.5, 1), (1, 1))


def test_a_curve_of_many_scores_has_few_points_and_the_area_of_all() -> None:
    drawn = np.random.default_rng(0)
    real, fake = drawn.normal(1, 1, 20_000), drawn.normal(0, 1, 20_000)

    points = roc_points(real, fake)

    assert len(points) <= 65
    assert (points[0], points[-1]) == ((0, 0), (1, 1))
    (curve,) = separation(Scores(real=real, fake=fake), network=None).roc
    assert np.trapezoid([y for _, y in points], [x for x, _ in points]) == pytest.approx(curve.area, abs=2e-3)


def test_each_side_is_half_of_the_samples_whatever_its_count() -> None:
    low, high = reliability(array(0.85, 0.25), array(0.25))[0]

    assert (low.predicted, low.real, low.count) == (0.25, pytest.approx(1 / 3), 2)  # a quarter of reals, half of fakes
    assert (high.predicted, high.real, high.count) == (pytest.approx(0.85), 1, 1)
    # 3/4 of the weight is off by 1/12, 1/4 by 0.15
    assert reliability(array(0.85, 0.25), array(0.25))[1] == pytest.approx(0.1)


def test_nothing_is_off_at_the_equilibrium_and_a_certain_one_may_be_right() -> None:
    assert reliability(array(0.5, 0.5, 0.5), array(0.5))[1] == 0
    assert reliability(array(1.0, 1.0), array(0.0))[1] == 0


def test_bins_hold_every_finite_score_of_every_side() -> None:
    edges, counts = histogram({"real": array(0, 1, 2, 4), "fake": array(4, math.nan, -math.inf)})

    assert edges == (0, 1, 2, 3, 4)
    assert counts == {"real": (1, 1, 1, 1), "fake": (0, 0, 0, 1)}


@pytest.mark.parametrize("values", [[1.0, 1.0], [-1.7e308, 1.7e308], [5e-324, 1e-323], [1e300, 1.0000000000000002e300]])
def test_equal_and_extreme_scores_have_bins(values: list[float]) -> None:
    edges, counts = histogram({"real": array(*values), "fake": array(*values)})

    assert all(map(math.isfinite, edges))
    assert (sum(counts["real"]), len(edges)) == (2, len(counts["real"]) + 1)


def test_without_a_finite_score_there_are_no_bins() -> None:
    assert histogram({"real": array(math.nan), "fake": array()}) == ((), {"real": (), "fake": ()})


def test_logits_become_probabilities_and_what_stands_for_none_has_no_calibration() -> None:
    scores = Scores(real=array(*[1000.0] * 8), fake=array(*[-1000.0] * 8))

    (low, high) = separation(scores, network="discriminator", stand_for="logits").reliability
    assert (low.predicted, low.real, high.predicted, high.real) == (0, 0, 1, 1)
    assert separation(scores, network="discriminator").calibration_error is None
    assert separation(scores, network="discriminator", stand_for="probabilities").calibration_error is None


def test_fewer_than_eight_samples_have_no_roc_curve_and_unseen_reals_one_of_their_own() -> None:
    few = Scores(real=array(1, 2), fake=array(0, 1))
    assert separation(few, network=None).roc == ()

    many = Scores(real=array(*range(8, 16)), fake=array(*range(8)))
    seen, unseen = separation(many, network=None, holdout=array(*range(8))).roc
    assert (seen.reals, seen.area, unseen.reals, unseen.area) == ("real", 1, "holdout", 0.5)
