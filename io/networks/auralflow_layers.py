"""The layers of auralflow's mask networks, with the key names of kianzohoury/auralflow."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d

_KERNEL = 5  # of the transposed convolutions


def triple_block(in_channels: int, out_channels: int, leak: float = 0) -> nn.Sequential:
    """Three times a 3x3 convolution, its activation and batch norm; only the first changes the number of channels.

    Args:
        in_channels: before.
        out_channels: after.
        leak: slope of the LeakyReLUs; 0 stands for SELU.
    """
    blocks = (
        nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(width, out_channels, 3, padding=1, bias=False),
                activation=nn.LeakyReLU(leak) if leak > 0 else nn.SELU(),
                bn=nn.BatchNorm2d(out_channels),
            )
        )
        for width in (in_channels, out_channels, out_channels)
    )
    return nn.Sequential(OrderedDict(conv=nn.Sequential(*blocks)))


def down_block(in_channels: int, out_channels: int, leak: float) -> nn.Sequential:
    """A triple block under upstream's name; the level below sees its output max-pooled."""
    return nn.Sequential(OrderedDict(conv_block=triple_block(in_channels, out_channels, leak)))


def input_norm(shape: tuple[int, ...] | None) -> nn.Sequential:
    """Layer norm over one whole spectrogram, or nothing; upstream nests it twice.

    Args:
        shape: (C, F, T) of a spectrogram; None for no normalisation.
    """
    norm = nn.LayerNorm(shape) if shape else nn.Identity()
    return nn.Sequential(OrderedDict(layer_norm=nn.Sequential(OrderedDict(layer_norm=norm))))


class UpBlock(nn.Module):
    """A transposed convolution to the size of the encoder's features, which join it in a triple block.

    Args:
        in_channels: before.
        out_channels: after; the encoder's features have as many.
        dropout: probability of losing a channel, in train mode.
    """

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        self.conv_block = triple_block(in_channels, out_channels)
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
