"""The discriminator of StyleGAN2, with the key names of rosinality's model.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from ganloss_cli.io.networks.stylegan2_layers import EPSILON, Activation, EqualLinear
from ganloss_cli.io.networks.upfirdn import blur_before_halving

# names of ppeetteerrs/stylegan2-torch -> rosinality's
_RESPELLED = (
    ("blocks.", "convs."),
    (".down_conv.", ".conv2."),
    (".conv.", ".conv1."),
    ("final_linear.", "final_linear.1."),
    ("final_relu.", "final_linear.0."),
)


class _EqualConvolution(nn.Module):
    """A convolution whose weights are stored without their scale, and without bias."""

    def __init__(self, before: int, after: int, size: int, *, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(after, before, size, size))
        self.scale, self.stride = 1 / math.sqrt(before * size**2), stride
        self.padding = size // 2 if stride == 1 else 0

    def forward(self, features: Tensor) -> Tensor:
        """(N, after, H, W), or half the size."""
        return conv2d(features, self.weight * self.scale, stride=self.stride, padding=self.padding)


def _activated(before: int, after: int, size: int) -> nn.Sequential:
    return nn.Sequential(_EqualConvolution(before, after, size), Activation(after))


class _Block(nn.Module):
    """Two convolutions and a skip connection to half the size, divided by sqrt(2)."""

    def __init__(self, before: int, after: int, taps: Sequence[float]) -> None:
        super().__init__()
        self.conv1 = _activated(before, before, 3)
        halving = _EqualConvolution(before, after, 3, stride=2)
        self.conv2 = nn.Sequential(blur_before_halving(taps, 3), halving, Activation(after))
        self.skip = nn.Sequential(blur_before_halving(taps, 1), _EqualConvolution(before, after, 1, stride=2))

    def forward(self, features: Tensor) -> Tensor:
        """(N, after, H / 2, W / 2)."""
        return (self.conv2(self.conv1(features)) + self.skip(features)) / math.sqrt(2)  # type: ignore[no-any-return]


class StyleGAN2Discriminator(nn.Module):
    """Residual blocks down to 4 x 4 pixels, the spread within groups of samples beside them, two linear layers.

    Karras et al. 2020 (arXiv 1912.04958). Takes the key names of rosinality/stylegan2-pytorch and those of
    ppeetteerrs/stylegan2-torch.

    Args:
        channels: at the image's size, at half of it ... down to 4 x 4.
        image_channels: 3 at rosinality's, 1 at ppeetteerrs'.
        taps: of the filters before the down-samplings.
        group: samples that are compared; a batch is taken in consecutive groups of that size.
        hidden: values between the two linear layers.
        ppeetteerrs: whether the names are ppeetteerrs/stylegan2-torch's.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        image_channels: int = 3,
        taps: Sequence[float] = (1, 3, 3, 1),
        group: int = 4,
        hidden: int | None = None,
        ppeetteerrs: bool = False,
    ) -> None:
        super().__init__()
        self.mixes_samples = group
        self.size = 2 ** (len(channels) + 1)
        blocks = [_Block(before, after, taps) for before, after in pairwise(channels)]
        self.convs = nn.Sequential(_activated(image_channels, channels[0], 1), *blocks)
        hidden = hidden or channels[-1]
        self.final_conv = _activated(channels[-1] + 1, hidden, 3)
        self.final_linear = nn.Sequential(EqualLinear(hidden * 16, hidden, activated=True), EqualLinear(hidden, 1))
        if ppeetteerrs:
            self.register_load_state_dict_pre_hook(_respell)  # type: ignore[no-untyped-call]

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and features.

        Args:
            image: in [-1, 1]; (N, image_channels, S, S), N a multiple of the group.

        Returns:
            [logits], (N, 1); and [[features]]: after the first layer, every block, both hidden layers, and the logits.

        Raises:
            ValueError: images of another size, or a remainder of samples without a group.
        """
        if tuple(image.shape[2:]) != (self.size, self.size):
            raise ValueError(f"images must be {self.size}x{self.size}, and these are {image.shape[2]}x{image.shape[3]}")
        maps: list[Tensor] = []
        hidden = image
        for block in self.convs:
            hidden = block(hidden)
            maps.append(hidden)
        maps.append(self.final_conv(torch.cat([hidden, _spread(hidden, self.mixes_samples)], 1)))
        for layer in self.final_linear:
            maps.append(layer(maps[-1].flatten(1)))
        return [maps[-1]], [maps]


def _spread(features: Tensor, group: int) -> Tensor:
    """The standard deviation within each group, averaged over channels and pixels: (N, 1, H, W).

    Karras et al. 2018 (arXiv 1710.10196), minibatch standard deviation.
    """
    n = len(features)
    if n % group:
        raise ValueError(f"it compares groups of {group} samples, and {n % group} of {n} are left over")
    grouped = features.reshape(n // group, group, *features.shape[1:])
    deviation: Tensor = (grouped.var(1, unbiased=False) + EPSILON).sqrt().mean((1, 2, 3))
    return deviation.repeat_interleave(group)[:, None, None, None].expand(-1, 1, *features.shape[2:])


def _respell(_module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
    for key in list(state_dict):
        name = key
        for theirs, ours in _RESPELLED:
            name = name.replace(theirs, ours) if theirs.startswith(".") or name.startswith(theirs) else name
        state_dict[name] = state_dict.pop(key)
