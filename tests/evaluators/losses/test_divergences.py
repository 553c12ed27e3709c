import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses import kl


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


MU, LOG_SIGMA = seeded(3, 4, 5), 0.5 * seeded(3, 4, 5, seed=1)
M_P, LOGS_P = seeded(3, 4, 5, seed=2), 0.5 * seeded(3, 4, 5, seed=3)


def test_the_divergence_from_the_standard_normal_is_that_of_torch_distributions() -> None:
    posterior = Normal(MU, LOG_SIGMA.exp())

    values = kl(MU, log_sigma=LOG_SIGMA)

    expected = kl_divergence(posterior, Normal(torch.zeros_like(MU), 1.0)).sum((1, 2))
    torch.testing.assert_close(values, expected)


def test_the_divergence_from_a_given_prior_is_that_of_torch_distributions() -> None:
    posterior, prior = Normal(MU, LOG_SIGMA.exp()), Normal(M_P, LOGS_P.exp())

    values = kl(MU, log_sigma=LOG_SIGMA, m_p=M_P, logs_p=LOGS_P, prior="given")

    torch.testing.assert_close(values, kl_divergence(posterior, prior).sum((1, 2)))


@pytest.mark.parametrize(
    "spread",
    [{"sigma": LOG_SIGMA.exp()}, {"log_sigma": LOG_SIGMA}, {"logvar": 2 * LOG_SIGMA}],
    ids=lambda s: next(iter(s)),
)
def test_every_way_to_give_the_spread_means_the_same(spread: dict[str, Tensor]) -> None:
    torch.testing.assert_close(kl(MU, **spread), kl(MU, log_sigma=LOG_SIGMA))


def test_a_posterior_close_to_the_prior_keeps_its_digits() -> None:
    log_sigma = torch.full((1, 1), 1e-9, dtype=torch.float64)

    # (s^2 - 1 - 2 log s) / 2 = log(s)^2 + O(log(s)^3), far below the rounding of s^2
    assert float(kl(torch.zeros(1, 1, dtype=torch.float64), log_sigma=log_sigma)) == pytest.approx(1e-18, rel=0.2)


def test_a_mean_without_a_spread_is_refused() -> None:
    with pytest.raises(InputError, match="mu is given without its spread"):
        kl(MU)


def test_a_prior_that_is_to_be_given_has_to_be_there() -> None:
    with pytest.raises(InputError, match="m_p and logs_p are not both there"):
        kl(MU, log_sigma=LOG_SIGMA, m_p=M_P, prior="given")


def test_a_spread_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"mu has shape \(3, 4, 5\) but logvar has \(3, 4\)"):
        kl(MU, logvar=LOG_SIGMA[..., 0])


@pytest.mark.parametrize(
    ("misread", "read_as"), [("log_sigma_as_logvar", LOG_SIGMA / 2), ("logvar_as_log_sigma", 2 * LOG_SIGMA)]
)
def test_a_misread_logarithm_is_a_wrong_sigma(misread, read_as: Tensor) -> None:
    torch.testing.assert_close(kl(MU, log_sigma=LOG_SIGMA, misread=misread), kl(MU, log_sigma=read_as))


def test_the_sum_over_everything_grows_with_the_set() -> None:
    half = kl(MU, log_sigma=LOG_SIGMA, reduction="sum")

    assert total(half.merge(half)) == pytest.approx(2 * total(half))
    assert math.isclose(total(half), 3 * total(kl(MU, log_sigma=LOG_SIGMA)))
