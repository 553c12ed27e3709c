"""The fundamental frequency of a recording over time, by trackers of other libraries: whose it is, is a convention."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import soxr
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.extras import Extra, same_noise

Tracker = Literal["pyin", "crepe", "harvest", "dio"]
Signal = npt.NDArray[np.float64]
# of CARGAN, whose evaluation vocoder papers took over: Hz, and samples at 22050 Hz
LOWEST, HIGHEST = 50.0, 550.0
HOP, WINDOW, RATE = 256, 1024, 22050
CREPE_RATE = 16000
FRAME = 2048  # of pyin: librosa's
MOST_TRACKS = 1024  # that are remembered: 40 kB for half a minute
PERIOD = 5.0  # milliseconds between WORLD's frames
_WORLD = Extra(name="pitch", packages=("pyworld",), compiled=("pyworld",))
EXTRAS: Mapping[Tracker, Extra] = {
    "pyin": Extra(name="pitch", packages=("librosa",)),
    "crepe": Extra(name="crepe", packages=("torchcrepe",)),
    "harvest": _WORLD,
    "dio": _WORLD,
}


@dataclass(frozen=True, kw_only=True)
class Track:
    """What a tracker says of each frame.

    Args:
        pitch: in Hz; (F,), whatever it is where there is no voice.
        voiced: where there is one; (F,).
        periodicity: how sure the tracker is, on [0, 1]; (F,), or None where it does not say.
    """

    pitch: Signal
    voiced: npt.NDArray[np.bool_]
    periodicity: Signal | None = None


_tracks: dict[tuple[bytes, int, Tracker], Track] = {}


def track(signal: Signal, rate: int, tracker: Tracker) -> Track:
    """The pitch of a recording; that of the last ones is remembered, for losses that ask one after the other.

    Args:
        signal: (T,), finite.
        rate: in Hz.
        tracker: whose.

    Raises:
        InputError: it is shorter than a frame.
        UsageError: the tracker's package is missing.
    """
    least = {"pyin": FRAME, "crepe": int(WINDOW * rate / CREPE_RATE) + 1}.get(tracker, int(rate * 3 / LOWEST))
    if len(signal) < least:
        raise InputError(f"{tracker}: {len(signal)} samples are less than a frame of {least}")
    key = (hashlib.sha256(signal.tobytes()).digest(), rate, tracker)
    if key not in _tracks:
        if len(_tracks) >= MOST_TRACKS:
            del _tracks[next(iter(_tracks))]
        _tracks[key] = {"pyin": _pyin, "crepe": _crepe, "harvest": _harvest, "dio": _dio}[tracker](signal, rate)
    return _tracks[key]


def _pyin(signal: Signal, rate: int) -> Track:
    librosa = EXTRAS["pyin"].module("librosa")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pitch, voiced, sure = librosa.pyin(signal, fmin=LOWEST, fmax=HIGHEST, sr=rate, frame_length=FRAME)
    return Track(pitch=pitch, voiced=voiced, periodicity=sure)


def _harvest(signal: Signal, rate: int) -> Track:
    world = EXTRAS["harvest"].module("pyworld")
    pitch, _ = world.harvest(np.ascontiguousarray(signal), rate, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=PERIOD)
    return Track(pitch=pitch, voiced=pitch > 0)


def _dio(signal: Signal, rate: int) -> Track:
    world = EXTRAS["dio"].module("pyworld")
    whole = np.ascontiguousarray(signal)
    rough, times = world.dio(whole, rate, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=PERIOD)
    pitch = world.stonemask(whole, rough, times, rate)
    return Track(pitch=pitch, voiced=pitch > 0)


def _crepe(signal: Signal, rate: int) -> Track:
    """As CARGAN: reflected at the ends, silent frames without voice, by hysteresis; of the same noise every time.

    torchcrepe adds up to 20 cents of it to each pitch.
    """
    crepe = EXTRAS["crepe"].module("torchcrepe")
    at_16k = signal if rate == CREPE_RATE else soxr.resample(signal, rate, CREPE_RATE, quality="VHQ")
    hop = int(HOP * CREPE_RATE / RATE)
    padding = (WINDOW - hop) // 2
    audio = torch.nn.functional.pad(torch.tensor(at_16k)[None, None].float(), (padding, padding), mode="reflect")[0]
    with warnings.catch_warnings(), same_noise():
        warnings.simplefilter("ignore")
        pitch, sure = crepe.predict(
            audio, CREPE_RATE, hop, LOWEST, HIGHEST, model="full", return_periodicity=True, batch_size=1024, pad=False
        )
        sure = crepe.threshold.Silence()(sure, audio, CREPE_RATE, hop_length=hop, pad=False)
        voiced = ~crepe.threshold.Hysteresis()(pitch, sure).isnan()
    return Track(pitch=pitch[0].double().numpy(), voiced=voiced[0].numpy(), periodicity=sure[0].double().numpy())
