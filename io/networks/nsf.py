"""HiFi-GAN generators that are fed sines of the pitch at every stage: the decoders of RVC and of so-vits-svc."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganloss_cli.io.networks.hifigan import HifiganGenerator

_AMPLITUDE = 0.1  # of the sine
_VOICED_NOISE = 0.003  # standard deviation of the noise added to it
_UNVOICED_NOISE = _AMPLITUDE / 3  # and of the noise instead of it


class NsfSource(nn.Module):
    """A sine of the pitch where there is one, noise where there is none, through one linear layer and tanh.

    Wang et al. 2019 (arXiv 1810.11946), as RVC computes it: the fundamental alone. Keys: `l_linear.weight`,
    `l_linear.bias`.

    Args:
        sample_rate: of the waveform, in Hz.
        hop: samples a frame.
    """

    def __init__(self, *, sample_rate: int, hop: int) -> None:
        super().__init__()
        self.sample_rate, self.hop = sample_rate, hop
        self.l_linear = nn.Linear(1, 1)

    def forward(self, pitch: Tensor, noise: Tensor) -> Tensor:
        """The excitation.

        Args:
            pitch: fundamental frequency in Hz, 0 where unvoiced; (N, F).
            noise: standard normal; (N, 1, F hop).

        Returns:
            (N, 1, F hop).
        """
        voiced = _repeated((pitch > 0).to(pitch.dtype)[:, None], self.hop)
        spread = voiced * _VOICED_NOISE + (1 - voiced) * _UNVOICED_NOISE
        wave = self._sine(pitch[:, None]) * voiced + spread * noise
        return torch.tanh(self.l_linear(wave.transpose(1, 2))).transpose(1, 2)

    def _sine(self, pitch: Tensor) -> Tensor:
        # the phase is wrapped once a period, where the interpolated frame phases say so, or it would lose its precision
        turns = (pitch / self.sample_rate) % 1
        coarse = interpolate(
            turns.cumsum(2) * self.hop, scale_factor=float(self.hop), mode="linear", align_corners=True
        )
        coarse = coarse % 1
        wraps = torch.zeros_like(coarse)
        wraps[..., 1:] = -((coarse[..., 1:] - coarse[..., :-1]) < 0).to(pitch.dtype)
        phase = (_repeated(turns, self.hop) + wraps).cumsum(2)
        return torch.sin(phase * 2 * math.pi) * _AMPLITUDE


class HarmonicSource(nn.Module):
    """The same with overtones, as so-vits-svc computes it: every harmonic begins at a phase of its own.

    Keys: `l_linear.weight`, `l_linear.bias`.

    Args:
        sample_rate: that the pitch is divided by, in Hz.
        hop: samples a frame.
        n_harmonics: the fundamental among them.
    """

    def __init__(self, *, sample_rate: int, hop: int, n_harmonics: int) -> None:
        super().__init__()
        self.sample_rate, self.hop, self.n_harmonics = sample_rate, hop, n_harmonics
        self.l_linear = nn.Linear(n_harmonics, 1)

    def forward(self, pitch: Tensor, noise: Tensor, phases: Tensor) -> Tensor:
        """The excitation.

        Args:
            pitch: fundamental frequency in Hz, 0 where unvoiced; (N, F).
            noise: standard normal; (N, harmonics, F hop).
            phases: of the first sample, in [0, 1); (N, harmonics), of which that of the fundamental is not used.

        Returns:
            (N, 1, F hop).
        """
        pitch = _repeated(pitch, self.hop)[..., None]
        voiced = (pitch > 0).to(pitch.dtype)
        spread = voiced * _VOICED_NOISE + (1 - voiced) * _UNVOICED_NOISE
        wave = self._sines(pitch, phases) * voiced + spread * noise.transpose(1, 2)
        return torch.tanh(self.l_linear(wave)).transpose(1, 2)

    def _sines(self, pitch: Tensor, phases: Tensor) -> Tensor:
        """(N, F hop, harmonics)."""
        multiples = torch.arange(1, self.n_harmonics + 1, device=pitch.device)
        turns = (pitch * multiples / self.sample_rate) % 1
        turns[:, 0, 1:] += phases[:, 1:]
        whole = turns.cumsum(1) % 1
        wraps = torch.zeros_like(turns)  # as above, a turn less once a period
        wraps[:, 1:] = -((whole[:, 1:] - whole[:, :-1]) < 0).to(turns.dtype)
        return torch.sin((turns + wraps).cumsum(1) * 2 * math.pi) * _AMPLITUDE


class NsfGenerator(HifiganGenerator):
    """HiFi-GAN's generator with an excitation added after every up-sampling, as in RVC's GeneratorNSF.

    Keys: those of HiFi-GAN's generator, `m_source.l_linear` and `noise_convs.0` ...

    Args:
        sample_rate: of the waveform, in Hz.
        n_harmonics: of the excitation; with more than one it is so-vits-svc's.
        upsample_rates: strides of the transposed convolutions; their product is the hop in samples.
        initial_channels: after the first convolution; every up-sampling halves them.
        settings: the others of HifiganGenerator.
    """

    def __init__(
        self,
        *,
        sample_rate: int,
        upsample_rates: Sequence[int],
        initial_channels: int,
        n_harmonics: int = 1,
        **settings: Any,
    ) -> None:
        super().__init__(upsample_rates=upsample_rates, initial_channels=initial_channels, **settings)
        source = {"sample_rate": sample_rate, "hop": math.prod(upsample_rates)}
        self.m_source = NsfSource(**source) if n_harmonics == 1 else HarmonicSource(**source, n_harmonics=n_harmonics)
        widths = [initial_channels // 2 ** (stage + 1) for stage in range(len(upsample_rates))]
        strides = [math.prod(upsample_rates[stage + 1 :]) for stage in range(len(upsample_rates))]
        self.noise_convs = nn.ModuleList(map(_down_to_stage, widths, strides))

    def forward(  # type: ignore[override]  # it takes more than frames
        self,
        frames: Tensor,
        pitch: Tensor,
        noise: Tensor,
        condition: Tensor | None = None,
        phases: Tensor | None = None,
    ) -> Tensor:
        """The waveform in [-1, 1].

        Args:
            frames: latents of VITS; (N, in_channels, F).
            pitch: fundamental frequency in Hz, 0 where unvoiced; (N, F).
            noise: standard normal; (N, harmonics, F hop).
            condition: embedding of the speaker; (N, condition_channels, 1).
            phases: in [0, 1), where there are several harmonics; (N, harmonics).

        Returns:
            (N, 1, F hop).
        """
        excitation = self.m_source(pitch, noise) if phases is None else self.m_source(pitch, noise, phases)
        hidden = self._entered(frames, condition)
        for stage, down in enumerate(self.noise_convs):
            hidden = self._blended(self._raised(hidden, stage) + down(excitation), stage)
        return self._left(hidden)


def _down_to_stage(n_channels: int, stride: int) -> nn.Conv1d:
    if stride == 1:
        return nn.Conv1d(1, n_channels, 1)
    return nn.Conv1d(1, n_channels, 2 * stride, stride, padding=(stride + 1) // 2)


def _repeated(frames: Tensor, hop: int) -> Tensor:
    return frames.repeat_interleave(hop, dim=-1)
