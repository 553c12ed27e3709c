"""AlexNet, SqueezeNet 1.1, VGG16 and VGG19 up to their last feature map, with the key names of torchvision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


class BackboneFeatures(nn.Module):
    """The feature maps of a classification network whose layers follow one another.

    Args:
        names: of its layers: "conv1_1", "relu1_1", ..., "pool5".
        modules: the layers themselves; none works in place, for the map before it may be asked for too.
        layers: those whose maps `forward` gives; may be changed at any time.

    Attributes:
        pooling: in place of its own, where a loss brings another; may be changed at any time.
    """

    def __init__(self, *, names: Sequence[str], modules: Sequence[nn.Module], layers: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.layers = tuple(layers)
        self.linear: tuple[Tensor, ...] = ()
        self.features = nn.Sequential(*modules)
        self.pooling: Callable[[Tensor], Tensor] | None = None

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Name of a layer -> its map (N, C, H, W), of the layers in `layers`; nothing behind the last is computed.

        Args:
            images: RGB, (N, 3, H, W), prepared as the loss wants them.
        """
        maps: dict[str, Tensor] = {}
        hidden = images
        for name, layer in zip(self.names, self.features, strict=True):
            hidden = self.pooling(hidden) if self.pooling and name.startswith("pool") else layer(hidden)
            if name in self.layers:
                maps[name] = hidden
                if len(maps) == len(set(self.layers)):
                    break
        return maps


class Fire(nn.Module):
    """A fire module (Iandola et al. 2016, arXiv:1602.07360): squeezed by 1x1, then expanded by 1x1 beside 3x3.

    Args:
        before: channels that come in.
        squeezed: between the two.
        expanded: of each of the two sides.
    """

    def __init__(self, before: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 2 expanded, H, W)."""
        squeezed = self.squeeze(hidden).relu()
        return torch.cat([self.expand1x1(squeezed).relu(), self.expand3x3(squeezed).relu()], dim=1)


def vgg_modules(names: Sequence[str], widths: Sequence[int]) -> list[nn.Module]:
    """3x3 convolutions with ReLU, in blocks that end with 2x2 maximum pooling.

    Simonyan and Zisserman 2014 (arXiv 1409.1556), configurations D and E.

    Args:
        names: of its layers.
        widths: channels of each block; 64, 128, 256, 512, 512 in the paper.
    """
    modules: list[nn.Module] = []
    before = 3
    for name in names:
        width = widths[int(name[4]) - 1]
        if name.startswith("conv"):
            modules.append(nn.Conv2d(before, width, 3, padding=1))
        else:
            modules.append(nn.ReLU() if name.startswith("relu") else nn.MaxPool2d(2))
        before = width
    return modules


def alexnet_modules() -> list[nn.Module]:
    """Five convolutions, the first of 11x11 and stride 4 (Krizhevsky 2014, arXiv:1404.5997)."""
    pool = nn.MaxPool2d(3, 2)
    first, second = nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.Conv2d(64, 192, 5, padding=2)
    third, fourth, fifth = (nn.Conv2d(a, b, 3, padding=1) for a, b in ((192, 384), (384, 256), (256, 256)))
    relu = nn.ReLU()
    return [first, relu, pool, second, relu, pool, third, relu, fourth, relu, fifth, relu, pool]


def squeezenet_modules() -> list[nn.Module]:
    """SqueezeNet 1.1: a convolution and eight fire modules."""
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    return [
        nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), pool, Fire(64, 16, 64), Fire(128, 16, 64), pool, Fire(128, 32, 128),
        Fire(256, 32, 128), pool, Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
    ]  # fmt: skip
