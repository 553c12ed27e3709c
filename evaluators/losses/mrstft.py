"""Distances of spectrograms: at several resolutions, and of their logarithms alone."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators import maps
from ganloss_cli.evaluators.catalogue import Convention, distance, scaled
from ganloss_cli.evaluators.losses.a_weighting import a_weighted
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.losses.spectra import Alignment, logarithms, magnitudes, over_spectra
from ganloss_cli.evaluators.shapes import check_shapes

YAMAMOTO = "Yamamoto, Song and Kim 2020, Parallel WaveGAN, arXiv:1910.11480"
PWG = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/stft_loss.py"
AURALOSS = "auraloss 0.4.0 MultiResolutionSTFTLoss"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py, conf/base.yml"

STABLE_AUDIO = "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/training"
_SEVEN = tuple(2**k for k in range(11, 4, -1))
_STABLE_AUDIO = {
    "n_fft": _SEVEN, "hop": tuple(n // 4 for n in _SEVEN), "window": _SEVEN, "floor": 1e-8, "norms": "channel",
    "relative_to": "fake", "weighting": "A",
}  # fmt: skip

Sizes = tuple[int, ...]
Channels = Literal["each", "sum_difference", "left", "right"]


@distance(
    family="spectral",
    keeps_maps=True,
    synonyms=("stft",),
    reference=YAMAMOTO,
    interpretation="0: identical; 1 to 1.5 for a good vocoder; the convergence alone is near 1 for silence",
    conventions=(
        Convention("yamamoto2020", "arXiv:1910.11480, equations 4 to 6"),
        Convention(
            "parallel_wavegan", PWG, settings={"norms": "set"}, relation="norms over all samples: the loud ones decide",
        ),
        Convention(
            "auraloss", AURALOSS, settings={"norms": "set", "floor": 1e-8},
            relation="norms over all samples, and a floor of 1e-8",
        ),
        Convention(
            "dac", DAC,
            settings={
                "n_fft": (2048, 512), "hop": (512, 128), "window": (2048, 512), "floor": 1e-10,
                "first": "linear", "logarithm": "log10_power", "over_scales": "sum",
            },
            relation="of magnitudes and log10 of power, summed over two resolutions",
        ),
        Convention(
            "stable_audio", f"{STABLE_AUDIO}/losses/auraloss.py, autoencoders.py",
            settings={**_STABLE_AUDIO, "channels": "sum_difference"},
            relation="A-weighted, at seven resolutions, of the sum and the difference of two channels, and relative to "
            "the norm of the fake: its targets are handed over as inputs",
        ),
        *(
            Convention(
                f"stable_audio_{side}", f"{STABLE_AUDIO}/losses/auraloss.py, autoencoders.py, {side}",
                settings={**_STABLE_AUDIO, "channels": side}, relation=f"as stable_audio, of the {side} channel",
            )
            for side in ("left", "right")
        ),
    ),
)  # fmt: skip
def mrstft(
    real: Tensor,
    fake: Tensor,
    *,
    n_fft: Sizes = (1024, 2048, 512),
    hop: Sizes = (120, 240, 50),
    window: Sizes = (600, 1200, 240),
    floor: float = 1e-7,
    first: Literal["convergence", "linear"] = "convergence",
    logarithm: Literal["ln", "log10_power"] = "ln",
    norms: Literal["sample", "channel", "set"] = "sample",
    over_scales: Literal["mean", "sum"] = "mean",
    relative_to: Literal["real", "fake"] = "real",
    channels: Channels = "each",
    weighting: Literal["none", "A"] = "none",
    sample_rate: int | None = None,
) -> dict[str, Tensor] | SampleSet:
    """Multi-resolution STFT loss: spectral convergence and distance of logarithms.

        L = mean over resolutions of || |X_r| - |X_f| || / || |X_r| ||  +  mean | ln|X_r| - ln|X_f| |

    Args:
        real: waveforms on [-1, 1]; (N, C, T) or (N, T).
        fake: the same shape.
        n_fft: samples of a frame, one for each resolution.
        hop: samples from one frame to the next, one for each resolution.
        window: samples of the Hann window, one for each resolution.
        floor: the least power of a bin.
        first: the first term: the convergence, or the mean absolute difference of magnitudes.
        logarithm: of magnitudes, or decimal of their squares.
        norms: of the convergence, over each sample (all its channels), each channel, or all samples.
        over_scales: what is done with the resolutions.
        relative_to: whose norm the convergence is divided by.
        channels: what is compared: each of them, the sum and the difference of two, or one of two; of one it is that.
        weighting: "A" filters the waveforms as the ear hears them.
        sample_rate: of the waveforms, in Hz, for the weighting.

    Returns:
        terms "convergence" (or "linear") and "magnitude", each (N,), not negative; with norms over all samples, a
        statistic of the whole set.

    Convention: norms over one sample, as the paper writes for one signal; Parallel WaveGAN's code and auraloss take
    them over the batch, where a loud sample outweighs the others.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than half a frame.
        UsageError: they are to be weighted, and their sample rate is not known.

    Reference: arXiv:1910.11480.
    """
    check_shapes(real=real, fake=fake)
    real, fake = (_compared(each, channels, weighting, sample_rate) for each in (real, fake))
    if relative_to == "fake":
        real, fake = fake, real
    scale = 1.0 if logarithm == "ln" else 2 / math.log(10)
    measured = partial(_of_frames, floor=floor, linear=first == "linear", scale=scale)
    sums = [
        over_spectra(measured, real, fake, n_fft=int(size), hop=int(step), window=int(length)) / (int(size) // 2 + 1)
        for size, step, length in zip(n_fft, hop, window, strict=True)
    ]
    stacked = torch.stack(sums, 1)  # (N, resolutions, C, 3)
    weight = 1.0 if over_scales == "sum" else 1 / len(sums)
    magnitude = weight * scale * stacked[..., 2].mean(2).sum(1)
    if first == "linear":
        return {first: weight * stacked[..., 0].mean(2).sum(1), "magnitude": magnitude}
    if norms == "channel":
        return {first: weight * _root_ratio(stacked[..., 0], stacked[..., 1]).mean(2).sum(1), "magnitude": magnitude}
    errors, energies = stacked[..., 0].sum(2), stacked[..., 1].sum(2)  # (N, resolutions)
    if norms == "set":
        parts = {"errors": errors, "energies": energies, "magnitude": magnitude}
        return SampleSet.of(partial(_of_set, weight=weight), parts)
    return {first: weight * _root_ratio(errors, energies).sum(1), "magnitude": magnitude}


def _compared(waveforms: Tensor, channels: Channels, weighting: str, sample_rate: int | None) -> Tensor:
    """What is compared of waveforms (N, C, T) or (N, T)."""
    if weighting == "A":
        if sample_rate is None:
            raise UsageError(
                "mrstft: the sample rate of the waveforms is not known, by which they are weighted",
                hint="give audio files, or --set mrstft.sample_rate=44100",
            )
        waveforms = a_weighted(waveforms, int(sample_rate))
    if channels == "each" or waveforms.dim() < 3 or waveforms.shape[1] != 2:
        return waveforms
    left, right = waveforms.unbind(1)
    if channels == "sum_difference":
        return torch.stack((left + right, left - right), 1)
    return (left if channels == "left" else right)[:, None]


def _of_frames(spectra: Tensor, *, floor: float, linear: bool, scale: float) -> Tensor:
    """Of spectra (2, frames, bins) what the terms are made of: sums of errors, energies, distances of logarithms."""
    real, fake = magnitudes(spectra, least=floor)
    difference = real - fake
    error = difference.abs() if linear else difference.square()
    distance = logarithms(real / fake).abs()  # one logarithm of a ratio in place of two
    if maps.are_wanted():
        maps.keep("logarithms of magnitudes", scale * distance, sides=(scale * real.log(), scale * fake.log()))
    return torch.stack((error.sum(1), real.square().sum(1), distance.sum(1)), 1)


def _root_ratio(errors: Tensor, energies: Tensor) -> Tensor:
    """sqrt(errors / energies), whose gradient at an identical pair is taken as zero."""
    same = errors == 0
    return torch.where(same, 0.0, (errors.masked_fill(same, 1) / energies).sqrt())


@finishes_sets
def _of_set(whole: Whole, *, weight: float) -> dict[str, Tensor]:
    convergence = _root_ratio(whole["errors"].sum(0), whole["energies"].sum(0)).sum()
    return {"convergence": weight * convergence, "magnitude": whole["magnitude"].mean()}


@distance(
    family="spectral",
    keeps_maps=True,
    symmetric=True,
    reference="Gray and Markel 1976, Distance measures for speech processing, doi:10.1109/TASSP.1976.1162849",
    interpretation="0: identical; below 1: close; bands that are missing altogether cost 2 and more",
    conventions=(
        Convention("nuwave", "mindslab-ai/nuwave@88aba86 lightning_model.py"),
        scaled("decibels", "doi:10.1109/TASSP.1976.1162849: in decibels", 10.0, "ten times"),
        Convention(
            "ssr_eval", "haoheliu/ssr_eval@7129ee8 ssr_eval/metrics.py, at 44.1 kHz",
            settings={"hop": 441, "alignment": "zeros", "floor": 1e-24, "floor_of_ratio": 1e-12},
            relation="frames of 2048, hop 441, zeros beyond the ends",
        ),
    ),
)  # fmt: skip
def lsd(
    real: Tensor,
    fake: Tensor,
    *,
    n_fft: int = 2048,
    hop: int = 512,
    floor: float = 1e-8,
    floor_of_ratio: float = 0.0,
    alignment: Alignment = "centred",
    scale: float = 1.0,
) -> Tensor:
    """Log-spectral distance.

        LSD = mean over frames of sqrt(mean over bins of (log10 P_r - log10 P_f)^2)

    Args:
        real: waveforms on [-1, 1]; (N, C, T) or (N, T).
        fake: the same shape.
        n_fft: samples of a frame and of its Hann window.
        hop: samples from one frame to the next.
        floor: the least power of a bin.
        floor_of_ratio: added to P_r / P_f before its logarithm is taken.
        alignment: the signal is reflected at its ends ("centred"), or followed by zeros ("zeros").
        scale: what the loss is multiplied by; 10 for decibels.

    Returns:
        (N,), not negative: the mean over frames and channels.

    Convention: of powers, in bels, with frames of 2048 and a hop of 512 whatever the sample rate, as NU-Wave.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than half a frame.

    Reference: doi:10.1109/TASSP.1976.1162849.
    """
    check_shapes(real=real, fake=fake)
    distance = partial(_log_distance, floor=floor, floor_of_ratio=floor_of_ratio)
    return scale * over_spectra(distance, real, fake, n_fft=n_fft, hop=hop, alignment=alignment).mean((1, 2))


def _log_distance(spectra: Tensor, *, floor: float, floor_of_ratio: float) -> Tensor:
    real, fake = magnitudes(spectra, least=floor)
    distances = torch.log10((real / fake).square() + floor_of_ratio)
    if maps.are_wanted():
        maps.keep("logarithms of powers", distances.abs(), sides=(2 * real.log10(), 2 * fake.log10()))
    squares = distances.square().mean(1, keepdim=True)
    same = squares == 0
    return torch.where(same, 0.0, squares.masked_fill(same, 1).sqrt())
