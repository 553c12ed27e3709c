"""Audio files to float tensors."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr
import torch
from torch import Tensor

from ganloss_cli.errors import InputError

Channels = Literal["mono", "keep"]

BLOCK = 2**20  # frames read at once
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
    try:
        samples, rate = _samples(data, where)
    except (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError) as error:
        raise InputError(f"{where}: truncated or damaged audio ({_said(error)})") from error
    if len(samples) == 0:
        raise InputError(f"{where}: holds no samples")
    if channels == "mono":
        samples = samples.mean(axis=1, keepdims=True)
    if sample_rate is not None and sample_rate != rate:
        samples, rate = soxr.resample(samples, rate, sample_rate, quality="VHQ"), sample_rate
    return Recording(values=torch.from_numpy(np.ascontiguousarray(samples.T)), sample_rate=rate)


def stated_rate(path: Path) -> int:
    """The sample rate in an audio file's header, in Hz.

    Args:
        path: of the file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return int(soundfile.info(str(path)).samplerate)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"{path}: truncated or damaged audio ({_said(error)})") from error


def _samples(data: bytes, where: str) -> tuple[np.ndarray, int]:
    """(T, C) float32 and their rate, in blocks: a damaged header may state more samples than memory holds."""
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        blocks = [file.read(BLOCK, dtype="float32", always_2d=True)]
        while len(blocks[-1]) == BLOCK:
            blocks.append(file.read(BLOCK, dtype="float32", always_2d=True))
        samples = np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
        if len(samples) < file.frames < NO_LENGTH:
            raise InputError(f"{where}: truncated audio; {len(samples)} of {file.frames} samples are there")
        return samples, int(file.samplerate)


def _is_cut_short(data: bytes) -> bool:
    """Whether a WAV or OGG file ends early, which libsndfile takes for its length."""
    if data[:4] == b"OggS":
        page = data[data.rfind(b"OggS") :]
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
