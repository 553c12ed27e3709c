"""Mel-cepstral distortion, through the packages pysptk and fastdtw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.losses.recordings import Signal, each_channel, known_rate, longest_silence
from ganloss_cli.records.report import Finding

DECIBELS = 10 / math.log(10)
ROOT2 = math.sqrt(2)
# order and warping of the mel-cepstrum at each sample rate, as SPTK advises and ESPnet has them
ANALYSIS: Mapping[int, tuple[int, float]] = {
    8000: (13, 0.31), 16000: (23, 0.42), 22050: (34, 0.45), 24000: (34, 0.46), 32000: (36, 0.50), 44100: (39, 0.53),
    48000: (39, 0.55),
}  # fmt: skip
EXTRA = Extra(name="speech", packages=("pysptk", "fastdtw"), compiled=("pysptk",))
ESPNET = "pysptk 1.0.1 and fastdtw 0.3.4, as ESPnet's evaluate_mcd"


def _silent(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    if any(longest_silence(side) >= settings["n_fft"] for side in (batch.real, batch.fake) if side is not None):
        yield Finding(
            check="silence_by_a_library",
            severity="note",
            message="mcd: some recording has frames of nothing but zeros, whose mel-cepstrum is that of the 1e-6 which "
            "SPTK is told to add to a periodogram: the distance from them is as large as that constant makes it",
        )


@distance(
    family="speech",
    extra=EXTRA,
    unit="dB",
    findings=_silent,
    symmetric=True,
    on_request=True,
    reference="Kubichek 1993, Mel-cepstral distance measure for objective speech quality assessment, "
    "doi:10.1109/PACRIM.1993.407206",
    interpretation="0: identical; only values of one analysis, alignment and "
    "range of coefficients can be compared",
    conventions=(
        Convention("espnet", ESPNET),
        Convention(
            "frames", f"{ESPNET}, without its alignment", settings={"aligned": False},
            relation="frame beside frame, without dynamic time warping: not below it",
        ),
        Convention(
            "without_c0", f"{ESPNET}, without the energy", settings={"first": 1},
            relation="from the first coefficient on: blind to gain",
        ),
        Convention(
            "kubichek1993", "doi:10.1109/PACRIM.1993.407206", settings={"first": 1, "aligned": False},
            relation="frame beside frame, from the first coefficient on",
        ),
        Convention(
            "without_root", f"{ESPNET}, with 10 / ln 10 alone", settings={"constant": DECIBELS}, factor=1 / ROOT2,
            relation="0.7071 times: 4.343 for 6.142 before the distance",
        ),
        Convention(
            "distance", f"{ESPNET}, with no constant", settings={"constant": 1.0}, factor=1 / (ROOT2 * DECIBELS),
            relation="0.1628 times: the bare distance",
        ),
    ),
)  # fmt: skip
def mcd(
    real: Tensor,
    fake: Tensor,
    *,
    sample_rate: int | None = None,
    aligned: bool = True,
    first: int = 0,
    constant: float = ROOT2 * DECIBELS,
    n_fft: int = 1024,
    hop: int = 256,
) -> Tensor:
    """Mel-cepstral distortion.

        MCD = 10 sqrt(2) / ln 10 mean over frames of ||c_r - c_f||

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: what is meant to equal it; the same shape.
        sample_rate: of the waveforms, in Hz; it decides order and warping of the mel-cepstrum.
        aligned: pair frames by dynamic time warping (fastdtw, radius 1), else frame by frame.
        first: the first coefficient that counts; 1 leaves out c0, the energy.
        constant: before the distance: 6.142, 4.343 or 1.
        n_fft: samples of a frame, windowed by SPTK's Hamming.
        hop: samples from one frame to the next.

    Returns:
        (N,), in dB; the mean over channels.

    Convention: mel-cepstra by SPTK's mcep with 1e-6 added to the periodogram, c0 included, with time warping, as
    ESPnet. Tools on WORLD's spectra (pymcd) or on mel spectrograms (mel-cepstral-distance) give other numbers.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than a frame.
        UsageError: a sample rate without an analysis.

    Reference: doi:10.1109/PACRIM.1993.407206.
    """
    rate = known_rate("mcd", sample_rate)
    if rate not in ANALYSIS:
        known = ", ".join(map(str, ANALYSIS))
        raise UsageError(f"mcd: no analysis at {rate} Hz, only at {known}", hint="resample with --sample-rate 24000")
    if real.shape[-1] < n_fft:
        raise InputError(f"mcd: {real.shape[-1]} samples are less than a frame of {n_fft}")
    of_pair = partial(_distance, rate=rate, aligned=aligned, first=first, n_fft=n_fft, hop=hop)
    return constant * each_channel(real, fake, of_pair)


def _distance(real: Signal, fake: Signal, *, rate: int, aligned: bool, first: int, n_fft: int, hop: int) -> float:
    """Mean Euclidean distance of the frames' coefficients."""
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        return math.nan
    r, f = (_cepstra(signal, *ANALYSIS[rate], n_fft, hop)[:, first:] for signal in (real, fake))
    if aligned:
        from scipy.spatial.distance import euclidean

        _, path = EXTRA.module("fastdtw").fastdtw(f, r, dist=euclidean)
        places = np.array(path)
        f, r = f[places[:, 0]], r[places[:, 1]]
    return float(np.linalg.norm(r - f, axis=1).mean())


def _cepstra(signal: Signal, order: int, alpha: float, n_fft: int, hop: int) -> Signal:
    pysptk = EXTRA.module("pysptk")
    window = pysptk.hamming(n_fft)
    starts = range(0, len(signal) - n_fft + 1, hop)
    return np.stack([pysptk.mcep(signal[k : k + n_fft] * window, order, alpha, eps=1e-6, etype=1) for k in starts])
