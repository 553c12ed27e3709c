"""Layers of StyleGAN2: linear layers and modulated convolutions whose weights are stored without their scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, linear

from ganloss_cli.io.networks.upfirdn import blur_behind_doubling, doubling

_SLOPE = 0.2
_GAIN = math.sqrt(2)
EPSILON = 1e-8


def scaled_leaky_relu(features: Tensor, bias: Tensor) -> Tensor:
    """sqrt(2) lrelu(features + bias), slope 0.2; the bias belongs to axis 1."""
    return _GAIN * leaky_relu(features + bias.view(1, -1, *[1] * (features.dim() - 2)), _SLOPE)


def clamped(features: Tensor, limit: float | None) -> Tensor:
    """Nothing beyond the limit on either side of zero, where there is one."""
    return features if limit is None else features.clamp(-limit, limit)


class EqualLinear(nn.Module):
    """A linear layer whose weights are stored without their scale (arXiv 1710.10196, equalised learning rate).

    Args:
        before: values in.
        after: values out.
        learning_rate: by which weights and bias are multiplied.
        activated: a scaled leaky ReLU behind it.
    """

    def __init__(self, before: int, after: int, *, learning_rate: float = 1.0, activated: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(after, before))
        self.bias = nn.Parameter(torch.zeros(after))
        self.scale, self.learning_rate, self.activated = learning_rate / math.sqrt(before), learning_rate, activated

    def forward(self, values: Tensor) -> Tensor:
        """(N, after)."""
        weight, bias = self.weight * self.scale, self.bias * self.learning_rate
        return scaled_leaky_relu(linear(values, weight), bias) if self.activated else linear(values, weight, bias)


class Activation(nn.Module):
    """Bias and scaled leaky ReLU, and a clamp where `clamp` is set."""

    clamp: float | None = None

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_channels))

    def forward(self, features: Tensor) -> Tensor:
        """The same shape."""
        return clamped(scaled_leaky_relu(features, self.bias), self.clamp)


class ModulatedConvolution(nn.Module):
    """A convolution whose input channels a style scales, and whose output channels are brought back to unit variance.

    The features are scaled instead of the weights: the same product, without weights of their own for every sample.

    Args:
        before: channels in.
        after: channels out.
        size: of the kernel.
        style: values of a style.
        demodulate: divide by the length of each output channel's scaled weights.
        taps: of the filter behind an up-sampling by two; None for no up-sampling.
    """

    def __init__(
        self, before: int, after: int, size: int, style: int, *, demodulate: bool, taps: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, after, before, size, size))
        self.modulation = EqualLinear(style, before)
        self.scale, self.size, self.demodulate = 1 / math.sqrt(before * size**2), size, demodulate
        if taps is not None:
            self.blur = blur_behind_doubling(taps, size)
        self.upsample = taps is not None
        self.epsilon = EPSILON  # beside the squared lengths of weights that are scaled

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """(N, after, H, W), or twice the size."""
        weight, scales = self.scale * self.weight[0], self.modulation(style)
        scaled = features * scales[:, :, None, None]
        if self.upsample:
            made = self.blur(conv_transpose2d(scaled, weight.transpose(0, 1), stride=2))
        else:
            made = conv2d(scaled, weight, padding=self.size // 2)
        if not self.demodulate:
            return made  # type: ignore[no-any-return]
        squared_lengths = scales.square() @ weight.square().sum((2, 3)).T
        return made * (squared_lengths + self.epsilon).rsqrt()[:, :, None, None]  # type: ignore[no-any-return]


class StyledConvolution(nn.Module):
    """A modulated convolution, noise, bias and activation."""

    def __init__(self, before: int, after: int, style: int, taps: Sequence[float] | None = None) -> None:
        super().__init__()
        self.conv = ModulatedConvolution(before, after, 3, style, demodulate=True, taps=taps)
        self.noise = nn.ParameterDict({"weight": torch.zeros(1)})  # how much of it is added
        self.activate = Activation(after)

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        """(N, after, H, W), or twice the size; noise is (N or 1, 1, that size)."""
        made = self.conv(features, style)
        return self.activate(made + self.noise["weight"] * noise.to(made))  # type: ignore[no-any-return]


class ToImage(nn.Module):
    """Features to channels of the image, added to the enlarged image of the resolution before."""

    clamp: float | None = None

    def __init__(self, before: int, image_channels: int, style: int, taps: Sequence[float] | None) -> None:
        super().__init__()
        if taps is not None:
            self.upsample = doubling(taps)
        self.conv = ModulatedConvolution(before, image_channels, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, image_channels, 1, 1))

    def forward(self, features: Tensor, style: Tensor, smaller: Tensor | None = None) -> Tensor:
        """(N, image_channels, H, W)."""
        image = clamped(self.conv(features, style) + self.bias, self.clamp)
        return image if smaller is None else image + self.upsample(smaller)
