"""Networks that load the weights of layers under weight norm or spectral norm in every spelling of torch.

Weight norm is folded into the weight once, when it is loaded: it depends on the weights alone, so the network computes
the same and does it faster. Spectral norm stays, because in train mode it moves at every forward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganloss_cli.io.architectures.spellings import SPECTRAL_NORM, WEIGHT_NORM, normed_layers

_NEW = "parametrizations.weight.original"


def accept_spellings(module: nn.Module) -> None:
    """Let `module.load_state_dict` take every spelling; its own layers are plain or under `spectrally_normed`."""
    respelling(module, _respell)


def respelling(module: nn.Module, hook: Callable[..., None]) -> None:
    """Let a hook rewrite state dicts before `module` loads them."""
    module.register_load_state_dict_pre_hook(hook)  # type: ignore[no-untyped-call]


def spectrally_normed(layer: nn.Module, wanted: bool) -> nn.Module:
    """The layer under spectral norm (Miyato et al. 2018, arXiv 1802.05957), if that is wanted."""
    return spectral_norm(layer) if wanted else layer


def folded(magnitude: Tensor, direction: Tensor) -> Tensor:
    """The weight that weight norm stands for (Salimans and Kingma 2016, arXiv 1602.07868).

        w = g v / ||v||

    Args:
        magnitude: g, of size 1 in every axis that the norm runs over.
        direction: v, the shape of the weight.

    Returns:
        w, at least in single precision.
    """
    axes = [axis for axis in range(direction.dim()) if magnitude.dim() == 0 or magnitude.shape[axis] == 1]
    wide = torch.promote_types(direction.dtype, torch.float32)
    direction = direction.to(wide)
    length: Tensor = torch.linalg.vector_norm(direction, dim=axes, keepdim=True)
    return direction * (magnitude.to(wide) / length)


def _respell(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    keys = [key for key in state_dict if key.startswith(prefix)]
    for layer, mark in normed_layers(keys, SPECTRAL_NORM).items():
        names = dict(zip((mark, *SPECTRAL_NORM[mark]), (_NEW, *SPECTRAL_NORM[_NEW]), strict=True))
        found = {new: state_dict.pop(f"{layer}.{old}") for old, new in names.items() if f"{layer}.{old}" in state_dict}
        state_dict.update({f"{layer}.{new}": value for new, value in found.items()})
    for layer, mark in normed_layers(keys, WEIGHT_NORM).items():
        magnitude, direction = state_dict[f"{layer}.{mark}"], state_dict.get(f"{layer}.{WEIGHT_NORM[mark]}")
        if direction is not None and _belong_together(magnitude, direction):
            del state_dict[f"{layer}.{mark}"], state_dict[f"{layer}.{WEIGHT_NORM[mark]}"]
            state_dict[f"{layer}.weight"] = folded(magnitude, direction)


def _belong_together(magnitude: Tensor, direction: Tensor) -> bool:
    pairs = zip(magnitude.shape, direction.shape, strict=False)
    return magnitude.dim() in (0, direction.dim()) and all(ours in (1, theirs) for ours, theirs in pairs)
