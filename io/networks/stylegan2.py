"""The generator of StyleGAN2, with the key names of rosinality's model.py."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.stylegan2_layers import EPSILON, EqualLinear, StyledConvolution, ToImage

# names of ppeetteerrs/stylegan2-torch -> rosinality's, inside one layer
_PARTS = {
    "weight": "conv.weight",
    "affine": "conv.modulation",
    "blur": "conv.blur",
    "add_noise": "noise",
    "leaky_relu": "activate",
}


class _PixelNorm(nn.Module):
    """Latents of unit mean square."""

    def forward(self, latents: Tensor) -> Tensor:
        """(N, latent)."""
        return latents * (latents.square().mean(1, keepdim=True) + EPSILON).rsqrt()


def rosinality_name(key: str) -> str:
    """A key of ppeetteerrs/stylegan2-torch as rosinality/stylegan2-pytorch writes it; its own keys stay."""
    if key.startswith("mapping."):
        return "style." + key.removeprefix("mapping.")
    match = re.fullmatch(
        r"(convs|up_convs|to_rgbs)\.(\d+)\.(weight|affine|blur|add_noise|leaky_relu|upsample|bias)(.*)", key
    )
    if match is None:
        return key
    layers, number, part, rest = match[1], int(match[2]), match[3], match[4]
    if layers == "up_convs":
        layer = f"convs.{2 * number}"
    elif layers == "convs":
        layer = f"convs.{2 * number - 1}" if number else "conv1"
    else:
        layer = f"to_rgbs.{number - 1}" if number else "to_rgb1"
    return f"{layer}.{_PARTS.get(part, part)}{rest}"


class StyleGAN2Generator(nn.Module):
    """Latents to styles, styles to images.

    Karras et al. 2020 (arXiv 1912.04958). Takes the key names of rosinality/stylegan2-pytorch and those of
    ppeetteerrs/stylegan2-torch (`rosinality_name`).

    Args:
        channels: at 4 x 4, 8 x 8 ... pixels.
        image_channels: 3 at rosinality's, 1 at ppeetteerrs'.
        style: values of latents and styles.
        n_mapping: layers from latents to styles.
        taps: of the resampling filters.
        mapping_learning_rate: enters the forward pass, and no shape tells it.
        stored_noise: whether the file holds one noise image a layer.
        ppeetteerrs: whether the names are ppeetteerrs/stylegan2-torch's.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        image_channels: int = 3,
        style: int = 512,
        n_mapping: int = 8,
        taps: Sequence[float] = (1, 3, 3, 1),
        mapping_learning_rate: float = 0.01,
        stored_noise: bool = True,
        ppeetteerrs: bool = False,
    ) -> None:
        super().__init__()
        rate = mapping_learning_rate
        layers = [EqualLinear(style, style, learning_rate=rate, activated=True) for _ in range(n_mapping)]
        self.style = nn.Sequential(_PixelNorm(), *layers)
        self.input = nn.ParameterDict({"input": torch.zeros(1, channels[0], 4, 4)})  # what every image starts from
        self.conv1 = StyledConvolution(channels[0], channels[0], style)
        self.to_rgb1 = ToImage(channels[0], image_channels, style, None)
        pairs = list(pairwise(channels))
        self.convs = nn.ModuleList(
            layer
            for before, after in pairs
            for layer in (StyledConvolution(before, after, style, taps), StyledConvolution(after, after, style))
        )
        self.to_rgbs = nn.ModuleList(ToImage(after, image_channels, style, taps) for _, after in pairs)
        self.n_styles = 2 * len(channels)
        self.noise_shapes = [(1, 4 * 2 ** ((k + 1) // 2), 4 * 2 ** ((k + 1) // 2)) for k in range(2 * len(pairs) + 1)]
        if stored_noise:
            self.noises = nn.Module()
            for k, shape in enumerate(self.noise_shapes):
                self.noises.register_buffer(f"noise_{k}", torch.zeros(1, *shape))
        if ppeetteerrs:
            self.register_load_state_dict_pre_hook(_respell)  # type: ignore[no-untyped-call]

    def mapping(self, latents: Tensor) -> Tensor:
        """The styles of latents: (N, n_styles, style) of (N, style), the same for every layer."""
        return self.style(latents)[:, None].expand(-1, self.n_styles, -1)  # type: ignore[no-any-return]

    def stored_noise(self) -> list[Tensor]:
        """The noise that the file holds, one (1, 1, H, W) a layer; zeros where it holds none."""
        if hasattr(self, "noises"):
            return [self.noises.get_buffer(f"noise_{k}") for k in range(len(self.noise_shapes))]
        return [self.input["input"].new_zeros(1, *shape) for shape in self.noise_shapes]

    def sampled_noise(self, latents: Tensor) -> list[Tensor]:
        """Normal noise that depends on the sample's latents only, never on its batch: one (N, 1, H, W) a layer."""
        noises: list[list[Tensor]] = [[] for _ in self.noise_shapes]
        for sample in latents.detach().float().cpu():
            digest = hashlib.sha256(sample.numpy().tobytes()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:7]))
            for noise, shape in zip(noises, self.noise_shapes, strict=True):
                noise.append(torch.randn(shape, generator=generator))
        return [torch.stack(noise).to(latents) for noise in noises]

    def forward(self, latents: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images, not clamped; trained for [-1, 1].

        Args:
            latents: normal, (N, style); or styles, (N, n_styles, style), as path length regularisation differentiates.
            noise: one (N or 1, *noise_shapes[k]) a layer. None: that of the latents (`sampled_noise`), or the stored
                noise where styles are given.

        Returns:
            (N, image_channels, H, W).
        """
        styles = latents if latents.dim() > 2 else self.mapping(latents)
        if noise is None:
            noise = self.stored_noise() if latents.dim() > 2 else self.sampled_noise(latents)
        features = self.input["input"].expand(len(latents), -1, -1, -1)
        features = self.conv1(features, styles[:, 0], noise[0])
        image = self.to_rgb1(features, styles[:, 1])
        for k, to_image in enumerate(self.to_rgbs):
            for half in (0, 1):
                layer = 2 * k + half
                features = self.convs[layer](features, styles[:, layer + 1], noise[layer + 1])
            image = to_image(features, styles[:, 2 * k + 3], image)
        return image  # type: ignore[no-any-return]


def _respell(_module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
    state_dict.update({rosinality_name(key): state_dict.pop(key) for key in list(state_dict)})
