"""Integrated loudness of recordings, through the package pyloudnorm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.losses.recordings import known_rate
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.records.report import Finding

EXTRA = Extra(name="speech", packages=("pyloudnorm",))
BLOCK = 0.4  # seconds of a gating block
MOST_CHANNELS = 5
LEVEL = partial(Convention, relation="in LUFS, not a difference", leaves_span=True)


def _filtered(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    if settings["of"] != "difference" and settings["weighting"] == "K-weighting":
        yield Finding(
            check="filter_of_a_library",
            severity="note",
            message="loudness: pyloudnorm's own K-weighting gives a full-scale sine of 997 Hz -3.05 LUFS at 48 kHz and "
            "-3.19 at 8 kHz, where BS.1770 has -3.01: levels are that much low, and their differences hardly",
            hint="--set loudness.weighting=DeMan takes the standard's filters, within 0.04 LU",
        )


@distance(
    family="speech",
    extra=EXTRA,
    symmetric=True,
    unit="LU",
    on_request=True,
    findings=_filtered,
    reference="ITU-R BS.1770-4 (2015)",
    known_values={
        -3.01: "what BS.1770 gives a full-scale sine of 997 Hz in one channel, in LUFS",
        -23.0: "the target of EBU R 128, in LUFS",
        math.inf: "one side is silent: -inf LUFS",
        math.nan: "silence is -inf LUFS, and two of it differ by no number; or a sample is not finite",
    },
    interpretation="0: as loud; a step of 1 LU is 1 dB; PESQ, STOI and SI-SDR are blind to it, SNR, l1 and mel are not",
    conventions=(
        Convention("difference", "pyloudnorm 0.2.0, filter_class='K-weighting'"),
        Convention(
            "deman", "pyloudnorm 0.2.0, filter_class='DeMan'", settings={"weighting": "DeMan"},
            relation="with the coefficients that the standard prints for 48 kHz",
        ),
        LEVEL("fake", "pyloudnorm 0.2.0, of the fakes", settings={"of": "fake"}),
        LEVEL("real", "pyloudnorm 0.2.0, of the reals", settings={"of": "real"}),
    ),
)  # fmt: skip
def loudness(
    real: Tensor,
    fake: Tensor,
    *,
    sample_rate: int | None = None,
    weighting: Literal["K-weighting", "DeMan"] = "K-weighting",
    of: Literal["difference", "fake", "real"] = "difference",
) -> Tensor:
    """Absolute difference of integrated loudness.

        |L_f - L_r|,  L = -0.691 + 10 log10 sum over channels of G_c mean z_c

    where z is the K-weighted power of blocks of 0.4 s that are not 10 LU below the mean of those above -70 LUFS.

    Args:
        real: recordings of one to five channels; (N, C, T) or (N, T).
        fake: what is meant to be as loud; the same shape.
        sample_rate: of the waveforms, in Hz; nothing is resampled.
        weighting: pyloudnorm's filters: "K-weighting", or "DeMan" for the standard's own at any sample rate.
        of: "difference", or the level of one side in LUFS.

    Returns:
        (N,), in LU; nan where both are silent, infinite where one is.

    Convention: as pyloudnorm.

    Raises:
        InputError: the shapes differ, a recording is shorter than 0.4 s, or it has more than five channels.
        UsageError: the sample rate is not known.

    Reference: ITU-R BS.1770-4.
    """
    check_shapes(real=real, fake=fake)
    level = partial(_level, rate=known_rate("loudness", sample_rate), weighting=weighting)
    if of != "difference":
        return level(real if of == "real" else fake).to(fake)
    return (level(fake) - level(real)).abs().to(fake)


def _level(waves: Tensor, *, rate: int, weighting: str) -> Tensor:
    if waves.shape[-1] < BLOCK * rate or waves.shape[1:-1].numel() > MOST_CHANNELS:
        raise InputError(f"loudness: takes one to five channels of at least {BLOCK:g} s; got {tuple(waves.shape)}")
    meter = EXTRA.module("pyloudnorm").Meter(rate, filter_class=weighting)
    signals = waves.detach().cpu().double().reshape(*waves.shape[:1], -1, waves.shape[-1]).mT.numpy()
    levels = [float(meter.integrated_loudness(s)) if np.isfinite(s).all() else torch.nan for s in signals]
    return torch.tensor(levels, dtype=torch.float64)  # a difference of float32 would lose digits
