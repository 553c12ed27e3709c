"""What a training keeps beside its networks to measure with: LPIPS, and the scale of its reconstruction.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LPIPS_MARK = "lin0.model.1.weight"
_LOG_VARIANCE = "loss.logvar"  # of latent-diffusion, which trains it


def lpips_in(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of the LPIPS network in a state dict, by their names in it; empty where there is none.

    Args:
        tensors: of the state dict.
    """
    prefix = next((key.removesuffix(LPIPS_MARK) for key in tensors if key.endswith(LPIPS_MARK)), None)
    if prefix is None:
        return {}
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def scale_in(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The log variance that a reconstruction is measured with, by the setting of the loss that takes it.

    Args:
        tensors: of a state dict.
    """
    value = tensors.get(_LOG_VARIANCE)
    return {} if value is None or any(size != 1 for size in value.shape) else {"logvar": value}
