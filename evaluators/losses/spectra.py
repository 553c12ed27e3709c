"""Short-time spectra of waveforms, a few signals at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.parallel import each_on_one_core

# "centred": frames are centred on multiples of the hop, with the signal reflected at its ends, as torch.stft; "zeros":
# the same with zeros beyond the ends, as librosa.stft; "hop": the signal is reflected by (n_fft - hop) / 2, so that a
# signal of whole hops has one frame a hop, as HiFi-GAN; "filled": the same with zeros that fill up the last frame.
Alignment = Literal["centred", "zeros", "hop", "filled"]

BLOCK = 1 << 17  # numbers of spectra worked on at a time, to stay in a processor's cache


def over_spectra(
    measured: Callable[[Tensor, Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    n_fft: int,
    hop: int,
    window: int | None = None,
    alignment: Alignment = "centred",
) -> Tensor:
    """Mean over frames of something computed from pairs of power spectra, without ever holding all spectra.

        P = |DFT of a Hann-windowed frame|^2

    Args:
        measured: from power spectra of real and fake, each (frames, bins), some numbers a frame: (frames, k).
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
    length = real.shape[-1]
    padding = (n_fft - hop) // 2 if alignment in ("hop", "filled") else n_fft // 2
    _check(real, padding, n_fft, alignment)
    mode = "constant" if alignment == "zeros" else "reflect"
    signals = [
        functional.pad(waves.reshape(-1, 1, length), (padding, padding), mode=mode)[:, 0] for waves in (real, fake)
    ]
    if alignment == "filled":
        lacking = (n_fft - length - 2 * padding) % hop
        signals = [functional.pad(waves, (0, lacking)) for waves in signals]
    shape = torch.hann_window(window or n_fft, dtype=torch.float64).to(real.dtype).to(real.device)
    framed = [_frames(waves, len(shape), n_fft, hop) for waves in signals]
    n_signals, n_frames = framed[0].shape[:2]
    together = max(1, (BLOCK if real.device.type == "cpu" else 64 * BLOCK) // n_fft)
    blocks = [(signal, first) for signal in range(n_signals) for first in range(0, n_frames, together)]

    def numbers(block: tuple[int, int]) -> Tensor:
        signal, first = block
        return measured(*(_power(frames[signal, first : first + together], shape, n_fft) for frames in framed))

    if maps.are_wanted():
        with maps.kept_maps() as of_blocks:
            parts = [numbers(block) for block in blocks]
        maps.keep_joined(of_blocks, (len(real), n_signals // len(real), n_frames))
    else:
        on_cores = real.device.type == "cpu" and n_signals * n_frames > together
        parts = each_on_one_core(numbers, blocks) if on_cores else [numbers(block) for block in blocks]
    return torch.cat(parts).view(len(real), -1, n_frames, parts[0].shape[1]).mean(2)


def _check(waves: Tensor, padding: int, n_fft: int, alignment: Alignment) -> None:
    if waves.dim() not in (2, 3):
        raise InputError(f"waveforms are (N, C, T) or (N, T), but real has shape {tuple(waves.shape)}")
    length = waves.shape[-1]
    if (length <= padding and alignment != "zeros") or length + 2 * padding < n_fft:
        raise InputError(
            f"waveforms of {length} samples are too short for frames of {n_fft}", hint="give longer waveforms"
        )


def _frames(signals: Tensor, window: int, n_fft: int, hop: int) -> Tensor:
    """Views of the part of each frame that the window covers; (signals, frames, window)."""
    # Power does not see where in its frame a signal lies: a window shorter than the frame needs no zeros before it.
    before = (n_fft - window) // 2
    return signals[:, before : before + signals.shape[1] - n_fft + window].unfold(1, window, hop)


def _power(frames: Tensor, window: Tensor, n_fft: int) -> Tensor:
    """(frames, window) to (frames, bins)."""
    spectrum = torch.fft.rfft(frames * window, n_fft)
    power: Tensor = spectrum.real.square() + spectrum.imag.square()
    return power
