"""The HiFi-GAN generator, as a vocoder and as the decoder of VITS, with the key names of jik876/hifi-gan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ganloss_cli.io.networks.spellings import accept_spellings, respelling

SLOPE = 0.1
_LAST_SLOPE = 0.01  # upstream's last leaky_relu names no slope, so torch's default holds


def same_convolution(n_channels: int, kernel: int, dilation: int = 1) -> nn.Conv1d:
    """A convolution that keeps length and width."""
    return nn.Conv1d(n_channels, n_channels, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)


class ResidualBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution, each behind a LeakyReLU, each pair with a skip connection.

    Args:
        n_channels: width.
        kernel: of all convolutions.
        dilations: of the first convolution of each pair.
    """

    def __init__(self, n_channels: int, kernel: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(same_convolution(n_channels, kernel, dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(same_convolution(n_channels, kernel) for _ in dilations)

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        for first, second in zip(self.convs1, self.convs2, strict=True):
            signal = signal + second(leaky_relu(first(leaky_relu(signal, SLOPE)), SLOPE))
        return signal


class ResidualBlock2(nn.Module):
    """Dilated convolutions, each behind a LeakyReLU and with a skip connection.

    Args:
        n_channels: width.
        kernel: of all convolutions.
        dilations: one a convolution.
    """

    def __init__(self, n_channels: int, kernel: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(same_convolution(n_channels, kernel, dilation) for dilation in dilations)

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        for convolution in self.convs:
            signal = signal + convolution(leaky_relu(signal, SLOPE))
        return signal


class HifiganGenerator(nn.Module):
    """Frames to a waveform: transposed convolutions, after each the mean of residual blocks of several kernels; tanh.

    Kong et al. 2020 (arXiv 2010.05646). Keys: `conv_pre`, `ups.0`, `resblocks.0.convs1.0` (type 1) or
    `resblocks.0.convs.0` (type 2), `conv_post`, and `cond` where a speaker conditions it.

    Args:
        in_channels: bands of the mel spectrogram, or channels of VITS's latents.
        initial_channels: after the first convolution; every up-sampling halves them.
        upsample_rates: strides of the transposed convolutions; their product is the hop in samples.
        upsample_kernels: their kernels.
        resblock: type of the residual blocks, 1 or 2.
        resblock_kernels: a block of each after every up-sampling.
        dilations: of each of these blocks.
        post_bias: whether the last convolution has a bias; VITS's has none.
        condition_channels: of the speaker's embedding; 0 for none.
        block: makes a residual block of a width, a kernel and dilations, where it is neither of the two types.
    """

    blocks: ClassVar[tuple[type[nn.Module], type[nn.Module]]] = (ResidualBlock1, ResidualBlock2)

    def __init__(
        self,
        *,
        in_channels: int = 80,
        initial_channels: int = 512,
        upsample_rates: Sequence[int] = (8, 8, 2, 2),
        upsample_kernels: Sequence[int] = (16, 16, 4, 4),
        resblock: Literal[1, 2] = 1,
        resblock_kernels: Sequence[int] = (3, 7, 11),
        dilations: Sequence[Sequence[int]] = ((1, 3, 5), (1, 3, 5), (1, 3, 5)),
        post_bias: bool = True,
        condition_channels: int = 0,
        block: Callable[[int, int, Sequence[int]], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.n_kernels = len(resblock_kernels)
        widths = [initial_channels // 2**stage for stage in range(len(upsample_rates) + 1)]
        self.conv_pre = nn.Conv1d(in_channels, initial_channels, 7, padding=3)
        self.ups = nn.ModuleList(
            _up(width, kernel, rate)
            for width, rate, kernel in zip(widths, upsample_rates, upsample_kernels, strict=False)
        )
        block = block or self.blocks[resblock - 1]
        self.resblocks = nn.ModuleList(
            block(width, kernel, steps)
            for width in widths[1:]
            for kernel, steps in zip(resblock_kernels, dilations, strict=True)
        )
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, padding=3, bias=post_bias)
        if condition_channels:
            self.cond = nn.Conv1d(condition_channels, initial_channels, 1)
        respelling(self, _out_of_synthesizer)
        accept_spellings(self)

    def forward(self, frames: Tensor, condition: Tensor | None = None) -> Tensor:
        """The waveform in [-1, 1].

        Args:
            frames: log mel spectrogram, or VITS's latents; (N, in_channels, F).
            condition: embedding of the speaker; (N, condition_channels, 1).

        Returns:
            (N, 1, F hop).
        """
        hidden = self._entered(frames, condition)
        for stage in range(len(self.ups)):
            hidden = self._blended(self._raised(hidden, stage), stage)
        return self._left(hidden)

    def _entered(self, frames: Tensor, condition: Tensor | None) -> Tensor:
        hidden: Tensor = self.conv_pre(frames)
        return hidden if condition is None else hidden + self.cond(condition)

    def _raised(self, hidden: Tensor, stage: int) -> Tensor:
        """Up to the rate of a stage."""
        raised: Tensor = self.ups[stage](leaky_relu(hidden, SLOPE))
        return raised

    def _blended(self, hidden: Tensor, stage: int) -> Tensor:
        """The mean over the residual blocks of a stage."""
        blocks = self.resblocks[stage * self.n_kernels : (stage + 1) * self.n_kernels]
        total = blocks[0](hidden)
        for block in blocks[1:]:
            total = total + block(hidden)
        return total / self.n_kernels  # type: ignore[no-any-return]

    def _left(self, hidden: Tensor) -> Tensor:
        return torch.tanh(self.conv_post(leaky_relu(hidden, _LAST_SLOPE)))


def _up(width: int, kernel: int, rate: int) -> nn.ConvTranspose1d:
    """One that makes `rate` samples of every sample, half as wide; ParallelWaveGAN's for an odd difference."""
    odd = (kernel - rate) % 2
    around = (kernel - rate) // 2 + odd
    return nn.ConvTranspose1d(width, width // 2, kernel, rate, padding=around, output_padding=odd)


def _out_of_synthesizer(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    """In whole VITS and RVC models the decoder's keys begin with `dec.`."""
    for key in [key for key in state_dict if key.startswith(f"{prefix}dec.")]:
        state_dict[prefix + key.removeprefix(f"{prefix}dec.")] = state_dict.pop(key)
