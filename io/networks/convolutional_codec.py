"""The convolutions of DAC and of Stability's auto-encoder: a waveform to few latents a second, and back.

Keys are those of a `Sequential` of `Sequential`s, `encoder.1.0.1.weight`: all code bases call theirs so, but for words
between the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

_DILATIONS = (1, 3, 9)
_LEAST = 1e-9  # beside what is divided by

Activation = Callable[[int], nn.Module]


class Snake(nn.Module):
    """x + sin^2(alpha x) / alpha, an alpha a channel (Ziyin et al. 2020, arXiv 2006.08195).

    Args:
        n_channels: of the signal.
    """

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, n_channels, 1))

    def forward(self, signal: Tensor) -> Tensor:
        """The same shape, (N, C, T)."""
        return signal + (self.alpha + _LEAST).reciprocal() * torch.sin(self.alpha * signal).pow(2)


class Residual(nn.Sequential):
    """A dilated convolution and one of kernel 1, each behind its activation, with a skip connection.

    Args:
        n_channels: width.
        dilation: of the first.
        activation: a channel count -> the activation.
    """

    def __init__(self, n_channels: int, dilation: int, activation: Activation) -> None:
        super().__init__(
            activation(n_channels),
            nn.Conv1d(n_channels, n_channels, 7, dilation=dilation, padding=3 * dilation),
            activation(n_channels),
            nn.Conv1d(n_channels, n_channels, 1),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """The same shape, (N, C, T)."""
        return signal + super().forward(signal)  # type: ignore[no-any-return, no-untyped-call]


def encoder(
    n_channels: int, widths: Sequence[int], strides: Sequence[int], n_latents: int, activation: Activation = Snake
) -> nn.Sequential:
    """A waveform (N, n_channels, T) to latents (N, n_latents, T / product of the strides).

    Args:
        n_channels: of the waveform.
        widths: before the first and behind every down-sampling.
        strides: of the down-samplings.
        n_latents: channels behind the last convolution.
        activation: a channel count -> the activation.
    """
    blocks = (
        nn.Sequential(
            *(Residual(before, dilation, activation) for dilation in _DILATIONS),
            activation(before),
            nn.Conv1d(before, after, 2 * stride, stride, padding=(stride + 1) // 2),
        )
        for (before, after), stride in zip(pairwise(widths), strides, strict=True)
    )
    first, last = nn.Conv1d(n_channels, widths[0], 7, padding=3), nn.Conv1d(widths[-1], n_latents, 3, padding=1)
    return nn.Sequential(first, *blocks, activation(widths[-1]), last)


def decoder(
    n_channels: int,
    widths: Sequence[int],
    strides: Sequence[int],
    n_latents: int,
    activation: Activation = Snake,
    *,
    bias: bool = True,
    tanh: bool = True,
) -> nn.Sequential:
    """Latents (N, n_latents, F) to a waveform (N, n_channels, `decoded_length`).

    Args:
        n_channels: of the waveform.
        widths: before the first and behind every up-sampling.
        strides: of the up-samplings.
        n_latents: channels of the latents.
        activation: a channel count -> the activation.
        bias: whether the last convolution has one.
        tanh: whether the waveform is bounded by one.
    """
    blocks = (
        nn.Sequential(
            activation(before),
            nn.ConvTranspose1d(before, after, 2 * stride, stride, padding=(stride + 1) // 2),
            *(Residual(after, dilation, activation) for dilation in _DILATIONS),
        )
        for (before, after), stride in zip(pairwise(widths), strides, strict=True)
    )
    first = nn.Conv1d(n_latents, widths[0], 7, padding=3)
    last = nn.Conv1d(widths[-1], n_channels, 7, padding=3, bias=bias)
    return nn.Sequential(first, *blocks, activation(widths[-1]), last, *([nn.Tanh()] if tanh else ()))


def decoded_length(n_frames: int, strides: Sequence[int]) -> int:
    """Samples that `decoder` makes of so many frames: an odd stride makes one less of every frame's multiple.

    Args:
        n_frames: of the latents.
        strides: of the up-samplings.
    """
    for stride in strides:
        n_frames = n_frames * stride - stride % 2
    return n_frames
