"""Snakes at twice the rate, between two low-pass filters, as BigVGAN has them, and so-vits-svc's decoder with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.networks.hifigan import ResidualBlock1, ResidualBlock2
from ganloss_cli.io.networks.nsf import NsfGenerator

Activation = Callable[[int], nn.Module]
_TAPS = 12  # of both filters, whose values the file holds
_LEAST = 1e-9  # added to the divisor


def harmonic_generator(*, snake: bool, **settings: Any) -> NsfGenerator:
    """so-vits-svc's decoder, with Snakes or with LeakyReLU; the settings are those of NsfGenerator."""
    return SnakeGenerator(**settings) if snake else NsfGenerator(**settings)


class Snake(nn.Module):
    """x + sin(a x)^2 / b for every channel; Ziyin et al. 2020 (arXiv 2006.08195), and Lee et al. 2023 (2206.04658).

    Keys: `alpha` and `beta`, a and b or their logarithms.

    Args:
        n_channels: width.
        beta: whether b is one of its own; else it is a.
        log_scale: whether they are stored as logarithms.
    """

    def __init__(self, n_channels: int, *, beta: bool = True, log_scale: bool = True) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(n_channels))
        self.beta = nn.Parameter(torch.zeros(n_channels)) if beta else None
        self.log_scale = log_scale

    def forward(self, signal: Tensor) -> Tensor:
        """Values of the same shape, (N, C, T)."""
        parts = (self.alpha, self.alpha if self.beta is None else self.beta)
        alpha, beta = ((each.exp() if self.log_scale else each)[:, None] for each in parts)
        return signal + torch.sin(signal * alpha) ** 2 / (beta + _LEAST)


class _Filter(nn.Module):
    """Values of a low-pass filter. Key: `filter`."""

    filter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filter", torch.zeros(1, 1, _TAPS))

    def of_channels(self, n_channels: int) -> Tensor:
        """One for each."""
        return self.filter.expand(n_channels, -1, -1)


class AliasFreeSnake(nn.Module):
    """A Snake at twice the rate; Karras et al. 2021 (arXiv 2106.12423), in one dimension.

    Keys: `act`, `upsample.filter`, `downsample.lowpass.filter`.

    Args:
        n_channels: width.
        settings: of the Snake.
    """

    def __init__(self, n_channels: int, **settings: bool) -> None:
        super().__init__()
        self.act = Snake(n_channels, **settings)
        self.upsample = _Filter()
        self.downsample = nn.ModuleDict({"lowpass": _Filter()})

    def forward(self, signal: Tensor) -> Tensor:
        """Values of the same shape, (N, C, T)."""
        n_channels = signal.shape[1]
        beside, cut = _TAPS // 2 - 1, 3 * (_TAPS // 2 - 1)
        signal = functional.pad(signal, (beside, beside), mode="replicate")
        doubled = functional.conv_transpose1d(
            signal, self.upsample.of_channels(n_channels), stride=2, groups=n_channels
        )
        bent = functional.pad(self.act(2 * doubled[..., cut:-cut]), (beside, beside + 1), mode="replicate")
        lowpass = self.downsample["lowpass"].of_channels(n_channels)  # type: ignore[operator]
        return functional.conv1d(bent, lowpass, stride=2, groups=n_channels)


class SnakeBlock1(ResidualBlock1):
    """Residual blocks of type 1 with Snakes. Keys: those of the block, and `activations.0` ...

    Args:
        n_channels: width.
        kernel: of all convolutions.
        dilations: of the first convolution of each pair.
        activation: makes one of a width.
    """

    def __init__(
        self, n_channels: int, kernel: int, dilations: Sequence[int], activation: Activation = AliasFreeSnake
    ) -> None:
        super().__init__(n_channels, kernel, dilations)
        self.activations = nn.ModuleList(activation(n_channels) for _ in range(2 * len(dilations)))

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        pairs = zip(self.convs1, self.convs2, self.activations[::2], self.activations[1::2], strict=True)
        for first, second, before, between in pairs:
            signal = signal + second(between(first(before(signal))))
        return signal


class SnakeBlock2(ResidualBlock2):
    """Residual blocks of type 2 with Snakes. Keys: those of the block, and `activations.0` ...

    Args:
        n_channels: width.
        kernel: of all convolutions.
        dilations: one a convolution.
        activation: makes one of a width.
    """

    def __init__(
        self, n_channels: int, kernel: int, dilations: Sequence[int], activation: Activation = AliasFreeSnake
    ) -> None:
        super().__init__(n_channels, kernel, dilations)
        self.activations = nn.ModuleList(activation(n_channels) for _ in dilations)

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        for convolution, before in zip(self.convs, self.activations, strict=True):
            signal = signal + convolution(before(signal))
        return signal


class SnakeGenerator(NsfGenerator):
    """NsfGenerator with Snakes (nsf-snake-hifigan). Keys: those of NsfGenerator, `snakes.0` ... and `snake_post`.

    Args:
        initial_channels: after the first convolution; every up-sampling halves them.
        settings: the others of NsfGenerator.
    """

    blocks: ClassVar[tuple[type[nn.Module], type[nn.Module]]] = (SnakeBlock1, SnakeBlock2)

    def __init__(self, *, initial_channels: int, **settings: Any) -> None:
        super().__init__(initial_channels=initial_channels, **settings)
        widths = [initial_channels // 2**stage for stage in range(len(self.ups) + 1)]
        self.snakes = nn.ModuleList(map(AliasFreeSnake, widths[:-1]))
        self.snake_post = AliasFreeSnake(widths[-1])

    def _raised(self, hidden: Tensor, stage: int) -> Tensor:
        raised: Tensor = self.ups[stage](self.snakes[stage](hidden))
        return raised

    def _left(self, hidden: Tensor) -> Tensor:
        return torch.tanh(self.conv_post(self.snake_post(hidden)))
