"""What libraries of speech and of loudness take: a channel at a time, in float64, at a sample rate they know."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import soxr
from torch import Tensor

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.records.report import Finding

Signal = npt.NDArray[np.float64]


def each_channel(real: Tensor, fake: Tensor, measure: Callable[[Signal, Signal], float]) -> Tensor:
    """The mean over channels of what a library gives a pair of signals.

    Args:
        real: waveforms; (N, C, T) or (N, T).
        fake: the same shape.
        measure: of one channel of each, (T,).

    Returns:
        (N,).

    Raises:
        InputError: the shapes differ.
    """
    check_shapes(real=real, fake=fake)
    values = [measure(*pair) for pair in zip(signals_of(real), signals_of(fake), strict=True)]
    return real.new_tensor(values).view(len(real), math.prod(real.shape[1:-1])).mean(1)


def signals_of(waves: Tensor) -> Iterator[Signal]:
    """Each channel of each sample.

    Args:
        waves: (N, C, T) or (N, T).
    """
    return iter(waves.detach().cpu().double().numpy().reshape(-1, waves.shape[-1]))


def longest_silence(waves: Tensor) -> int:
    """How many zeros follow one another at most in any channel.

    Args:
        waves: (N, C, T) or (N, T).
    """
    ends = (np.flatnonzero(np.concatenate([[1.0], signal, [1.0]])) for signal in signals_of(waves))
    return max(int(np.diff(places).max()) - 1 for places in ends)


def known_rate(loss: str, sample_rate: int | None) -> int:
    """The sample rate of the waveforms.

    Args:
        loss: that asks.
        sample_rate: of the waveforms, in Hz, where it is known.

    Raises:
        UsageError: it is not.
    """
    if sample_rate is None:
        raise UsageError(
            f"{loss}: the sample rate of the waveforms is not known",
            hint=f"give audio files, or --set {loss}.sample_rate=16000",
        )
    return int(sample_rate)


def resampled(signal: Signal, rate: int, wanted: int) -> Signal:
    """A signal at another sample rate, as `--sample-rate` resamples files.

    Args:
        signal: (T,).
        rate: that it has, in Hz.
        wanted: that it is to have.
    """
    if rate == wanted:
        return signal
    made: Signal = soxr.resample(signal, rate, wanted, quality="VHQ")
    return made


def told_of_resampling(loss: str, rate: int | None, wanted: int, by: str) -> Iterator[Finding]:
    """A note where a loss is computed at another sample rate than that of the files.

    Args:
        loss: that it is told of.
        rate: of the waveforms, in Hz.
        wanted: at which it is computed.
        by: what resamples them.
    """
    if rate is not None and rate != wanted:
        yield Finding(
            check="resampled_for_a_loss",
            severity="note",
            message=f"{loss}: resampled from {rate} to {wanted} Hz by {by}",
            evidence={"sample_rate": rate, "resampled_to": wanted, "by": by},
        )
