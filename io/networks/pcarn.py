"""PCARN and PCARN-M, super-resolution by cascading residual blocks, with the key names of nmhkahn/PCARN-pytorch."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

N_CASCADED = 3
_FACTORS = {2: (2,), 3: (3,), 4: (2, 2)}


def _shift() -> nn.Sequential:
    """Adds or takes away the mean colour, as a 1x1 convolution."""
    return nn.Sequential(OrderedDict(shifter=nn.Conv2d(3, 3, 1)))


class _Block(nn.Module):
    """Two convolutions, in groups and with a third of 1x1 in the mobile form, and a skip connection."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, 1, 1, groups=groups)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, groups=groups)
        if groups > 1:
            self.pw = nn.Conv2d(width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        hidden = self.conv2(self.conv1(features).relu())
        if hasattr(self, "pw"):
            hidden = self.pw(hidden.relu())
        return (hidden + features).relu()  # type: ignore[no-any-return]


class _Cascade(nn.Module):
    """Three blocks; a 1x1 convolution behind each sees the outputs of all before it.

    Args:
        width: channels.
        blocks: the three; the mobile form has one under three names.
    """

    def __init__(self, width: int, blocks: list[nn.Module]) -> None:
        super().__init__()
        for k, block in enumerate(blocks, 1):
            self.add_module(f"b{k}", block)
            self.add_module(f"c{k}", nn.Conv2d((k + 1) * width, width, 1))

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        seen = hidden = features
        for k in range(1, N_CASCADED + 1):
            seen = torch.cat([seen, self.get_submodule(f"b{k}")(hidden)], 1)
            hidden = self.get_submodule(f"c{k}")(seen)
        return hidden


def _ups(width: int, scale: int, groups: int) -> nn.Sequential:
    """Up-samplings of one scale: a convolution, an activation, a shuffle of channels into pixels."""
    layers: list[nn.Module] = []
    for factor in _FACTORS[scale]:
        conv = nn.Conv2d(width, width * factor**2, 3, 1, 1, groups=groups)
        layers += [conv, nn.ReLU(), nn.PixelShuffle(factor)]
    return nn.Sequential(OrderedDict(body=nn.Sequential(*layers)))


class PCARN(_Cascade):
    """Super-resolution: cascades of cascades of residual blocks.

    Ahn et al. 2019 (arXiv 1903.02240). Keys: `entry.weight`, `b1.b1.conv1.weight`, `upsample.up4.body.0.weight`.

    Args:
        width: channels.
        groups: of the 3x3 convolutions; more than one in the mobile form, which shares its blocks.
        scales: that the file has up-samplings for; several under `up2`, `up3`, `up4`, one alone under `up`.
        scale: the one that is used.
    """

    def __init__(self, *, width: int, groups: int, scales: list[int], scale: int) -> None:
        def cascade() -> nn.Module:
            shared = _Block(width, groups)
            return _Cascade(width, [shared if groups > 1 else _Block(width, groups) for _ in range(N_CASCADED)])

        super().__init__(width, [cascade() for _ in range(N_CASCADED)])
        self.sub_mean, self.add_mean = _shift(), _shift()
        self.entry = nn.Conv2d(3, width, 3, 1, 1)
        self.upsample = nn.Module()
        for each in scales:
            self.upsample.add_module(f"up{each}" if len(scales) > 1 else "up", _ups(width, each, groups))
        self.used = f"up{scale}" if len(scales) > 1 else "up"
        self.exit = nn.Conv2d(width, 3, 3, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """The enlarged image, not clamped: (N, 3, H scale, W scale) of (N, 3, H, W) in [0, 1]."""
        features = self.entry(self.sub_mean(image))
        made = self.upsample.get_submodule(self.used)(super().forward(features) + features)
        return self.add_mean(self.exit(made))  # type: ignore[no-any-return]
