"""Whether samples are in the units that they are taken for: waveforms within [-1, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.roles import IMAGE_ROLES, SEPARATION_ROLES

# whole numbers of these are waveforms as .wav files hold them; 64 bits are not
PCM = {torch.int16: 2**15, torch.int32: 2**31}
WAVEFORM_ROLES = (IMAGE_ROLES - {"input"}) | (set(SEPARATION_ROLES) - {"mask", "residual"})
_MOST_APART = 1000  # times that one side is as loud as the other: 60 dB
_ABOVE_FULL_SCALE = 2.0


def is_pcm(role: str, n_axes: int, dtype: torch.dtype) -> bool:
    """Whether whole numbers are samples of a recording, which are divided by their full scale.

    Args:
        role: what they are.
        n_axes: of one sample; a picture has three.
        dtype: as they are stored.
    """
    return dtype in PCM and role in WAVEFORM_ROLES and n_axes <= 2


def check_scales(values: Mapping[str, Any], where: Mapping[str, str]) -> None:
    """Refuse waveforms of which one is within [-1, 1] and another is scaled as whole numbers are.

    Args:
        values: role -> one sample.
        where: role -> its file, for messages.

    Raises:
        InputError: the peaks of two roles differ a thousandfold, and one of them is beyond full scale.
    """
    peaks = {
        role: float(value.abs().max())
        for role, value in values.items()
        if role in WAVEFORM_ROLES and isinstance(value, Tensor) and value.dim() <= 2 and value.numel()
    }
    peaks = {role: peak for role, peak in peaks.items() if peak > 0}
    if not peaks:
        return
    loud, quiet = max(peaks, key=lambda role: peaks[role]), min(peaks, key=lambda role: peaks[role])
    if peaks[loud] > _ABOVE_FULL_SCALE and peaks[loud] >= _MOST_APART * peaks[quiet]:
        raise InputError(
            f"{where[loud]}: {loud} reaches {peaks[loud]:.4g}, but {quiet} in {where[quiet]} {peaks[quiet]:.4g}:"
            f" {peaks[loud] / peaks[quiet]:.4g} times as much",
            hint="bring both to one scale; whole numbers of 16 bits are divided by 32768",
        )
