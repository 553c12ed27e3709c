"""What is called worse, not worse and unknown: by hand, and how often falsely over many simulated runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ganloss_cli.evaluators.significance import Mean
from ganloss_cli.evaluators.worsening import Aim, Judged, Sides, Worsening, judge

LEVEL, ROUNDING = 0.05, 1e-5
LOWER, HIGHER = Aim(higher_is_better=False), Aim(higher_is_better=True)


def verdict(sides: Sides, aim: Aim, level: float = LEVEL) -> Judged:
    (judged,) = judge([Worsening.of(sides, aim, ROUNDING)], level)
    return judged


def moved(by: float, n: int = 50, spread: float = 0.1, at: float = 1.0) -> Sides:
    """Values whose differences have exactly this mean."""
    drawn = np.random.default_rng(0)
    before, noise = at + drawn.normal(size=n), drawn.normal(size=n)
    return Sides(before=before, now=before + by + spread * (noise - noise.mean()))


@pytest.mark.parametrize(
    ("by", "aim", "outcome"),
    [
        (0.1, LOWER, "worse"),
        (-0.1, LOWER, "not worse"),
        (0.1, HIGHER, "not worse"),
        (-0.1, HIGHER, "worse"),
        (0.01, LOWER, "cannot tell"),
        (-0.01, HIGHER, "cannot tell"),
        (0.1, Aim(higher_is_better=False, allowed=0.05), "worse"),
        (0.1, Aim(higher_is_better=False, allowed=0.15), "not worse"),
        (0.1, Aim(higher_is_better=False, allowed=0.1), "cannot tell"),
        (-0.1, Aim(higher_is_better=True, allowed=0.15), "not worse"),
    ],
)
def test_worse_is_more_than_chance_beyond_what_is_allowed(by: float, aim: Aim, outcome: str) -> None:
    assert verdict(moved(by), aim).verdict == outcome


@pytest.mark.parametrize("aim", [LOWER, HIGHER, Aim(higher_is_better=None, equilibrium=0.5)])
def test_a_loss_that_did_not_change_is_not_worse_whatever_its_direction(aim: Aim) -> None:
    values = np.random.default_rng(0).normal(size=20)

    assert verdict(Sides(before=values, now=values), aim).verdict == "not worse"
    assert verdict(Sides(before=values, now=values * (1 + 1e-7)), aim).verdict == "not worse"


def test_a_mean_that_did_not_change_though_samples_did_tells_nothing() -> None:
    assert verdict(moved(0.0), LOWER).verdict == "cannot tell"


def test_every_sample_worse_by_the_same_is_worse_without_any_doubt() -> None:
    before = np.random.default_rng(0).normal(size=5)

    assert verdict(Sides(before=before, now=before + 0.25), LOWER).chance == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("sign", "aim"), [(1, LOWER), (-1, HIGHER)])
@pytest.mark.parametrize("at", [2.0, -2.0])
def test_a_share_is_of_the_absolute_value_before(sign: int, aim: Aim, at: float) -> None:
    share = Aim(higher_is_better=aim.higher_is_better, allowed=0.1, relative=True)
    before = np.full(20, at) + np.linspace(-1e-3, 1e-3, 20)

    # a tenth of 2 is 0.2
    assert verdict(Sides(before=before, now=before + sign * 0.19), share).verdict == "not worse"
    assert verdict(Sides(before=before, now=before + sign * 0.21), share).verdict == "worse"


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        (0.6, 0.4, "not worse"),
        (0.6, 0.2, "worse"),
        (0.6, 0.9, "worse"),
        (0.2, 0.8, "not worse"),
        (0.1, 0.45, "not worse"),
    ],
)
def test_a_distance_from_equilibrium_may_not_grow_on_either_side(before: float, now: float, outcome: str) -> None:
    noise = 0.01 * np.random.default_rng(0).normal(size=(2, 40))
    noise -= noise.mean(axis=1, keepdims=True)
    aim = Aim(higher_is_better=None, equilibrium=0.5, allowed=0.1)

    assert verdict(Sides(before=before + noise[0], now=now + noise[1]), aim).verdict == outcome


def test_means_alone_are_compared_as_welch_does() -> None:
    before, now = Mean(mean=1.0, standard_error=0.1, count=50), Mean(mean=1.5, standard_error=0.1, count=50)

    worsening = Worsening.of(Sides(before=before, now=now), LOWER, ROUNDING)

    # t = 0.5 / sqrt(0.02) = 3.5355 with 98 degrees of freedom: scipy.stats.t.sf gives 0.000310
    assert worsening.beyond == pytest.approx(3.10e-4, rel=0.01)
    assert worsening.difference.standard_error == pytest.approx(math.sqrt(0.02))


def test_one_sample_tells_nothing_and_not_how_many_would() -> None:
    judged = verdict(Sides(before=np.array([1.0]), now=np.array([2.0])), LOWER)

    assert (judged.verdict, judged.count_to_tell, judged.noticed) == ("cannot tell", None, None)


def test_more_questions_ask_for_stronger_evidence() -> None:
    question = Worsening.of(moved(0.03), LOWER, ROUNDING)
    unchanged = Worsening.of(moved(0.0), LOWER, ROUNDING)

    (alone,) = judge([question], LEVEL)
    first, *_ = judge([question, *[unchanged] * 9], LEVEL)

    assert (alone.verdict, first.verdict) == ("worse", "cannot tell")
    assert first.chance == pytest.approx(10 * alone.chance)
    assert (first.noticed or 0) > (alone.noticed or 0)


RUNS = 1000
MOST_BY_CHANCE = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / RUNS)


@pytest.mark.parametrize("outcome", ["worse", "not worse"])
def test_a_change_of_what_is_allowed_is_seldom_called_worse_or_not(outcome: str) -> None:
    """Three losses at the very edge: any verdict on any of them is false, and one run in twenty may give one."""
    drawn = np.random.default_rng(1)
    aims = [LOWER, Aim(higher_is_better=True, allowed=0.1), Aim(higher_is_better=False, allowed=0.1, relative=True)]
    shifts = [0.0, -0.1, 0.2]
    false = 0
    for _ in range(RUNS):
        before = 2 + drawn.normal(size=(3, 20))
        now = before * [[1.0], [1.0], [1.1]] + 0.2 * drawn.normal(size=(3, 20))
        now += [[shifts[0]], [shifts[1]], [0.0]]
        asked = [
            Worsening.of(Sides(before=a, now=b), aim, ROUNDING) for a, b, aim in zip(before, now, aims, strict=True)
        ]
        false += any(each.verdict == outcome for each in judge(asked, LEVEL))

    assert false / RUNS <= MOST_BY_CHANCE


@pytest.mark.parametrize(
    ("before", "now", "shared"),
    [(0.5, 0.5, 0.0), (0.51, 0.49, 1.0), (0.49, 0.51, 1.0), (0.8, 0.2, 0.5), (0.6, 0.6, 0.9)],
)
def test_an_equal_distance_from_equilibrium_is_seldom_called_a_greater_one(
    before: float, now: float, shared: float
) -> None:
    """Also where the samples are too few to tell on which side of it the loss lies."""
    drawn = np.random.default_rng(2)
    aim, false = Aim(higher_is_better=None, equilibrium=0.5), 0
    for _ in range(RUNS):
        common, own = drawn.normal(size=30), drawn.normal(size=(2, 30))
        a, b = (mean + shared * common + (1 - shared) * noise for mean, noise in ((before, own[0]), (now, own[1])))
        false += verdict(Sides(before=a, now=b + 1e-4 * own[0]), aim).verdict == "worse"

    assert false / RUNS <= MOST_BY_CHANCE


@pytest.mark.parametrize("n", [10, 100])
def test_a_worsening_of_the_power_stated_is_found_in_four_runs_of_five(n: int) -> None:
    drawn, allowed = np.random.default_rng(3), 0.5

    def runs(by: float, count: int) -> list[Judged]:
        aim = Aim(higher_is_better=False, allowed=allowed)
        noise = drawn.normal(size=(400, count))
        return [verdict(Sides(before=np.zeros(count), now=allowed + by + each), aim) for each in noise]

    power = float(np.mean([each.noticed for each in runs(0.0, n)]))

    assert 0.75 <= np.mean([each.verdict == "worse" for each in runs(power, n)]) <= 0.9


def test_as_many_samples_as_said_tell_that_it_is_not_worse_too() -> None:
    drawn = np.random.default_rng(4)
    aim = Aim(higher_is_better=False, allowed=0.3)
    noise = drawn.normal(size=60)
    pilot = 0.1 + (noise - noise.mean()) / noise.std(ddof=1)

    count = verdict(Sides(before=np.zeros(60), now=pilot), aim).count_to_tell

    # the spread is 1 and 0.2 are to be told: (1.645 + 0.842)^2 / 0.2^2
    assert count == 155
    tried = (drawn.normal(0.1, 1.0, size=count) for _ in range(400))
    told = [verdict(Sides(before=np.zeros(count), now=values), aim).verdict == "not worse" for values in tried]
    assert 0.7 <= np.mean(told) <= 0.9
