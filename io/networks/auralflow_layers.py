"""The layers of auralflow's mask networks, with the key names of kianzohoury/auralflow."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d

_KERNEL = 5  # of the transposed convolutions


class ConvolutionBlock(nn.Module):
    """A 3x3 convolution, its activation, then batch norm.

    Args:
        in_channels: before.
        out_channels: after.
        leak: slope of a LeakyReLU; 0 stands for SELU.
    """

    def __init__(self, in_channels: int, out_channels: int, leak: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.activation = nn.LeakyReLU(leak) if leak > 0 else nn.SELU()
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, hidden: Tensor) -> Tensor:
        """Features (N, out_channels, F, T)."""
        return self.bn(self.activation(self.conv(hidden)))  # type: ignore[no-any-return]


class TripleBlock(nn.Module):
    """Three convolution blocks; only the first changes the number of channels.

    Args:
        in_channels: before.
        out_channels: after.
        leak: of the activations.
    """

    def __init__(self, in_channels: int, out_channels: int, leak: float = 0) -> None:
        super().__init__()
        widths = (in_channels, out_channels, out_channels)
        self.conv = nn.Sequential(*(ConvolutionBlock(width, out_channels, leak) for width in widths))

    def forward(self, hidden: Tensor) -> Tensor:
        """Features (N, out_channels, F, T)."""
        return self.conv(hidden)  # type: ignore[no-any-return]


class DownBlock(nn.Module):
    """A triple block; the level below sees its output max-pooled.

    Args:
        in_channels: before.
        out_channels: after.
        leak: of the activations.
    """

    def __init__(self, in_channels: int, out_channels: int, leak: float) -> None:
        super().__init__()
        self.conv_block = TripleBlock(in_channels, out_channels, leak)

    def forward(self, hidden: Tensor) -> Tensor:
        """Features (N, out_channels, F, T), before pooling."""
        return self.conv_block(hidden)  # type: ignore[no-any-return]


class UpBlock(nn.Module):
    """A transposed convolution to the size of the encoder's features, which join it in a triple block.

    Args:
        in_channels: before.
        out_channels: after; the encoder's features have as many.
        dropout: probability of losing a channel, in train mode.
    """

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        self.conv_block = TripleBlock(in_channels, out_channels)
        self.up = nn.ConvTranspose2d(in_channels, out_channels, _KERNEL, 2)
        self.bn = nn.BatchNorm2d(out_channels)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, hidden: Tensor, skip: Tensor) -> Tensor:
        """Features of the size of `skip`, (N, out_channels, F, T)."""
        # upstream chooses the padding for one number of frames; an odd size takes 1, an even one 2 and one more row
        even = [1 - size % 2 for size in skip.shape[-2:]]
        padding = [1 + extra for extra in even]
        wide = conv_transpose2d(hidden, self.up.weight, self.up.bias, 2, padding, even)
        return self.dropout(self.conv_block(torch.cat([self.bn(wide), skip], dim=1)))  # type: ignore[no-any-return]


class InputNorm(nn.Module):
    """Layer norm over one whole spectrogram, or nothing; upstream nests it twice.

    Args:
        shape: (C, F, T) of a spectrogram; None for no normalisation.
    """

    def __init__(self, shape: tuple[int, ...] | None) -> None:
        super().__init__()
        self.layer_norm = nn.Module()
        self.layer_norm.layer_norm = nn.LayerNorm(shape) if shape else nn.Identity()

    def forward(self, spectrogram: Tensor) -> Tensor:
        """The spectrogram, normalised."""
        return self.layer_norm.layer_norm(spectrogram)  # type: ignore[no-any-return, operator]


class CenterScale(nn.Module):
    """Each frequency less its centre, times its scale.

    Args:
        n_bins: frequencies.
    """

    def __init__(self, n_bins: int) -> None:
        super().__init__()
        self.center = nn.Parameter(torch.zeros(n_bins))
        self.scale = nn.Parameter(torch.ones(n_bins))

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Of the same shape, (N, C, F, T)."""
        return (spectrogram - self.center[:, None]) * self.scale[:, None]
