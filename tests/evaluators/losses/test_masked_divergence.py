import pytest
import torch
from torch import Tensor

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


def test_what_lies_in_the_padding_tells_the_mistakes_of_the_mask_apart() -> None:
    mask = torch.tensor([[[1.0, 1, 1, 0, 0]], [[1.0, 0, 0, 0, 0]], [[1.0, 1, 1, 1, 1]]]).double()
    masked = LATENTS | {"z_mask": mask}
    summed = {
        whole: float((kl_vits(**LATENTS | {"z_mask": mask if whole == "valid" else MASK})).values.sum())
        for whole in ("valid", "padded")
    }

    assert total(kl_vits(**masked, reduction="all_frames")) == pytest.approx(summed["padded"] / 15)
    assert total(kl_vits(**masked, reduction="all_over_valid")) == pytest.approx(summed["padded"] / 9)
    assert total(kl_vits(**masked, reduction="elements")) == pytest.approx(summed["valid"] / 60)
    assert total(kl_vits(**masked, reduction="sum")) == pytest.approx(summed["valid"])


def test_the_posteriors_variance_counted_twice_adds_its_share_to_the_exact_divergence() -> None:
    draws = 4000
    many = (MU + LOG_SIGMA.exp() * seeded(draws, 3, 4, 5, seed=5)).flatten(0, 1)
    repeated = [one.repeat(draws, 1, 1) for one in (LOG_SIGMA, M_P, LOGS_P, MASK)]

    value = total(kl_vits(many, *repeated, misread="variance_twice"))

    exact = float(kl(MU, log_sigma=LOG_SIGMA, m_p=M_P, logs_p=LOGS_P, prior="given").mean())
    share = float(0.5 * torch.exp(2 * (LOG_SIGMA - LOGS_P)).sum((1, 2)).mean())
    assert value == pytest.approx((exact + share) / 5, rel=0.01)
