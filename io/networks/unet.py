"""The U-Net generator of pix2pix, with the key names of junyanz's networks.py."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.resnet_generator import Norm, norm_layer

N_WIDENINGS = 3  # ngf, 2 ngf, 4 ngf, then 8 ngf at every depth below


class _Level(nn.Module):
    """One depth: half the size, everything below, double the size; what came in is put beside what goes out.

    Args:
        outer: channels that come in, and that go out before the skip connection doubles them.
        inner: channels at half the size.
        below: the next depth; None at the bottom.
        norm: "batch", "instance" or "none"; only with "instance" have the convolutions a bias.
        dropout: a Dropout(0.5) at the end; without effect in eval mode.
    """

    def __init__(self, outer: int, inner: int, below: nn.Module | None, *, norm: Norm, dropout: bool = False) -> None:
        super().__init__()
        bias = norm == "instance"
        layers: list[nn.Module] = [nn.LeakyReLU(0.2), nn.Conv2d(outer, inner, 4, 2, 1, bias=bias)]
        if below is not None:
            layers += [norm_layer(norm, inner), below]
        widened = inner if below is None else 2 * inner
        layers += [nn.ReLU(), nn.ConvTranspose2d(widened, outer, 4, 2, 1, bias=bias), norm_layer(norm, outer)]
        layers += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """The features and what was made of them, (N, 2 outer, H, W)."""
        return torch.cat([features, self.model(features)], 1)


class UnetGenerator(nn.Module):
    """Image to image: an hourglass of 4x4 convolutions of stride 2 with skip connections at every depth.

    Isola et al. 2017 (arXiv 1611.07004), unet_128 and unet_256. Keys: `model.model.0.weight`,
    `model.model.1.model.1.weight`, `model.model.1.model.3.model.1.weight` ...

    Args:
        in_channels: of the image it takes.
        out_channels: of the image it makes.
        ngf: channels after the first convolution.
        n_downs: depths: 7 for 128 pixels, 8 for 256.
        norm: "batch", "instance" or "none"; only with "instance" have the inner convolutions a bias.
        dropout: in the depths between the bottom and the widenings; without effect in eval mode.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        out_channels: int = 3,
        ngf: int = 64,
        n_downs: int = 8,
        norm: Norm = "batch",
        dropout: bool = True,
    ) -> None:
        super().__init__()
        self.n_downs = n_downs
        widest = ngf * 2**N_WIDENINGS
        level = _Level(widest, widest, None, norm=norm)
        for _ in range(n_downs - N_WIDENINGS - 2):
            level = _Level(widest, widest, level, norm=norm, dropout=dropout)
        for widening in reversed(range(N_WIDENINGS)):
            level = _Level(ngf * 2**widening, ngf * 2 ** (widening + 1), level, norm=norm)
        # the first depth has no activation before it and no skip connection around it
        outermost = nn.Sequential(
            nn.Conv2d(in_channels, ngf, 4, 2, 1, bias=norm == "instance"),
            level,
            nn.ReLU(),
            nn.ConvTranspose2d(2 * ngf, out_channels, 4, 2, 1),
            nn.Tanh(),
        )
        self.model = nn.Sequential(OrderedDict(model=outermost))

    def forward(self, image: Tensor) -> Tensor:
        """The translated image in [-1, 1].

        Args:
            image: in [-1, 1]; (N, C, H, W), H and W multiples of 2^n_downs.

        Returns:
            (N, out_channels, H, W).

        Raises:
            ValueError: a side that is no multiple of 2^n_downs.
        """
        if any(side % 2**self.n_downs for side in image.shape[2:]):
            size = "x".join(map(str, image.shape[2:]))
            raise ValueError(f"sides must be multiples of {2**self.n_downs}, and the image is {size}")
        return self.model(image)  # type: ignore[no-any-return]
