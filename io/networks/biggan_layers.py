"""Layers of BigGAN's ResNets: two kinds of spectral norm, batch norm under a condition, self-attention."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, normalize
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from ganloss_cli.io.architectures.biggan_names import Names

# added to variances, and to lengths of singular vectors
_EPSILON = {"BigGAN-PyTorch": 1e-5, "StudioGAN": 1e-4, "SNGAN": 1e-5}
_SPECTRAL_EPSILON = 1e-6


class OneVectorNorm(nn.Module):
    """Spectral norm that keeps the left singular vector alone and makes one step from it, in eval mode too.

        v = W' u / |W' u|,  u' = W v / |W v|,  W / (u' . W v)

    Miyato et al. 2018 (arXiv 1802.05957) as ajbrock/BigGAN-PyTorch and christiancosgrove's SNGAN write it; torch's own
    keeps both vectors. In train mode u' takes the place of u.

    Args:
        n_rows: of the weight, the first axis of its tensor.
    """

    def __init__(self, n_rows: int) -> None:
        super().__init__()
        self.register_buffer("vector", normalize(torch.randn(1, n_rows)))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight over its first singular value."""
        matrix = weight.flatten(1)
        vector = self.get_buffer("vector")
        with torch.no_grad():
            right = normalize(vector @ matrix, eps=1e-12)
            left = normalize(right @ matrix.T, eps=1e-12)
            if self.training:
                vector.copy_(left)
        return weight / (right @ matrix.T @ left.T).squeeze()


def one_vector_normed(layer: nn.Module) -> nn.Module:
    """The layer under `OneVectorNorm`."""
    register_parametrization(layer, "weight", OneVectorNorm(layer.get_parameter("weight").shape[0]))
    return layer


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What the layers of one network are made of.

    Args:
        names: whose network it is.
        spectral: whether its layers are under spectral norm.
    """

    names: Names
    spectral: bool

    @property
    def epsilon(self) -> float:
        """What batch norm adds to variances."""
        return _EPSILON[self.names]

    def normed(self, layer: nn.Module) -> nn.Module:
        """A layer, under spectral norm where the network's are."""
        if not self.spectral:
            return layer
        return spectral_norm(layer, eps=_SPECTRAL_EPSILON) if self.names == "StudioGAN" else one_vector_normed(layer)

    def conv(self, before: int, after: int, kernel: int, *, bias: bool = True) -> nn.Module:
        """A convolution that keeps the size."""
        return self.normed(nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=bias))

    def linear(self, before: int, after: int, *, bias: bool = True) -> nn.Module:
        """A linear layer."""
        return self.normed(nn.Linear(before, after, bias=bias))


class ConditionalNorm(nn.Module):
    """Batch norm with a gain and a bias that the condition gives.

        (1 + gain(c)) norm(x) + bias(c)

    Args:
        n_channels: of the map.
        condition: values of the condition; n classes where it is a label that is embedded.
        embedded: whether the condition is a label.
        layers: of the network.
    """

    def __init__(self, n_channels: int, condition: int, layers: Layers, *, embedded: bool) -> None:
        super().__init__()
        for name in ("gain", "bias"):
            layer = (
                nn.Embedding(condition, n_channels) if embedded else layers.linear(condition, n_channels, bias=False)
            )
            self.add_module(name, layer)
        self.norm = nn.BatchNorm2d(n_channels, eps=layers.epsilon, affine=False)

    def forward(self, hidden: Tensor, condition: Tensor) -> Tensor:
        """(N, C, H, W) of the same, with (N, condition) or (N,) labels."""
        gain, bias = (self.get_submodule(name)(condition)[:, :, None, None] for name in ("gain", "bias"))
        return self.norm(hidden) * (1 + gain) + bias  # type: ignore[no-any-return]


class PlainNorm(nn.BatchNorm2d):
    """Batch norm that is handed a condition and has no use for it."""

    def forward(self, hidden: Tensor, _condition: Tensor | None = None) -> Tensor:
        """(N, C, H, W) of the same."""
        return super().forward(hidden)


class Attention(nn.Module):
    """Self-attention over a map, keys and values at half its size (Zhang et al. 2018, arXiv 1805.08318, its code).

    Args:
        n_channels: of the map.
        layers: of the network.
    """

    def __init__(self, n_channels: int, layers: Layers) -> None:
        super().__init__()
        self.theta = layers.conv(n_channels, n_channels // 8, 1, bias=False)
        self.phi = layers.conv(n_channels, n_channels // 8, 1, bias=False)
        self.g = layers.conv(n_channels, n_channels // 2, 1, bias=False)
        self.o = layers.conv(n_channels // 2, n_channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros((1,) if layers.names == "StudioGAN" else ()))

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, C, H, W) of the same."""
        query = self.theta(hidden).flatten(2)
        key, value = max_pool2d(self.phi(hidden), 2).flatten(2), max_pool2d(self.g(hidden), 2).flatten(2)
        weights = (query.transpose(1, 2) @ key).softmax(-1)
        seen = (value @ weights.transpose(1, 2)).unflatten(2, hidden.shape[2:])
        return hidden + self.gamma * self.o(seen)  # type: ignore[no-any-return]
