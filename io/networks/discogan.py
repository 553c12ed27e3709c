"""The networks of DiscoGAN, with the key names of SKTBrain/DiscoGAN."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

_SLOPE = 0.2
# the names that Paddle gives to the running statistics of batch norm
_PADDLE = {"._mean": ".running_mean", "._variance": ".running_var"}


def _respell(_module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
    for key in list(state_dict):
        for paddle, torch_name in _PADDLE.items():
            if key.endswith(paddle):
                state_dict[key.removesuffix(paddle) + torch_name] = state_dict.pop(key)


class DiscoGANGenerator(nn.Module):
    """Image to image through a bottleneck without skip connections: 4x4 convolutions down, transposed ones up, sigmoid.

    Kim et al. 2017 (arXiv 1703.05192). Keys: `main.0.weight`, `main.2.weight`, `main.5.weight` ...

    Args:
        down: channels before the first convolution and after every one.
        up: channels before the first transposed convolution and after every one.
        extra_layers: whether the innermost layers shrink 4x4 pixels to one and back, stride 1 without padding.
    """

    def __init__(self, *, down: Sequence[int], up: Sequence[int], extra_layers: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(pairwise(down)):
            innermost = extra_layers and k == len(down) - 2
            layers.append(nn.Conv2d(before, after, 4, 1 if innermost else 2, 0 if innermost else 1, bias=False))
            layers += [nn.BatchNorm2d(after)] if k else []
            layers.append(nn.LeakyReLU(_SLOPE))
        for k, (before, after) in enumerate(pairwise(up)):
            innermost = extra_layers and k == 0
            stride, padding = (1, 0) if innermost else (2, 1)
            layers.append(nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False))
            layers += [nn.BatchNorm2d(after), nn.ReLU()] if k < len(up) - 2 else [nn.Sigmoid()]
        self.main = nn.Sequential(*layers)
        self.register_load_state_dict_pre_hook(_respell)  # type: ignore[no-untyped-call]

    def forward(self, image: Tensor) -> Tensor:
        """The translated image in [0, 1].

        Args:
            image: in [0, 1], blue first; (N, C, H, W), 64 x 64 in the paper.

        Returns:
            (N, C, H, W).
        """
        return self.main(image)  # type: ignore[no-any-return]


class DiscoGANDiscriminator(nn.Module):
    """Five 4x4 convolutions and a sigmoid; its training compares the maps of the second, third and fourth.

    Kim et al. 2017 (arXiv 1703.05192). Keys: `conv1.weight`, `conv2.weight`, `bn2.weight` ...

    Args:
        channels: before the first convolution and after every one; the last is 1.
    """

    def __init__(self, *, channels: Sequence[int]) -> None:
        super().__init__()
        self.n_layers = len(channels) - 1
        for layer in range(1, self.n_layers + 1):
            stride, padding = (2, 1) if layer < self.n_layers else (1, 0)
            conv = nn.Conv2d(channels[layer - 1], channels[layer], 4, stride, padding, bias=False)
            self.add_module(f"conv{layer}", conv)
            if 1 < layer < self.n_layers:
                self.add_module(f"bn{layer}", nn.BatchNorm2d(channels[layer]))
        self.activation = nn.LeakyReLU(_SLOPE)
        self.register_load_state_dict_pre_hook(_respell)  # type: ignore[no-untyped-call]

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Probabilities and the maps that are compared.

        Args:
            image: in [0, 1], blue first; (N, C, H, W).

        Returns:
            [probabilities], (N, 1, 1, 1) of images of 64 x 64; and [[maps]] after the second, third and fourth
            activation, without the probability.
        """
        hidden = self.activation(self.get_submodule("conv1")(image))
        maps: list[Tensor] = []
        for layer in range(2, self.n_layers):
            normed = self.get_submodule(f"bn{layer}")(self.get_submodule(f"conv{layer}")(hidden))
            hidden = self.activation(normed)
            maps.append(hidden)
        return [torch.sigmoid(self.get_submodule(f"conv{self.n_layers}")(hidden))], [maps]
