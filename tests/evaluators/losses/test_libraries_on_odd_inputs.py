"""Where a library's number is wrong, or says nothing, the result says so: silence, zeros, identical sets, few voices.

What is said is tested without the libraries; that it is right, with each where it is installed.
"""

import math
from typing import Any

import numpy as np
import pytest
import torch

from ganloss_cli.evaluators import pitch_tracks
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.losses import estoi, f0_rmse, kid, loudness, mcd, periodicity, pesq, stoi, vuv_error
from ganloss_cli.evaluators.losses.recordings import longest_silence
from ganloss_cli.evaluators.pitch_tracks import Track
from ganloss_cli.pipeline.number.knowledge import remarks
from ganloss_cli.records.request import StatedNumber

RATE = 16000


def buzz(seconds: float = 1.5) -> torch.Tensor:
    time = torch.arange(int(seconds * RATE), dtype=torch.float64) / RATE
    harmonics = torch.stack([torch.sin(2 * math.pi * k * 110 * time) / k for k in range(1, 12)]).sum(0)
    return (0.2 * harmonics * (0.6 + 0.4 * torch.sin(2 * math.pi * 2 * time)))[None, None]


def gated(wave: torch.Tensor) -> torch.Tensor:
    """Half a second of zeros in it, as noise gates and some generators leave."""
    made = wave.clone()
    made[..., RATE // 2 : RATE] = 0
    return made


def told(name: str, real: torch.Tensor, fake: torch.Tensor, **settings: Any) -> dict[str, str]:
    entry = find_loss(name)
    assert entry.findings is not None
    found = entry.findings(Batch(real=real, fake=fake), {**entry.settings, "sample_rate": RATE, **settings})
    return {finding.check: finding.message for finding in found}


def said_of(name: str, value: float) -> list[str]:
    number = StatedNumber(name=name, text=f"{value:g}", value=value, tolerance=5e-6)
    return list(remarks(number, [find_loss(name)]))


def test_the_longest_silence_is_of_any_channel() -> None:
    waves = torch.tensor([[[0.0, 0, 1, 0]], [[1.0, 0, 0, 0]]])

    assert longest_silence(waves) == 3
    assert longest_silence(torch.ones(1, 4)) == 0
    assert longest_silence(torch.zeros(1, 4)) == 4


# STOI and ESTOI


@pytest.mark.parametrize("measure", [stoi, estoi])
@pytest.mark.parametrize("silent", ["real", "fake"])
def test_silence_has_no_intelligibility(measure: Any, silent: str) -> None:
    sides = {"real": buzz(), "fake": buzz()} | {silent: torch.zeros_like(buzz())}

    assert math.isnan(float(measure(**sides, sample_rate=RATE)))


def test_zeros_for_a_segment_are_told_of_estoi_alone() -> None:
    assert "draws" in told("estoi", buzz(), gated(buzz()))["noise_of_a_library"]
    assert "noise_of_a_library" in told("stoi", buzz(), gated(buzz()), extended=True)
    assert "noise_of_a_library" not in told("stoi", buzz(), gated(buzz()))
    assert "noise_of_a_library" not in told("estoi", buzz(), buzz())


def test_of_zeros_for_a_segment_pystoi_gives_another_number_in_every_call_and_we_the_same() -> None:
    package = pytest.importorskip("pystoi")
    real, fake = buzz(2.0), gated(buzz(2.0))
    arrays = [side[0, 0].numpy() for side in (real, fake)]
    np.random.seed(1)
    theirs = {package.stoi(*arrays, RATE, extended=True) for _ in range(3)}
    state = np.random.get_state()[1].tolist()  # type: ignore[union-attr]

    ours = {float(estoi(real, fake, sample_rate=RATE)) for _ in range(3)}

    assert max(theirs) - min(theirs) > 1e-5
    assert len(ours) == 1
    assert np.random.get_state()[1].tolist() == state  # type: ignore[union-attr]


# MCD, loudness, PESQ


def test_frames_of_zeros_are_told_of_mcd() -> None:
    assert "1e-6" in told("mcd", buzz(), gated(buzz()))["silence_by_a_library"]
    assert told("mcd", buzz(), buzz()) == {}


def test_the_distance_from_silence_is_that_of_the_constant() -> None:
    pytest.importorskip("fastdtw")
    pysptk = pytest.importorskip("pysptk")

    distance = float(mcd(buzz(), torch.zeros_like(buzz()), sample_rate=RATE, aligned=False))

    silence = pysptk.mcep(np.zeros(1024), 23, 0.42, eps=1e-6, etype=1)
    assert silence[0] == pytest.approx(math.log(1e-6) / 2, rel=1e-3)  # the energy is the constant's
    assert distance > 10


def test_levels_by_k_weighting_are_told_to_be_low_and_differences_are_not() -> None:
    assert "-3.05" in told("loudness", buzz(), buzz(), of="fake")["filter_of_a_library"]
    assert told("loudness", buzz(), buzz(), of="fake", weighting="DeMan") == {}
    assert told("loudness", buzz(), buzz()) == {}


def test_a_full_scale_sine_is_off_by_as_much_as_is_told() -> None:
    pytest.importorskip("pyloudnorm")
    found = {}
    for rate in (8000, 48000):
        sine = torch.sin(2 * math.pi * 997 * torch.arange(rate, dtype=torch.float64) / rate)[None, None]
        for weighting in ("K-weighting", "DeMan"):
            level = loudness(sine, sine, sample_rate=rate, of="fake", weighting=weighting)  # type: ignore[arg-type]
            found[rate, weighting] = float(level)

    assert found[48000, "K-weighting"] == pytest.approx(-3.05, abs=0.005)
    assert found[8000, "K-weighting"] == pytest.approx(-3.19, abs=0.005)
    assert found[48000, "DeMan"] == pytest.approx(-3.01, abs=0.005)
    assert found[8000, "DeMan"] == pytest.approx(-3.01, abs=0.04)


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        ("pesq=4.643888", "what an identical pair gives"),
        ("stoi=1e-5", "what pystoi gives a clip with less than 30 frames of speech, also an identical pair"),
        ("loudness=-3.01", "a full-scale sine of 997 Hz"),
    ],
)
def test_a_library_s_value_with_a_meaning_is_told_once(number: str, meaning: str) -> None:
    name, _, value = number.partition("=")

    assert sum(meaning in remark for remark in said_of(name, float(value))) == 1


def test_an_identical_pair_has_the_pesq_that_is_told() -> None:
    pytest.importorskip("pesq")

    assert said_of("pesq", float(pesq(buzz(), 0.5 * buzz(), sample_rate=RATE))) == said_of("pesq", 4.643888473510742)


# pitch


@pytest.mark.parametrize(
    ("measure", "voiced", "says"), [(vuv_error, 0, True), (f0_rmse, 4, True), (periodicity, 5, False)]
)
def test_few_frames_with_a_voice_are_told(
    measure: Any, voiced: int, says: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Track(pitch=np.full(100, 200.0), voiced=np.arange(100) < voiced, periodicity=np.ones(100))
    monkeypatch.setattr("ganloss_cli.evaluators.losses.pitch.track", lambda *_: found)

    assert ("few_voiced_frames" in told(measure.__name__, buzz(), buzz())) is says


def test_harvest_finds_no_voice_in_a_sine_and_its_number_is_remarked_on() -> None:
    pytest.importorskip("pyworld")
    sines = [torch.sin(2 * math.pi * pitch * torch.arange(RATE) / RATE).double()[None] for pitch in (220, 330)]

    assert float(vuv_error(*sines, sample_rate=RATE, tracker="harvest")) < 0.05
    assert "harvest finds a voice in less than 5%" in told("vuv_error", *sines, tracker="harvest")["few_voiced_frames"]
    assert told("vuv_error", *sines, tracker="dio") == {}


def test_the_tracks_of_the_last_recordings_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(pitch_tracks, "MOST_TRACKS", 2)
    monkeypatch.setattr(pitch_tracks, "_tracks", {})
    monkeypatch.setattr(pitch_tracks, "_dio", lambda signal, rate: calls.append(float(signal[0])))

    for value in (1.0, 2.0, 1.0, 3.0, 1.0):
        pitch_tracks.track(np.full(RATE, value), RATE, "dio")

    assert calls == [1.0, 2.0, 3.0, 1.0]


# sets


def test_a_set_and_itself_have_a_kernel_distance_below_0_which_is_told() -> None:
    pytest.importorskip("torch_fidelity", exc_type=Exception)
    rows = torch.randn(12, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    found = kid([[rows]], [[rows]])

    assert float(found.compute()) < 0
    assert "of a set and itself, which leaves out pairs of a sample and itself and is below 0" in str(found.remark())
    assert "itself" not in str(kid([[rows]], [[rows + 1]]).remark())
