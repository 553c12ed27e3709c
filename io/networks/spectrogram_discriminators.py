"""Waveform discriminators that judge spectrograms: BigVGAN's and Vocos', with the key names of their repositories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, leaky_relu, pad

from ganloss_cli.io.networks.hifigan import SLOPE
from ganloss_cli.io.networks.placing import place
from ganloss_cli.io.networks.spellings import spectrally_normed
from ganloss_cli.io.networks.waveform_discriminators import (
    LabelledDiscriminator,
    SubDiscriminator,
    WaveformDiscriminator,
)

_WIDE, _SQUARE = (3, 9), (3, 3)
_PEAK, _LEAST = 0.8, 1e-9  # what a waveform is scaled to, and what its peak is at least


class MagnitudeDiscriminator(SubDiscriminator):
    """Convolutions over the magnitudes of frames without a window, of stride 2 along frequency or time.

    Jang et al. 2021 (arXiv 2106.07889), DiscriminatorR; strides are along the last axis, which is time.

    Args:
        resolution: samples of a transform, of a hop, and of the frame in its middle.
        n_channels: of all convolutions.
        spectral: spectral norm on every layer.
    """

    def __init__(self, resolution: Sequence[int], *, n_channels: int, spectral: bool) -> None:
        def layer(before: int, after: int, kernel: tuple[int, int], stride: int) -> nn.Module:
            return spectrally_normed(_convolution(before, after, kernel, stride), spectral)

        n = n_channels
        wide = [layer(before, n, _WIDE, stride) for before, stride in ((1, 1), (n, 2), (n, 2), (n, 2))]
        super().__init__([*wide, layer(n, n, _SQUARE, 1)], layer(n, 1, _SQUARE, 1))
        self.resolution = tuple(resolution)

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, one after every activation and the logit map last.

        Args:
            waveform: (N, 1, T), longer than what is reflected at its ends.
        """
        n_fft, hop, length = self.resolution
        around = (n_fft - hop) // 2
        signal = pad(waveform, (around, around), mode="reflect")[:, 0]
        window = torch.ones(length, dtype=signal.dtype, device=signal.device)
        spectrum = torch.stft(signal, n_fft, hop, length, window, center=False, return_complex=True)
        return super().forward(spectrum.abs()[:, None])


class BandDiscriminator(nn.Module):
    """Convolutions over complex spectra in five bands of frequency, and one over the bands side by side.

    Kumar et al. 2023 (arXiv 2306.06546), as Vocos has it. Keys: `spec_fn.window`, `band_convs.0.0`, `conv_post`, and
    `emb` where a label is scored too.

    Args:
        n_fft: samples of a frame.
        n_channels: of all convolutions.
        edges: of the bands, as parts of all frequencies.
        n_labels: that it takes; 0 for none.
    """

    def __init__(self, n_fft: int, *, n_channels: int, edges: Sequence[float], n_labels: int = 0) -> None:
        super().__init__()
        n = n_channels
        place(self, "spec_fn", nn.Module()).register_buffer("window", torch.hann_window(n_fft))
        self.n_fft = n_fft
        self.bands = [slice(*(int(edge * (n_fft // 2 + 1)) for edge in pair)) for pair in pairwise(edges)]
        self.band_convs = nn.ModuleList(
            nn.ModuleList([
                _convolution(2, n, _WIDE, 1), *(_convolution(n, n, _WIDE, 2) for _ in range(3)),
                _convolution(n, n, _SQUARE, 1),
            ])
            for _ in self.bands
        )  # fmt: skip
        self.conv_post = _convolution(n, 1, _SQUARE, 1)
        if n_labels:
            self.emb = nn.Embedding(n_labels, n)

    def forward(self, waveform: Tensor, label: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, F, B) and feature maps, all but the first of every band and the logit map last.

        Args:
            waveform: (N, 1, T).
            label: (N,), where it takes one.
        """
        features: list[Tensor] = []
        ends = []
        spectrum = self._spectrum(waveform)
        for band, convolutions in zip(self.bands, self.band_convs.children(), strict=True):
            hidden = spectrum[..., band]
            for place_, convolution in enumerate(convolutions.children()):
                hidden = leaky_relu(convolution(hidden), SLOPE)
                features += [hidden] if place_ else []
            ends.append(hidden)
        joined = torch.cat(ends, dim=-1)
        logit_map: Tensor = self.conv_post(joined)
        if label is not None:
            logit_map = logit_map + (self.emb(label)[:, :, None, None] * joined).sum(1, keepdim=True)
        return logit_map, [*features, logit_map]

    def _spectrum(self, waveform: Tensor) -> Tensor:
        """Real and imaginary parts of centred frames of the scaled waveform; (N, 2, F, bins)."""
        signal = waveform[:, 0]
        signal = signal - signal.mean(-1, keepdim=True)
        signal = _PEAK * signal / (signal.abs().amax(-1, keepdim=True) + _LEAST)
        window = self.get_buffer("spec_fn.window").to(signal.dtype)
        spectrum = torch.stft(signal, self.n_fft, self.n_fft // 4, window=window, return_complex=True)
        return torch.view_as_real(spectrum).permute(0, 3, 2, 1)


class CqtDiscriminator(nn.Module):
    """Convolutions over a constant-Q transform, first octave by octave, then over all of them side by side.

    Gu et al. 2023 (arXiv 2311.14957). The transform's kernels and filters, and those that double the sample rate before
    it, are the file's. Keys: `cqt_transform.cqt_kernels_real`, `resample.kernel`, `conv_pres.0`, `convs.0`,
    `conv_post`.

    Args:
        hop: samples from one frame of the highest octave to the next, at twice the sample rate.
        n_octaves: halvings of the sample rate, and one.
        n_bins: of an octave.
        taps: of the transform's kernels, of its low-pass filter, and of the filters that double the sample rate.
        channels: of the wave's two parts, then after every convolution but the last, then after the last.
        dilations: along time, of the convolutions of stride 2.
        normalised: whether every waveform is centred and scaled first.
    """

    def __init__(
        self,
        *,
        hop: int,
        n_octaves: int,
        n_bins: int,
        taps: Sequence[int],
        channels: Sequence[int],
        dilations: Sequence[int],
        normalised: bool,
    ) -> None:
        super().__init__()
        self.hop, self.n_octaves, self.n_bins, self.normalised = hop, n_octaves, n_bins, normalised
        kernel, low_pass, doubling = taps
        self.cqt_transform, self.resample = nn.Module(), nn.Module()
        for part in ("real", "imag"):
            self.cqt_transform.register_buffer(f"cqt_kernels_{part}", torch.zeros(n_bins, 1, kernel))
        self.cqt_transform.register_buffer("lowpass_filter", torch.zeros(1, 1, low_pass))
        self.cqt_transform.register_buffer("lenghts", torch.zeros(n_bins * n_octaves))
        self.resample.register_buffer("kernel", torch.zeros(2, 1, doubling))
        first, *inner, last = channels
        self.conv_pres = nn.ModuleList(_convolution(first, first, _WIDE, 1) for _ in range(n_octaves))
        dilated = (
            _convolution(before, after, _WIDE, 2, dilation)
            for (before, after), dilation in zip(pairwise(inner[:-1]), dilations, strict=True)
        )
        start, end = _convolution(first, inner[0], _WIDE, 1), _convolution(inner[-2], inner[-1], _SQUARE, 1)
        self.convs = nn.ModuleList([start, *dilated, end])
        self.conv_post = _convolution(inner[-1], last, _SQUARE, 1)

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, F, B) and feature maps, one after every activation; the logit map is none of them.

        Args:
            waveform: (N, 1, T).
        """
        if self.normalised:
            waveform = waveform - waveform.mean(-1, keepdim=True)
            waveform = _PEAK * waveform / (waveform.abs().amax(-1, keepdim=True) + _LEAST)
        octaves = torch.split(self._transformed(self._doubled(waveform)), self.n_bins, dim=-1)
        hidden = torch.cat([conv(octave) for conv, octave in zip(self.conv_pres, octaves, strict=True)], dim=-1)
        features: list[Tensor] = []
        for convolution in self.convs:
            hidden = leaky_relu(convolution(hidden), SLOPE)
            features.append(hidden)
        return self.conv_post(hidden), features

    def _doubled(self, waveform: Tensor) -> Tensor:
        """The waveform at twice its sample rate: two filters make the samples in turn."""
        kernel = self.get_buffer("resample.kernel")
        around = kernel.shape[-1] // 2
        both = conv1d(pad(waveform, (around, around + 1)), kernel)
        return both.transpose(1, 2).flatten(1)[:, None, : 2 * waveform.shape[-1]]

    def _transformed(self, signal: Tensor) -> Tensor:
        """Real and imaginary parts of the constant-Q transform, lowest octave first; (N, 2, F, bins)."""
        names = ("cqt_kernels_real", "cqt_kernels_imag", "lowpass_filter", "lenghts")
        real, imaginary, low_pass, lengths = (self.get_buffer(f"cqt_transform.{name}") for name in names)
        octaves: list[Tensor] = []
        for octave in range(self.n_octaves):
            padded, hop = pad(signal, (real.shape[-1] // 2,) * 2), self.hop // 2**octave
            octaves.insert(
                0, torch.stack((conv1d(padded, real, stride=hop), -conv1d(padded, imaginary, stride=hop)), 1)
            )
            signal = conv1d(signal, low_pass, stride=2, padding=(low_pass.shape[-1] - 1) // 2)
        return (torch.cat(octaves, 2) * lengths.sqrt()[:, None]).transpose(2, 3)


class MultiResolutionDiscriminator(WaveformDiscriminator):
    """BigVGAN's MRD, which is UnivNet's: a discriminator of magnitudes for every resolution.

    Args:
        resolutions: samples of a transform, of a hop, and of the frame in its middle, for each.
        n_channels: of all convolutions.
        spectral: spectral norm on every layer.
    """

    def __init__(self, *, resolutions: Sequence[Sequence[int]], n_channels: int = 32, spectral: bool = False) -> None:
        of_each = (MagnitudeDiscriminator(each, n_channels=n_channels, spectral=spectral) for each in resolutions)
        super().__init__(nn.ModuleList(of_each))


class MultiBandDiscriminator(LabelledDiscriminator):
    """Vocos' MRD, and BigVGAN's MBD: a discriminator of bands of spectra for every length of frames.

    Args:
        n_ffts: samples of the frames of each.
        n_channels: of all convolutions.
        edges: of the bands, as parts of all frequencies.
        n_labels: that they take; 0 for none.
    """

    def __init__(
        self,
        *,
        n_ffts: Sequence[int] = (2048, 1024, 512),
        n_channels: int = 32,
        edges: Sequence[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
        n_labels: int = 0,
    ) -> None:
        made = (BandDiscriminator(n_fft, n_channels=n_channels, edges=edges, n_labels=n_labels) for n_fft in n_ffts)
        super().__init__(nn.ModuleList(made))


class MultiScaleCqtDiscriminator(WaveformDiscriminator):
    """BigVGAN's second: a discriminator of constant-Q transforms for each of several numbers of bins an octave.

    Args:
        hops: of CqtDiscriminator, one each.
        n_octaves: the same.
        n_bins: the same.
        taps: the same.
        channels: the same for all.
        dilations: the same for all.
        normalised: the same for all.
    """

    def __init__(
        self,
        *,
        hops: Sequence[int],
        n_octaves: Sequence[int],
        n_bins: Sequence[int],
        taps: Sequence[Sequence[int]],
        channels: Sequence[int],
        dilations: Sequence[int] = (1, 2, 4),
        normalised: bool = False,
    ) -> None:
        of_each = zip(hops, n_octaves, n_bins, taps, strict=True)
        made: Iterator[nn.Module] = (
            CqtDiscriminator(
                hop=hop, n_octaves=octaves, n_bins=bins, taps=own, channels=channels, dilations=dilations,
                normalised=normalised,
            )
            for hop, octaves, bins, own in of_each
        )  # fmt: skip
        super().__init__(nn.ModuleList(made))


def _convolution(before: int, after: int, kernel: tuple[int, int], stride: int, dilation: int = 1) -> nn.Conv2d:
    """One whose strides are along the last axis, its dilation along the other."""
    around = ((kernel[0] - 1) * dilation // 2, kernel[1] // 2)
    return nn.Conv2d(before, after, kernel, (1, stride), padding=around, dilation=(dilation, 1))
