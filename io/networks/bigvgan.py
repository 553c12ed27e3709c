"""BigVGAN's generator: HiFi-GAN's with periodic activations between filters, by the key names of NVIDIA/BigVGAN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv_transpose1d, pad

from ganloss_cli.io.networks.hifigan import HifiganGenerator, ResidualBlock1, ResidualBlock2
from ganloss_cli.io.networks.placing import place

Activation = Callable[[int], nn.Module]
_RATIO = 2  # of the rate within an activation to that without


class Snake(nn.Module):
    """A periodic activation.

        x + sin^2(alpha x) / (beta + 1e-9), where beta is alpha unless it has one of its own

    Ziyin et al. 2020 (arXiv 2006.08195); Lee et al. 2022 (arXiv 2206.04658). Keys: `alpha`, `beta`.

    Args:
        n_channels: one alpha each.
        beta: whether there are betas too.
        log_scale: whether they are stored as logarithms.
    """

    def __init__(self, n_channels: int, *, beta: bool, log_scale: bool) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(n_channels))
        self.beta = nn.Parameter(torch.ones(n_channels)) if beta else None
        self.log_scale = log_scale

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        alpha, beta = self.alpha[:, None], (self.alpha if self.beta is None else self.beta)[:, None]
        if self.log_scale:
            alpha, beta = alpha.exp(), beta.exp()
        return signal + torch.sin(signal * alpha).square() / (beta + 1e-9)


class FilteredSnake(nn.Module):
    """A periodic activation at twice the rate: up-sampled before, low-passed and down-sampled behind.

    Keys: `act`, and the two filters as buffers, `upsample.filter` and `downsample.lowpass.filter`.

    Args:
        n_channels: width.
        beta: of Snake.
        log_scale: of Snake.
        taps: of both filters.
    """

    def __init__(self, n_channels: int, *, beta: bool, log_scale: bool, taps: int) -> None:
        super().__init__()
        self.act = Snake(n_channels, beta=beta, log_scale=log_scale)
        for key in ("upsample", "downsample.lowpass"):
            place(self, key, nn.Module()).register_buffer("filter", torch.zeros(1, 1, taps))

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        n_channels = signal.shape[1]
        up, down = (self.get_buffer(f"{key}.filter") for key in ("upsample", "downsample.lowpass"))
        taps = up.shape[-1]
        around, cut = taps // _RATIO - 1, (taps // _RATIO - 1) * _RATIO + (taps - _RATIO) // 2
        wide = pad(signal, (around, around), mode="replicate")
        wide = _RATIO * conv_transpose1d(wide, up.expand(n_channels, -1, -1), stride=_RATIO, groups=n_channels)
        wide = self.act(wide[..., cut : -cut - (taps - _RATIO) % 2])
        wide = pad(wide, (taps // 2 - (taps + 1) % 2, taps // 2), mode="replicate")
        return conv1d(wide, down.expand(n_channels, -1, -1), stride=_RATIO, groups=n_channels)


class AmpBlock1(ResidualBlock1):
    """HiFi-GAN's first residual block with another activation before each of its convolutions.

    Args:
        n_channels: width.
        kernel: of all convolutions.
        dilations: of the first convolution of each pair.
        activation: makes one of a width; Keys: `activations.0` ...
    """

    def __init__(self, n_channels: int, kernel: int, dilations: Sequence[int], *, activation: Activation) -> None:
        super().__init__(n_channels, kernel, dilations)
        self.activations = nn.ModuleList(activation(n_channels) for _ in range(2 * len(dilations)))

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        pairs = zip(self.convs1, self.convs2, self.activations[::2], self.activations[1::2], strict=True)
        for first, second, before, between in pairs:
            signal = signal + second(between(first(before(signal))))
        return signal


class AmpBlock2(ResidualBlock2):
    """HiFi-GAN's second residual block with another activation before each of its convolutions.

    Args:
        n_channels: width.
        kernel: of all convolutions.
        dilations: one a convolution.
        activation: makes one of a width; Keys: `activations.0` ...
    """

    def __init__(self, n_channels: int, kernel: int, dilations: Sequence[int], *, activation: Activation) -> None:
        super().__init__(n_channels, kernel, dilations)
        self.activations = nn.ModuleList(activation(n_channels) for _ in dilations)

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        for convolution, before in zip(self.convs, self.activations, strict=True):
            signal = signal + convolution(before(signal))
        return signal


class BigvganGenerator(HifiganGenerator):
    """Mel spectrogram to waveform: HiFi-GAN's generator with filtered periodic activations, none before up-sampling.

    Lee et al. 2022 (arXiv 2206.04658). Keys: those of HiFi-GAN's generator but `ups.0.0`, `activation_post`, and
    `resblocks.0.activations.0`.

    Args:
        initial_channels: after the first convolution; every up-sampling halves them.
        upsample_rates: strides of the transposed convolutions.
        upsample_kernels: their kernels.
        resblock: type of the residual blocks, 1 or 2.
        resblock_kernels: a block of each after every up-sampling.
        dilations: of each of these blocks.
        beta: whether the activations have betas.
        log_scale: whether alphas and betas are stored as logarithms.
        taps: of the activations' filters.
        tanh: whether it ends in tanh, rather than cut off at -1 and 1.
        in_channels: bands of the mel spectrogram.
        post_bias: whether the last convolution has a bias.
    """

    def __init__(
        self,
        *,
        initial_channels: int,
        upsample_rates: Sequence[int],
        upsample_kernels: Sequence[int],
        resblock: Literal[1, 2] = 1,
        resblock_kernels: Sequence[int] = (3, 7, 11),
        dilations: Sequence[Sequence[int]] = ((1, 3, 5), (1, 3, 5), (1, 3, 5)),
        beta: bool = True,
        log_scale: bool = True,
        taps: int = 12,
        tanh: bool = True,
        in_channels: int = 100,
        post_bias: bool = True,
    ) -> None:
        activation = partial(FilteredSnake, beta=beta, log_scale=log_scale, taps=taps)
        super().__init__(
            in_channels=in_channels,
            initial_channels=initial_channels,
            upsample_rates=upsample_rates,
            upsample_kernels=upsample_kernels,
            resblock_kernels=resblock_kernels,
            dilations=dilations,
            post_bias=post_bias,
            block=partial(AmpBlock1 if resblock == 1 else AmpBlock2, activation=activation),
        )
        self.ups = nn.ModuleList(nn.ModuleList([up]) for up in self.ups)
        self.activation_post = activation(initial_channels // 2 ** len(upsample_rates))
        self.tanh = tanh

    def forward(self, mel: Tensor) -> Tensor:  # type: ignore[override]  # no speaker conditions it
        """The waveform in [-1, 1].

        Args:
            mel: log mel spectrogram; (N, in_channels, F).

        Returns:
            (N, 1, F hop).
        """
        hidden = self.conv_pre(mel)
        for stage in range(len(self.ups)):
            hidden = self._blended(self.get_submodule(f"ups.{stage}.0")(hidden), stage)
        wave: Tensor = self.conv_post(self.activation_post(hidden))
        return torch.tanh(wave) if self.tanh else wave.clamp(-1, 1)
