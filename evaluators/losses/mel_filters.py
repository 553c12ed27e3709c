"""Mel filter banks: triangles that add up the bins of a spectrum as the ear does."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

Scale = Literal["slaney", "htk"]

# Slaney's Auditory Toolbox: linear to 1 kHz, where the mel is 15, then 27 mels to every factor of 6.4.
BREAK = 1000.0
HERTZ_A_MEL = 200 / 3
MELS_AT_BREAK = BREAK / HERTZ_A_MEL
LOG_STEP = math.log(6.4) / 27

_TOGETHER = 16  # bands that are computed at a time: three times as fast as all 80 of 513 bins, or as 8


@functools.lru_cache(maxsize=64)
@torch.inference_mode(False)  # it is kept, and may have to do with gradients later
def mel_filters(
    sample_rate: int, n_fft: int, n_bands: int, lowest: float, highest: float | None, scale: Scale
) -> Tensor:
    """Weights of every bin of a spectrum in every band.

        triangle k rises from edge k to edge k + 1 and falls to edge k + 2; the edges are equally spaced in mel

    Args:
        sample_rate: in Hz.
        n_fft: samples of a frame.
        n_bands: number of triangles.
        lowest: lower edge of the first, in Hz.
        highest: upper edge of the last, in Hz; None for half the sample rate.
        scale: "slaney": the Auditory Toolbox's scale, each triangle with the area 1 in Hz, as librosa's default;
            "htk": 2595 log10(1 + f / 700), each triangle with the height 1, as torchaudio's default.

    Returns:
        (n_bands, n_fft / 2 + 1), float64.
    """
    first, last = (_to_mel(hertz, scale) for hertz in (lowest, sample_rate / 2 if highest is None else highest))
    step = (last - first) / (n_bands + 1)
    edges = torch.tensor([_to_hertz(first + i * step, scale) for i in range(n_bands + 2)], dtype=torch.float64)
    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return triangles * (2 / (edges[2:] - edges[:-2]))[:, None] if scale == "slaney" else triangles


@dataclass(frozen=True, kw_only=True)
class Bank:
    """Mel filters as they are applied: some bands at a time, to the bins that these reach; most weights are zero.

    Args:
        groups: bins, and their weights in some bands, (bins, bands); the bands one group after another.
    """

    groups: tuple[tuple[slice, Tensor], ...]

    def __call__(self, spectra: Tensor) -> Tensor:
        """(..., bins) to (..., bands)."""
        return torch.cat([spectra[..., bins] @ weights for bins, weights in self.groups], -1)


@functools.lru_cache(maxsize=64)
@torch.inference_mode(False)  # it is kept, and may have to do with gradients later
def mel_bank(*configuration: Any, dtype: torch.dtype, device: torch.device) -> Bank:
    """The filters of a configuration, as `mel_filters` takes it, ready to be applied to spectra of a type and place."""
    filters = mel_filters(*configuration).to(dtype).to(device)
    return Bank(groups=tuple(map(_group, torch.split(filters, _TOGETHER))))


def _group(filters: Tensor) -> tuple[slice, Tensor]:
    reached = filters.any(0).nonzero().flatten().tolist() or [0]  # a band between two bins has none
    bins = slice(reached[0], reached[-1] + 1)
    return bins, filters[:, bins].T.contiguous()


def _to_mel(hertz: float, scale: Scale) -> float:
    if scale == "htk":
        return 2595 * math.log10(1 + hertz / 700)
    return hertz / HERTZ_A_MEL if hertz < BREAK else MELS_AT_BREAK + math.log(hertz / BREAK) / LOG_STEP


def _to_hertz(mel: float, scale: Scale) -> float:
    if scale == "htk":
        return 700 * (math.pow(10, mel / 2595) - 1)
    return mel * HERTZ_A_MEL if mel < MELS_AT_BREAK else BREAK * math.exp((mel - MELS_AT_BREAK) * LOG_STEP)
