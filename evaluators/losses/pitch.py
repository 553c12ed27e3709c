"""How far the pitch of speech is off: its frequency, its voicing, its periodicity; by trackers of other libraries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.losses.recordings import Signal, each_channel, known_rate, signals_of
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.pitch_tracks import EXTRAS, Track, Tracker, track
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.records.report import Finding

CARGAN = "Morrison et al. 2022, Chunked Autoregressive GAN for Conditional Waveform Synthesis, arXiv:2110.10139"
SOURCES = {
    "pyin": "librosa 0.11.0, pyin(fmin=50, fmax=550)",
    "crepe": "torchcrepe 0.0.24, full model by Viterbi, as in arXiv:2110.10139",
    "harvest": "pyworld 0.3.5, harvest(f0_floor=50, f0_ceil=550)",
    "dio": "pyworld 0.3.5, dio and stonemask(f0_floor=50, f0_ceil=550)",
}
FEW = 0.05  # of the frames
Sums = tuple[float, float]  # of what is averaged, and of what it is averaged over


def _row(tracker: Tracker) -> Convention:
    if tracker == "pyin":
        return Convention("pyin", SOURCES["pyin"])
    return Convention(
        tracker, SOURCES[tracker], settings={"tracker": tracker}, extra=EXTRAS[tracker],
        relation=f"by {tracker}: other frames, and other frames with a voice",
    )  # fmt: skip


def _pooled(name: str) -> Convention:
    return Convention(
        "cargan", "arXiv:2110.10139, section 4, by torchcrepe 0.0.24",
        settings={"tracker": "crepe", "pooled": True}, extra=EXTRAS["crepe"],
        relation=f"by crepe, the root over the frames of all recordings: {name} of each are not averaged",
    )  # fmt: skip


def _few_voiced(name: str) -> Callable[[Batch, Mapping[str, Any]], Iterator[Finding]]:
    def told(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
        rate, tracker = settings["sample_rate"], settings["tracker"]
        sides = [side for side in (batch.real, batch.fake) if side is not None and rate is not None]
        signals = (signal for side in sides for signal in signals_of(side) if np.isfinite(signal).all())
        if any(track(signal, rate, tracker).voiced.mean() < FEW for signal in signals):
            there = "silence or a sine" if tracker == "harvest" else "silence"
            yield Finding(
                check="few_voiced_frames",
                severity="note",
                message=f"{name}: {tracker} finds a voice in less than {FEW:.0%} of some recording's frames, as in "
                f"{there}: of such a pair it says next to nothing, whatever the number",
                evidence={"tracker": tracker, "share": FEW},
            )

    return told


of_pitch = partial(
    distance, family="speech", extra=EXTRAS["pyin"], symmetric=True, on_request=True, reference=CARGAN,
    known_values={math.nan: "no frame of both has a voice, or a sample is not finite"},
)  # fmt: skip
ALL = [_row(tracker) for tracker in ("pyin", "crepe", "harvest", "dio")]


@of_pitch(
    findings=_few_voiced("f0_rmse"),
    unit="cents",
    interpretation="0: the same pitch; 100 cents are a semitone, 1200 an octave that a tracker may have missed",
    conventions=(*ALL, _pooled("errors")),
)
def f0_rmse(
    real: Tensor, fake: Tensor, *, sample_rate: int | None = None, tracker: Tracker = "pyin", pooled: bool = False
) -> Tensor | SampleSet:
    """Root mean square error of the fundamental frequency.

        F0 RMSE = sqrt(mean over frames with a voice in both of (1200 log2(f_r / f_f))^2)

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: what is meant to equal it; the same shape.
        sample_rate: of the waveforms, in Hz; crepe resamples them to 16 kHz.
        tracker: "pyin" (librosa), "crepe" (torchcrepe), "harvest" or "dio" (pyworld).
        pooled: over the frames of all recordings, not the mean of each recording's.

    Returns:
        (N,), in cents, the mean over channels; nan where no frame of both has a voice.

    Convention: as CARGAN but for the tracker, from 50 to 550 Hz; no time warping.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than a frame.
        UsageError: the sample rate is not known, or the tracker's package is missing.

    Reference: arXiv:2110.10139.
    """

    def squares(r: Track, f: Track) -> Sums:
        both = r.voiced & f.voiced
        return float(np.square(1200 * np.log2(r.pitch[both] / f.pitch[both])).sum()), float(both.sum())

    return _of_frames(real, fake, squares, known_rate("f0_rmse", sample_rate), tracker, pooled)


@of_pitch(
    findings=_few_voiced("vuv_error"),
    span=(0.0, 1.0),
    interpretation="0: voices in the same frames; the share of frames that have a voice in one recording alone",
    conventions=(
        *ALL,
        Convention(
            "f1", "arXiv:2110.10139, section 4, of each recording, by librosa 0.11.0",
            settings={"figure": "f1"}, inverted=True, relation="2 TP / (2 TP + FP + FN): 1 for the same frames",
        ),
    ),
)  # fmt: skip
def vuv_error(
    real: Tensor,
    fake: Tensor,
    *,
    sample_rate: int | None = None,
    tracker: Tracker = "pyin",
    figure: Literal["error", "f1"] = "error",
) -> Tensor:
    """Share of frames with a voice in one recording alone.

        V/UV error = mean over frames of [voiced_r != voiced_f]

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: what is meant to equal it; the same shape.
        sample_rate: of the waveforms, in Hz; crepe resamples them to 16 kHz.
        tracker: "pyin" (librosa), "crepe" (torchcrepe), "harvest" or "dio" (pyworld).
        figure: "error", or "f1" of voiced frames, as CARGAN prints it.

    Returns:
        (N,), on [0, 1], the mean over channels.

    Convention: every frame counts once, also silent ones.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than a frame.
        UsageError: the sample rate is not known, or the tracker's package is missing.

    Reference: arXiv:2110.10139.
    """

    def frames(r: Track, f: Track) -> Sums:
        if figure == "f1":
            both = 2.0 * float((r.voiced & f.voiced).sum())
            return both, both + float((r.voiced ^ f.voiced).sum())
        return float((r.voiced ^ f.voiced).sum()), float(len(r.voiced))

    return _each(real, fake, frames, known_rate("vuv_error", sample_rate), tracker)


@of_pitch(
    findings=_few_voiced("periodicity"),
    span=(0.0, 1.0),
    interpretation="0: voiced as surely in every frame; only values of one tracker can be compared",
    conventions=(ALL[0], ALL[1], _pooled("roots")),
)
def periodicity(
    real: Tensor, fake: Tensor, *, sample_rate: int | None = None, tracker: Tracker = "pyin", pooled: bool = False
) -> Tensor | SampleSet:
    """Root mean square error of periodicity.

        periodicity = sqrt(mean over frames of (h_r - h_f)^2),  h how sure the tracker is of a voice

    Args:
        real: speech; (N, C, T) or (N, T).
        fake: what is meant to equal it; the same shape.
        sample_rate: of the waveforms, in Hz; crepe resamples them to 16 kHz.
        tracker: "pyin" (librosa) or "crepe" (torchcrepe); WORLD's do not say how sure they are.
        pooled: over the frames of all recordings, not the mean of each recording's.

    Returns:
        (N,), on [0, 1], the mean over channels.

    Convention: as CARGAN but for the tracker.

    Raises:
        InputError: the shapes differ, or the waveforms are shorter than a frame.
        UsageError: the sample rate is not known, or the tracker's package is missing.

    Reference: arXiv:2110.10139.
    """

    def squares(r: Track, f: Track) -> Sums:
        if r.periodicity is None or f.periodicity is None:
            return math.nan, 1.0
        return float(np.square(r.periodicity - f.periodicity).sum()), float(len(r.periodicity))

    return _of_frames(real, fake, squares, known_rate("periodicity", sample_rate), tracker, pooled)


def _of_frames(
    real: Tensor, fake: Tensor, sums: Callable[[Track, Track], Sums], rate: int, tracker: Tracker, pooled: bool
) -> Tensor | SampleSet:
    """The root of a mean over frames, of each recording or of all."""
    if not pooled:
        return _each(real, fake, sums, rate, tracker, root=True)
    check_shapes(real=real, fake=fake)
    found: list[Sums] = []
    each_channel(real, fake, lambda r, f: found.append(_sums(r, f, sums, rate, tracker)) or 0.0)  # type: ignore[func-returns-value]
    whole = torch.tensor(found, dtype=torch.float64).view(len(real), -1, 2).sum(1)
    return SampleSet.of(_root, {"sums": whole[:, 0], "frames": whole[:, 1]})


def _each(
    real: Tensor,
    fake: Tensor,
    sums: Callable[[Track, Track], Sums],
    rate: int,
    tracker: Tracker,
    *,
    root: bool = False,
) -> Tensor:
    def measured(r: Signal, f: Signal) -> float:
        total, over = _sums(r, f, sums, rate, tracker)
        mean = total / over if over else math.nan
        return math.sqrt(mean) if root and mean >= 0 else mean

    return each_channel(real, fake, measured)


def _sums(real: Signal, fake: Signal, sums: Callable[[Track, Track], Sums], rate: int, tracker: Tracker) -> Sums:
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        return math.nan, 1.0
    return sums(track(real, rate, tracker), track(fake, rate, tracker))


@finishes_sets
def _root(whole: Whole) -> Tensor:
    return (whole["sums"].sum() / whole["frames"].sum()).sqrt()
