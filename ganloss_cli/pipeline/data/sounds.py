"""Sounds as what mask networks and their losses see: magnitude spectrograms; and the sound of a masked mixture."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import Stft
from ganloss_cli.pipeline.networks.ranges import Ranged


@dataclass(kw_only=True)
class Sounds:
    """The data of a step, by role, seen as magnitudes; every spectrum is computed once.

    Args:
        values: of all roles.
        waveforms: the roles that hold sounds; the others are magnitudes already.
        stft: how sounds become spectra, where a generator makes masks.
    """

    values: Mapping[str, Ranged | list[Any]]
    waveforms: Collection[str]
    stft: Stft | None
    _spectra: dict[str, Tensor] = field(default_factory=dict)
    _magnitudes: dict[str, Ranged] = field(default_factory=dict)

    def magnitude(self, role: str) -> Ranged:
        """The magnitude spectrogram of a sound; anything else as it is."""
        if role not in self.waveforms or self.stft is None:
            return self._value(role)
        if role not in self._magnitudes:
            self._magnitudes[role] = Ranged(tensor=self._spectrum(role, self.stft).abs(), range=None)
        return self._magnitudes[role]

    def residual(self) -> Ranged:
        """What is left of the mixture: |mixture| - |target|."""
        mixture, target = self.magnitude("mixture"), self.magnitude("target")
        return Ranged(tensor=mixture.tensor - target.tensor, range=None)

    def masked(self, mask: Tensor, role: str) -> Ranged:
        """The waveform of a masked sound, with the phase of that sound; of magnitudes, masked magnitudes."""
        mixture = self._value(role).tensor
        if role not in self.waveforms or self.stft is None:
            return Ranged(tensor=mask * mixture, range=None)
        sound = sound_of(mask * self._spectrum(role, self.stft), self.stft, mixture.shape[-1])
        return Ranged(tensor=sound.to(mixture.dtype), range=None)

    def _value(self, role: str) -> Ranged:
        value = self.values[role]
        if not isinstance(value, Ranged):
            raise AssertionError(f"{role} is one tensor")
        return value

    def _spectrum(self, role: str, stft: Stft) -> Tensor:
        if role not in self._spectra:
            self._spectra[role] = spectrum(self._value(role).tensor, stft)
        return self._spectra[role]


def spectrum(waveform: Tensor, stft: Stft) -> Tensor:
    """Complex spectrum of a waveform.

    Zeros fill its end up to the next whole hop, a whole hop of them where it is one already; frames are centred on
    multiples of the hop, reflected at both ends, under a periodic Hann window. As kianzohoury/auralflow@503e249
    auralflow/transforms/transforms.py.

    Args:
        waveform: (N, C, T).
        stft: its parameters.

    Returns:
        complex, (N, C, n_fft / 2 + 1, T // hop + 2).

    Raises:
        InputError: the waveform is shorter than what is reflected.
    """
    if waveform.shape[-1] <= stft.n_fft // 2:
        raise InputError(f"{waveform.shape[-1]} samples are too few for frames of {stft.n_fft}")
    # a transform in half precision is none that torch has
    sound = waveform.to(torch.promote_types(waveform.dtype, torch.float32))
    padded = functional.pad(sound, (0, stft.hop - sound.shape[-1] % stft.hop))
    frames = torch.stft(
        padded.flatten(0, 1), stft.n_fft, stft.hop, stft.win, _window(sound, stft), center=True, return_complex=True
    )
    return frames.reshape(*waveform.shape[:2], *frames.shape[1:])


def sound_of(frames: Tensor, stft: Stft, length: int) -> Tensor:
    """The waveform of a spectrum, without what was added to its end.

    Args:
        frames: complex, (N, C, F, frames).
        stft: what it was made with.
        length: of the waveform, in samples.

    Returns:
        (N, C, length).
    """
    window = _window(frames.real, stft)
    flat = torch.istft(frames.flatten(0, 1), stft.n_fft, stft.hop, stft.win, window, center=True, length=length)
    return flat.reshape(*frames.shape[:2], length)


def _window(like: Tensor, stft: Stft) -> Tensor:
    return torch.hann_window(stft.win, dtype=like.dtype, device=like.device)
