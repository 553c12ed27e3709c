"""Masks and waveforms: weights that vanish, silence, channels, offsets."""

import math

import pytest
import torch

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.losses import component, mask_mse, si_sdr, snr


def spectrograms(*shape: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.rand(*shape, generator=generator, dtype=torch.float64) for name in ("mask", "target", "residual")
    }


def findings(**changed: float) -> list[str]:
    loss = find_loss("component")
    settings = {**loss.settings, **changed}
    assert loss.findings is not None
    return [finding.check for finding in loss.findings(Batch(), settings)]


def test_the_default_weights_leave_nothing_for_the_separation() -> None:
    given = spectrograms(3, 2, 5, 4)

    assert findings() == ["zero_separation_weight"]
    torch.testing.assert_close(component(**given), component(**(given | {"target": torch.zeros_like(given["target"])})))


def test_other_weights_and_two_terms_bring_no_finding() -> None:
    assert findings(alpha=0.1) == []
    assert findings(terms=2) == []


def test_n_is_the_number_of_elements_of_one_sample() -> None:
    given = spectrograms(1, 2, 5, 4)

    value = component(**given, alpha=0.0, beta=0.0)

    missed = (given["mask"] * given["target"] - given["target"]).square().sum() / 40
    assert value.item() == pytest.approx(missed.item())


def test_weights_above_one_are_divided_by_their_sum() -> None:
    given = spectrograms(2, 5)

    torch.testing.assert_close(component(**given, alpha=1.0, beta=3.0), component(**given, alpha=0.25, beta=0.75))


@pytest.mark.parametrize(("mask", "residual", "distance"), [(0.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 0.0, 0.0)])
def test_silence_has_no_shape_and_a_finite_gradient(mask: float, residual: float, distance: float) -> None:
    estimate = torch.full((1, 4), mask, dtype=torch.float64, requires_grad=True)
    target, rest = torch.zeros(1, 4, dtype=torch.float64), torch.full((1, 4), residual, dtype=torch.float64)

    value = component(estimate, target, rest, alpha=0.0, beta=1.0)
    value.sum().backward()

    assert value.item() == pytest.approx(distance / 4)
    assert estimate.grad is not None
    assert bool(estimate.grad.isfinite().all())


def test_norms_over_the_set_equal_norms_over_one_sample_where_there_is_one() -> None:
    given = spectrograms(1, 3, 4)

    of_set = component(**given, norms="set")

    assert of_set.compute() == pytest.approx(component(**given).item())  # type: ignore[union-attr]


def test_an_ideal_mask_has_no_error() -> None:
    target = torch.tensor([[1.0, 2.0]])
    mixture = torch.tensor([[2.0, 2.0]])

    assert mask_mse(target / mixture, mixture, target).tolist() == [0.0]
    assert mask_mse(target / mixture, mixture, target, compare="masks").tolist() == [0.0]


def waves(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    real = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return real, real + 0.3 * torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_a_gain_changes_the_snr_and_not_the_si_sdr() -> None:
    real, fake = waves(3, 1, 100)

    torch.testing.assert_close(si_sdr(real, 5 * fake), si_sdr(real, fake))
    assert (snr(real, 5 * fake) < snr(real, fake)).all()


def test_an_offset_changes_the_si_sdr_unless_means_are_taken_off() -> None:
    real, fake = waves(3, 1, 100)

    torch.testing.assert_close(si_sdr(real, fake + 1, zero_mean=True), si_sdr(real, fake, zero_mean=True))
    assert (si_sdr(real, fake + 1) < si_sdr(real, fake)).all()


def test_si_sdr_of_mono_is_symmetric_and_of_stereo_energies_it_is_not() -> None:
    mono, stereo = waves(2, 1, 100), waves(2, 2, 100)
    stereo[1][:, 1] *= 0.1

    torch.testing.assert_close(si_sdr(*mono), si_sdr(mono[1], mono[0]))
    there, back = si_sdr(*stereo, channels="energies"), si_sdr(stereo[1], stereo[0], channels="energies")
    assert ((there - back).abs() > 0.1).all()


def test_waveforms_need_no_channel_axis() -> None:
    real, fake = waves(3, 1, 100)

    torch.testing.assert_close(si_sdr(real[:, 0], fake[:, 0]), si_sdr(real, fake))
    torch.testing.assert_close(snr(real[:, 0], fake[:, 0], channels="energies"), snr(real, fake))


def test_a_silent_source_has_no_ratio() -> None:
    silent, fake = torch.zeros(1, 1, 8), torch.ones(1, 1, 8)

    assert math.isnan(si_sdr(silent, fake).item())
    assert snr(silent, fake).item() == -math.inf


def test_the_estimate_itself_is_infinitely_good() -> None:
    real, _ = waves(1, 1, 8)

    assert snr(real, real).item() == math.inf
