"""The HiFi-GAN of kan-bayashi/ParallelWaveGAN and ESPnet, with their key names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.io.architectures.parallel_wavegan import hifigans_names
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.spellings import respelling
from ganloss_cli.io.networks.waveform_discriminators import (
    PeriodDiscriminator,
    ScaleDiscriminator,
    WaveformDiscriminator,
)


class Generator(HifiganGenerator):
    """HiFi-GAN's generator, up-sampled by odd rates too. Keys: `input_conv`, `upsamples.0.1`, `blocks.0.convs1.0.1`.

    Args:
        statistics: whether the file has the mean and the scale of its features.
        in_channels: bands of the mel spectrogram.
        settings: of HiFi-GAN's generator.
    """

    def __init__(self, *, statistics: bool, in_channels: int, **settings: Any) -> None:
        super().__init__(in_channels=in_channels, **settings)
        for name in ("mean", "scale") if statistics else ():
            self.register_buffer(name, torch.zeros(in_channels))
        _under_its_names(self)


class PeriodDiscriminators(WaveformDiscriminator):
    """HiFi-GAN's period discriminators. Keys: `discriminators.0.convs.0.0`, `discriminators.0.output_conv`.

    Args:
        periods: 2, 3, 5, 7, 11.
        channels: of the convolutions.
        strides: of the convolutions.
        post_kernel: of the last convolution, 2 where HiFi-GAN has 3.
        spectral: spectral norm on every layer, instead of weight norm.
    """

    def __init__(
        self,
        *,
        periods: Sequence[int],
        channels: Sequence[int],
        strides: Sequence[int],
        post_kernel: int,
        spectral: bool,
    ) -> None:
        own: dict[str, Any] = {"strides": strides, "post_kernel": post_kernel, "spectral": spectral}
        super().__init__(nn.ModuleList(PeriodDiscriminator(period, channels=channels, **own) for period in periods))
        _under_its_names(self)


class ScaleDiscriminators(WaveformDiscriminator):
    """HiFi-GAN's scale discriminators. Keys: `discriminators.0.layers.0.0`, the last without the second 0.

    Args:
        channels: of the convolutions.
        groups: of the convolutions.
        strides: of the convolutions.
        n_scales: sub-discriminators.
        spectral_scales: those under spectral norm, instead of weight norm.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        groups: Sequence[int],
        strides: Sequence[int],
        n_scales: int,
        spectral_scales: Sequence[int],
    ) -> None:
        scales = (
            ScaleDiscriminator(channels=channels, groups=groups, strides=strides, spectral=scale in spectral_scales)
            for scale in range(n_scales)
        )
        super().__init__(nn.ModuleList(scales), nn.AvgPool1d(4, 2, padding=2))
        _under_its_names(self)


def _under_its_names(network: nn.Module) -> None:
    def rename(_module: nn.Module, state_dict: dict[str, Tensor], prefix: str, *_rest: object) -> None:
        own = {key: state_dict.pop(key) for key in list(state_dict) if key.startswith(prefix)}
        names = hifigans_names([key.removeprefix(prefix) for key in own])
        state_dict.update({prefix + names[key.removeprefix(prefix)]: value for key, value in own.items()})

    respelling(network, rename)  # behind the one of the norms, which takes layers under any names
