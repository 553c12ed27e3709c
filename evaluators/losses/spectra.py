"""Short-time spectra of waveforms, a few signals at a time."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal

import numpy as np
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
    measured: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    *,
    n_fft: int,
    hop: int,
    window: int | None = None,
    alignment: Alignment = "centred",
) -> Tensor:
    """Mean over frames of something computed from pairs of spectra, without ever holding all spectra.

        X = DFT of a Hann-windowed frame

    Args:
        measured: from spectra of real and fake, (2, frames, bins), some numbers a frame: (frames, k).
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
    filling = (n_fft - length - 2 * padding) % hop if alignment == "filled" else 0
    sides = [_extended(waves, padding, filling, by_zeros=alignment == "zeros") for waves in (real, fake)]
    n_signals, n_frames = len(sides[0]), 1 + (length + 2 * padding + filling - n_fft) // hop
    shape = _hann(window or n_fft, n_fft, real.dtype, real.device)
    together = max(1, (BLOCK if real.device.type == "cpu" else 64 * BLOCK) // (2 * n_fft))
    blocks = [(signal, first) for signal in range(n_signals) for first in range(0, n_frames, together)]

    def numbers(block: tuple[int, int]) -> Tensor:
        signal, first = block
        last = min(first + together, n_frames)
        samples = torch.stack([_cut(side[signal], first * hop, (last - 1) * hop + n_fft) for side in sides])
        return measured(torch.fft.rfft(samples.unfold(-1, n_fft, hop) * shape))

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
    shape = _hann(n_fft, n_fft, waves.dtype, waves.device)
    return powers(torch.fft.rfft(signals.unfold(-1, n_fft, hop) * shape))


def powers(spectra: Tensor) -> Tensor:
    """|X|^2."""
    # real parts and imaginary ones lie in turn: their squares in one pass, half as long again as by the parts
    squares = torch.view_as_real(spectra).square()
    return squares[..., 0] + squares[..., 1]


def magnitudes(spectra: Tensor, *, added: float = 0.0, least: float = 0.0) -> Tensor:
    """sqrt(max(|X|^2 + a, least)).

    Args:
        spectra: X.
        added: a.
        least: the least power; it does not count where something is added.
    """
    least = max(least, torch.finfo(spectra.dtype).tiny)  # the root has no slope at zero, where silence lies
    if not _of_values_alone(spectra):
        power = powers(spectra)
        return (power + added if added else power.clamp(min=least)).sqrt()
    # a quarter of the time of squares, sum and root, and a tenth of that of torch's own
    absolute = torch.from_numpy(np.abs(spectra.numpy()))
    return absolute.square_().add_(added).sqrt_() if added else absolute.clamp_(min=math.sqrt(least))


def logarithms(values: Tensor) -> Tensor:
    """Natural logarithms, by numpy in a third of torch's time where it can."""
    if not _of_values_alone(values):
        return values.log()
    with np.errstate(divide="ignore", invalid="ignore"):
        return torch.from_numpy(np.log(values.numpy()))


def _of_values_alone(tensor: Tensor) -> bool:
    """Whether no gradient is asked for, of numbers that numpy can read where they lie."""
    return not tensor.requires_grad and tensor.device.type == "cpu"


def _check(waves: Tensor, padding: int, n_fft: int, alignment: Alignment) -> None:
    if waves.dim() not in (2, 3):
        raise InputError(f"waveforms are (N, C, T) or (N, T), but real has shape {tuple(waves.shape)}")
    length = waves.shape[-1]
    if (length <= padding and alignment != "zeros") or length + 2 * padding < n_fft:
        raise InputError(
            f"waveforms of {length} samples are too short for frames of {n_fft}", hint="give longer waveforms"
        )


def _extended(waves: Tensor, padding: int, filling: int, *, by_zeros: bool) -> list[tuple[Tensor, ...]]:
    """Of every signal what lies before it, itself, and what follows: not in one piece, which would copy it."""
    signals = waves.reshape(-1, waves.shape[-1])
    before, after = signals[:, 1 : padding + 1].flip(-1), signals[:, -padding - 1 : -1].flip(-1)
    if by_zeros:
        before = after = signals.new_zeros(len(signals), padding)
    return list(zip(before, signals, functional.pad(after, (0, filling)), strict=True))


def _cut(parts: tuple[Tensor, ...], first: int, last: int) -> Tensor:
    """Samples from the first to before the last of parts that follow one another."""
    found = []
    for part in parts:
        length = part.shape[0]
        if first < length and last > 0:
            found.append(part[max(first, 0) : last])
        first, last = first - length, last - length
    return torch.cat(found) if len(found) > 1 else found[0]


@functools.lru_cache(maxsize=64)
@torch.inference_mode(False)  # it is kept, and may have to do with gradients later
def _hann(length: int, n_fft: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A periodic Hann window in the middle of a frame, between zeros."""
    before = (n_fft - length) // 2
    with on_one_core():  # a thousand cosines wake every core, which then waits for more work for milliseconds
        window = torch.hann_window(length, dtype=torch.float64)
    return functional.pad(window, (before, n_fft - length - before)).to(dtype).to(device)
