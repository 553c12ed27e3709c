"""Mel filters beside librosa's, sample rates that do not fit, silence, and sets that are cut."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.example import known_settings
from ganloss_cli.evaluators.losses import lsd, mel, mrstft
from ganloss_cli.evaluators.losses.mel_filters import Scale, mel_filters

# librosa 0.11.0 filters.mel in float64, htk with norm=None: the sum of all weights, and the sum of weight times
# (number of the band) sin(number of the bin), bands counted from 1 and bins from 0
LIBROSA = [
    ((22050, 1024, 80, 0.0, None, "slaney"), 3.7146471721459062, 0.011020394640376296),
    ((22050, 1024, 80, 0.0, None, "htk"), 502.05229308059825, -0.914247509181882),
    ((22050, 1024, 80, 80.0, 7600.0, "slaney"), 3.714946062484292, 0.018853103262136017),
    ((22050, 1024, 80, 80.0, 7600.0, "htk"), 343.1603781024574, -2.2653255494779714),
    ((48000, 2048, 128, 0.0, None, "slaney"), 5.458671609007821, -0.02396305551785552),
    ((44100, 32, 5, 0.0, None, "slaney"), 0.0031630313408959614, 0.0020364567501448202),
    ((44100, 2048, 320, 0.0, None, "slaney"), 14.843783837849548, 0.17408805410737327),
    ((44100, 2048, 320, 0.0, None, "htk"), 1017.7915533088478, 27.990518721268046),
]


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(("configuration", "total", "weighted"), LIBROSA, ids=lambda value: str(value))
def test_mel_filters_are_librosas(
    configuration: tuple[int, int, int, float, float | None, Scale], total: float, weighted: float
) -> None:
    filters = mel_filters(*configuration)

    bands = torch.arange(1, filters.shape[0] + 1, dtype=torch.float64)
    bins = torch.arange(filters.shape[1], dtype=torch.float64)
    assert filters.sum().item() == pytest.approx(total, rel=1e-12)
    assert (bands @ filters @ torch.sin(bins)).item() == pytest.approx(weighted, rel=1e-9)


def test_mel_asks_for_the_sample_rate() -> None:
    waves = noise(1, 1, 4000)

    with pytest.raises(UsageError, match="the sample rate of the waveforms is not known") as error:
        mel(waves, waves)
    assert error.value.hint is not None
    assert "--set mel.sample_rate=22050" in error.value.hint


def test_mel_refuses_a_sample_rate_that_its_configuration_is_not_for() -> None:
    waves = noise(1, 1, 4000)

    with pytest.raises(UsageError, match="for 22050 Hz, but the waveforms have 16000 Hz") as error:
        mel(waves, waves, sample_rate=16000)
    assert error.value.hint is not None
    assert "--sample-rate 22050" in error.value.hint


def test_seven_scales_serve_any_sample_rate() -> None:
    settings = find_loss("mel").convention("dac").settings
    real, fake = noise(1, 1, 4000), 2 * noise(1, 1, 4000)

    for sample_rate in (16000, 24000, 44100):
        value = mel(real, fake, sample_rate=sample_rate, **settings)

        # narrow bands that hold no bin are empty on both sides
        assert 0 < value.item() <= 7 * math.log10(2) + 1e-9  # type: ignore[union-attr]


def test_log10_and_ln_differ_by_ln_10() -> None:
    real, fake = noise(2, 1, 4000), noise(2, 1, 4000) + 0.3
    shared = {"sample_rate": 22050, "added": 0.0}

    natural, decimal = mel(real, fake, **shared), mel(real, fake, **shared, logarithm="log10")

    assert (natural / decimal).tolist() == pytest.approx([math.log(10)] * 2)  # type: ignore[operator]


def test_what_rvc_shows_is_clipped_at_75() -> None:
    settings = find_loss("mel").convention("rvc_40k_logged").settings
    real = noise(1, 1, 8000)

    shown = mel(real, torch.zeros_like(real), sample_rate=40000, **settings)

    assert shown.compute() == 75.0  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["mel", "mrstft", "lsd"])
def test_silence_is_finite_and_so_is_its_gradient(name: str) -> None:
    loss = find_loss(name)
    for convention in loss.conventions:
        fake = torch.zeros(1, 1, 5000, dtype=torch.float64, requires_grad=True)

        settings = {**known_settings(loss, convention), **convention.settings}
        value = loss.function(noise(1, 1, 5000), fake, **settings)

        whole = value.value() if hasattr(value, "value") else value
        summed = sum(term.sum() for term in whole.values()) if isinstance(whole, dict) else whole.sum()
        summed.backward()
        assert math.isfinite(float(summed.detach()))
        assert fake.grad is not None
        assert bool(fake.grad.isfinite().all())


@pytest.mark.parametrize("loss", [mrstft, lsd])
def test_a_waveform_shorter_than_half_a_frame_is_refused(loss: object) -> None:
    waves = torch.zeros(1, 1, 500)

    with pytest.raises(InputError, match="500 samples are too short for frames of"):
        loss(waves, waves)  # type: ignore[operator]


def test_waveforms_need_no_channel_axis() -> None:
    real, fake = noise(3, 1, 4000), noise(3, 1, 4000) + 0.1

    torch.testing.assert_close(lsd(real[:, 0], fake[:, 0]), lsd(real, fake))
    torch.testing.assert_close(mrstft(real[:, 0], fake[:, 0]), mrstft(real, fake))


def test_signals_are_worked_on_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = noise(5, 2, 3000), noise(5, 2, 3000) + 0.1
    whole = lsd(real, fake)

    monkeypatch.setattr("ganloss_cli.evaluators.losses.spectra.BLOCK", 1)

    torch.testing.assert_close(lsd(real, fake), whole)


def test_a_loud_sample_decides_the_convergence_of_a_set() -> None:
    quiet, loud = 0.01 * noise(1, 1, 4000), noise(1, 1, 4000)
    real, fake = torch.cat([quiet, loud]), torch.cat([2 * quiet, loud])

    apart = mrstft(real, fake)
    together = mrstft(real, fake, norms="set")

    assert apart["convergence"].mean().item() == pytest.approx(0.5, rel=1e-3)  # type: ignore[index]
    assert together.compute()["convergence"] == pytest.approx(0.01, rel=1e-3)  # type: ignore[union-attr,index]


@pytest.mark.parametrize("name", ["mel", "mrstft", "lsd"])
def test_values_alone_are_those_that_have_gradients(name: str) -> None:
    loss = find_loss(name)
    for convention in loss.conventions:
        settings = {**known_settings(loss, convention), **convention.settings}
        real, fake = 0.1 * noise(2, 1, 9000), 0.1 * noise(2, 1, 9000).flip(-1)

        alone = loss.function(real.float(), fake.float(), **settings)
        exact = loss.function(real, fake.requires_grad_(), **settings)

        assert terms_of(alone) == pytest.approx(terms_of(exact), rel=1e-6), convention.name


@pytest.mark.parametrize(  # sizes of no other test, whose windows and filters are not made yet
    "loss",
    [
        partial(mel, sample_rate=22050, n_fft=(1000,), hop=(250,)),
        partial(mrstft, n_fft=(1000,), hop=(100,), window=(500,)),
        partial(lsd, n_fft=996, hop=249),
    ],
)
def test_what_was_evaluated_without_gradients_can_be_trained_with_afterwards(loss: Callable[..., object]) -> None:
    real, fake = noise(1, 1, 4000), noise(1, 1, 4000).flip(-1)
    with torch.inference_mode():
        loss(real, fake)

    value = loss(real, fake.requires_grad_())

    assert all(term.requires_grad for term in (value.values() if isinstance(value, dict) else (value,)))


def terms_of(value: object) -> list[float]:
    whole = value.value() if hasattr(value, "value") else value
    terms = whole.values() if isinstance(whole, dict) else (whole,)
    return [number for term in terms for number in term.detach().double().flatten().tolist()]  # type: ignore[union-attr]
