"""Discriminators of super-resolution: the U-Net of Real-ESRGAN, the VGG style of ESRGAN, SRGAN's of leftthomas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganloss_cli.io.networks.patchgan import ActivationChain
from ganloss_cli.io.networks.spellings import accept_spellings, spectrally_normed

_SLOPE = 0.2
_N_HALVINGS = 3


class UNetDiscriminator(nn.Module):
    """A score for every pixel from an hourglass with skip connections, under spectral norm.

    Wang et al. 2021 (arXiv 2107.10833), UNetDiscriminatorSN. Keys: `conv0.weight`, `conv1.weight_orig` ...

    Args:
        in_channels: of the image.
        width: channels after the first convolution.
        skip_connection: whether features of the way down are added on the way up.
        spectral: spectral norm on all convolutions but the first and the last.
    """

    def __init__(self, *, in_channels: int, width: int, skip_connection: bool = True, spectral: bool = True) -> None:
        super().__init__()
        self.skip_connection = skip_connection
        self.conv0 = nn.Conv2d(in_channels, width, 3, 1, 1)
        # down to an eighth, up again, then two more
        factors = [1, 2, 4, 8, 4, 2, 1, 1, 1]
        for k, (before, after) in enumerate(pairwise(factors), 1):
            down = k <= _N_HALVINGS
            conv = nn.Conv2d(before * width, after * width, 4 if down else 3, 2 if down else 1, 1, bias=False)
            self.add_module(f"conv{k}", spectrally_normed(conv, spectral))
        self.conv9 = nn.Conv2d(width, 1, 3, 1, 1)
        self.activation = nn.LeakyReLU(_SLOPE)
        accept_spellings(self)

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and features.

        Args:
            image: in [0, 1]; (N, C, H, W), H and W multiples of 8.

        Returns:
            [logits], (N, 1, H, W); and [[features]], one map after every activation and the logit map last.
        """
        maps = [self.activation(self.conv0(image))]
        for k in range(1, _N_HALVINGS + 1):
            maps.append(self.activation(self.get_submodule(f"conv{k}")(maps[-1])))
        hidden = maps[-1]
        for k in range(1, _N_HALVINGS + 1):
            doubled = interpolate(hidden, scale_factor=2, mode="bilinear", align_corners=False)
            maps.append(self.activation(self.get_submodule(f"conv{_N_HALVINGS + k}")(doubled)))
            hidden = maps[-1] + maps[_N_HALVINGS - k] if self.skip_connection else maps[-1]
        for k in (7, 8):
            hidden = self.activation(self.get_submodule(f"conv{k}")(hidden))
            maps.append(hidden)
        logits = self.conv9(hidden)
        return [logits], [[*maps, logits]]


class VGGDiscriminator(nn.Module):
    """Pairs of convolutions that halve the image down to 4 x 4, then two linear layers.

    VGGStyleDiscriminator of BasicSR, of SRGAN (arXiv 1609.04802) and ESRGAN (arXiv 1809.00219). Keys:
    `conv0_0.weight`, `bn0_1.weight`, `linear1.weight`.

    Args:
        in_channels: of the image.
        width: channels after the first convolution; they double to at most eightfold.
        n_halvings: 5 for 128 pixels, 6 for 256.
        hidden: values between the linear layers.
    """

    def __init__(self, *, in_channels: int, width: int, n_halvings: int, hidden: int = 100) -> None:
        super().__init__()
        self.n_halvings = n_halvings
        before = in_channels
        for k in range(n_halvings):
            after = width * 2 ** min(k, 3)
            self.add_module(f"conv{k}_0", nn.Conv2d(before, after, 3, 1, 1, bias=k == 0))
            if k:
                self.add_module(f"bn{k}_0", nn.BatchNorm2d(after))
            self.add_module(f"conv{k}_1", nn.Conv2d(after, after, 4, 2, 1, bias=False))
            self.add_module(f"bn{k}_1", nn.BatchNorm2d(after))
            before = after
        self.linear1 = nn.Linear(before * 4 * 4, hidden)
        self.linear2 = nn.Linear(hidden, 1)
        self.activation = nn.LeakyReLU(_SLOPE)

    def forward(self, image: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and features.

        Args:
            image: in [0, 1]; (N, C, S, S), S = 4 * 2^n_halvings.

        Returns:
            [logits], (N, 1); and [[features]], one after every activation and the logits last.

        Raises:
            ValueError: an image of another size.
        """
        side = 4 * 2**self.n_halvings
        if tuple(image.shape[2:]) != (side, side):
            raise ValueError(f"images must be {side}x{side}, and these are {image.shape[2]}x{image.shape[3]}")
        maps: list[Tensor] = []
        hidden = image
        for name in (f"{k}_{half}" for k in range(self.n_halvings) for half in (0, 1)):
            hidden = self.get_submodule(f"conv{name}")(hidden)
            hidden = self.activation(hidden if name == "0_0" else self.get_submodule(f"bn{name}")(hidden))
            maps.append(hidden)
        maps.append(self.activation(self.linear1(hidden.flatten(1))))
        logits = self.linear2(maps[-1])
        return [logits], [[*maps, logits]]


class SRGANDiscriminator(ActivationChain):
    """Pairs of convolutions, every second of stride 2, averaged over all pixels, and a sigmoid.

    Ledig et al. 2017 (arXiv 1609.04802) in the form of leftthomas/SRGAN. It takes images in [0, 1] and gives
    probabilities, (N,). Keys: `net.0.weight`, `net.2.weight`, `net.24.weight`.

    Args:
        in_channels: of the image.
        widths: channels after every 3x3 convolution.
        hidden: channels between the two 1x1 convolutions.
    """

    def __init__(self, *, in_channels: int, widths: Sequence[int], hidden: int) -> None:
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(zip([in_channels, *widths], widths, strict=False)):
            layers.append(nn.Conv2d(before, after, 3, stride=1 + k % 2, padding=1))
            layers += [nn.BatchNorm2d(after)] if k else []
            layers.append(nn.LeakyReLU(_SLOPE))
        layers += [nn.AdaptiveAvgPool2d(1), nn.Conv2d(widths[-1], hidden, 1), nn.LeakyReLU(_SLOPE)]
        super().__init__("net", [*layers, nn.Conv2d(hidden, 1, 1), nn.Flatten(0), nn.Sigmoid()])
