"""The A-weighting of IEC 61672 as a filter of 101 taps, as auraloss makes it."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv1d

_N_TAPS, _N_FREQUENCIES = 101, 512
# poles of the analog weighting in Hz, and its gain at 1 kHz in dB: auraloss 0.4.0 perceptual.py FIRFilter
_LOW, _SECOND, _THIRD, _HIGH, _AT_1000 = 20.598997, 107.65265, 737.86223, 12194.217, 1.9997


def a_weighted(signals: Tensor, sample_rate: int) -> Tensor:
    """Signals through the filter, with zeros beyond their ends.

    Args:
        signals: (..., T).
        sample_rate: of them, in Hz.

    Returns:
        the same shape.
    """
    taps = torch.from_numpy(_taps(sample_rate)).to(signals)
    flat = signals.reshape(-1, 1, signals.shape[-1])
    return conv1d(flat, taps[None, None], padding=_N_TAPS // 2).view(signals.shape)


def _response(sample_rate: int) -> np.ndarray:
    """Magnitude of the weighting at frequencies up to half the sample rate, through the bilinear transform."""
    angles = np.pi * np.arange(_N_FREQUENCIES) / _N_FREQUENCIES
    squares = (2 * sample_rate * np.tan(angles / 2)) ** 2  # of what the frequencies were before it
    low, second, third, high = ((2 * np.pi * pole) ** 2 for pole in (_LOW, _SECOND, _THIRD, _HIGH))
    gain = high * 10 ** (_AT_1000 / 20)
    divisor = (squares + low) * (squares + high) * np.sqrt((squares + second) * (squares + third))
    return gain * squares**2 / divisor


@functools.lru_cache(maxsize=8)
def _taps(sample_rate: int) -> np.ndarray:
    """The symmetric filter nearest to the response in least squares, over every second pair of its frequencies.

    As scipy.signal.firls, to which auraloss hands the frequencies as edges of bands.
    """
    bands = np.arange(_N_FREQUENCIES).reshape(-1, 2) / _N_FREQUENCIES
    wanted = _response(sample_rate).reshape(-1, 2)
    middle = _N_TAPS // 2
    n = np.arange(_N_TAPS)[:, None, None]
    shared = np.diff(bands * np.sinc(bands * n), axis=2)[:, :, 0].sum(1)
    rows, columns = np.indices((middle + 1, middle + 1))
    n = n[: middle + 1]
    slope = np.diff(wanted, axis=1) / np.diff(bands, axis=1)
    offset = wanted[:, :1] - bands[:, :1] * slope
    integral = bands * (slope * bands + offset) * np.sinc(bands * n)
    integral[0] -= slope * bands**2 / 2
    integral[1:] += slope * np.cos(n[1:] * np.pi * bands) / (np.pi * n[1:]) ** 2
    right = np.diff(integral, axis=2)[:, :, 0].sum(1)
    half = np.linalg.solve(shared[np.abs(rows - columns)] + shared[rows + columns], right)
    return np.concatenate((half[:0:-1], [2 * half[0]], half[1:]))
