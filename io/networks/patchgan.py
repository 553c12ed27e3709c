"""The PatchGAN discriminator of pix2pix, CycleGAN and taming-transformers, with the key names of junyanz or taming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.resnet_generator import Norm, norm_layer


class ActivationChain(nn.Module):
    """A discriminator that is one chain of layers, under a name of its own.

    Args:
        stack: what the chain is called.
        layers: one behind the other. Activations are out of place: features are handed out, and one in place would
            overwrite what hooks saw before it.
    """

    def __init__(self, stack: str, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self._layers = layers
        self.add_module(stack, nn.Sequential(*layers))

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """What the one sub-discriminator says, and its features.

        Args:
            image: (N, in_channels, H, W), in the range of the network's training.

        Returns:
            [scores], what the last layer gives; and [[features]], one map after every activation and the scores last.
        """
        features: list[Tensor] = []
        hidden = image
        for layer in self._layers:
            hidden = layer(hidden)
            if isinstance(layer, nn.LeakyReLU):
                features.append(hidden)
        return [hidden], [[*features, hidden]]


class ActNorm(nn.Module):
    """A shift and a scale for each channel, which training sets from its first batch (Kingma and Dhariwal 2018, Glow).

    Args:
        n_channels: width.
    """

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.loc = nn.Parameter(torch.zeros(1, n_channels, 1, 1))
        self.scale = nn.Parameter(torch.ones(1, n_channels, 1, 1))
        self.register_buffer("initialized", torch.tensor(1, dtype=torch.uint8))

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return self.scale * (hidden + self.loc)


class PatchGAN(ActivationChain):
    """A score for every patch: 4x4 convolutions of stride 2, then two of stride 1; LeakyReLU 0.2; no final sigmoid.

    Isola et al. 2017 (arXiv 1611.07004), NLayerDiscriminator. It takes images in [-1, 1] and gives logits of patches,
    (N, 1, h, w); with three layers each sees 70 x 70 pixels. Keys: `model.0.weight`, `model.2.weight`,
    `model.5.weight`, `model.8.weight`, `model.11.weight`.

    Args:
        in_channels: of the image it scores; a conditional one counts the channels of input and image together.
        ndf: channels after the first convolution; they double to at most 8 ndf.
        n_layers: convolutions of stride 2.
        norm: "batch", "instance", "act" for taming's ActNorm, or "none"; with "instance" and "act" the inner
            convolutions have a bias.
        stack: what the chain of layers is called: "model", or taming's "main".
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        ndf: int = 64,
        n_layers: int = 3,
        norm: Norm | Literal["act"] = "instance",
        stack: Literal["model", "main"] = "model",
    ) -> None:
        layers: list[nn.Module] = [nn.Conv2d(in_channels, ndf, 4, 2, 1), nn.LeakyReLU(0.2)]
        width = ndf
        for layer in range(1, n_layers + 1):
            wider = ndf * min(2**layer, 8)
            stride = 1 if layer == n_layers else 2
            layers += [nn.Conv2d(width, wider, 4, stride, 1, bias=norm in ("instance", "act"))]
            layers += [ActNorm(wider) if norm == "act" else norm_layer(norm, wider), nn.LeakyReLU(0.2)]
            width = wider
        super().__init__(stack, [*layers, nn.Conv2d(width, 1, 4, 1, 1)])
