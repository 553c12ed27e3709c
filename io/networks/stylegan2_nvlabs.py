"""StyleGAN2 as NVlabs/stylegan2-ada-pytorch writes it: its names, and the clamps that it adds behind convolutions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ganloss_cli.io.networks.spellings import respelling
from ganloss_cli.io.networks.stylegan2 import StyleGAN2Generator
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator
from ganloss_cli.io.networks.stylegan2_layers import EPSILON, Activation, ModulatedConvolution, ToImage

# what follows the layer's name -> the same of rosinality's styled convolution
_STYLED = {
    "weight": "conv.weight",
    "affine.weight": "conv.modulation.weight",
    "affine.bias": "conv.modulation.bias",
    "noise_strength": "noise.weight",
    "bias": "activate.bias",
    "resample_filter": "conv.blur.kernel",
}
_TO_IMAGE = {**_STYLED, "bias": "bias"}
_BLOCK = {
    "conv0.weight": "conv1.0.weight", "conv0.bias": "conv1.1.bias", "conv1.weight": "conv2.1.weight",
    "conv1.bias": "conv2.2.bias", "conv1.resample_filter": "conv2.0.kernel", "skip.weight": "skip.1.weight",
    "skip.resample_filter": "skip.0.kernel",
}  # fmt: skip
_LAST = {
    "b4.conv.weight": "final_conv.0.weight", "b4.conv.bias": "final_conv.1.bias",
    "b4.fc.weight": "final_linear.0.weight", "b4.fc.bias": "final_linear.0.bias",
    "b4.out.weight": "final_linear.1.weight", "b4.out.bias": "final_linear.1.bias",
}  # fmt: skip
_FIRST = {"fromrgb.weight": "convs.0.0.weight", "fromrgb.bias": "convs.0.1.bias"}
_DOUBLING = 4  # upstream multiplies the filter by the square of the up-sampling when it is used, ours when it is made


class NvlabsGenerator(StyleGAN2Generator):
    """StyleGAN2's generator with the names of NVlabs' training/networks.py.

    Karras et al. 2020 (arXiv 2006.06676). Keys: `synthesis.b4.const`, `synthesis.b8.conv0.weight`,
    `synthesis.b8.torgb.affine.weight`, `mapping.fc0.weight`.

    Args:
        clamp: of what convolutions give; None for none.
        settings: those of StyleGAN2Generator.
    """

    def __init__(self, *, clamp: float | None, **settings: Any) -> None:
        super().__init__(**settings)
        clamp_convolutions(self, clamp)
        for layer in self.modules():
            if isinstance(layer, ModulatedConvolution):
                layer.epsilon = EPSILON * layer.scale**2  # upstream demodulates the weights before they are scaled
        respelling(self, _respell_generator)


class NvlabsDiscriminator(StyleGAN2Discriminator):
    """StyleGAN2's residual discriminator with the names of NVlabs' training/networks.py.

    Keys: `b256.fromrgb.weight`, `b256.conv0.weight`, `b256.skip.weight`, `b4.conv.weight`, `b4.out.weight`.

    Args:
        clamp: of what convolutions give; None for none.
        settings: those of StyleGAN2Discriminator.
    """

    def __init__(self, *, clamp: float | None, **settings: Any) -> None:
        super().__init__(**settings)
        clamp_convolutions(self.convs, clamp)
        clamp_convolutions(self.final_conv, clamp)
        respelling(self, _respell_discriminator)


def clamp_convolutions(network: nn.Module, clamp: float | None) -> None:
    """Let every convolution of a network be clamped behind its activation."""
    for layer in network.modules():
        if isinstance(layer, (Activation, ToImage)):
            layer.clamp = clamp


def _respell_generator(_module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
    theirs = {key: state_dict.pop(key) for key in list(state_dict)}
    for key, value in theirs.items():
        state_dict.update(_of_generator(key, value))


def _of_generator(key: str, value: Tensor) -> Mapping[str, Tensor]:
    """A tensor of a generator under our names; nothing for what no network computes with."""
    if layer := re.fullmatch(r"mapping\.fc(\d+)\.(weight|bias)", key):
        return {f"style.{int(layer[1]) + 1}.{layer[2]}": value}
    if key == "mapping.w_avg":
        return {}  # for truncation alone
    if key == "synthesis.b4.const":
        return {"input.input": value[None]}
    inner = re.fullmatch(r"synthesis\.b(\d+)\.(?:(conv[01]|torgb)\.)?(.+)", key)
    if inner is None:
        return {key: value}
    stage, layer_name, part = int(inner[1]).bit_length() - 3, inner[2], inner[3]
    if layer_name is None:  # the filter of the block enlarges the image
        return {f"to_rgbs.{stage - 1}.upsample.kernel": value * _DOUBLING} if stage else {}
    if layer_name == "torgb":
        place = f"to_rgbs.{stage - 1}" if stage else "to_rgb1"
        return {f"{place}.{_TO_IMAGE.get(part, part)}": _reshaped(part, value, "torgb")}
    first = layer_name == "conv0"
    place, number = (f"convs.{2 * stage - 1 - first}", 2 * stage - first) if stage else ("conv1", 0)
    if part == "noise_const":
        return {f"noises.noise_{number}": value[None, None]}
    if part == "resample_filter":
        return {f"{place}.{_STYLED[part]}": value * _DOUBLING} if first else {}  # used where it enlarges
    return {f"{place}.{_STYLED.get(part, part)}": _reshaped(part, value, layer_name)}


def _reshaped(part: str, value: Tensor, layer: str) -> Tensor:
    """With the axes that rosinality's tensors have beside."""
    if part == "weight":
        return value[None]
    if part == "noise_strength":
        return value.reshape(1)
    return value.reshape(1, -1, 1, 1) if part == "bias" and layer == "torgb" else value


def _respell_discriminator(module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
    size: int = module.size  # type: ignore[assignment]  # of StyleGAN2Discriminator
    theirs = {key: state_dict.pop(key) for key in list(state_dict)}
    for key, value in theirs.items():
        ours = _of_discriminator(key, size)
        if ours is not None:
            state_dict[ours] = value


def _of_discriminator(key: str, size: int) -> str | None:
    """Our name of a tensor of a discriminator; None for filters that nothing is filtered with."""
    if key in _LAST:
        return _LAST[key]
    inner = re.fullmatch(r"b(\d+)\.(.+)", key)
    if inner is None:
        return key
    stage, part = size.bit_length() - int(inner[1]).bit_length(), inner[2]
    if part in _FIRST and stage == 0:
        return _FIRST[part]
    if part in _BLOCK:
        return f"convs.{stage + 1}.{_BLOCK[part]}"
    return None if part.endswith("resample_filter") else key
