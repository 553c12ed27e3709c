"""Audio files to float tensors."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.mp3 import states_length, with_stated_length
from ganloss_cli.io.reading import OpenFile

Channels = Literal["mono", "keep"]

BLOCK = 2**20  # frames read at once
MOST_VALUES = 2**29  # decoded of one file: two gigabytes
MOST_RATIO = 256  # between two sample rates: 750 Hz and 192 kHz
MOST_PEAK = 32  # of float samples: 30 dB above full scale
SEEKABLE = ("WAV", "WAVEX", "RF64", "FLAC")  # formats in which a part is what the whole has there
EXACT = (*SEEKABLE, "OGG")  # formats in which a stated length is the length
FLAC_HEAD, MOST_FLAC_BITS = 22, 24
OGG_PAGE = 65_307  # bytes, of the longest one
NO_LENGTH = 2**62  # libsndfile's number of frames for what has no stated length
STREAMED = 0xFFFFFFFF  # WAV's size of data that were written to a pipe
OGG_HEADER = 27  # bytes of a page before the sizes of its segments, whose number is the last of them
MOST_CHUNKS = 10_000  # of a WAV file before its data
OGG_LAST_PAGE = 4  # flag in byte 5


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Decoded audio: values of shape (C, T) float32, and their rate in Hz."""

    values: Tensor
    sample_rate: int


def decode_audio(data: bytes, where: str, *, channels: Channels = "keep", sample_rate: int | None = None) -> Recording:
    """An audio file's samples; integers are divided by 2^(bits - 1), floats are as they are.

    Args:
        data: the whole file: WAV, FLAC, OGG or MP3.
        where: what messages call it.
        channels: "mono" averages the channels.
        sample_rate: resample to this many Hz, with soxr at very high quality.

    Returns:
        the recording; its rate is `sample_rate` where that is given.

    Raises:
        InputError: truncated, damaged, or without a single sample.
    """
    if _is_cut_short(data):
        raise InputError(f"{where}: truncated audio; its header says that it is longer")
    with _readable(data, where):
        samples, rate = _samples(data, where)
    recording = _recording(samples, rate, where, channels)
    return recording if sample_rate is None else _resampled(recording, sample_rate, where)


def decode_window(data: OpenFile, where: str, start: int, n_samples: int, *, channels: Channels = "keep") -> Recording:
    """A part of an audio file that `stated_length` knows the length of; what lies before and behind it is not read.

    Args:
        data: the file, opened.
        where: what messages call it.
        start: its first sample.
        n_samples: its length.
        channels: "mono" averages the channels.

    Raises:
        InputError: truncated, damaged, or changed while it is read.
    """
    if _is_cut_short(data):
        raise InputError(f"{where}: truncated audio; its header says that it is longer")
    with _readable(data, where), soundfile.SoundFile(data.stream()) as file:
        file.seek(start)
        samples, rate = file.read(n_samples, dtype="float32", always_2d=True), int(file.samplerate)
    if len(samples) < n_samples:
        raise InputError(f"{where}: truncated audio; it ends before sample {start + n_samples}")
    return _recording(samples, rate, where, channels)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What an audio file's header says: rate in Hz, channels, and samples where that is no estimate."""

    sample_rate: int
    channels: int
    n_samples: int | None


def heading(data: OpenFile | bytes, where: str) -> Heading:
    """What an audio file's header says.

    Args:
        data: the file, opened or whole.
        where: what messages call it.

    Raises:
        InputError: it cannot be read.
    """
    header = _header(data, where)
    known = header.format in SEEKABLE and header.frames < NO_LENGTH
    return Heading(
        sample_rate=int(header.samplerate),
        channels=int(header.channels),
        n_samples=int(header.frames) if known else None,
    )


def stated_rate(data: OpenFile | bytes, where: str) -> int:
    """The sample rate in an audio file's header, in Hz; see `heading`."""
    return heading(data, where).sample_rate


def stated_length(data: OpenFile, where: str) -> int | None:
    """How many samples a file has by its header; None for formats in which that is an estimate. See `heading`."""
    return heading(data, where).n_samples


def _header(data: OpenFile | bytes, where: str) -> Any:
    with _readable(data, where):
        return soundfile.info(io.BytesIO(data) if isinstance(data, bytes) else data.stream())


@contextmanager
def _readable(data: bytes | OpenFile, where: str) -> Iterator[None]:
    """Tell in our words what libsndfile says within this block."""
    try:
        yield
    except (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError) as error:
        if (bits := _flac_bits(data[:FLAC_HEAD])) > MOST_FLAC_BITS:
            raise InputError(
                f"{where}: FLAC of {bits} bits, which libsndfile has no decoder for",
                hint="convert it: ffmpeg -i IN.flac -c:a pcm_f32le OUT.wav",
            ) from error
        raise InputError(f"{where}: truncated or damaged audio ({_said(error)})") from error


def _flac_bits(head: bytes) -> int:
    """The bits of a sample of a FLAC file by its first block, STREAMINFO (RFC 9639, section 8.2); 0 for others."""
    return ((head[20] & 1) << 4 | head[21] >> 4) + 1 if head[:4] == b"fLaC" and len(head) == FLAC_HEAD else 0


def _recording(samples: np.ndarray, rate: int, where: str, channels: Channels) -> Recording:
    if len(samples) == 0:
        raise InputError(f"{where}: holds no samples")
    peak = float(np.abs(samples).max())
    if np.isfinite(peak) and peak > MOST_PEAK:
        raise InputError(
            f"{where}: float samples that reach {peak:.6g}; expected -1 to 1",
            hint=f"divide them by {_full_scale(peak)}, which they seem to be scaled with",
        )
    if channels == "mono":
        samples = samples.mean(axis=1, keepdims=True)
    return Recording(values=torch.from_numpy(np.ascontiguousarray(samples.T)), sample_rate=rate)


def _full_scale(peak: float) -> int:
    """The smallest full scale of whole numbers of whole bytes that a peak lies within."""
    return next((2 ** (bits - 1) for bits in (8, 16, 24) if peak <= 2 ** (bits - 1)), 2**31)


def _resampled(recording: Recording, sample_rate: int, where: str) -> Recording:
    rate, values = recording.sample_rate, recording.values
    if rate == sample_rate:
        return recording
    if not 1 / MOST_RATIO <= sample_rate / rate <= MOST_RATIO:
        raise InputError(f"{where}: has a sample rate of {rate} Hz, which is not resampled to {sample_rate} Hz")
    _check_count(values.numel() * sample_rate // rate, where)
    samples = soxr.resample(values.numpy().T, rate, sample_rate, quality="VHQ")
    return Recording(values=torch.from_numpy(np.ascontiguousarray(samples.T)), sample_rate=sample_rate)


def _samples(data: bytes, where: str) -> tuple[np.ndarray, int]:
    """(T, C) float32 and their rate, in blocks: a damaged header may state more samples than memory holds."""
    with soundfile.SoundFile(io.BytesIO(with_stated_length(data))) as file:
        blocks: list[np.ndarray] = []
        n_frames = 0
        while not blocks or len(blocks[-1]) == BLOCK:
            blocks.append(file.read(BLOCK, dtype="float32", always_2d=True))
            n_frames += len(blocks[-1])
            _check_count(n_frames * file.channels, where)
        samples = np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
        if (file.format in EXACT or states_length(data)) and len(samples) < file.frames < NO_LENGTH:
            raise InputError(f"{where}: truncated audio; {len(samples)} of {file.frames} samples are there")
        return samples, int(file.samplerate)


def _check_count(n_values: int, where: str) -> None:
    if n_values > MOST_VALUES:
        raise InputError(
            f"{where}: more than {MOST_VALUES} samples; at most so many are decoded",
            hint="take a part of each recording with --segment SECONDS",
        )


def _is_cut_short(data: bytes | OpenFile) -> bool:
    """Whether a WAV or OGG file ends early, which libsndfile takes for its length."""
    if data[:4] == b"OggS":
        tail = data[-OGG_PAGE:]
        page = tail[tail.rfind(b"OggS") :]
        if len(page) < OGG_HEADER or not page[5] & OGG_LAST_PAGE:
            return True
        sizes = page[OGG_HEADER : OGG_HEADER + page[OGG_HEADER - 1]]
        return len(page) < OGG_HEADER + len(sizes) + sum(sizes)
    order: Literal["little", "big"] = "big" if data[:4] == b"RIFX" else "little"
    if data[:4] not in (b"RIFF", b"RIFX"):
        return False
    position = 12
    for _ in range(MOST_CHUNKS):
        if position + 8 > len(data):
            break
        size = int.from_bytes(data[position + 4 : position + 8], order)
        if data[position : position + 4] == b"data":
            return size != STREAMED and position + 8 + size > len(data)
        position += 8 + size + size % 2
    return False


def _said(error: Exception) -> str:
    return str(getattr(error, "error_string", error)).rstrip(".").lower()
