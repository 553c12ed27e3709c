"""Short-time objective intelligibility, plain and extended, through the package pystoi."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.extras import Extra, same_noise
from ganloss_cli.evaluators.losses.recordings import (
    Signal,
    each_channel,
    known_rate,
    longest_silence,
    told_of_resampling,
)
from ganloss_cli.records.report import Finding

TAAL = "Taal et al. 2011, An Algorithm for Intelligibility Prediction, doi:10.1109/TASL.2011.2114881"
JENSEN = "Jensen and Taal 2016, An Algorithm for Predicting the Intelligibility, doi:10.1109/TASLP.2016.2585878"
EXTRA = Extra(name="speech", packages=("pystoi",))
RATE = 10000
SEGMENT = 0.4  # seconds of the 30 frames that are correlated
PERCENT = Convention(
    "percent", "pystoi 0.4.1, as papers print it", settings={"scale": 100.0}, relation="in per cent", factor=100.0,
    leaves_span=True,
)  # fmt: skip


def _told(name: str) -> Callable[[Batch, Mapping[str, Any]], Iterator[Finding]]:
    def told(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
        rate = settings["sample_rate"]
        yield from told_of_resampling(name, rate, RATE, "pystoi")
        if rate is None or not settings.get("extended", name == "estoi"):
            return
        if any(longest_silence(side) >= SEGMENT * rate for side in (batch.real, batch.fake) if side is not None):
            yield Finding(
                check="noise_of_a_library",
                severity="note",
                message=f"{name}: where a recording is nothing but zeros for {SEGMENT:g} s, pystoi correlates noise "
                "that it draws: there its third digit is another one in every call; here the noise is always the same",
                evidence={"library": "pystoi", "seconds": SEGMENT},
            )

    return told


intelligibility = partial(
    loss,
    family="speech",
    extra=EXTRA,
    span=(-1.0, 1.0),
    known_values={
        1e-5: "what pystoi gives a clip with less than 30 frames of speech, also an identical pair",
        math.nan: "a side is silent, for which pystoi gives 0 or noise, or less than 30 frames (0.4 s) lie within "
        "40 dB of the loudest: pystoi gives 1e-5 and warns",
    },
    higher_is_better=True,
    paired=True,
    weights="ema",
    on_request=True,
)


@intelligibility(
    reference=TAAL,
    findings=_told("stoi"),
    interpretation="1: an identical pair; 0.92 for the noisy test set of VoiceBank-DEMAND, 0.95 for a good "
    "enhancement; not symmetric, and blind to gain",
    conventions=(
        Convention("taal2011", "pystoi 0.4.1, extended=False"),
        PERCENT,
        Convention(
            "extended", "pystoi 0.4.1, extended=True", settings={"extended": True}, relation="estoi",
            mistake="it is ESTOI, another measure with lower values, that is sometimes reported as STOI",
        ),
    ),
)  # fmt: skip
def stoi(
    real: Tensor, fake: Tensor, *, sample_rate: int | None = None, extended: bool = False, scale: float = 1.0
) -> Tensor:
    """Short-time objective intelligibility.

        STOI = mean over bands and frames of corr(r, min(a f, (1 + 10^(15/20)) r)),  a = ||r|| / ||f||

    over 15 third-octave bands and segments of 30 frames at 10 kHz, silent frames of the real left out.

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: the degraded or generated version of it; the same shape.
        sample_rate: of the waveforms, in Hz; pystoi resamples them to 10 kHz.
        extended: ESTOI instead.
        scale: what it is multiplied by; 100 for per cent.

    Returns:
        (N,), the mean over channels; nan where a side is silent or less than 30 frames of
        speech are left.

    Convention: as pystoi, on [-1, 1] and rarely below 0.

    Raises:
        InputError: the shapes differ.
        UsageError: the sample rate is not known.

    Reference: doi:10.1109/TASL.2011.2114881.
    """
    return scale * each_channel(real, fake, partial(_score, rate=known_rate("stoi", sample_rate), extended=extended))


@intelligibility(
    reference=JENSEN,
    findings=_told("estoi"),
    interpretation="1: an identical pair; lower than STOI, and "
    "reliable for noise that comes and goes",
    conventions=(
        Convention("jensen2016", "pystoi 0.4.1, extended=True"),
        PERCENT,
    ),
)  # fmt: skip
def estoi(real: Tensor, fake: Tensor, *, sample_rate: int | None = None, scale: float = 1.0) -> Tensor:
    """Extended short-time objective intelligibility.

        ESTOI = mean over segments of <R, F> / 30,  R and F with rows, then columns, of mean 0 and norm 1

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: the degraded or generated version of it; the same shape.
        sample_rate: of the waveforms, in Hz; pystoi resamples them to 10 kHz.
        scale: what it is multiplied by; 100 for per cent.

    Returns:
        (N,), the mean over channels; nan where a side is silent or less than 30 frames of
        speech are left.

    Convention: as pystoi.

    Raises:
        InputError: the shapes differ.
        UsageError: the sample rate is not known.

    Reference: doi:10.1109/TASLP.2016.2585878.
    """
    return scale * each_channel(real, fake, partial(_score, rate=known_rate("estoi", sample_rate), extended=True))


def _score(real: Signal, fake: Signal, *, rate: int, extended: bool) -> float:
    if not (real.any() and fake.any() and np.isfinite(real).all() and np.isfinite(fake).all()):
        return math.nan
    pystoi = EXTRA.module("pystoi")
    with warnings.catch_warnings(record=True) as told, same_noise():
        warnings.simplefilter("always", RuntimeWarning)
        value = float(pystoi.stoi(real, fake, rate, extended=extended))
    return math.nan if any("Not enough STFT frames" in str(warning.message) for warning in told) else value
