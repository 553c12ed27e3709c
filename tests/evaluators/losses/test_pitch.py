"""Pitch of speech through its trackers: their numbers by hand on real speech, and what they do not say."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.losses import f0_rmse, periodicity, vuv_error

RATE = 16000
TIME = np.arange(RATE // 2) / RATE


def voice(pitch: float) -> torch.Tensor:
    """Half a second of a buzz."""
    return torch.tensor(sum(np.sin(2 * np.pi * k * pitch * TIME) / k for k in range(1, 10)) * 0.2)[None]


def test_a_semitone_is_a_hundred_cents() -> None:
    pytest.importorskip("librosa")

    found = f0_rmse(voice(200.0), voice(200.0 * 2 ** (1 / 12)), sample_rate=RATE)

    assert isinstance(found, torch.Tensor)
    assert found.tolist() == pytest.approx([100.0], abs=11)  # pyin's bins are 10 cents wide


def test_silence_has_no_pitch_and_no_voice() -> None:
    pytest.importorskip("librosa")
    silence = torch.zeros(1, RATE // 2, dtype=torch.float64)

    found = f0_rmse(silence, silence, sample_rate=RATE)

    assert isinstance(found, torch.Tensor)
    assert math.isnan(found.item())
    assert vuv_error(silence, silence, sample_rate=RATE).item() == 0.0
    assert math.isnan(vuv_error(silence + math.nan, silence, sample_rate=RATE).item())


@pytest.mark.parametrize("tracker", ["harvest", "dio"])
def test_world_says_nothing_of_periodicity(tracker: str) -> None:
    pytest.importorskip("pyworld")

    found = periodicity(voice(200.0), voice(210.0), sample_rate=RATE, tracker=tracker)  # type: ignore[arg-type]

    assert isinstance(found, torch.Tensor)
    assert math.isnan(found.item())


def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="pyin: 100 samples are less than a frame of 2048"):
        f0_rmse(torch.zeros(1, 100), torch.zeros(1, 100), sample_rate=RATE)


@pytest.fixture
def speech(real_data: Path, tmp_path: Path) -> Path:
    """A second of real speech, and the same enhanced."""
    for role, folder in (("real", "clean"), ("fake", "CMGAN")):
        (tmp_path / role).mkdir()
        (file,) = sorted((real_data / "audio" / "vctk-demand" / folder).glob("*.wav"))[:1] or pytest.skip("no speech")
        samples, rate = soundfile.read(file)
        soundfile.write(tmp_path / role / "0.wav", samples[rate : 2 * rate], rate, subtype="FLOAT")
    return tmp_path


def test_on_real_speech_each_is_the_tracker_s_by_hand(speech: Path) -> None:
    pyworld = pytest.importorskip("pyworld")
    sides = [soundfile.read(speech / role / "0.wav")[0] for role in ("real", "fake")]
    real, fake = (pyworld.harvest(side, RATE, f0_floor=50.0, f0_ceil=550.0)[0] for side in sides)
    both = (real > 0) & (fake > 0)

    report = evaluate(data=speech, losses=["f0_rmse:harvest", "vuv_error:harvest"], batch_size=1)

    values = {result.typed: result.value for result in report.results}
    cents = 1200 * np.log2(real[both] / fake[both])
    assert values["f0_rmse:harvest"] == pytest.approx(np.sqrt(np.mean(cents**2)), rel=1e-6)
    assert values["vuv_error:harvest"] == pytest.approx(np.mean((real > 0) != (fake > 0)), rel=1e-6)
    assert report.results[0].library == f"pyworld {pyworld.__version__}"


def test_without_its_tracker_the_package_is_named(speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganloss_cli.evaluators.extras.Extra.missing", lambda self: self.packages)

    for typed, package, extra in (("f0_rmse:crepe", "torchcrepe", "crepe"), ("vuv_error:dio", "pyworld", "pitch")):
        with pytest.raises(UsageError, match=f"{typed} needs the package {package}, not installed") as caught:
            evaluate(data=speech, losses=[typed])
        assert f"pip install 'ganloss[{extra}]'" in str(caught.value.hint)
