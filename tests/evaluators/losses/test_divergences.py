import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.losses import kl, kl_vits
from ganloss_cli.evaluators.statistics import Weighted


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


MU, LOG_SIGMA = seeded(3, 4, 5), 0.5 * seeded(3, 4, 5, seed=1)
M_P, LOGS_P = seeded(3, 4, 5, seed=2), 0.5 * seeded(3, 4, 5, seed=3)
Z_P = MU + LOG_SIGMA.exp() * seeded(3, 4, 5, seed=4)
MASK = torch.ones(3, 1, 5, dtype=torch.float64)
LATENTS = {"z_p": Z_P, "logs_q": LOG_SIGMA, "m_p": M_P, "logs_p": LOGS_P, "z_mask": MASK}


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


def test_vits_estimates_the_divergence_between_the_gaussians() -> None:
    draws = 4000
    many = (MU + LOG_SIGMA.exp() * seeded(draws, 3, 4, 5, seed=5)).flatten(0, 1)
    repeated = [one.repeat(draws, 1, 1) for one in (LOG_SIGMA, M_P, LOGS_P, MASK)]

    value = total(kl_vits(many, *repeated))

    exact = float(kl(MU, log_sigma=LOG_SIGMA, m_p=M_P, logs_p=LOGS_P, prior="given").mean()) / 5
    assert value == pytest.approx(exact, rel=0.01)


def test_one_draw_may_be_negative() -> None:
    same = torch.zeros(1, 1, 1, dtype=torch.float64)

    assert total(kl_vits(same, same, same, same, torch.ones_like(same))) == -0.5


def test_frames_that_are_masked_count_for_nothing() -> None:
    mask = torch.tensor([[[1.0, 1, 1, 0, 0]], [[1.0, 0, 0, 0, 0]], [[1.0, 1, 1, 1, 1]]]).double()
    spoiled = torch.where(mask.bool(), Z_P, torch.tensor(1e3, dtype=torch.float64))

    value = total(kl_vits(**LATENTS | {"z_mask": mask}))

    assert total(kl_vits(**LATENTS | {"z_mask": mask, "z_p": spoiled})) == value


def test_a_long_sample_weighs_more_than_a_short_one() -> None:
    mask = torch.tensor([[[1.0, 0, 0, 0, 0]], [[1.0, 1, 1, 1, 1]], [[0.0, 0, 0, 0, 0]]]).double()

    value = kl_vits(**LATENTS | {"z_mask": mask})

    assert isinstance(value, Weighted)
    assert value.weights.tolist() == [1.0, 5.0, 0.0]


def test_a_mask_for_each_channel_divides_by_their_number_and_is_reported() -> None:
    batch = Batch(**LATENTS | {"z_mask": MASK.expand(3, 4, 5)})
    findings = catalogue()["kl_vits"].findings
    assert findings is not None

    value = total(catalogue()["kl_vits"](batch, {}))
    (found,) = findings(batch, {})

    assert value == pytest.approx(total(kl_vits(**LATENTS)) / 4)
    assert (found.check, found.severity) == ("mask_spans_channels", "warning")
    assert "z_mask has shape (3, 4, 5), expected (3, 1, 5): the value is divided by the 4 channels" in found.message


def test_a_mask_of_one_channel_is_not_reported() -> None:
    findings = catalogue()["kl_vits"].findings
    assert findings is not None

    assert list(findings(Batch(**LATENTS), {})) == []


def test_a_mask_without_a_channel_axis_is_refused() -> None:
    with pytest.raises(InputError, match=r"z_p has shape \(3, 4, 5\) but z_mask has \(3, 5\)"):
        kl_vits(**LATENTS | {"z_mask": MASK[:, 0]})


def test_a_clipped_log_shows_no_more_than_its_limit() -> None:
    exact = total(kl_vits(**LATENTS))

    assert total(kl_vits(**LATENTS, clip=exact - 1)) == pytest.approx(exact - 1)
    assert total(kl_vits(**LATENTS, clip=exact + 1)) == pytest.approx(exact)


def test_a_boolean_mask_is_a_mask() -> None:
    assert total(kl_vits(**LATENTS | {"z_mask": MASK.bool()})) == total(kl_vits(**LATENTS))


def test_the_sum_over_everything_grows_with_the_set() -> None:
    half = kl(MU, log_sigma=LOG_SIGMA, reduction="sum")

    assert total(half.merge(half)) == pytest.approx(2 * total(half))
    assert math.isclose(total(half), 3 * total(kl(MU, log_sigma=LOG_SIGMA)))
