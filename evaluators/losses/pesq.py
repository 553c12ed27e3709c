"""Perceptual evaluation of speech quality, through the package pesq."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.losses.recordings import Signal, each_channel, known_rate, resampled, told_of_resampling
from ganloss_cli.records.report import Finding

EXTRA = Extra(name="speech", packages=("pesq",), compiled=("pesq",))
Mode = Literal["wb", "nb"]
# P.862.2 and P.862.1: MOS-LQO = 0.999 + 4 / (1 + exp(-slope raw + offset))
MAPPINGS: Mapping[Mode, tuple[float, float]] = {"wb": (1.3669, 3.8224), "nb": (1.4945, 4.6607)}
BEST, BEST_NARROW = 4.643888473510742, 4.548638343811035  # raw 4.5, in float32


def _resampling(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    rate = settings["sample_rate"]
    return told_of_resampling("pesq", rate, _wanted(settings["mode"], rate), "soxr")


@loss(
    family="speech",
    extra=EXTRA,
    reference="ITU-T P.862 (2001), P.862.1 (2003), P.862.2 (2007)",
    span=(0.999, BEST),
    known_values={
        BEST: "what an identical pair gives, also behind a gain or a delay: the best there is, not 5 or 4.5",
        BEST_NARROW: "what pesq:nb gives an identical pair",
        4.5: "the raw score of an identical pair, before P.862.1 or P.862.2 maps it to MOS-LQO",
        math.nan: "no speech was found: PESQ is not defined for silence",
    },
    higher_is_better=True,
    paired=True,
    weights="ema",
    on_request=True,
    interpretation="MOS-LQO: 1 bad, 4.64 (narrow band 4.55) an identical pair; wide and narrow band are two "
    "scales; not symmetric, and blind to gain and to a constant delay",
    findings=_resampling,
    conventions=(
        Convention("wb", "pesq 0.0.4, mode='wb': P.862.2, MOS-LQO, at 16 kHz"),
        Convention(
            "nb", "pesq 0.0.4, mode='nb': P.862 with the mapping of P.862.1", settings={"mode": "nb"},
            relation="narrow band: another filter and another mapping, mostly 0.5 to 1 higher",
        ),
        Convention(
            "nb_raw", "P.862, before the mapping of P.862.1", settings={"mode": "nb", "score": "raw"},
            relation="the raw score of nb, from -0.5 to 4.5", leaves_span=True,
        ),
        Convention(
            "wb_raw", "P.862.2, before its mapping", settings={"score": "raw"}, relation="the raw score of wb",
            leaves_span=True,
        ),
        Convention(
            "swapped", "pesq 0.0.4 with its arguments exchanged", settings={"swapped": True},
            relation="of real to fake",
            mistake="the degraded signal is given first: PESQ is not symmetric",
        ),
    ),
)  # fmt: skip
def pesq(
    real: Tensor,
    fake: Tensor,
    *,
    sample_rate: int | None = None,
    mode: Mode = "wb",
    score: Literal["mos_lqo", "raw"] = "mos_lqo",
    swapped: bool = False,
) -> Tensor:
    """Perceptual evaluation of speech quality.

        MOS-LQO = 0.999 + 4 / (1 + exp(-1.3669 P + 3.8224)),  P the raw score of P.862 in its wide-band form

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: the degraded or generated version of it; the same shape.
        sample_rate: of the waveforms, in Hz; they are resampled to 16 kHz, narrow band below that to 8 kHz.
        mode: "wb" (P.862.2), or "nb" (P.862 with the mapping of P.862.1).
        score: "mos_lqo", or "raw" for the score before the mapping.
        swapped: takes the fake for the reference, which is a mistake.

    Returns:
        (N,), the mean over channels; nan where one side is silent.

    Convention: as the package pesq, which returns MOS-LQO; raw scores are from -0.5 to 4.5.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than a quarter of a second.
        UsageError: the sample rate is not known, or too low.

    Reference: ITU-T P.862.
    """
    rate = known_rate("pesq", sample_rate)
    wanted = _wanted(mode, rate)
    of_pair = partial(_score, rate=rate, wanted=wanted, mode=mode, raw=score == "raw")
    return each_channel(fake, real, of_pair) if swapped else each_channel(real, fake, of_pair)


def _wanted(mode: Mode, rate: int) -> int:
    """16 kHz, or for narrow band below that 8 kHz: those that P.862 knows."""
    return 8000 if mode == "nb" and rate is not None and rate < 16000 else 16000


def _score(real: Signal, fake: Signal, *, rate: int, wanted: int, mode: Mode, raw: bool) -> float:
    package = EXTRA.module("pesq")
    if rate < wanted:
        hint = "wide band needs 16000 Hz: take pesq:nb" if mode == "wb" else "narrow band needs 8000 Hz"
        raise UsageError(f"pesq: the waveforms have {rate} Hz", hint=hint)
    real, fake = resampled(real, rate, wanted), resampled(fake, rate, wanted)
    if not (real.any() and fake.any() and np.isfinite(real).all() and np.isfinite(fake).all()):
        return math.nan
    try:
        value = float(package.pesq(wanted, real, fake, mode))
    except package.NoUtterancesError:
        return math.nan
    except package.BufferTooShortError as error:
        raise InputError(f"pesq: {len(real) / wanted:.3g} s is less than a quarter of a second") from error
    return _raw(value, mode) if raw else value


def _raw(value: float, mode: Mode) -> float:
    slope, offset = MAPPINGS[mode]
    return (offset - math.log((4.999 - value) / (value - 0.999))) / slope
