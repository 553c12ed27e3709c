"""Cross-entropy, least squares, hinge and Wasserstein held against torch, against each other and far out."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.losses import (
    d_accuracy,
    d_bce,
    d_hinge,
    d_lsgan,
    d_wgan,
    fake_score,
    g_bce,
    g_hinge,
    g_lsgan,
    g_minimax,
    g_wgan,
    real_score,
)

REAL = torch.tensor([[2.0, -1.0, 0.3], [0.1, 4.0, -3.0]], dtype=torch.float64)
FAKE = torch.tensor([[-2.0, 0.0, 0.7], [1.5, -4.0, 0.2]], dtype=torch.float64)
scores = st.floats(-30, 30)


def bce(logits: Tensor, label: float) -> float:
    return float(nn.BCEWithLogitsLoss()(logits, torch.full_like(logits, label)))


@pytest.mark.parametrize(("real_label", "fake_label"), [(1.0, 0.0), (0.9, 0.0), (0.9, 0.1), (0.0, 1.0)])
def test_cross_entropy_is_torchs_bce_with_logits_loss(real_label: float, fake_label: float) -> None:
    value = total(d_bce(REAL, FAKE, real_label=real_label, fake_label=fake_label))

    assert value == pytest.approx(bce(REAL, real_label) + bce(FAKE, fake_label), rel=1e-12)


@given(st.lists(st.floats(-12, 12), min_size=1, max_size=8))  # beyond, 1 - p has too few digits left
def test_cross_entropy_of_probabilities_is_that_of_their_logits(values: list[float]) -> None:
    logits = torch.tensor(values, dtype=torch.float64)

    of_probabilities = total(d_bce(torch.sigmoid(logits), torch.sigmoid(-logits), scores="probabilities"))

    assert of_probabilities == pytest.approx(total(d_bce(logits, -logits)), rel=1e-6, abs=1e-12)


@given(scores)
def test_the_generators_losses_are_two_readings_of_one_probability(score: float) -> None:
    logit = torch.tensor([score], dtype=torch.float64)
    p = 1 / (1 + math.exp(-score))

    assert total(g_bce(logit)) == pytest.approx(-math.log(p), abs=1e-9)
    assert total(g_minimax(logit)) == pytest.approx(-math.log1p(math.exp(score)), abs=1e-9)


def test_the_saturating_loss_has_no_slope_where_fakes_are_recognised() -> None:
    logit = torch.tensor([-20.0], dtype=torch.float64, requires_grad=True)

    (saturating,) = torch.autograd.grad(g_minimax(logit)["fake.0"].sum(), logit)
    (other,) = torch.autograd.grad(g_bce(logit)["fake.0"].sum(), logit)

    assert abs(float(saturating)) < 1e-8
    assert float(other) == pytest.approx(-1.0)


@given(st.lists(scores, min_size=1, max_size=8))
def test_a_sigmoid_too_many_pens_the_loss_in(values: list[float]) -> None:
    logits = torch.tensor(values, dtype=torch.float64)

    value = total(g_bce(logits, sigmoid=True))

    assert math.log1p(math.exp(-1)) - 1e-9 <= value <= math.log(2) + 1e-9


@pytest.mark.parametrize("name", ["d_bce", "g_bce", "g_minimax", "d_lsgan", "g_lsgan", "d_hinge", "g_hinge", "d_wgan"])
def test_scores_far_out_give_finite_losses_and_slopes(name: str) -> None:
    loss = catalogue()[name]
    logits = {role: torch.tensor([1e4, -1e4], dtype=torch.float32).requires_grad_() for role in loss.needs}

    terms = loss.function(**logits)
    torch.stack([term.sum() for term in terms.values()]).sum().backward()

    assert all(bool(term.isfinite().all()) for term in terms.values())
    assert all(bool(tensor.grad.isfinite().all()) for tensor in logits.values() if tensor.grad is not None)


def test_least_squares_are_torchs_mse_loss() -> None:
    mse = nn.MSELoss()

    assert total(d_lsgan(REAL, FAKE)) == pytest.approx(float(mse(REAL, REAL * 0 + 1) + mse(FAKE, FAKE * 0)), rel=1e-12)
    assert total(g_lsgan(FAKE)) == pytest.approx(float(mse(FAKE, FAKE * 0 + 1)), rel=1e-12)


@given(st.lists(scores, min_size=1, max_size=8))
def test_a_bounded_generators_hinge_is_one_more_below_the_margin(values: list[float]) -> None:
    below = torch.tensor(values, dtype=torch.float64).clamp(max=1)

    assert total(g_hinge(below, bounded=True)) == pytest.approx(total(g_hinge(below)) + 1, abs=1e-9)


def test_inverted_polarity_is_the_loss_of_minus_the_scores() -> None:
    assert total(d_hinge(REAL, FAKE, inverted=True)) == pytest.approx(total(d_hinge(-REAL, -FAKE)))
    assert total(g_hinge(FAKE, inverted=True)) == pytest.approx(total(g_hinge(-FAKE)))


def test_a_critics_loss_is_the_gap_of_the_mean_scores() -> None:
    gap = total(fake_score(FAKE)) - total(real_score(REAL))

    assert total(d_wgan(REAL, FAKE)) == pytest.approx(gap)
    assert total(g_wgan(FAKE)) == pytest.approx(-total(fake_score(FAKE)))


def test_a_constant_added_to_every_score_changes_no_gap() -> None:
    assert total(d_wgan(REAL + 100, FAKE + 100)) == pytest.approx(total(d_wgan(REAL, FAKE)))


@pytest.mark.parametrize(("shift", "expected"), [(100.0, 0.5), (0.0, None), (-100.0, 0.5)])
def test_a_discriminator_that_calls_everything_one_thing_is_right_half_the_time(shift: float, expected: float) -> None:
    value = total(d_accuracy(REAL + shift, FAKE + shift))

    assert 0 <= value <= 1
    assert expected is None or value == expected


def test_accuracy_weighs_reals_and_fakes_the_same_whatever_their_counts() -> None:
    terms = d_accuracy(torch.tensor([1.0] * 9 + [-1.0]), torch.tensor([1.0]))

    assert total(terms) == pytest.approx((0.9 + 0) / 2)
    assert (len(terms["real"]), len(terms["fake"])) == (10, 1)


def test_accuracy_of_least_squares_scores_wants_their_own_threshold() -> None:
    real, fake = torch.tensor([0.9, 0.6]), torch.tensor([0.4, 0.1])

    assert total(d_accuracy(real, fake)) == 0.5
    assert total(d_accuracy(real, fake, threshold=0.5)) == 1.0
