"""VGG16 and VGG19 up to their last pooling, with the key names of torchvision."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class VggFeatures(nn.Module):
    """The feature maps of a VGG: 3x3 convolutions with ReLU, in blocks that end with 2x2 maximum pooling.

    Simonyan and Zisserman 2014 (arXiv 1409.1556), configurations D and E.

    Args:
        names: of its layers: "conv1_1", "relu1_1", ..., "pool5".
        widths: channels of each block; 64, 128, 256, 512, 512 in the paper.
        layers: those whose maps `forward` gives; may be changed at any time.
    """

    def __init__(self, *, names: Sequence[str], widths: Sequence[int], layers: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.layers = tuple(layers)
        self.features = nn.Sequential()
        before = 3
        for name in names:
            width = widths[int(name[4]) - 1]
            self.features.append(_layer(name, before, width))
            before = width

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Name of a layer -> its map (N, C, H, W), of the layers in `layers`; nothing behind the last is computed.

        Args:
            images: RGB, (N, 3, H, W), prepared as the loss wants them.
        """
        maps: dict[str, Tensor] = {}
        hidden = images
        for name, layer in zip(self.names, self.features, strict=True):
            hidden = layer(hidden)
            if name in self.layers:
                maps[name] = hidden
                if len(maps) == len(set(self.layers)):
                    break
        return maps


def _layer(name: str, before: int, width: int) -> nn.Module:
    if name.startswith("conv"):
        return nn.Conv2d(before, width, 3, padding=1)
    # not in place: the map of the convolution may be asked for too
    return nn.ReLU() if name.startswith("relu") else nn.MaxPool2d(2)
