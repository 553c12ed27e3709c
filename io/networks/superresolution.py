"""Small super-resolution generators: SRVGG of Real-ESRGAN, SRResNet of BasicSR, SRGAN of leftthomas."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

from ganloss_cli.io.networks.placing import Residual

Between = Literal["prelu", "relu", "leakyrelu"]


class SRVGG(nn.Module):
    """Convolutions at the small size, one shuffle of channels into pixels, added to the enlarged input.

    SRVGGNetCompact of Real-ESRGAN (arXiv 2107.10833). Keys: `body.0.weight`, `body.2.weight` ...

    Args:
        channels: of the image it takes and produces.
        width: of the convolutions.
        n_convolutions: between the first and the last.
        scale: of the enlargement.
        activation: between the convolutions; "leakyrelu" has a slope of 0.1.
    """

    def __init__(self, *, channels: int, width: int, n_convolutions: int, scale: int, activation: Between) -> None:
        super().__init__()
        self.scale = scale

        def between() -> nn.Module:
            if activation == "prelu":
                return nn.PReLU(width)
            return nn.ReLU() if activation == "relu" else nn.LeakyReLU(0.1)

        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, 1, 1), between()]
        for _ in range(n_convolutions):
            layers += [nn.Conv2d(width, width, 3, 1, 1), between()]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, channels * scale**2, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        """The enlarged image, not clamped: (N, C, H scale, W scale) of (N, C, H, W) in [0, 1]."""
        enlarged = interpolate(image, scale_factor=self.scale, mode="nearest")
        return pixel_shuffle(self.body(image), self.scale) + enlarged


def _plain_block(width: int) -> Residual:
    """Two convolutions and a skip connection."""
    first, second = (nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
    return Residual(OrderedDict(conv1=first, relu=nn.ReLU(), conv2=second))


class SRResNet(nn.Module):
    """Residual blocks without norm, shuffles of channels into pixels, added to the enlarged input.

    Ledig et al. 2017 (arXiv 1609.04802) in the form of BasicSR's MSRResNet. Keys: `body.0.conv1.weight`,
    `upconv1.weight`.

    Args:
        in_channels: of the image it takes; it makes as many as `out_channels`.
        out_channels: of the image it makes.
        width: of the blocks.
        n_blocks: residual blocks.
        scale: 2, 3 or 4.
    """

    def __init__(self, *, in_channels: int, out_channels: int, width: int, n_blocks: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.factors = [2, 2] if scale == 4 else [scale]
        self.conv_first = nn.Conv2d(in_channels, width, 3, 1, 1)
        self.body = nn.Sequential(*(_plain_block(width) for _ in range(n_blocks)))
        for k, factor in enumerate(self.factors, 1):
            self.add_module(f"upconv{k}", nn.Conv2d(width, width * factor**2, 3, 1, 1))
        self.conv_hr = nn.Conv2d(width, width, 3, 1, 1)
        self.conv_last = nn.Conv2d(width, out_channels, 3, 1, 1)
        self.activation = nn.LeakyReLU(0.1)

    def forward(self, image: Tensor) -> Tensor:
        """The enlarged image, not clamped: (N, C, H scale, W scale) of (N, C, H, W) in [0, 1]."""
        features = self.body(self.activation(self.conv_first(image)))
        for k, factor in enumerate(self.factors, 1):
            features = self.activation(pixel_shuffle(self.get_submodule(f"upconv{k}")(features), factor))
        made = self.conv_last(self.activation(self.conv_hr(features)))
        return made + interpolate(image, scale_factor=self.scale, mode="bilinear", align_corners=False)  # type: ignore[no-any-return]


def _normed_block(width: int) -> Residual:
    """Two convolutions with batch norm, a PReLU between, and a skip connection."""
    first, second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
    return Residual(
        OrderedDict(conv1=first, bn1=nn.BatchNorm2d(width), prelu=nn.PReLU(), conv2=second, bn2=nn.BatchNorm2d(width))
    )


def _doubling(width: int) -> nn.Sequential:
    """A convolution, a shuffle of channels into twice as many pixels a side, a PReLU."""
    conv = nn.Conv2d(width, 4 * width, 3, padding=1)
    return nn.Sequential(OrderedDict(conv=conv, pixel_shuffle=nn.PixelShuffle(2), prelu=nn.PReLU()))


class SRGANGenerator(nn.Module):
    """Residual blocks with batch norm, up-samplings by two, (tanh + 1) / 2.

    Ledig et al. 2017 (arXiv 1609.04802) in the form of leftthomas/SRGAN. Keys: `block1.0.weight`,
    `block2.conv1.weight`, `block8.0.conv.weight`.

    Args:
        channels: of the image it takes and produces.
        width: of the blocks.
        n_blocks: residual blocks.
        n_ups: up-samplings by two.
        norm_behind_blocks: batch norm behind the convolution after the blocks; before May 2019 it was a PReLU.
    """

    def __init__(self, *, channels: int, width: int, n_blocks: int, n_ups: int, norm_behind_blocks: bool) -> None:
        super().__init__()
        self.n_blocks = n_blocks
        self.block1 = nn.Sequential(nn.Conv2d(channels, width, 9, padding=4), nn.PReLU())
        for k in range(n_blocks):
            self.add_module(f"block{k + 2}", _normed_block(width))
        behind = nn.BatchNorm2d(width) if norm_behind_blocks else nn.PReLU()
        self.add_module(f"block{n_blocks + 2}", nn.Sequential(nn.Conv2d(width, width, 3, padding=1), behind))
        ups = [_doubling(width) for _ in range(n_ups)]
        self.add_module(f"block{n_blocks + 3}", nn.Sequential(*ups, nn.Conv2d(width, channels, 9, padding=4)))

    def forward(self, image: Tensor) -> Tensor:
        """The enlarged image in [0, 1]: (N, C, 2^n_ups H, 2^n_ups W) of (N, C, H, W) in [0, 1]."""
        first = self.block1(image)
        hidden = first
        for k in range(self.n_blocks + 1):
            hidden = self.get_submodule(f"block{k + 2}")(hidden)
        return (self.get_submodule(f"block{self.n_blocks + 3}")(first + hidden).tanh() + 1) / 2  # type: ignore[no-any-return]
