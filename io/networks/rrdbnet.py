"""RRDBNet, the generator of ESRGAN and Real-ESRGAN, with the key names of BasicSR and of ESRGAN before it."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_unshuffle

from ganloss_cli.io.networks.placing import Residual

N_CONVOLUTIONS = 5
_RESIDUAL = 0.2
_SLOPE = 0.2
_OLD = {"trunk_conv": "conv_body", "upconv1": "conv_up1", "upconv2": "conv_up2", "HRconv": "conv_hr"}


def basicsr_name(key: str, n_blocks: int, n_ups: int) -> str:
    """A key of any dialect as BasicSR writes it.

    Old ESRGAN: `RRDB_trunk.0.RDB1.conv1.weight`. Oldest: `model.1.sub.0.RDB1.conv1.0.weight`, the layers behind the
    blocks numbered: up-samplings at 3, 6 ..., each between two layers without weights, then two convolutions.

    Args:
        key: of the state dict.
        n_blocks: residual-in-residual blocks.
        n_ups: up-samplings by two.
    """
    layer, _, tensor = key.rpartition(".")
    if match := re.fullmatch(r"(?:RRDB_trunk|model\.1\.sub)\.(\d+)\.RDB(\d)\.conv(\d)(?:\.0)?", layer):
        return f"body.{match[1]}.rdb{match[2]}.conv{match[3]}.{tensor}"
    numbered = {"model.0": "conv_first", f"model.1.sub.{n_blocks}": "conv_body"}
    numbered |= {f"model.{3 * up}": f"conv_up{up}" for up in range(1, n_ups + 1)}
    numbered |= {f"model.{3 * n_ups + 2}": "conv_hr", f"model.{3 * n_ups + 4}": "conv_last"}
    return f"{_OLD.get(layer) or numbered.get(layer, layer)}.{tensor}"


class _DenseBlock(nn.Module):
    """Five convolutions, each of which sees the outputs of all before it."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for k in range(1, N_CONVOLUTIONS + 1):
            after = growth if k < N_CONVOLUTIONS else width
            self.add_module(f"conv{k}", nn.Conv2d(width + (k - 1) * growth, after, 3, 1, 1))
        self.activation = nn.LeakyReLU(_SLOPE)

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same shape."""
        seen = features
        for k in range(1, N_CONVOLUTIONS):
            seen = torch.cat([seen, self.activation(self.get_submodule(f"conv{k}")(seen))], 1)
        return _RESIDUAL * self.get_submodule(f"conv{N_CONVOLUTIONS}")(seen) + features  # type: ignore[no-any-return]


class _ResidualBlock(Residual):
    """Three dense blocks and a skip connection: "residual in residual"."""

    share = _RESIDUAL

    def __init__(self, width: int, growth: int) -> None:
        super().__init__(OrderedDict((f"rdb{k}", _DenseBlock(width, growth)) for k in (1, 2, 3)))


class RRDBNet(nn.Module):
    """Super-resolution: residual-in-residual dense blocks, then up-samplings by two.

    Wang et al. 2018 (arXiv 1809.00219). For a factor of 2 or 1 Real-ESRGAN (arXiv 2107.10833) first folds 2x2 or 4x4
    pixels into channels. Takes the three dialects of key names (`basicsr_name`).

    Args:
        in_channels: of the image, before folding.
        out_channels: of the image it makes.
        width: channels of the blocks.
        n_blocks: residual-in-residual blocks.
        growth: channels that each convolution of a dense block adds.
        n_ups: up-samplings by two.
        fold: side of the square of pixels folded into channels: 1, 2 or 4.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        n_blocks: int = 23,
        growth: int = 32,
        n_ups: int = 2,
        fold: int = 1,
    ) -> None:
        super().__init__()
        self.fold, self.n_blocks, self.n_ups = fold, n_blocks, n_ups
        self.conv_first = nn.Conv2d(in_channels * fold**2, width, 3, 1, 1)
        self.body = nn.Sequential(*(_ResidualBlock(width, growth) for _ in range(n_blocks)))
        self.conv_body = nn.Conv2d(width, width, 3, 1, 1)
        for up in range(1, n_ups + 1):
            self.add_module(f"conv_up{up}", nn.Conv2d(width, width, 3, 1, 1))
        self.conv_hr = nn.Conv2d(width, width, 3, 1, 1)
        self.conv_last = nn.Conv2d(width, out_channels, 3, 1, 1)
        self.activation = nn.LeakyReLU(_SLOPE)
        self.register_load_state_dict_pre_hook(self._respell)  # type: ignore[no-untyped-call]

    def _respell(self, _module: nn.Module, state_dict: dict[str, Any], *_rest: object) -> None:
        renamed = {basicsr_name(key, self.n_blocks, self.n_ups): state_dict.pop(key) for key in list(state_dict)}
        state_dict.update(renamed)

    def forward(self, image: Tensor) -> Tensor:
        """The enlarged image, not clamped.

        Args:
            image: in [0, 1]; (N, C, H, W), H and W multiples of `fold`.

        Returns:
            (N, out_channels, H s, W s), s = 2^n_ups / fold.

        Raises:
            ValueError: a side that is no multiple of `fold`.
        """
        if any(side % self.fold for side in image.shape[2:]):
            size = "x".join(map(str, image.shape[2:]))
            raise ValueError(f"sides must be multiples of {self.fold}, and the image is {size}")
        features = self.conv_first(pixel_unshuffle(image, self.fold))
        features = features + self.conv_body(self.body(features))
        for up in range(1, self.n_ups + 1):
            doubled = interpolate(features, scale_factor=2, mode="nearest")
            features = self.activation(self.get_submodule(f"conv_up{up}")(doubled))
        return self.conv_last(self.activation(self.conv_hr(features)))  # type: ignore[no-any-return]
