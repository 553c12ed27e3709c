"""All conventions of a loss at once: those that the data do not fit are left out, unless none fits."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).normal(size=(2, 22050)) * 0.1
    for side, wave in zip(("real", "fake"), noise, strict=True):
        (tmp_path / side).mkdir()
        soundfile.write(tmp_path / side / "a.wav", wave, 22050)
    return tmp_path


def test_conventions_for_another_sample_rate_are_left_out(recordings: Path) -> None:
    report = evaluate(data=recordings, losses="mel:all")

    alone = evaluate(data=recordings, losses="mel:hifigan,mel:dac")
    found = {result.convention: result.value for result in report.results}
    assert {result.convention: found[result.convention] for result in alone.results} == {
        result.convention: result.value for result in alone.results
    }
    assert "vocos" not in found
    assert report.not_applicable["mel:vocos"] == "this configuration is for 24000 Hz, but the waveforms have 22050 Hz"


def test_a_convention_that_is_named_is_not_left_out(recordings: Path) -> None:
    with pytest.raises(UsageError, match="mel:vocos: sample a: this configuration is for 24000 Hz") as caught:
        evaluate(data=recordings, losses="mel:vocos")

    assert "--set mel.configured_rate=22050" in str(caught.value.hint)


def test_conventions_of_which_none_fits_are_an_error(recordings: Path) -> None:
    for side in ("real", "fake"):
        soundfile.write(recordings / side / "a.wav", np.zeros(100) + 0.1, 22050)

    with pytest.raises(InputError, match="too short"):
        evaluate(data=recordings, losses="mrstft:all")
