"""A config beside a checkpoint may hold anything: it is refused before it costs memory, in words of one line."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.cli import main
from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import Mel
from ganloss_cli.io.architectures.parallel_wavegan import _mel_loss
from ganloss_cli.io.architectures.recipes import Recipe, settle

USUAL: dict[str, Any] = {
    "sample_rate": 22050, "n_fft": 1024, "hop": 256, "win": 1024, "n_mels": 80, "fmin": 0, "fmax": 8000,
    "fmax_for_loss": None, "convention": "hifigan",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("sample_rate", 0), ("sample_rate", -1), ("n_fft", 10**9), ("hop", True), ("hop", 0), ("win", 1025), ("win", -1),
     ("win", 10**9), ("n_mels", 0), ("n_mels", 80.0), ("n_mels", "80"), ("n_mels", 10**9), ("fmin", -1), ("fmin", []),
     ("fmax", "8000"), ("fmax", [[1]]), ("fmax", float("nan")), ("fmax", float("inf")), ("fmax", True),
     ("fmax_for_loss", {}), ("fmax_for_loss", -5)],
)  # fmt: skip
def test_a_spectrogram_with_numbers_that_cannot_be_is_refused(name: str, value: Any) -> None:
    Mel(**USUAL)
    with pytest.raises(InputError, match=r"the config says \w+ .*, not a (whole number|frequency) from"):
        Mel(**{**USUAL, name: value})


@pytest.mark.parametrize("text", ["9" * 5000, "2x" * 5000 + "2"])
def test_text_too_long_for_a_number_is_none_and_is_cut(text: str) -> None:
    recipe = Recipe(source="somewhere", settings={"rates": [8, 8]})

    settled = settle("a network", "generator", ["rates"], [recipe], {"rates": text})

    assert settled.settings == {"rates": f"{text[:60]}..."}


@pytest.mark.parametrize(("name", "value"), [("win_size", 10**9), ("fmax", "8000"), ("upsample_rates", "9" * 5000)])
def test_a_vocoder_with_such_a_config_is_an_input_error(
    name: str, value: Any, sample_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(sample_data / "vocoder.py"))["main"](tmp_path)
    config = tmp_path / "exp" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), name: value}))

    status = main(["eval", "-c", str(tmp_path / "exp"), "--data", str(tmp_path / "LibriTTS" / "val-full.txt")])

    said = capsys.readouterr().err
    assert (status, said.count("error: ")) == (3, 1)
    assert name in said
    assert len(said) < 1000


def test_a_loss_of_hostile_lengths_is_refused_before_it_is_computed() -> None:
    with pytest.raises(InputError, match="the config says fft_size 1000000000, not a whole number from 1 to 1048576"):
        _mel_loss({"mel_loss_params": {"fft_size": 10**9}})


def test_a_network_whose_config_is_missing_says_to_put_it_beside_it() -> None:
    with pytest.raises(InputError, match=r"^a generator: shapes do not tell rates") as caught:
        settle("a generator", "generator", ["rates"], [], {})

    assert (caught.value.hint or "").startswith("put its config beside it, or name them with --arch 'a generator' ")
