"""Modules under the key names of a file, whatever containers those names imply."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

Activation = Literal["relu", "leaky_relu"]
End = Literal["tanh", "sigmoid", "none"]


def place(root: nn.Module, key: str, module: nn.Module) -> nn.Module:
    """Register a module under a dotted name such as "model.0.block.1", and return it."""
    *containers, name = key.split(".")
    owner = root
    for container in containers:
        if container not in owner._modules:
            owner.add_module(container, nn.Module())
        owner = owner.get_submodule(container)
    owner.add_module(name, module)
    return module


class Residual(nn.Sequential):
    """Layers, and a skip connection around them: what comes in and a share of what they make of it."""

    share = 1.0

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same shape."""
        return features + self.share * super().forward(features)  # type: ignore[no-any-return, no-untyped-call]


def activation_layer(activation: Activation, slope: float) -> nn.Module:
    """An activation out of place: features are handed out, and nothing may overwrite them."""
    return nn.ReLU() if activation == "relu" else nn.LeakyReLU(slope)


def end_layer(end: End) -> nn.Module:
    """What follows the last layer with weights."""
    return {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "none": nn.Identity}[end]()
