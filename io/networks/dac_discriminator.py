"""The discriminator of the Descript Audio Codec: periods, rates and bands of spectrograms."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, leaky_relu, pad

from ganloss_cli.io.networks.hifigan import SLOPE
from ganloss_cli.io.networks.spellings import respelling
from ganloss_cli.io.networks.waveform_discriminators import (
    PERIOD_CHANNELS,
    PeriodDiscriminator,
    ScaleDiscriminator,
    WaveformDiscriminator,
)

_BAND_KERNELS = ((3, 9), (3, 9), (3, 9), (3, 9), (3, 3))
_BAND_STRIDES = (1, 2, 2, 2, 1)
_PEAK, _LEAST = 0.8, 1e-9
# julius 0.2: zero crossings on either side, and where the filter ends, in Nyquist frequencies
_N_ZEROS, _ROLLOFF = 24, 0.945


class DacPeriodDiscriminator(PeriodDiscriminator):
    """HiFi-GAN's, but a waveform of whole periods has one more reflected behind it."""

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, one after every activation and the logit map last."""
        return super().forward(pad(waveform, (0, self.period - waveform.shape[-1] % self.period), "reflect"))


class DacScaleDiscriminator(ScaleDiscriminator):
    """VITS's, of the waveform at a lower rate.

    Args:
        channels: after each convolution.
        groups: of each convolution.
        sample_rate: of the waveform, in Hz.
        rate: what the sample rate is divided by.
    """

    def __init__(self, channels: Sequence[int], groups: Sequence[int], sample_rate: int, rate: int) -> None:
        super().__init__(channels=channels, groups=groups)
        shared = math.gcd(sample_rate, sample_rate // rate)
        self._old, self._new = sample_rate // shared, sample_rate // rate // shared

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, one after every activation and the logit map last."""
        return super().forward(resampled(waveform, self._old, self._new))


def resampled(waveform: Tensor, old: int, new: int) -> Tensor:
    """A waveform (N, 1, T) at new / old of its rate, floor(T new / old) samples, as julius.resample_frac.

    Args:
        waveform: to resample.
        old: its rate, without common factors with
        new: the other rate.
    """
    if old == new:
        return waveform
    cut = _ROLLOFF * min(old, new)
    width = math.ceil(_N_ZEROS * old / cut)
    places = torch.arange(-width, width + old, dtype=waveform.dtype, device=waveform.device) / old
    phases = torch.arange(new, dtype=waveform.dtype, device=waveform.device)[:, None] / new
    turns = ((places - phases) * cut).clamp(-_N_ZEROS, _N_ZEROS)
    kernels = torch.sinc(turns) * torch.cos(turns * math.pi / _N_ZEROS / 2) ** 2
    kernels = kernels / kernels.sum(1, keepdim=True)
    made = conv1d(pad(waveform, (width, width + old), "replicate"), kernels[:, None], stride=old)
    return made.transpose(1, 2).flatten(1)[:, None, : waveform.shape[-1] * new // old]


class BandDiscriminator(nn.Module):
    """Convolutions of a complex spectrogram, band by band.

    Args:
        n_fft: samples of a frame; a quarter is the hop.
        edges: of the bands, in per cents of half the sample rate.
        n_channels: of the convolutions.
    """

    def __init__(self, n_fft: int, edges: Sequence[int], n_channels: int) -> None:
        super().__init__()
        self._n_fft, n_bins = n_fft, n_fft // 2 + 1
        self._bands = [(int(low / 100 * n_bins), int(high / 100 * n_bins)) for low, high in pairwise(edges)]
        self.band_convs = nn.ModuleList(
            nn.ModuleList(
                nn.Conv2d(before, n_channels, kernel, (1, stride), padding=(kernel[0] // 2, kernel[1] // 2))
                for before, kernel, stride in zip(
                    (2, *[n_channels] * 4), _BAND_KERNELS, _BAND_STRIDES, strict=True
                )
            )
            for _ in self._bands
        )  # fmt: skip
        self.conv_post = nn.Conv2d(n_channels, 1, (3, 3), padding=(1, 1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, band by band, one after every activation, and the logit map last.

        Args:
            waveform: (N, 1, T).
        """
        spectrogram = self._spectrogram(waveform)
        features: list[Tensor] = []
        ends: list[Tensor] = []
        for (low, high), convolutions in zip(self._bands, self.band_convs, strict=True):
            hidden = spectrogram[..., low:high]
            for convolution in convolutions:  # type: ignore[attr-defined]  # a ModuleList
                hidden = leaky_relu(convolution(hidden), SLOPE)
                features.append(hidden)
            ends.append(hidden)
        logit_map: Tensor = self.conv_post(torch.cat(ends, -1))
        return logit_map.flatten(1), [*features, logit_map]

    def _spectrogram(self, waveform: Tensor) -> Tensor:
        """Real and imaginary parts, (N, 2, T / hop, bins): a frame a hop, without those that reflection adds."""
        hop = self._n_fft // 4
        edge = (self._n_fft - hop) // 2
        padded = pad(waveform, (edge, edge + -waveform.shape[-1] % hop), "reflect")[:, 0]
        window = torch.hann_window(self._n_fft, dtype=waveform.dtype, device=waveform.device)
        frames = torch.stft(padded, self._n_fft, hop, window=window, return_complex=True)[..., 2:-2]
        return torch.view_as_real(frames).permute(0, 3, 2, 1)


class DacDiscriminator(WaveformDiscriminator):
    """Sub-discriminators of periods, then of rates, then of bands, on waveforms of one mean and one peak.

    Kumar et al. 2023 (arXiv 2306.06546). It has no MSD unless `rates` are given.

    Args:
        periods: 2, 3, 5, 7, 11.
        rates: what the sample rate is divided by, for each sub-discriminator of rates.
        fft_sizes: samples of a frame, for each sub-discriminator of bands.
        band_edges: in per cents of half the sample rate.
        sample_rate: in Hz; it matters to rates alone.
        period_channels: of the convolutions of periods.
        scale_channels: of the convolutions of rates.
        scale_groups: of the same.
        band_channels: of the convolutions of bands.
    """

    def __init__(
        self,
        *,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        rates: Sequence[int] = (),
        fft_sizes: Sequence[int] = (2048, 1024, 512),
        band_edges: Sequence[int] = (0, 10, 25, 50, 75, 100),
        sample_rate: int = 44100,
        period_channels: Sequence[int] = PERIOD_CHANNELS,
        scale_channels: Sequence[int] = (16, 64, 256, 1024, 1024, 1024),
        scale_groups: Sequence[int] = (1, 4, 16, 64, 256, 1),
        band_channels: int = 32,
    ) -> None:
        folds = (DacPeriodDiscriminator(period, channels=period_channels) for period in periods)
        scales = (DacScaleDiscriminator(scale_channels, scale_groups, sample_rate, rate) for rate in rates)
        bands = (BandDiscriminator(n_fft, band_edges, band_channels) for n_fft in fft_sizes)
        super().__init__(nn.ModuleList([*folds, *scales, *bands]))
        respelling(self, _without_activations)

    def sub_discriminators(self, waveform: Tensor) -> Iterator[tuple[Tensor, list[Tensor]]]:
        """Logits and feature maps of one sub-discriminator after the other; nothing is kept between them."""
        level = waveform - waveform.mean(-1, keepdim=True)
        yield from super().sub_discriminators(_PEAK * level / (level.abs().amax(-1, keepdim=True) + _LEAST))


_ACTIVATED = re.compile(r"(\.convs\.\d+|\.band_convs\.\d+\.\d+)\.0\.")


def _without_activations(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    """Upstream has a convolution and its activation in a Sequential."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[_ACTIVATED.sub(r"\1.", key)] = state_dict.pop(key)
