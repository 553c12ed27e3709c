"""Figures over a run do not depend on how the samples came in."""

import weakref

import pytest
import torch

from ganloss_cli.evaluators.losses.sets import SampleSet
from ganloss_cli.evaluators.statistics import Weighted
from ganloss_cli.pipeline.run.series import Series

VALUES = torch.tensor([3.0, 1.0, 4.0, 1.0, 5.0], dtype=torch.float64)


def fed(cuts, order=None):
    series = Series(over_batches=False)
    order = order or list(range(len(VALUES)))
    start = 0
    for cut in (*cuts, len(order)):
        part = order[start:cut]
        series.update(VALUES[part], {"": 0}, [part])
        start = cut
    return series.outcome(paired=True)


def test_mean_and_error_are_those_of_all_values():
    outcome = fed([])

    assert outcome.value == pytest.approx(2.8)
    # sum of squared deviations 12.8, variance 3.2, standard error sqrt(3.2 / 5)
    assert outcome.standard_error == pytest.approx(0.8)
    assert (outcome.minimum, outcome.median, outcome.maximum) == (1, 3, 5)


@pytest.mark.parametrize(("cuts", "order"), [([1, 2], None), ([3], [4, 2, 0, 1, 3]), ([2, 2], [1, 0, 4, 3, 2])])
def test_neither_cuts_nor_order_change_anything(cuts, order):
    changed, plain = fed(cuts, order), fed([])

    assert changed.value == plain.value
    assert changed.standard_error == plain.standard_error
    assert changed.per_sample.values.tolist() == VALUES.tolist()


def test_one_sample_has_no_standard_error():
    series = Series(over_batches=False)
    series.update(torch.tensor([2.0]), {"": 0}, [[0]])

    outcome = series.outcome(paired=True)

    assert outcome.value == 2
    assert outcome.standard_error is None


def test_terms_of_one_sample_are_added_before_the_error_is_taken():
    series = Series(over_batches=False)
    series.update({"real.0": VALUES, "fake.0": -VALUES}, {"real.0": 0, "fake.0": 0}, [range(5)])

    outcome = series.outcome(paired=True)

    assert outcome.value == 0
    assert outcome.standard_error == 0
    assert outcome.terms["real.0"].value == pytest.approx(2.8)


def test_unpaired_sides_add_their_means_and_their_squared_errors():
    series = Series(over_batches=False)
    series.update({"real.0": VALUES, "fake.0": VALUES[:2]}, {"real.0": 0, "fake.0": 1}, [range(5), range(2)])

    outcome = series.outcome(paired=False)

    assert outcome.value == pytest.approx(2.8 + 2.0)
    assert outcome.standard_error == pytest.approx((0.8**2 + 1.0**2) ** 0.5)
    assert outcome.median is None
    assert outcome.terms["fake.0"].count == 2


def test_a_weighted_loss_is_a_ratio_of_sums():
    series = Series(over_batches=False)
    series.update(Weighted(values=torch.tensor([6.0]), weights=torch.tensor([3.0])), {"": 0}, [[0]])
    series.update(Weighted(values=torch.tensor([1.0]), weights=torch.tensor([1.0])), {"": 0}, [[1]])

    assert series.outcome(paired=True).value == pytest.approx(7 / 4)


@pytest.mark.parametrize(("bad", "reason"), [(float("nan"), "nan"), (float("inf"), "infinite")])
def test_one_bad_sample_makes_the_value_unknown_and_is_named(bad, reason):
    series = Series(over_batches=False)
    series.update(torch.tensor([1.0, bad]), {"": 0}, [[7, 3]])

    outcome = series.outcome(paired=True)

    assert outcome.value is None
    assert outcome.reason == reason
    assert outcome.non_finite_places == ((0, 3),)


def test_over_batches_every_term_is_the_mean_of_its_batches():
    series = Series(over_batches=True)
    for real, fake in ((([1.0, 3.0]), [4.0]), ([6.0], [0.0])):
        series.update({"real": torch.tensor(real), "fake": torch.tensor(fake)}, {"real": 0, "fake": 1}, [[], []])

    outcome = series.outcome(paired=False)

    assert {name: (term.value, term.count) for name, term in outcome.terms.items()} == {
        "real": (4.0, 2),
        "fake": (2.0, 2),
    }
    assert (outcome.value, outcome.minimum, outcome.maximum, outcome.count) == (6.0, 6.0, 6.0, 2)  # 2 + 4 and 6 + 0


def test_over_batches_a_side_that_has_run_out_leaves_the_other_alone():
    series = Series(over_batches=True)
    series.update({"real": torch.tensor([1.0]), "fake": torch.tensor([5.0])}, {"real": 0, "fake": 1}, [[], []])
    series.update({"real": torch.tensor([3.0]), "fake": torch.empty(0)}, {"real": 0, "fake": 1}, [[], []])

    outcome = series.outcome(paired=False)

    assert outcome.value == 2.0 + 5.0
    assert {name: term.count for name, term in outcome.terms.items()} == {"real": 2, "fake": 1}


def test_over_batches_each_batch_is_one_value():
    series = Series(over_batches=True)
    series.update(torch.tensor([1.0, 3.0]), {"": 0}, [[0, 1]])
    series.update(torch.tensor([5.0]), {"": 0}, [[2]])

    outcome = series.outcome(paired=True)

    assert outcome.value == pytest.approx(3.5)
    assert outcome.count == 2
    assert outcome.per_sample is None


def test_memory_of_a_penalty_over_a_set_does_not_grow_with_its_batches():
    series = Series(over_batches=False)
    maps = torch.rand(4, 3, requires_grad=True).exp()  # what a backward pass would need
    gone = weakref.ref(maps)

    series.update(SampleSet.summed(maps.square().sum(1)), {"": 0}, [range(4)])
    del maps

    assert gone() is None
    assert series.outcome(paired=True).count == 4
