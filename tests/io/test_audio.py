import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.errors import InputError
from ganloss_cli.io.audio import decode_audio, stated_rate
from ganloss_cli.io.reading import OpenFile


def encoded(samples: np.ndarray, rate: int = 16000, file_format: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def sine(rate: int, seconds: float = 0.5, frequency: float = 440) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24), ("PCM_32", 32)])
def test_integers_are_divided_by_their_full_scale(subtype: str, bits: int):
    integers = np.array([0, 1, -1, 2**14, -(2**15)], np.int64) << (bits - 16)
    container = (integers << (32 - bits)).astype(np.int32)

    recording = decode_audio(encoded(container, subtype=subtype), "x")

    assert recording.values.tolist() == [[0, 2**-15, -(2**-15), 0.5, -1]]


def test_floats_are_as_they_are():
    recording = decode_audio(encoded(np.array([1.5, -0.25], np.float32), subtype="FLOAT"), "x")

    assert recording.values.tolist() == [[1.5, -0.25]]


@pytest.mark.parametrize("file_format", ["WAV", "FLAC"])
def test_channels_come_first_and_all_are_kept(file_format: str):
    samples = np.array([[0.5, -0.5, 0.25], [0.125, 0, -1]])

    recording = decode_audio(encoded(samples, file_format=file_format), "x")

    assert recording.values.tolist() == [[0.5, 0.125], [-0.5, 0], [0.25, -1]]
    assert recording.values.is_contiguous()


def test_mono_is_the_mean_of_the_channels():
    recording = decode_audio(encoded(np.array([[0.5, -0.25], [1 / 8, 3 / 8]])), "x", channels="mono")

    assert recording.values.tolist() == [[0.125, 0.25]]


@pytest.mark.parametrize("file_format", ["OGG", "MP3"])
def test_lossy_formats_are_close_to_what_went_in(file_format: str):
    wave = sine(44100, seconds=1)

    recording = decode_audio(encoded(wave, 44100, file_format), "x")

    decoded = recording.values[0].numpy()
    assert recording.sample_rate == 44100
    assert abs(len(decoded) - len(wave)) <= 2500
    middle = decoded[10000:30000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_resampling_keeps_a_sine_a_sine():
    recording = decode_audio(encoded(sine(48000), 48000, subtype="FLOAT"), "x", sample_rate=16000)

    difference = recording.values[0] - torch.from_numpy(sine(16000)).float()
    assert recording.sample_rate == 16000
    assert recording.values.shape == (1, 8000)
    assert difference[400:-400].abs().max() < 1e-5  # the edges ring


def test_without_a_rate_nothing_is_resampled():
    assert decode_audio(encoded(sine(22050), 22050), "x").sample_rate == 22050


def test_no_samples_are_an_error():
    with pytest.raises(InputError, match=r"voice\.wav: holds no samples"):
        decode_audio(encoded(np.zeros(0)), "voice.wav")


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\x24\0\0\0WAVEfmt ", b"fLaC" + bytes(40), b"OggS" + bytes(60)])
def test_what_is_no_audio_is_refused_by_name(data: bytes):
    with pytest.raises(InputError, match=r"voice\.wav: truncated"):
        decode_audio(data, "voice.wav")


@pytest.mark.parametrize("file_format", ["WAV", "FLAC", "OGG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_audio_is_refused_and_not_taken_for_a_shorter_one(file_format: str, share: float):
    data = encoded(np.random.default_rng(0).uniform(-0.5, 0.5, 40000), 16000, file_format)

    with pytest.raises(InputError, match=r"voice\.wav: truncated"):
        decode_audio(data[: int(len(data) * share)], "voice.wav")


def test_a_wav_file_written_to_a_pipe_has_no_stated_length_and_is_read_whole():
    data = bytearray(encoded(np.full(10, 0.5)))
    at = data.index(b"data")
    data[at + 4 : at + 8] = b"\xff" * 4

    assert decode_audio(bytes(data), "x").values.tolist() == [[0.5] * 10]


def test_audio_longer_than_one_block_is_read_whole():
    ramp = (np.arange(2**20 + 5) % 251) / 256

    recording = decode_audio(encoded(ramp, subtype="FLOAT"), "x")

    assert torch.equal(recording.values[0], torch.from_numpy(ramp).float())


@given(st.binary(max_size=200), st.integers(0, 60), st.sampled_from(["WAV", "FLAC", "OGG", "MP3"]))
def test_damaged_audio_is_read_or_refused_but_never_crashes(noise: bytes, start: int, file_format: str):
    data = bytearray(encoded(sine(16000, 0.1), 16000, file_format))
    data[start : start + len(noise)] = noise

    try:
        recording = decode_audio(bytes(data), "x")
    except InputError:
        return

    assert recording.values.dim() == 2


def test_the_stated_rate_is_the_header_s(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(encoded(sine(22050), 22050))

    assert stated_rate(OpenFile(tmp_path / "a.wav"), "a.wav") == 22050


def test_a_damaged_header_is_refused_by_name(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"RIFF\x24\0\0\0WAVE")

    with pytest.raises(InputError, match=r"a\.wav: truncated or damaged audio"):
        stated_rate(OpenFile(tmp_path / "a.wav"), "a.wav")
