import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses import d_ragan, d_rahinge, d_ralsgan, d_rsgan, g_ragan, g_ralsgan, g_rsgan

REAL = torch.tensor([[1.5, 0.2], [-0.3, 2.0], [0.6, 0.6]], dtype=torch.float64)
FAKE = torch.tensor([[0.4, -1.0], [1.0, 0.3], [-2.0, 0.1]], dtype=torch.float64)
bce = nn.BCEWithLogitsLoss()


def test_the_loss_of_pairs_is_cross_entropy_of_their_differences() -> None:
    ones = torch.ones_like(REAL)

    assert total(d_rsgan(REAL, FAKE)) == pytest.approx(float(bce(REAL - FAKE, ones)), rel=1e-12)
    assert total(g_rsgan(REAL, FAKE)) == pytest.approx(float(bce(FAKE - REAL, ones)), rel=1e-12)


def test_the_average_loss_is_cross_entropy_of_distances_from_the_mean() -> None:
    ones, zeros = torch.ones_like(REAL), torch.zeros_like(REAL)

    expected = bce(REAL - FAKE.mean(), ones) + bce(FAKE - REAL.mean(), zeros)

    assert total(d_ragan(REAL, FAKE)) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("d", "g"), [(d_ragan, g_ragan), (d_ralsgan, g_ralsgan), (d_rsgan, g_rsgan)])
def test_the_generators_loss_is_the_discriminators_with_the_sides_exchanged(d, g) -> None:
    assert total(g(REAL, FAKE)) == pytest.approx(total(d(FAKE, REAL)))


@pytest.mark.parametrize("loss", [d_ragan, d_ralsgan, d_rahinge, d_rsgan])
def test_only_differences_of_scores_count(loss) -> None:
    assert total(loss(REAL + 7, FAKE + 7)) == pytest.approx(total(loss(REAL, FAKE)))


def test_means_run_over_the_whole_set_and_not_over_its_batches() -> None:
    whole = d_ragan(REAL, FAKE)

    merged = d_ragan(REAL[:1], FAKE[:1]).merge(d_ragan(REAL[1:], FAKE[1:]))

    apart = [total(d_ragan(REAL[:1], FAKE[:1])), total(d_ragan(REAL[1:], FAKE[1:]))]
    assert merged.count == 3
    assert total(merged) == pytest.approx(total(whole), rel=1e-12)
    assert total(merged) != pytest.approx((apart[0] + 2 * apart[1]) / 3, rel=1e-3)


def test_each_patch_may_have_a_mean_of_its_own() -> None:
    shifted = FAKE + torch.tensor([0.0, 50.0])

    everything = total(g_ragan(REAL, shifted))
    samples = total(g_ragan(REAL + torch.tensor([0.0, 50.0]), shifted, means="samples"))

    assert samples == pytest.approx(total(g_ragan(REAL, FAKE, means="samples")))
    assert everything != pytest.approx(samples)


@pytest.mark.parametrize("loss", [d_ragan, d_ralsgan, d_rahinge, d_rsgan])
def test_unequal_counts_are_refused(loss) -> None:
    with pytest.raises(InputError, match=r"real_logits.0 has shape \(3, 2\) but fake_logits.0 has \(2, 2\)"):
        loss(REAL, FAKE[:2])


def test_a_relativistic_loss_trains_a_discriminator() -> None:
    scores = REAL.clone().requires_grad_()

    value = d_ragan(scores, FAKE).value()
    torch.stack(list(value.values())).sum().backward()

    assert scores.grad is not None
    assert bool((scores.grad < 0).all())
