"""The ResNet generator of CycleGAN and pix2pix, with the key names of junyanz's networks.py."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from torch import Tensor, nn

from ganloss_cli.io.networks.placing import Residual

Norm = Literal["batch", "instance", "none"]
Padding = Literal["reflect", "replicate", "zero"]

N_DOWNSAMPLINGS = 2
_PADS: dict[str, type[nn.Module]] = {"reflect": nn.ReflectionPad2d, "replicate": nn.ReplicationPad2d}


def norm_layer(norm: Norm, n_channels: int) -> nn.Module:
    """One normalisation layer; instance norm is neither affine nor tracked, so it has no keys in a state dict."""
    if norm == "batch":
        return nn.BatchNorm2d(n_channels)
    return nn.InstanceNorm2d(n_channels) if norm == "instance" else nn.Identity()


def resnet_block(n_channels: int, *, norm: Norm, padding: Padding, dropout: bool) -> Residual:
    """Two 3x3 convolutions and a skip connection; the padding and dropout layers shift the indices of the keys.

    Args:
        n_channels: width.
        norm: "batch", "instance" or "none"; only with "instance" have the convolutions a bias.
        padding: "reflect", "replicate" or "zero".
        dropout: a Dropout(0.5) after the activation; without effect in eval mode.
    """

    def convolution() -> list[nn.Module]:
        pad = [] if padding == "zero" else [_PADS[padding](1)]
        width = 1 if padding == "zero" else 0
        conv = nn.Conv2d(n_channels, n_channels, 3, padding=width, bias=norm == "instance")
        return [*pad, conv, norm_layer(norm, n_channels)]

    between = [nn.ReLU(), *([nn.Dropout(0.5)] if dropout else [])]
    return Residual(OrderedDict(conv_block=nn.Sequential(*convolution(), *between, *convolution())))


class ResnetGenerator(nn.Module):
    """Image to image: a 7x7 convolution, two down-samplings, residual blocks, two up-samplings, tanh.

    Johnson et al. 2016 (arXiv 1603.08155), as CycleGAN (arXiv 1703.10593) uses it. Keys: `model.1.weight`,
    `model.10.conv_block.1.weight` ...

    Args:
        in_channels: of the image it takes.
        out_channels: of the image it makes.
        ngf: channels after the first convolution.
        n_blocks: residual blocks; 6 or 9 in the papers.
        norm: "batch", "instance" or "none"; only with "instance" have the inner convolutions a bias.
        padding: of the residual blocks; the two 7x7 convolutions always reflect.
        dropout: a Dropout(0.5) in every residual block.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        out_channels: int = 3,
        ngf: int = 64,
        n_blocks: int = 9,
        norm: Norm = "instance",
        padding: Padding = "reflect",
        dropout: bool = False,
    ) -> None:
        super().__init__()
        bias = norm == "instance"
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(in_channels, ngf, 7, bias=bias)]
        layers += [norm_layer(norm, ngf), nn.ReLU()]
        width = ngf
        for _ in range(N_DOWNSAMPLINGS):
            layers += [nn.Conv2d(width, 2 * width, 3, 2, 1, bias=bias), norm_layer(norm, 2 * width), nn.ReLU()]
            width *= 2
        layers += [resnet_block(width, norm=norm, padding=padding, dropout=dropout) for _ in range(n_blocks)]
        for _ in range(N_DOWNSAMPLINGS):
            layers += [nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1, bias=bias)]
            layers += [norm_layer(norm, width // 2), nn.ReLU()]
            width //= 2
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, out_channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        """The translated image in [-1, 1].

        Args:
            image: in [-1, 1]; (N, C, H, W), H and W multiples of 4 for an output of the same size.

        Returns:
            (N, out_channels, H, W).
        """
        return self.model(image)  # type: ignore[no-any-return]
