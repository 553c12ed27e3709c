"""Patch discriminators besides the plain one: pixel by pixel, and several of them at several scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganloss_cli.io.networks.patchgan import ActivationChain
from ganloss_cli.io.networks.placing import place
from ganloss_cli.io.networks.resnet_generator import Norm, norm_layer
from ganloss_cli.io.networks.spellings import accept_spellings, spectrally_normed

Names = Literal["pix2pixHD features", "pix2pixHD plain", "SPADE"]
_SLOPE = 0.2


class PixelDiscriminator(ActivationChain):
    """A score for every pixel: three 1x1 convolutions; no final sigmoid.

    Isola et al. 2017 (arXiv 1611.07004), PixelGAN. It takes images in [-1, 1] and gives logits, (N, 1, H, W).
    Keys: `net.0.weight`, `net.2.weight`, `net.5.weight`.

    Args:
        in_channels: of the image it scores; a conditional one counts the channels of input and image together.
        ndf: channels after the first convolution.
        norm: "batch", "instance" or "none"; only with "instance" have the last two convolutions a bias.
    """

    def __init__(self, *, in_channels: int = 3, ndf: int = 64, norm: Norm = "batch") -> None:
        bias = norm == "instance"
        first, second = nn.Conv2d(in_channels, ndf, 1), nn.Conv2d(ndf, 2 * ndf, 1, bias=bias)
        normed = [second, norm_layer(norm, 2 * ndf), nn.LeakyReLU(_SLOPE)]
        super().__init__("net", [first, nn.LeakyReLU(_SLOPE), *normed, nn.Conv2d(2 * ndf, 1, 1, bias=bias)])


class MultiscaleDiscriminator(nn.Module):
    """PatchGANs on the image and on the image at half, quarter ... its size.

    Wang et al. 2018 (arXiv 1711.11585) for pix2pixHD; Park et al. 2019 (arXiv 1903.07291) for SPADE, which adds
    spectral norm. 4x4 convolutions with two pixels of padding, stride 2 but in the last two; LeakyReLU 0.2. The first
    sub-discriminator sees the image at full size; pix2pixHD numbers them from the smallest on.

    Args:
        names: whose key names: `scale0_layer0.0.weight` (features handed out), `layer0.0.weight` (plain), or
            `discriminator_0.model0.0.weight`.
        channels: before the first convolution and after every one; the last is 1.
        n_scales: sub-discriminators.
        norm: behind all convolutions but the first and the last.
        spectral: spectral norm on the convolutions that have a norm behind them.
        sigmoid: at the end, for pix2pixHD's training without least squares.
    """

    def __init__(
        self,
        *,
        names: Names,
        channels: Sequence[int],
        n_scales: int,
        norm: Norm = "instance",
        spectral: bool = False,
        sigmoid: bool = False,
    ) -> None:
        super().__init__()
        self.end = nn.Sigmoid() if sigmoid else nn.Identity()
        self._scales: list[list[nn.Sequential]] = []
        for scale in range(n_scales):
            layers = range(len(channels) - 1)
            self._scales.append([self._layer(names, scale, layer, channels, norm, spectral) for layer in layers])
        if names != "SPADE":
            self._scales.reverse()
        accept_spellings(self)

    def _layer(
        self, names: Names, scale: int, layer: int, channels: Sequence[int], norm: Norm, spectral: bool
    ) -> nn.Sequential:
        last = len(channels) - 2
        inner = 0 < layer < last
        conv_key, norm_key = _keys(names, scale, layer, normed=inner and norm != "none")
        # SPADE takes the bias away where a norm follows; pix2pixHD leaves it
        bias = names != "SPADE" or not inner or norm == "none"
        conv = nn.Conv2d(channels[layer], channels[layer + 1], 4, 2 if layer < last - 1 else 1, 2, bias=bias)
        modules = [place(self, conv_key, spectrally_normed(conv, spectral and inner))]
        if inner:
            modules.append(place(self, norm_key, norm_layer(norm, channels[layer + 1])))
        modules.append(nn.LeakyReLU(_SLOPE) if layer < last else self.end)
        return nn.Sequential(*modules)

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and features of every sub-discriminator, the one at full size first.

        Args:
            image: in [-1, 1]; (N, in_channels, H, W).

        Returns:
            Logits, one (N, 1, h, w) a scale; features, one map after every activation and the logit map last.
        """
        features: list[list[Tensor]] = []
        for scale, layers in enumerate(self._scales):
            image = image if scale == 0 else avg_pool2d(image, 3, 2, 1, count_include_pad=False)
            maps: list[Tensor] = []
            hidden = image
            for layer in layers:
                hidden = layer(hidden)
                maps.append(hidden)
            features.append(maps)
        return [maps[-1] for maps in features], features


def _keys(names: Names, scale: int, layer: int, *, normed: bool) -> tuple[str, str]:
    """Keys of one convolution and of the norm behind it."""
    if names == "pix2pixHD plain":
        index = 0 if layer == 0 else 3 * layer - 1
        return f"layer{scale}.{index}", f"layer{scale}.{index + 1}"
    if names == "pix2pixHD features":
        return f"scale{scale}_layer{layer}.0", f"scale{scale}_layer{layer}.1"
    prefix = f"discriminator_{scale}.model{layer}.0"
    return (f"{prefix}.0", f"{prefix}.1") if normed else (prefix, f"discriminator_{scale}.norm{layer}")
