"""The code of VITS and its children beside ours, from the clones in the folder that GANLOSS_UPSTREAM names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CLONES = os.environ.get("GANLOSS_UPSTREAM")
SCRIPTS = Path(__file__).parent / "upstream"
pytestmark = pytest.mark.skipif(CLONES is None, reason="GANLOSS_UPSTREAM names no folder of clones")


def outcome(script, *arguments):
    command = [sys.executable, str(SCRIPTS / script), "--upstream", str(CLONES), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("family", ["vits", "so_vits_svc", "gpt_sovits"])
def test_the_networks_compute_what_the_code_that_defines_them_computes(family):
    found = outcome(f"{family}.py")

    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]


@pytest.mark.parametrize("family", ["bigvgan", "vocos", "parallel_wavegan"])
def test_vocoders_compute_what_the_code_that_defines_them_computes(family):
    for package in ("torchaudio", "nnAudio"):
        pytest.importorskip(package)

    found = outcome(f"{family}.py")

    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]


@pytest.mark.parametrize("script", ["dac.py", "encodec.py", "stable_audio.py"])
def test_codecs_compute_what_the_code_that_defines_them_computes(script):
    pytest.importorskip("transformers")

    found = outcome(script)

    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]


@pytest.mark.parametrize(
    "training",
    [
        "vits", "vits_without_sdp", "rvc", "rvc_v1", "rvc_no_f0", "applio", "applio_24k", "so_vits_svc",
        "so_vits_svc_whole", "so_vits_svc_tiny", "gpt_sovits", "gpt_sovits_v1", "gpt_sovits_v2pro", "dac", "audiocraft",
        "stable_audio", "bigvgan", "bigvgan_22k", "bigvgan_mbd", "bigvgan_v2", "parallel_wavegan",
        "parallel_wavegan_22k", "vocos", "vocos_44k",
    ],
)  # fmt: skip
def test_a_step_of_the_training_logs_what_ours_computes_of_its_folder(training):
    pytest.importorskip("librosa")
    if training.startswith(("bigvgan", "vocos")):
        pytest.importorskip("torchaudio")

    found = outcome("recipes.py", "--only", training)

    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]
