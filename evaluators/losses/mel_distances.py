"""What is compared of two mel spectrograms, frame by frame."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.losses.mel_filters import Bank
from ganloss_cli.evaluators.losses.spectra import magnitudes, powers
from ganloss_cli.evaluators.shapes import check_shapes

Logarithm = Literal["ln", "log10"]
LOGARITHMS = {"ln": torch.log, "log10": torch.log10}


def of_logarithms(
    spectra: Tensor, *, bank: Bank, added: float, least_power: float, floor: float, logarithm: Logarithm
) -> Tensor:
    """Mean absolute difference of logarithms of magnitudes.

        mean |log max(M sqrt(P_r + a), c) - log max(M sqrt(P_f + a), c)|

    Args:
        spectra: of real and fake; (2, frames, bins).
        bank: M, the mel filters.
        added: a, added to the power before its root.
        least_power: the least power before its root.
        floor: c, the least value of a band.
        logarithm: natural or decimal.

    Returns:
        (frames, 1), the mean over bands.
    """
    bands = bank(magnitudes(spectra, added=added, least=least_power))
    logs = LOGARITHMS[logarithm](bands.clamp(min=floor))
    differences = (logs[0] - logs[1]).abs()
    maps.keep("logarithms of mel bands", differences, sides=(logs[0], logs[1]))
    return differences.mean(1, keepdim=True)


def of_magnitudes(
    real: Tensor, fake: Tensor, *, bank: Bank, added: float, floor: float, logarithm: Logarithm
) -> Tensor:
    """Mean absolute difference of logarithms, where the magnitudes of one side are given.

    Args:
        real: magnitudes; (N, bins, frames).
        fake: power spectra; (N, frames, bins).
        bank: M, the mel filters.
        added: added to the power of fake before its root.
        floor: c, the least value of a band.
        logarithm: natural or decimal.

    Returns:
        (N,), the mean over bands and frames.

    Raises:
        InputError: they have different frames.
    """
    magnitudes = (fake + added).sqrt()
    check_shapes(spectrogram=real, spectrogram_of_fake=magnitudes.transpose(1, 2))
    logs = [LOGARITHMS[logarithm](bank(each).clamp(min=floor)) for each in (real.transpose(1, 2), magnitudes)]
    return (logs[0] - logs[1]).abs().mean((1, 2))


def of_powers_and_logarithms(
    spectra: Tensor, *, bank: Bank, window_energy: float, floor: float, logarithm: Logarithm
) -> Tensor:
    """Mean absolute difference of powers, and mean squared difference of their logarithms.

        mean |M P_r - M P_f| / E + mean (log(c + M P_r / E) - log(c + M P_f / E))^2

    Args:
        spectra: of real and fake; (2, frames, bins).
        bank: M, the mel filters.
        window_energy: E, the sum of the squared window.
        floor: c, added to every band.
        logarithm: natural or decimal.

    Returns:
        (frames, 1), the mean over bands.
    """
    bands = bank(powers(spectra)) / window_energy
    logs = LOGARITHMS[logarithm](floor + bands)
    differences = (bands[0] - bands[1]).abs() + (logs[0] - logs[1]).square()
    maps.keep("logarithms of mel bands", differences, sides=(logs[0], logs[1]))
    return differences.mean(1, keepdim=True)
