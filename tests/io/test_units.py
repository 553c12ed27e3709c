"""Recordings and pictures in units that they are not taken for: divided where it is certain, else told."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io import audio, sources
from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.io.samples import Reading
from ganloss_cli.records.request import Request

SINE = np.sin(np.arange(8000) / 9).astype(np.float32) / 2


def saved(folder: Path, **arrays: np.ndarray) -> DataSet:
    np.savez(folder / "x.npz", **arrays)
    return open_data(Request(data=folder / "x.npz"))


def only(data: DataSet) -> Reading:
    return data.groups[0].read(0)


@pytest.mark.parametrize(("dtype", "scale"), [(np.int16, 2**15), (np.int32, 2**31)])
@pytest.mark.parametrize("role", ["real", "target"])
def test_whole_numbers_of_a_recording_are_divided_by_their_full_scale(
    tmp_path: Path, dtype: type, scale: int, role: str
) -> None:
    data = saved(tmp_path, **{role: np.round(SINE * scale).astype(dtype)[None]})

    assert torch.allclose(only(data).values[role], torch.from_numpy(SINE), atol=2 / 2**15)
    [note] = [finding for finding in data.findings if finding.check == "scaled_integers"]
    assert f"divided by {scale}" in note.message


@pytest.mark.parametrize(("role", "shape"), [("latents", (1, 4)), ("real", (1, 3, 2, 2)), ("mask", (1, 4))])
def test_whole_numbers_that_are_no_recording_stay_as_they_are(
    tmp_path: Path, role: str, shape: tuple[int, ...]
) -> None:
    assert only(saved(tmp_path, **{role: np.full(shape, 7, np.int16)})).values[role].max() == 7


@pytest.mark.parametrize("factor", [2**15, 2**23])
def test_floats_scaled_like_whole_numbers_against_others_are_an_error_with_the_factor(
    tmp_path: Path, factor: int
) -> None:
    data = saved(tmp_path, real=SINE[None], fake=SINE[None] * factor)

    with pytest.raises(
        InputError, match=rf"fake reaches .*, but real in .*: {re.escape(f'{factor:.4g}')} times as much"
    ):
        only(data)


@pytest.mark.parametrize("factor", [0.0, 1e-6, 1.0, 30.0])
def test_a_quiet_estimate_is_no_mistake_of_units(tmp_path: Path, factor: float) -> None:
    data = saved(tmp_path, target=SINE[None], estimate=SINE[None] * factor)

    assert only(data).values["estimate"].abs().max() == pytest.approx(SINE.max() * factor, rel=1e-3)


def test_a_float_file_at_the_scale_of_16_bits_is_an_error_with_the_factor(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", SINE * 32768, 16000, subtype="FLOAT")

    with pytest.raises(InputError, match=r"a\.wav: float samples that reach 16384; expected -1 to 1") as refused:
        only(open_data(Request(data=tmp_path)))

    assert "divide them by 32768" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("bounds", "lowest", "highest", "told"),
    [
        ((0, 1), 0, 255, True), ((0, 1), -1, 1, True), ((0, 255), 0, 1, True), ((-1, 1), -1.05, 1.1, False),
        ((0, 255), 0, 200, False), ((-1, 1), 0, 1, False), ((0, 1), 0, 0, False),
    ],
)  # fmt: skip
def test_a_range_that_the_values_contradict_is_a_warning(
    tmp_path: Path, bounds: tuple[float, float], lowest: float, highest: float, told: bool
) -> None:
    pixels = np.linspace(lowest, highest, 48, dtype=np.float32).reshape(1, 3, 4, 4)
    np.savez(tmp_path / "x.npz", real=pixels)
    request = Request(data=tmp_path / "x.npz", range=bounds)
    data = open_data(request)
    only(data)

    found = [finding for finding in data.changes.findings(request) if finding.check == "range_contradicted"]

    assert [finding.severity for finding in found] == ["warning"] * told
    assert all(f"{lowest:.4g} to {highest:.4g}" in finding.message for finding in found)


@pytest.mark.parametrize("file_format", ["WAV", "FLAC"])
def test_a_segment_is_read_without_what_lies_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, (16000, 2))
    for name, length in (("real", 16000), ("fake", 15000)):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "a", noise[:length], 8000, "PCM_16", format=file_format)
    whole = {name: only(open_data(Request(data=tmp_path / name))).values["real"] for name in ("real", "fake")}
    monkeypatch.setattr(sources, "decode_audio", None)

    values = only(open_data(Request(data=tmp_path, segment=0.5))).values

    assert torch.equal(values["real"], whole["real"][:, 5500:9500])
    assert torch.equal(values["fake"], whole["fake"][:, 5500:9500])


def test_a_segment_of_a_file_that_ends_early_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16000), 8000, "PCM_16")
    with (tmp_path / "a.wav").open("r+b") as file:
        file.truncate(20_000)

    with pytest.raises(InputError, match=r"a\.wav: truncated audio"):
        only(open_data(Request(data=tmp_path, segment=1.0)))


def encoded(samples: np.ndarray, rate: int, **options: Any) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, **options)
    return buffer.getvalue()


def test_a_rate_that_no_recording_has_is_not_resampled_from() -> None:
    data = encoded(np.zeros(10), 1, format="WAV")

    with pytest.raises(InputError, match=r"a\.wav: has a sample rate of 1 Hz, which is not resampled to 192000 Hz"):
        audio.decode_audio(data, "a.wav", sample_rate=192_000)


@pytest.mark.parametrize("sample_rate", [None, 32000])
def test_more_samples_than_anybody_compares_are_refused(
    monkeypatch: pytest.MonkeyPatch, sample_rate: int | None
) -> None:
    monkeypatch.setattr(audio, "MOST_VALUES", 1999 if sample_rate is None else 3999, raising=False)

    with pytest.raises(InputError, match=r"a\.flac: more than \d+ samples") as refused:
        audio.decode_audio(encoded(np.zeros(2000), 16000, format="FLAC"), "a.flac", sample_rate=sample_rate)

    assert "--segment" in str(refused.value.hint)


LOUD = np.random.default_rng(0).uniform(-0.9, 0.9, 20_000)
LOUDER_AND_LOUDER = {"sine": np.sin(np.arange(46_080) / 9) / 2, "quiet last": np.r_[LOUD, np.zeros(60_000)],
                     "quiet first": np.r_[np.zeros(60_000), LOUD]}  # fmt: skip


@pytest.mark.parametrize("name", LOUDER_AND_LOUDER)
@pytest.mark.parametrize("rate", [44100, 16000])
def test_an_mp3_file_without_a_stated_length_is_read_whole(name: str, rate: int) -> None:
    samples = LOUDER_AND_LOUDER[name]
    data = encoded(samples, rate, format="MP3")
    tag = min(data.find(tag) for tag in (b"Xing", b"Info") if tag in data)
    without = data[data.find(data[:2], tag) :]  # its second frame is the first with sound

    recording = audio.decode_audio(without, "a.mp3")

    assert recording.values.shape[1] == pytest.approx(len(samples), abs=3 * 1152)


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_an_mp3_file_with_a_stated_length_that_is_cut_off_is_truncated(share: float) -> None:
    data = encoded(np.sin(np.arange(46_080) / 9) / 2, 44100, format="MP3")

    with pytest.raises(InputError, match=r"a\.mp3: truncated"):
        audio.decode_audio(data[: int(len(data) * share)], "a.mp3")


def test_a_flac_file_of_32_bits_is_named_for_what_it_is(tmp_path: Path) -> None:
    data = bytearray(encoded(np.zeros(100), 16000, format="FLAC"))
    bits = 32 - 1  # in STREAMINFO, over two bytes
    data[20] = (data[20] & ~1) | bits >> 4
    data[21] = (bits & 15) << 4 | (data[21] & 15)
    (tmp_path / "a.flac").write_bytes(data)

    with pytest.raises(InputError, match=r"a\.flac: FLAC of 32 bits, which libsndfile has no decoder for"):
        only(open_data(Request(data=tmp_path)))
