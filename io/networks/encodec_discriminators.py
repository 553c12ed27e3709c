"""The discriminators of EnCodec and audiocraft, with their key names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ganloss_cli.io.networks.spellings import respelling, spectrally_normed
from ganloss_cli.io.networks.waveform_discriminators import (
    PeriodDiscriminator,
    ScaleDiscriminator,
    WaveformDiscriminator,
)

_QUIETEST = 1e-6  # added to a magnitude before its power


class SpectrogramDiscriminator(nn.Module):
    """Convolutions of a complex spectrogram, wider and wider in time.

    Args:
        n_fft: samples of a frame and of its window; a quarter is the hop.
        n_channels: of the waveform.
        channels: behind each convolution but the last.
        slope: of the activations below zero.
        stride: of the inner convolutions, along frequencies.
        power: of the magnitude, by which bins are multiplied.
    """

    def __init__(
        self, n_fft: int, n_channels: int, channels: Sequence[int], slope: float, stride: int = 2, power: float = 0.0
    ) -> None:
        super().__init__()
        self._n_fft, self._slope, self._power = n_fft, slope, power
        widths = [2 * n_channels, *channels]
        inner = [
            nn.Conv2d(before, after, (3, 9), (1, stride), dilation=(2**k, 1), padding=(2**k, 4))
            for k, (before, after) in enumerate(pairwise(widths[1:-1]))
        ]
        first = nn.Conv2d(widths[0], widths[1], (3, 9), padding=(1, 4))
        self.convs = nn.ModuleList([first, *inner, nn.Conv2d(widths[-2], widths[-1], (3, 3), padding=1)])
        self.conv_post = nn.Conv2d(widths[-1], 1, (3, 3), padding=1)

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, F, bins) and the maps behind every activation, not the logits.

        Args:
            waveform: (N, n_channels, T).
        """
        hidden = self._spectrogram(waveform)
        features: list[Tensor] = []
        for convolution in self.convs:
            hidden = leaky_relu(convolution(hidden), self._slope)
            features.append(hidden)
        return self.conv_post(hidden), features

    def _spectrogram(self, waveform: Tensor) -> Tensor:
        """Real parts of all channels, then imaginary ones, over the root of the window's energy: (N, 2 C, F, bins)."""
        window = torch.hann_window(self._n_fft, dtype=waveform.dtype, device=waveform.device)
        made = torch.stft(
            waveform.flatten(0, 1), self._n_fft, self._n_fft // 4, window=window, center=False, return_complex=True
        )
        frames = made.view(*waveform.shape[:2], *made.shape[1:]) / window.square().sum().sqrt()
        if self._power:
            frames = frames * (frames.abs() + _QUIETEST).pow(self._power)
        return torch.cat([frames.real, frames.imag], 1).transpose(2, 3)


class SpectrogramsDiscriminator(WaveformDiscriminator):
    """MS-STFT: spectrograms of several sizes (Défossez et al. 2022, arXiv 2210.13438).

    Args:
        n_ffts: samples of a frame, one for each sub-discriminator.
        channels: behind each convolution but the last.
        n_channels: of the waveform.
        slope: of the activations below zero.
        stride: of the inner convolutions, along frequencies; stable-audio-tools has 1.
        power: of the magnitude, by which bins are multiplied; a setting of stable-audio-tools.
    """

    def __init__(
        self,
        *,
        n_ffts: Sequence[int],
        channels: Sequence[int],
        n_channels: int = 1,
        slope: float = 0.2,
        stride: int = 2,
        power: float = 0.0,
    ) -> None:
        subs = (SpectrogramDiscriminator(n_fft, n_channels, channels, slope, stride, power) for n_fft in n_ffts)
        super().__init__(nn.ModuleList(subs))
        respelling(self, _without_wrappers)


class PeriodsDiscriminator(WaveformDiscriminator):
    """HiFi-GAN's MPD as audiocraft has it: with another slope.

    Args:
        periods: one for each sub-discriminator.
        channels: behind each convolution but the last.
        slope: of the activations below zero.
    """

    def __init__(self, *, periods: Sequence[int], channels: Sequence[int], slope: float = 0.3) -> None:
        super().__init__(_sloped((PeriodDiscriminator(period, channels=channels) for period in periods), slope))
        respelling(self, _without_wrappers)


class ScalesDiscriminator(WaveformDiscriminator):
    """MelGAN's scales as audiocraft has them: all see the waveform itself, for what it pools it throws away.

    Args:
        n_scales: sub-discriminators.
        channels: behind each convolution but the last.
        groups: of each.
        spectral_scales: those under spectral norm, instead of weight norm.
        slope: of the activations below zero.
    """

    def __init__(
        self,
        *,
        n_scales: int,
        channels: Sequence[int],
        groups: Sequence[int],
        spectral_scales: Sequence[int] = (0,),
        slope: float = 0.3,
    ) -> None:
        scales = [
            ScaleDiscriminator(channels=channels, groups=groups, spectral=k in spectral_scales) for k in range(n_scales)
        ]
        for k, scale in enumerate(scales):
            reflecting = nn.Conv1d(1, channels[0], 15, padding=7, padding_mode="reflect")
            scale.convs[0] = spectrally_normed(reflecting, k in spectral_scales)
        super().__init__(_sloped(scales, slope))
        respelling(self, _without_wrappers)


def _sloped(subs: Iterable[PeriodDiscriminator | ScaleDiscriminator], slope: float) -> nn.ModuleList:
    found = nn.ModuleList(subs)
    for sub in found:
        sub.slope = slope  # type: ignore[assignment]  # a number, not a module
    return found


_HELD = "discriminators.discriminators."  # of stable-audio-tools: one holds the other
_WRAPPED = re.compile(r"\.(?:convs\.(\d+)(?:\.1)?|(conv_post))\.conv\.")


def _without_wrappers(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    """Upstream has every convolution beside its norm, and the first of a scale behind its padding."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        plain = _WRAPPED.sub(lambda match: f".{match[2] or f'convs.{match[1]}'}.", key.replace(_HELD, _HELD[:15]))
        state_dict[plain] = state_dict.pop(key)
