"""Short-time spectra of waveforms, a few signals at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.parallel import each_on_one_core, on_one_core

# "centred": frames are centred on multiples of the hop, with the signal reflected at its ends, as torch.stft; "zeros":
# the same with zeros beyond the ends, as librosa.stft; "hop": the signal is reflected by (n_fft - hop) / 2, so that a
# signal of whole hops has one frame a hop, as HiFi-GAN; "filled": the same with zeros that fill up the last frame.
Alignment = Literal["centred", "zeros", "hop", "filled"]

BLOCK = 1 << 18  # numbers of both spectra worked on at a time, to stay in a processor's cache


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
    with on_one_core():  # what only moves memory takes every core for as long, and waits for all of them
        both = torch.stack((real, fake)).reshape(-1, 1, length)
        signals = functional.pad(both, (padding, padding), mode=mode)
        if alignment == "filled":
            lacking = (n_fft - length - 2 * padding) % hop
            signals = functional.pad(signals, (0, lacking))
    shape = torch.hann_window(window or n_fft, dtype=torch.float64).to(real.dtype).to(real.device)
    frames = _frames(signals.view(2, -1, signals.shape[-1]), len(shape), n_fft, hop)
    n_signals, n_frames = frames.shape[1:3]
    together = max(1, (BLOCK if real.device.type == "cpu" else 64 * BLOCK) // (2 * n_fft))
    blocks = [(signal, first) for signal in range(n_signals) for first in range(0, n_frames, together)]

    def numbers(block: tuple[int, int]) -> Tensor:
        signal, first = block
        return measured(*_power(frames[:, signal, first : first + together], shape, n_fft))

    if maps.are_wanted():
        with maps.kept_maps() as of_blocks:
            parts = [numbers(block) for block in blocks]
        maps.keep_joined(of_blocks, (len(real), n_signals // len(real), n_frames))
    else:
        on_cores = real.device.type == "cpu" and n_signals * n_frames > together
        parts = each_on_one_core(numbers, blocks) if on_cores else [numbers(block) for block in blocks]
    with on_one_core():
        return torch.cat(parts).view(len(real), -1, n_frames, parts[0].shape[1]).mean(2)


def frame_powers(waves: Tensor, *, n_fft: int, hop: int) -> Tensor:
    """Power spectra of all frames, one a hop.

    Args:
        waves: (N, C, T) or (N, T), reflected by (n_fft - hop) / 2.
        n_fft: samples of a frame and of its Hann window.
        hop: samples from one frame to the next.

    Returns:
        (N C, frames, bins).
    """
    padding = (n_fft - hop) // 2
    _check(waves, padding, n_fft, "hop")
    signals = functional.pad(waves.reshape(-1, 1, waves.shape[-1]), (padding, padding), mode="reflect")[:, 0]
    window = torch.hann_window(n_fft, dtype=torch.float64).to(waves.dtype).to(waves.device)
    return _power(_frames(signals, n_fft, n_fft, hop), window, n_fft)


def _check(waves: Tensor, padding: int, n_fft: int, alignment: Alignment) -> None:
    if waves.dim() not in (2, 3):
        raise InputError(f"waveforms are (N, C, T) or (N, T), but real has shape {tuple(waves.shape)}")
    length = waves.shape[-1]
    if (length <= padding and alignment != "zeros") or length + 2 * padding < n_fft:
        raise InputError(
            f"waveforms of {length} samples are too short for frames of {n_fft}", hint="give longer waveforms"
        )


def _frames(signals: Tensor, window: int, n_fft: int, hop: int) -> Tensor:
    """Views of the part of each frame that the window covers; (..., frames, window)."""
    # Power does not see where in its frame a signal lies: a window shorter than the frame needs no zeros before it.
    before = (n_fft - window) // 2
    return signals[..., before : before + signals.shape[-1] - n_fft + window].unfold(-1, window, hop)


def _power(frames: Tensor, window: Tensor, n_fft: int) -> Tensor:
    """(..., frames, window) to (..., frames, bins)."""
    # real parts and imaginary ones lie in turn: their squares in one pass, half as long again as by the parts
    squares = torch.view_as_real(torch.fft.rfft(frames * window, n_fft)).square()
    return squares[..., 0] + squares[..., 1]
