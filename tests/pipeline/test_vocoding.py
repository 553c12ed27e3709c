"""A vocoder is fed the mel spectrogram of the real waveform, as its training made it."""

import math
import runpy

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.architectures.audio_task import Mel
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.pipeline.data.vocoder import log_mel

MEL = Mel(
    sample_rate=8000, n_fft=64, hop=16, win=64, n_mels=10, fmin=0.0, fmax=4000.0, fmax_for_loss=None,
    convention="hifigan",
)  # fmt: skip


def mel_by_hand(waveform: np.ndarray) -> np.ndarray:
    """Slaney's scale below 1 kHz is linear, 200/3 Hz a mel; above, 27 mels to every factor of 6.4."""

    def to_mel(hz):
        return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000) / math.log(6.4)

    def to_hz(mel):
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    edges = [to_hz(mel) for mel in np.linspace(to_mel(0), to_mel(4000), 12)]
    padded = np.pad(waveform, 24, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    frames = np.array([padded[k : k + 64] * window for k in range(0, len(padded) - 63, 16)])
    magnitude = np.sqrt(np.abs(np.fft.rfft(frames)) ** 2 + 1e-9)
    bands = np.zeros((10, len(frames)))
    for k in range(10):
        low, middle, high = edges[k : k + 3]
        for b in range(33):
            hz = b * 125
            weight = max(0.0, min((hz - low) / (middle - low), (high - hz) / (high - middle))) * 2 / (high - low)
            bands[k] += weight * magnitude[:, b]
    return np.log(np.maximum(bands, 1e-5))


def test_the_mel_spectrogram_is_that_of_the_formula():
    waveform = np.random.default_rng(0).normal(0, 0.3, 160)

    found = log_mel(torch.from_numpy(waveform)[None], MEL)

    assert found.shape == (10, 10)
    assert np.allclose(found.numpy(), mel_by_hand(waveform), atol=1e-9)


def test_a_waveform_shorter_than_its_reflection_is_refused():
    with pytest.raises(InputError, match="too few for frames of 64"):
        log_mel(torch.zeros(1, 20), MEL)


CONFIG = {
    "resblock": "2", "upsample_rates": [8, 4], "upsample_kernel_sizes": [16, 8], "upsample_initial_channel": 8,
    "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]], "num_mels": 8, "n_fft": 128, "hop_size": 32,
    "win_size": 128, "sampling_rate": 8000, "fmin": 0, "fmax": 4000, "fmax_for_loss": None,
}  # fmt: skip


@pytest.fixture
def vocoder(tmp_path):
    torch.manual_seed(0)
    network = HifiganGenerator(
        in_channels=8, initial_channels=8, upsample_rates=(8, 4), upsample_kernels=(16, 8), resblock=2,
        resblock_kernels=(3,), dilations=((1, 3),),
    )  # fmt: skip
    state = network.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    assert recognise(shapes, CONFIG) is not None
    torch.save({"generator": state, "config": CONFIG}, tmp_path / "g_00000100")
    (tmp_path / "wavs").mkdir()
    sound = 0.3 * np.sin(2 * np.pi * 440 * np.arange(3210) / 8000)
    soundfile.write(tmp_path / "wavs" / "a.wav", sound, 8000)
    return tmp_path


def test_a_vocoder_needs_no_option(vocoder):
    report = evaluate(ckpt=vocoder / "g_00000100", data=vocoder / "wavs", losses="l1")

    assert report.results[0].count == 1
    roles = {given.role: given.shape for given in report.inputs}
    assert roles == {"real": (1, 3200), "input": (8, 100)}
    assert [finding.check for finding in report.findings] == ["input_is_mel_of_real"]


def test_the_list_of_a_training_is_its_recordings_and_their_text_is_left_alone(vocoder):
    (vocoder / "validation.txt").write_text("a|It is a.|it is a.\n")

    listed, folder = (
        evaluate(ckpt=vocoder / "g_00000100", data=vocoder / data, losses="l1") for data in ("validation.txt", "wavs")
    )

    assert listed.results[0].value == folder.results[0].value
    assert [given.role for given in listed.inputs] == ["real", "input"]


def test_another_sample_rate_names_both_and_the_option(vocoder):
    soundfile.write(vocoder / "wavs" / "a.wav", np.zeros(4000), 16_000)

    with pytest.raises(InputError, match=r"16000 Hz.* 8000 Hz") as refused:
        evaluate(ckpt=vocoder / "g_00000100", data=vocoder / "wavs", losses="l1")

    assert "--sample-rate 8000" in refused.value.hint


def test_a_segment_is_cut_out_of_the_scaled_file_and_not_scaled_itself(vocoder):
    sound = 0.1 * np.sin(2 * np.pi * 440 * np.arange(3210) / 8000)
    sound[:10] = 0.5  # the peak of the file, outside of its middle
    soundfile.write(vocoder / "wavs" / "a.wav", sound, 8000, subtype="FLOAT")
    start = (3210 - 1600) // 2
    cut = (sound.astype(np.float32) / 0.5 * 0.95)[start : start + 1600]
    soundfile.write(vocoder / "cut.wav", cut, 8000, subtype="FLOAT")

    report = evaluate(ckpt=vocoder / "g_00000100", data=vocoder / "wavs", losses="l1,mse", segment=0.2)

    network = HifiganGenerator(
        in_channels=8, initial_channels=8, upsample_rates=(8, 4), upsample_kernels=(16, 8), resblock=2,
        resblock_kernels=(3,), dilations=((1, 3),),
    ).eval()  # fmt: skip
    network.load_state_dict(torch.load(vocoder / "g_00000100", weights_only=True)["generator"])
    real = torch.from_numpy(cut)[None]
    mel = Mel(**{**vars(MEL), "n_fft": 128, "hop": 32, "win": 128, "n_mels": 8})
    with torch.no_grad():
        fake = network(log_mel(real, mel)[None])[0]
    assert {given.role: given.shape for given in report.inputs} == {"real": (1, 1600), "input": (8, 50)}
    assert report.results[0].value == pytest.approx(float((fake - real).abs().mean()), rel=1e-4)


CRITIC = """
import torch
from torch import nn


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv1d(1, 4, 15, 4), nn.Conv1d(4, 1, 3)

    def forward(self, wave):
        hidden = self.body(wave).relu()
        score = self.head(hidden)
        return [score.flatten(1)], [[hidden, score]]
"""


def test_the_losses_of_a_training_are_those_of_a_cut_of_the_scaled_file(vocoder):
    random = np.random.default_rng(0)
    sound = 0.1 * random.standard_normal(3210).clip(-3, 3)
    sound[:10] = 0.5  # the peak of the file, outside of its middle
    soundfile.write(vocoder / "wavs" / "a.wav", sound, 8000, subtype="FLOAT")
    (vocoder / "critic.py").write_text(CRITIC)
    critic = runpy.run_path(str(vocoder / "critic.py"))["Critic"]()
    torch.save(critic.state_dict(), vocoder / "do_00000100")

    report = evaluate(
        ckpt=vocoder / "g_00000100", disc=vocoder / "do_00000100", data=vocoder / "wavs", segment=0.2,
        networks=(f"discriminator={vocoder}/critic.py:Critic",), losses="fm:hifigan,mel:hifigan",
        settings=("mel.configured_rate=8000", "mel.n_fft=128", "mel.hop=32", "mel.bands=8"),
    )  # fmt: skip

    network = HifiganGenerator(
        in_channels=8, initial_channels=8, upsample_rates=(8, 4), upsample_kernels=(16, 8), resblock=2,
        resblock_kernels=(3,), dilations=((1, 3),),
    ).eval()  # fmt: skip
    network.load_state_dict(torch.load(vocoder / "g_00000100", weights_only=True)["generator"])
    mel = Mel(**{**vars(MEL), "n_fft": 128, "hop": 32, "win": 128, "n_mels": 8})

    def by_hand(whole: np.ndarray) -> dict[str, float]:
        start = (len(whole) - 1600) // 2
        real = torch.from_numpy(whole[start : start + 1600].astype(np.float32))[None]
        with torch.no_grad():
            fake = network(log_mel(real, mel)[None])[0]
            maps = [critic(wave[None])[1][0] for wave in (real, fake)]
        gaps = [float((one - other).abs().mean()) for one, other in zip(*maps, strict=True)]
        return {"fm": 2 * sum(gaps), "mel": float((log_mel(real, mel) - log_mel(fake, mel)).abs().mean())}

    right, cut_first = by_hand(sound / 0.5 * 0.95), by_hand(sound / np.abs(sound[805:2405]).max() * 0.95)
    for result in report.results:
        assert result.value == pytest.approx(right[result.loss], rel=1e-4)
        assert result.value != pytest.approx(cut_first[result.loss], rel=1e-2)


def test_spectrograms_that_are_given_are_cut_with_the_recordings(vocoder):
    (vocoder / "mels").mkdir()
    np.save(vocoder / "mels" / "a.npy", np.arange(800, dtype=np.float32).reshape(8, 100))
    seen = {"ckpt": vocoder / "g_00000100", "real": vocoder / "wavs", "input": vocoder / "mels", "losses": "l1"}

    report = evaluate(**seen, segment=0.1)

    assert {given.role: given.shape for given in report.inputs} == {"real": (1, 800), "input": (8, 25)}
    assert report.results[0].value is not None


def test_a_segment_longer_than_a_recording_says_how_much_there_is(vocoder):
    with pytest.raises(InputError, match=r"a: has 3210 samples at 8000 Hz, --segment 0.5 is 4000") as refused:
        evaluate(ckpt=vocoder / "g_00000100", data=vocoder / "wavs", losses="l1", segment=0.5)

    assert refused.value.hint == "give --segment 0.401 or less"
