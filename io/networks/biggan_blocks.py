"""Residual blocks of BigGAN's ResNets: generator and discriminator, plain and with the bottlenecks of BigGAN-deep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from ganloss_cli.io.networks.biggan_layers import Layers

Normed = Callable[[int], nn.Module]


@dataclass(frozen=True, kw_only=True)
class Width:
    """Channels before a block, inside it and after it."""

    before: int
    hidden: int
    after: int


class GeneratorBlock(nn.Module):
    """Norm, activation, twice the size, convolution; norm, activation, convolution; a 1x1 convolution beside them.

    Args:
        width: hidden and after are the same.
        layers: of the network.
        norm: a norm of so many channels, under the condition.
        activation: behind the norms.
        learned: whether the convolution is beside them.
    """

    def __init__(
        self, width: Width, layers: Layers, norm: Normed, activation: nn.Module, *, learned: bool = True
    ) -> None:
        super().__init__()
        self.activation = activation
        self.bn1, self.bn2 = norm(width.before), norm(width.after)
        self.conv1 = layers.conv(width.before, width.after, 3)
        self.conv2 = layers.conv(width.after, width.after, 3)
        self.conv_sc = layers.conv(width.before, width.after, 1) if learned else nn.Identity()

    def forward(self, hidden: Tensor, condition: Tensor) -> Tensor:
        """(N, after, 2 H, 2 W) of (N, before, H, W)."""
        inner = self.conv1(_doubled(self.activation(self.bn1(hidden, condition))))
        inner = self.conv2(self.activation(self.bn2(inner, condition)))
        return inner + self.conv_sc(_doubled(hidden))  # type: ignore[no-any-return]


class DeepGeneratorBlock(nn.Module):
    """A bottleneck of four convolutions; the block's input is added, cut off to the channels that are left.

    Args:
        width: of the block.
        layers: of the network.
        norm: a norm of so many channels, under the condition.
        activation: behind the norms.
        doubles: whether the map comes out at twice the size.
    """

    def __init__(self, width: Width, layers: Layers, norm: Normed, activation: nn.Module, *, doubles: bool) -> None:
        super().__init__()
        self.activation, self.doubles, self.n_kept = activation, doubles, width.after
        self.bn1, self.bn2, self.bn3, self.bn4 = (norm(n) for n in (width.before, *[width.hidden] * 3))
        self.conv1 = layers.conv(width.before, width.hidden, 1)
        self.conv2 = layers.conv(width.hidden, width.hidden, 3)
        self.conv3 = layers.conv(width.hidden, width.hidden, 3)
        self.conv4 = layers.conv(width.hidden, width.after, 1)

    def forward(self, hidden: Tensor, condition: Tensor) -> Tensor:
        """(N, after, H, W) of (N, before, H, W), or of twice the size."""
        inner = self.conv1(self.activation(self.bn1(hidden, condition)))
        inner, hidden = self.activation(self.bn2(inner, condition)), hidden[:, : self.n_kept]
        if self.doubles:
            inner, hidden = _doubled(inner), _doubled(hidden)
        inner = self.conv3(self.activation(self.bn3(self.conv2(inner), condition)))
        return hidden + self.conv4(self.activation(self.bn4(inner, condition)))  # type: ignore[no-any-return]


class DiscriminatorBlock(nn.Module):
    """Two convolutions, half the size, a 1x1 convolution beside them where the size or the channels change.

    Args:
        width: of the block.
        layers: of the network.
        activation: before the convolutions.
        first: whether it takes the image: no activation before the first convolution, the shortcut halved first.
        halves: whether the map comes out at half the size.
        learned: whether a convolution is beside them.
        normed: whether batch norm stands before the activations, as StudioGAN has it without spectral norm.
        shared_activation: whether the shortcut too sees what is activated: StudioGAN activates in place.
    """

    def __init__(
        self,
        width: Width,
        layers: Layers,
        activation: nn.Module,
        *,
        first: bool,
        halves: bool,
        learned: bool,
        normed: bool,
        shared_activation: bool,
    ) -> None:
        super().__init__()
        self.activation, self.first, self.halves = activation, first, halves
        self.shares = shared_activation and not first
        self.conv1 = layers.conv(width.before, width.hidden, 3)
        self.conv2 = layers.conv(width.hidden, width.after, 3)
        self.conv_sc = layers.conv(width.before, width.after, 1) if learned else nn.Identity()
        # the numbers of the norms are StudioGAN's: its first block has none before the first convolution
        before, inside = ("", "bn1") if first else ("bn1", "bn2")
        sizes = {before: width.before, inside: width.hidden, "bn_sc": width.before if learned else 0}
        for name, n_channels in sizes.items():
            if name and normed and n_channels:
                self.add_module(name, nn.BatchNorm2d(n_channels, eps=layers.epsilon))
        self._names = (before, inside)

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, after, H, W) of (N, before, H, W), or of half the size."""
        before, inside = self._names
        inner = hidden if self.first else self.activation(self._normed(before, hidden))
        shortcut = self._shortcut(inner if self.shares else hidden)
        inner = self.conv2(self.activation(self._normed(inside, self.conv1(inner))))
        return (avg_pool2d(inner, 2) if self.halves else inner) + shortcut

    def _shortcut(self, hidden: Tensor) -> Tensor:
        if self.first:
            hidden = avg_pool2d(hidden, 2) if self.halves else hidden
            return self.conv_sc(self._normed("bn_sc", hidden))  # type: ignore[no-any-return]
        hidden = self.conv_sc(self._normed("bn_sc", hidden))
        return avg_pool2d(hidden, 2) if self.halves else hidden

    def _normed(self, name: str, hidden: Tensor) -> Tensor:
        return self.get_submodule(name)(hidden) if name in self._modules else hidden


class DeepDiscriminatorBlock(nn.Module):
    """A bottleneck of four convolutions; new channels of the shortcut come from a 1x1 convolution.

    Args:
        width: of the block.
        layers: of the network.
        activation: before the convolutions.
        halves: whether the map comes out at half the size.
        shared_activation: whether the shortcut too sees what is activated.
    """

    def __init__(
        self, width: Width, layers: Layers, activation: nn.Module, *, halves: bool, shared_activation: bool
    ) -> None:
        super().__init__()
        self.activation, self.halves, self.shares = activation, halves, shared_activation
        self.conv1 = layers.conv(width.before, width.hidden, 1)
        self.conv2 = layers.conv(width.hidden, width.hidden, 3)
        self.conv3 = layers.conv(width.hidden, width.hidden, 3)
        self.conv4 = layers.conv(width.hidden, width.after, 1)
        more = width.after - width.before
        self.conv_sc = layers.conv(width.before, more, 1) if more else None

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, after, H, W) of (N, before, H, W), or of half the size."""
        activated = self.activation(hidden)
        inner = self.conv3(self.activation(self.conv2(self.activation(self.conv1(activated)))))
        inner, shortcut = self.activation(inner), activated if self.shares else hidden
        if self.halves:
            inner, shortcut = avg_pool2d(inner, 2), avg_pool2d(shortcut, 2)
        if self.conv_sc is not None:
            shortcut = torch.cat([shortcut, self.conv_sc(shortcut)], 1)
        return self.conv4(inner) + shortcut  # type: ignore[no-any-return]


def _doubled(hidden: Tensor) -> Tensor:
    return interpolate(hidden, scale_factor=2)
