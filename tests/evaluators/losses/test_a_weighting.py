import numpy as np
import pytest
import torch

from ganloss_cli.evaluators.losses.a_weighting import a_weighted


@pytest.mark.parametrize(("frequency", "decibels"), [(1000, 0.0), (2000, 1.2), (4000, 1.0), (8000, -1.1)])
def test_a_tone_is_weighted_as_the_standard_says(frequency, decibels):
    """IEC 61672-1, table 3; the bilinear transform costs some tenths of a decibel at 8 kHz and more."""
    time = torch.arange(44100, dtype=torch.float64) / 44100
    tone = torch.sin(2 * torch.pi * frequency * time)

    heard = a_weighted(tone[None], 44100)[0, 1000:-1000]

    level = 20 * np.log10(float(heard.square().mean().sqrt() / tone[1000:-1000].square().mean().sqrt()))
    assert level == pytest.approx(decibels, abs=0.5 if frequency < 8000 else 1.5)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_the_filter_is_that_of_scipy(rate):
    signal = pytest.importorskip("scipy.signal")
    f1, f2, f3, f4 = (2 * np.pi * pole for pole in (20.598997, 107.65265, 737.86223, 12194.217))
    poles = np.polymul([1, 2 * f4, f4**2], [1, 2 * f1, f1**2])
    poles = np.polymul(np.polymul(poles, [1, f3]), [1, f2])
    numerator, denominator = signal.bilinear([f4**2 * 10 ** (1.9997 / 20), 0, 0, 0, 0], poles, fs=rate)
    frequencies, response = signal.freqz(numerator, denominator, worN=512, fs=rate)
    impulse = torch.zeros(1, 201, dtype=torch.float64)
    impulse[0, 100] = 1

    taps = a_weighted(impulse, rate)[0, 50:151].numpy()

    np.testing.assert_allclose(taps, signal.firls(101, frequencies, abs(response), fs=rate), atol=1e-8)
