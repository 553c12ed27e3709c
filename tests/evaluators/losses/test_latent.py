import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses import kl_categorical, mmd, vq_commit


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


TARGET, ESTIMATE = seeded(5, 7), seeded(5, 7, seed=1)


def draws_of(prior: Tensor):
    return lambda name, shape, kind: prior


def test_the_categorical_divergence_is_torchs_batchmean() -> None:
    expected = functional.kl_div(ESTIMATE.log_softmax(1), TARGET.softmax(1), reduction="batchmean")

    assert total(kl_categorical(TARGET, ESTIMATE)) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("given", "convert"), [("probabilities", torch.exp), ("log_probabilities", torch.clone)])
def test_what_is_given_may_be_probabilities_or_their_logarithms(given, convert) -> None:
    target, estimate = (convert(one.log_softmax(1)) for one in (TARGET, ESTIMATE))

    value = total(kl_categorical(target, estimate, given=given))

    assert value == pytest.approx(total(kl_categorical(TARGET, ESTIMATE)), rel=1e-9)


def test_a_distribution_at_each_position_is_averaged_over_positions() -> None:
    target, estimate = seeded(2, 3, 4, seed=2), seeded(2, 3, 4, seed=3)

    values = kl_categorical(target, estimate)

    expected = torch.stack([kl_categorical(target[..., i], estimate[..., i]) for i in range(4)]).mean(0)
    torch.testing.assert_close(values, expected)


def test_the_blogs_form_is_minus_entropy_and_product_over_the_number_of_classes() -> None:
    p, q = TARGET.softmax(1), ESTIMATE.softmax(1)

    value = total(kl_categorical(TARGET, ESTIMATE, reduction="mean", logarithm=False))

    entropy, product = -(p * p.log()).sum(1), (p * q).sum(1)
    assert value == pytest.approx(float(-(entropy + product).mean()) / 7, rel=1e-12)
    assert value < 0


def test_a_class_that_the_estimate_excludes_makes_it_infinite() -> None:
    target, estimate = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])

    assert total(kl_categorical(target, estimate, given="probabilities")) == math.inf


def test_codes_drawn_from_the_prior_are_not_told_from_it() -> None:
    close = total(mmd(seeded(500, 4), draws_of(seeded(500, 4, seed=1)), with_itself=False))
    far = total(mmd(seeded(500, 4) + 2, draws_of(seeded(500, 4, seed=1)), with_itself=False))

    assert abs(close) < 0.01
    assert far > 0.1


def test_the_same_codes_are_at_no_distance() -> None:
    codes = seeded(6, 3)

    assert total(mmd(codes, draws_of(codes))) == pytest.approx(0, abs=1e-12)


def test_parts_of_any_size_give_the_discrepancy_of_the_whole() -> None:
    codes, prior = seeded(7, 3), seeded(7, 3, seed=1)

    merged = mmd(codes[:2], draws_of(prior[:2])).merge(mmd(codes[2:], draws_of(prior[2:])))

    assert total(merged) == pytest.approx(total(mmd(codes, draws_of(prior))), rel=1e-12)


def test_rows_taken_in_blocks_change_nothing() -> None:
    codes, prior = seeded(1500, 2), seeded(1500, 2, seed=1)

    value = total(mmd(codes, draws_of(prior)))

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return torch.exp(-(one[:, None] - other[None]).square().sum(-1) / 4).mean()

    expected = kernel(prior, prior) + kernel(codes, codes) - 2 * kernel(prior, codes)
    assert value == pytest.approx(float(expected), rel=1e-9)


def test_codes_of_any_shape_are_vectors() -> None:
    codes, prior = seeded(4, 2, 3), seeded(4, 6, seed=1)

    assert total(mmd(codes, draws_of(prior))) == total(mmd(codes.flatten(1), draws_of(prior)))


def test_commitment_is_torchs_mse_loss() -> None:
    codes, entries = seeded(4, 3, 2), seeded(4, 3, 2, seed=1)

    assert total(vq_commit(codes, entries)) == pytest.approx(float(functional.mse_loss(codes, entries)), rel=1e-12)


def test_the_norm_of_the_paper_is_the_mean_times_the_number_of_elements() -> None:
    codes, entries = seeded(4, 3, 2), seeded(4, 3, 2, seed=1)

    assert total(vq_commit(codes, entries, squared_norm=True)) == pytest.approx(6 * total(vq_commit(codes, entries)))
