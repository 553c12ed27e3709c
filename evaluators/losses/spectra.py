"""Short-time spectra of waveforms, a few signals at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError

# "centred": frames are centred on multiples of the hop, with the signal reflected at its ends, as torch.stft; "zeros":
# the same with zeros beyond the ends, as librosa.stft; "hop": the signal is reflected by (n_fft - hop) / 2, so that a
# signal of whole hops has one frame a hop, as HiFi-GAN.
Alignment = Literal["centred", "zeros", "hop"]

BLOCK = 1 << 21  # numbers of spectra worked on at a time


def over_spectra(
    summed: Callable[[Tensor, Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    n_fft: int,
    hop: int,
    window: int | None = None,
    alignment: Alignment = "centred",
) -> Tensor:
    """Something computed from the power spectra of pairs of signals, without ever holding all spectra.

        P = |DFT of a Hann-windowed frame|^2

    Args:
        summed: from the power spectra of real and fake, each (signals, frames, bins), one row of numbers a signal.
        real: waveforms; (N, C, T) or (N, T).
        fake: the same shape.
        n_fft: samples of a frame.
        hop: samples from one frame to the next.
        window: samples of the periodic Hann window, at most n_fft; None for n_fft.
        alignment: where the frames lie.

    Returns:
        (N, C, k); C is 1 for waveforms of shape (N, T).

    Raises:
        InputError: the waveforms are too short to be reflected.
    """
    padding = (n_fft - hop) // 2 if alignment == "hop" else n_fft // 2
    length = real.shape[-1]
    if real.dim() not in (2, 3):
        raise InputError(f"waveforms are (N, C, T) or (N, T), but real has shape {tuple(real.shape)}")
    if (length <= padding and alignment != "zeros") or length + 2 * padding < n_fft:
        raise InputError(
            f"waveforms of {length} samples are too short for frames of {n_fft}",
            hint="give longer waveforms",
        )
    mode = "constant" if alignment == "zeros" else "reflect"
    signals = [
        functional.pad(waves.reshape(-1, 1, length), (padding, padding), mode=mode)[:, 0] for waves in (real, fake)
    ]
    n_frames = 1 + (length + 2 * padding - n_fft) // hop
    together = max(1, BLOCK // (n_frames * n_fft))
    shape = torch.hann_window(window or n_fft, dtype=torch.float64).to(real.dtype).to(real.device)
    rows = [
        summed(*(_powers(waves[first : first + together], shape, n_fft, hop) for waves in signals))
        for first in range(0, len(signals[0]), together)
    ]
    return torch.cat(rows).view(len(real), -1, rows[0].shape[1])


def _powers(signals: Tensor, window: Tensor, n_fft: int, hop: int) -> Tensor:
    """Of padded signals (signals, T); (signals, frames, bins)."""
    # Power does not see where in its frame a signal lies: a window shorter than the frame needs no zeros before it.
    before = (n_fft - len(window)) // 2
    frames = signals[:, before : before + signals.shape[1] - n_fft + len(window)].unfold(1, len(window), hop)
    spectrum = torch.fft.rfft(frames * window, n_fft)
    return spectrum.real.square() + spectrum.imag.square()
