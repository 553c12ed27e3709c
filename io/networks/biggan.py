"""BigGAN's ResNets and their relatives, with the key names of BigGAN-PyTorch, StudioGAN and an SNGAN."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ganloss_cli.io.architectures.biggan_names import Names, our_names
from ganloss_cli.io.networks.biggan_blocks import (
    DeepDiscriminatorBlock,
    DeepGeneratorBlock,
    DiscriminatorBlock,
    GeneratorBlock,
    Width,
)
from ganloss_cli.io.networks.biggan_layers import Attention, ConditionalNorm, Layers, PlainNorm
from ganloss_cli.io.networks.labels import check_labels
from ganloss_cli.io.networks.spellings import accept_spellings, respelling

Conditioning = Literal["shared", "embedded", "one-hot", "none"]
Head = Literal["projection", "none"]
_SLOPE = 0.1  # StudioGAN's Leaky_ReLU


class BigGANGenerator(nn.Module):
    """Latents and labels to images.

    Brock et al. 2018 (arXiv 1809.11096), Miyato et al. 2018 (arXiv 1802.05957), Zhang et al. 2018 (arXiv 1805.08318).

    Args:
        names: whose key names, epsilons and spectral norm.
        latent: values of a latent.
        channels: before the first block and after every one.
        hidden: inside every block.
        bottom: pixels of the first map.
        doubles: numbers of the blocks that double the size.
        attention: numbers of the blocks that self-attention follows.
        n_classes: of the labels; 0 without.
        condition: values of what the norms are conditioned on; 0 where they are not conditioned.
        conditioning: whether labels reach the norms through one embedding for all, through one of each, or as they are.
        hierarchical: whether every block gets its own part of the latent; of a deep network, the whole of it.
        learned: whether the shortcuts have convolutions; not of a deep network.
        deep: whether blocks are bottlenecks.
        spectral: whether its layers are under spectral norm.
        activation: behind norms.
        image_channels: of the image.
    """

    def __init__(
        self,
        *,
        names: Names,
        latent: int,
        channels: Sequence[int],
        hidden: Sequence[int],
        bottom: int,
        doubles: Sequence[int],
        attention: Sequence[int],
        n_classes: int,
        condition: int,
        conditioning: Conditioning,
        hierarchical: bool,
        learned: bool,
        deep: bool,
        spectral: bool,
        activation: Literal["relu", "leaky_relu"] = "relu",
        image_channels: int = 3,
    ) -> None:
        super().__init__()
        layers = Layers(names=names, spectral=spectral)
        self.n_classes, self.conditioning = n_classes, conditioning
        self.hierarchical, self.deep, self.bottom = hierarchical, deep, bottom
        self.activation = _activation(activation)
        of_latent = latent if deep or not hierarchical else latent // (len(hidden) + 1)
        embedded = condition - (of_latent if hierarchical else 0)
        if conditioning == "shared":
            self.shared = nn.Embedding(n_classes, embedded)
        self.chunk = of_latent
        self.linear = layers.linear(condition if deep else of_latent, channels[0] * bottom**2)

        def norm(n_channels: int) -> nn.Module:
            if not condition:
                return PlainNorm(n_channels, eps=layers.epsilon)
            return ConditionalNorm(n_channels, condition, layers, embedded=conditioning == "embedded")

        self.blocks = nn.ModuleList()
        for k, (before, after) in enumerate(pairwise(channels)):
            width = Width(before=before, hidden=hidden[k], after=after)
            block: nn.Module = (
                DeepGeneratorBlock(width, layers, norm, self.activation, doubles=k in doubles)
                if deep
                else GeneratorBlock(width, layers, norm, self.activation, learned=learned)
            )
            self.blocks.append(block)
        self.attention = nn.ModuleDict({str(k): Attention(channels[k + 1], layers) for k in attention})
        self.output_norm = nn.BatchNorm2d(channels[-1], eps=layers.epsilon)
        self.output_conv = layers.conv(channels[-1], image_channels, 3)
        respelling(self, _in_our_names)
        accept_spellings(self)

    def forward(self, latents: Tensor, label: Tensor | None = None) -> Tensor:
        """Images in [-1, 1].

        Args:
            latents: normal, (N, latent).
            label: of the images, (N,), where there are classes.

        Raises:
            ValueError: a label that is none of the classes.
        """
        first, conditions = self._conditions(latents, label)
        hidden = self.linear(first).unflatten(1, (-1, self.bottom, self.bottom))
        for k, block in enumerate(self.blocks):
            hidden = block(hidden, conditions[k])
            if str(k) in self.attention:
                hidden = self.attention[str(k)](hidden)
        return self.output_conv(self.activation(self.output_norm(hidden))).tanh()  # type: ignore[no-any-return]

    def _conditions(self, latents: Tensor, label: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        """What the first layer takes, and what every block is conditioned on."""
        condition = self._label_condition(latents, label)
        if self.deep:
            whole = latents if condition is None else torch.cat([condition, latents], 1)
            return whole, [whole] * len(self.blocks)
        if not self.hierarchical:
            return latents, [latents if condition is None else condition] * len(self.blocks)
        first, *parts = torch.split(latents, self.chunk, 1)
        return first, parts if condition is None else [torch.cat([condition, part], 1) for part in parts]

    def _label_condition(self, latents: Tensor, label: Tensor | None) -> Tensor | None:
        if self.conditioning == "none":
            return None
        label = check_labels(label, self.n_classes)
        if self.conditioning == "shared":
            return self.shared(label)  # type: ignore[no-any-return]
        return label if self.conditioning == "embedded" else one_hot(label, self.n_classes).to(latents)


class BigGANDiscriminator(nn.Module):
    """Images and labels to one score each.

    Args:
        names: whose key names, epsilons and spectral norm.
        channels: before the first block and after every one.
        hidden: inside every block.
        halves: numbers of the blocks that halve the size.
        learned: numbers of the blocks whose shortcut has a convolution.
        attention: numbers of the blocks that self-attention follows.
        n_classes: of the labels; 0 without.
        head: whether the features are projected on the label's embedding.
        deep: whether blocks are bottlenecks, behind a convolution of the image.
        spectral: whether its layers are under spectral norm; StudioGAN puts batch norm in its place.
        activation: before convolutions.
        image_channels: of the image.
    """

    def __init__(
        self,
        *,
        names: Names,
        channels: Sequence[int],
        hidden: Sequence[int],
        halves: Sequence[int],
        learned: Sequence[int],
        attention: Sequence[int],
        n_classes: int,
        head: Head,
        deep: bool,
        spectral: bool,
        activation: Literal["relu", "leaky_relu"] = "relu",
        image_channels: int = 3,
    ) -> None:
        super().__init__()
        layers = Layers(names=names, spectral=spectral)
        self.head, self.n_classes = head, n_classes
        self.activation = _activation(activation)
        self.averages = names == "SNGAN"
        in_place = names == "StudioGAN"
        if deep:
            self.input_conv = layers.conv(image_channels, channels[0], 3)
        self.blocks = nn.ModuleList()
        for k, (before, after) in enumerate(pairwise(channels)):
            width = Width(before=before, hidden=hidden[k], after=after)
            block: nn.Module = (
                DeepDiscriminatorBlock(
                    width, layers, self.activation, halves=k in halves, shared_activation=in_place
                )
                if deep
                else DiscriminatorBlock(
                    width, layers, self.activation, first=k == 0, halves=k in halves, learned=k in learned,
                    normed=in_place and not spectral, shared_activation=in_place and spectral,
                )
            )  # fmt: skip
            self.blocks.append(block)
        self.attention = nn.ModuleDict({str(k): Attention(channels[k + 1], layers) for k in attention})
        self.linear = layers.linear(channels[-1], 1)
        if head == "projection":
            self.embed = layers.normed(nn.Embedding(n_classes, channels[-1]))
        self.deep = deep
        respelling(self, _in_our_names)
        accept_spellings(self)

    def forward(self, image: Tensor, label: Tensor | None = None) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and features.

        Args:
            image: in [-1, 1]; (N, C, S, S).
            label: of the images, (N,), where there are classes.

        Returns:
            [logits], (N,); and [[features]], the map after every block and the logits last, (N, 1).

        Raises:
            ValueError: a label that is none of the classes.
        """
        hidden = self.input_conv(image) if self.deep else image
        maps: list[Tensor] = []
        for k, block in enumerate(self.blocks):
            hidden = block(hidden)
            if str(k) in self.attention:
                hidden = self.attention[str(k)](hidden)
            maps.append(hidden)
        hidden = self.activation(hidden)
        pooled = hidden.mean((2, 3)) if self.averages else hidden.sum((2, 3))
        logits = self.linear(pooled)
        if self.head == "projection":
            logits = logits + (self.embed(check_labels(label, self.n_classes)) * pooled).sum(1, keepdim=True)
        return [logits.flatten()], [[*maps, logits]]


def _activation(name: str) -> nn.Module:
    return nn.ReLU() if name == "relu" else nn.LeakyReLU(_SLOPE)


def _in_our_names(_module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
    """Rewrite a state dict of any dialect."""
    names = our_names(state_dict)
    counts = {
        key.rpartition(".")[0]: value for key, value in state_dict.items() if key.endswith("accumulation_counter")
    }
    theirs = dict(state_dict)
    state_dict.clear()
    for key, value in theirs.items():
        owner, _, part = key.rpartition(".")
        if part == "accumulation_counter":
            continue
        if part in ("stored_mean", "stored_var") and owner in counts:
            # statistics gathered over several batches are kept as their sum
            value = value / counts[owner].clamp(min=1)
        state_dict[names[key]] = value
    _take_vectors(state_dict)


def _take_vectors(state_dict: dict[str, Any]) -> None:
    """Files keep X.weight and X.u0; our layers hold them as one parametrisation."""
    for key in [key for key in state_dict if key.endswith(".u0")]:
        layer = key.removesuffix(".u0")
        if f"{layer}.weight" in state_dict:
            state_dict[f"{layer}.parametrizations.weight.original"] = state_dict.pop(f"{layer}.weight")
            state_dict[f"{layer}.parametrizations.weight.0.vector"] = state_dict.pop(key).view(1, -1)
