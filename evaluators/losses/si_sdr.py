"""Ratios of a waveform's energy to that of its error, in decibels."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.shapes import check_shapes, per_sample

AURALFLOW = "kianzohoury/auralflow@503e249 auralflow/losses/losses.py"
AURALOSS = "csteinmetz1/auraloss@0853e9e auraloss/time.py"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/losses/sisnr.py, config/solver/compression/default.yaml"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py"

FLOAT32_STEP = 2.0**-23  # numpy's and torch's float32 eps

Channels = Literal["each", "energies", "joined"]

ZERO_MEAN_LOSS = Convention(
    "auraloss", AURALOSS, inverted=True, settings={"zero_mean": True, "sign": -1},
    relation="minus zero_mean, up to its 1e-8 beside each energy",
)  # fmt: skip
# What the small constants of libraries leave of a ratio of nothing; of a second of noise of unit variance at 16 kHz
# where the energy of the signal matters.
SI_SDR_VALUES = {
    0.0: "as much error as signal; also what torchmetrics and audiocraft give a silent estimate",
    80.0: "what auraloss 0.4.0, a loss, gives where either side is silent: its 1e-8 alone is left",
    -91.3: "what torchmetrics 1.9.0 gives where the source is silent, in float32",
    111.3: "what torchmetrics 1.9.0 gives a signal and itself in float32: 10 log10 of its energy / 1.2e-7",
    198.6: "what torchmetrics 1.9.0 gives a signal and itself in float64: 10 log10 of its energy / 2.2e-16",
    10 * math.log10(1 / FLOAT32_STEP): "the most that fast-bss-eval 0.1.4 gives a signal and itself in float32, where "
    "the squared cosine rounds below 1: 58 to 69 dB; at 1 si_sdr stops with an error and si_sdr_loss is -inf",
    -122.1: "what auraloss 0.4.0, a loss, gives a signal and itself: 10 log10 of 1e-8 / its energy",
}
# Each comes with the energy, which is not that of a second of noise where it is another clip.
BESIDE_ENERGIES = {
    "torchmetrics 1.9.0 in float32": FLOAT32_STEP,
    "torchmetrics 1.9.0 in float64": 2.0**-52,
    "auraloss 0.4.0, a loss and so negative,": 1e-8,
}
ratio = partial(
    loss,
    family="separation",
    span=(None, None),
    higher_is_better=True,
    unit="dB",
    paired=True,
    weights="ema",
)


@ratio(
    known_values=SI_SDR_VALUES,
    beside_energies=BESIDE_ENERGIES,
    symmetric=True,
    synonyms=("sisdr", "sdr"),
    reference="Le Roux et al. 2019, SDR - half-baked or well done?, arXiv:1811.02508",
    interpretation="0 dB: as much error as signal; above 10 dB: a good separation; blind to the gain of the estimate",
    conventions=(
        Convention("leroux2019", "arXiv:1811.02508, equation 3"),
        Convention(
            "auralflow", AURALFLOW, inverted=True, settings={"channels": "energies", "sign": -1},
            relation="minus it, with the energies of channels added before the ratio is taken",
        ),
        Convention(
            "negative", "torchmetrics 1.9.0, as a loss", inverted=True, settings={"sign": -1}, relation="minus it",
            factor=-1.0,
        ),
        Convention(
            "zero_mean", "torchmetrics 1.9.0 with zero_mean=True", settings={"zero_mean": True},
            relation="without the mean of each channel; differs where there is an offset",
        ),
        ZERO_MEAN_LOSS,
        Convention(
            "dac", DAC, inverted=True, settings={"zero_mean": True, "sign": -1, "channels": "joined"},
            relation="minus zero_mean, with channels laid end to end",
        ),
        Convention(
            "audiocraft", AUDIOCRAFT, inverted=True,
            settings={"zero_mean": True, "sign": -1, "segment": 5.0, "epsilon": FLOAT32_STEP},
            relation="minus zero_mean of segments of 5 s, filled up with zeros, with 1.2e-7 times their length added "
            "to every energy: a silent estimate has 0 dB, as in torchmetrics",
        ),
    ),
)  # fmt: skip
def si_sdr(
    real: Tensor,
    fake: Tensor,
    *,
    zero_mean: bool = False,
    channels: Channels = "each",
    sign: Literal[1, -1] = 1,
    segment: float | None = None,
    sample_rate: int | None = None,
    epsilon: float = 0.0,
) -> Tensor:
    """Scale-invariant signal-to-distortion ratio.

        SI-SDR = 10 log10(||a r||^2 / ||a r - f||^2),  a = <f, r> / ||r||^2

    Args:
        real: the source; (N, C, T) or (N, T).
        fake: the estimate of it; the same shape.
        zero_mean: take off the mean over time first.
        channels: "each": a ratio for each channel, then the mean of their decibels; "energies": a gain for each, and
            one ratio of energies added over channels; "joined": channels end to end, as one signal.
        sign: -1 for a loss to minimise.
        segment: seconds of the segments that the ratio is taken of, each half over the next and the last filled up
            with zeros; their decibels are averaged. None for one ratio of the whole.
        sample_rate: of the waveforms, in Hz; segments need it.
        epsilon: added to every energy for each sample of a segment.

    Returns:
        (N,), in dB; infinite for an estimate that is exactly proportional to the source, nan for a silent source.

    Convention: no mean is taken off and nothing is added to the energies, as the paper, torchmetrics' default and
    auralflow. auraloss, DAC and audiocraft take the mean off (audiocraft in segments of 5 s,
    filled up with zeros), and all four training codes return minus the decibels.

    Raises:
        InputError: the shapes differ.
        UsageError: segments of waveforms whose sample rate is not known.

    Reference: arXiv:1811.02508.
    """
    check_shapes(real=real, fake=fake)
    if segment is not None:
        frame = _frame(segment, sample_rate)
        real, fake = _segments(real, frame), _segments(fake, frame)
    real, fake = _signals(real, fake, zero_mean, channels)
    added = epsilon * real.shape[-1]
    gain = (fake * real).sum(-1, keepdim=True) / (real.square().sum(-1, keepdim=True) + added)
    projected = gain * real
    return sign * _decibels(projected, projected - fake, channels, added)


@ratio(
    reference="Vincent, Gribonval and Fevotte 2006, Performance measurement in blind audio source separation, "
    "doi:10.1109/TSA.2005.858005",
    interpretation="0 dB: as much error as signal; 20 dB: a tenth of the amplitude; a change of gain counts as error",
    conventions=(
        Convention("plain", "torchmetrics 1.9.0 signal_noise_ratio"),
        Convention(
            "zero_mean", "torchmetrics 1.9.0 with zero_mean=True", settings={"zero_mean": True},
            relation="without the mean of each channel; differs where there is an offset",
        ),
        ZERO_MEAN_LOSS,
    ),
)  # fmt: skip
def snr(
    real: Tensor, fake: Tensor, *, zero_mean: bool = False, channels: Channels = "each", sign: Literal[1, -1] = 1
) -> Tensor:
    """Signal-to-noise ratio of a waveform.

        SNR = 10 log10(||r||^2 / ||r - f||^2)

    Args:
        real: the source; (N, C, T) or (N, T).
        fake: the estimate of it; the same shape.
        zero_mean: take off the mean over time first.
        channels: "each": a ratio for each channel, then the mean of their decibels; "energies" or "joined": one ratio
            of energies added over channels.
        sign: -1 for a loss to minimise.

    Returns:
        (N,), in dB; infinite for an exact estimate, minus infinity for a silent source.

    Convention: no mean is taken off, as torchmetrics' default; auraloss takes it off and returns minus the decibels.

    Raises:
        InputError: the shapes differ.

    Reference: doi:10.1109/TSA.2005.858005.
    """
    check_shapes(real=real, fake=fake)
    real, fake = _signals(real, fake, zero_mean, channels)
    return sign * _decibels(real, real - fake, channels)


def _frame(segment: float, sample_rate: int | None) -> int:
    if sample_rate is None:
        raise UsageError(
            "si_sdr: the sample rate of the waveforms is not known, and segments are given in seconds",
            hint="give audio files, or --set si_sdr.sample_rate=24000",
        )
    return int(segment * sample_rate)


def _segments(waves: Tensor, frame: int) -> Tensor:
    """(N, C, T) or (N, T) to (N, segments of all channels, frame)."""
    step = frame // 2
    length = waves.shape[-1]
    count = math.ceil(length / step)
    filled = functional.pad(waves, (0, (count - 1) * step + frame - length))
    return filled.unfold(-1, frame, step).reshape(len(waves), -1, frame)


def _signals(real: Tensor, fake: Tensor, zero_mean: bool, channels: Channels) -> tuple[Tensor, Tensor]:
    if channels == "joined":
        real, fake = real.flatten(1), fake.flatten(1)
    if zero_mean:
        real, fake = real - real.mean(-1, keepdim=True), fake - fake.mean(-1, keepdim=True)
    return real, fake


def _decibels(signal: Tensor, error: Tensor, channels: Channels, added: float = 0.0) -> Tensor:
    of_signal, of_error = signal.square().sum(-1) + added, error.square().sum(-1) + added
    if channels == "energies":
        of_signal, of_error = of_signal.reshape(len(signal), -1).sum(1), of_error.reshape(len(signal), -1).sum(1)
    return per_sample(10 * torch.log10(of_signal / of_error))
