"""LlamaGen's discriminator in the manner of StyleGAN2, with its key names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

_SLOPE = 0.2
_SIDE = 4  # of the last maps


class _Blur(nn.Module):
    """Every channel under the filter 1, 2, 1 both ways, at reflecting borders."""

    f: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        row = self.f / self.f.sum()
        kernel = torch.outer(row, row).expand(hidden.shape[1], 1, -1, -1)
        return functional.conv2d(functional.pad(hidden, (1, 1, 1, 1), "reflect"), kernel, groups=hidden.shape[1])


class _Block(nn.Module):
    """Two convolutions and a blurred third of stride 2, beside a skip connection of one."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv_res = nn.Conv2d(before, after, 1, 2)
        self.net = nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1), nn.LeakyReLU(_SLOPE),
            nn.Conv2d(after, after, 3, padding=1), nn.LeakyReLU(_SLOPE),
        )  # fmt: skip
        self.downsample = nn.Sequential(_Blur(), nn.Conv2d(after, after, 3, 2, 1))

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, before, H, W) to (N, after, H / 2, W / 2)."""
        return (self.downsample(self.net(hidden)) + self.conv_res(hidden)) / math.sqrt(2)  # type: ignore[no-any-return]


class LlamaGenDiscriminator(nn.Module):
    """A score for a picture, which must have the side that it was made for.

    Sun et al. 2024 (arXiv:2406.06525), disc_type stylegan. Keys: `blocks.0.weight`, `blocks.2.conv_res.weight`,
    `blocks.2.net.0.weight`, `blocks.2.downsample.1.weight`, `final_conv.0.weight`, `final_linear.0.weight`.

    Args:
        in_channels: of the picture.
        widths: channels before the first block and behind each.
        last: channels of the last convolution.
    """

    def __init__(self, *, in_channels: int, widths: Sequence[int], last: int) -> None:
        super().__init__()
        blocks = [_Block(before, after) for before, after in pairwise(widths)]
        self.blocks = nn.ModuleList([nn.Conv2d(in_channels, widths[0], 3, padding=1), nn.LeakyReLU(_SLOPE), *blocks])
        self.final_conv = nn.Sequential(nn.Conv2d(widths[-1], last, 3, padding=1), nn.LeakyReLU(_SLOPE))
        self.final_linear = nn.Sequential(nn.Linear(last * _SIDE**2, last), nn.LeakyReLU(_SLOPE), nn.Linear(last, 1))

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """[scores], and [[maps]]: that of every block, and the score.

        Args:
            image: in [-1, 1]; (N, C, S, S).
        """
        maps: list[Tensor] = []
        hidden = image
        for layer in self.blocks:
            hidden = layer(hidden)
            if isinstance(layer, _Block):
                maps.append(hidden)
        score = self.final_linear(self.final_conv(hidden).flatten(1))
        return [score], [[*maps, score]]
