"""A whole VITS or RVC model is fed the spectrogram of a recording and gives it back, with its latents beside it."""

import hashlib
import math

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import Mel
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.nsf import NsfGenerator
from ganloss_cli.io.networks.vits import NsfAutoencoder, VitsAutoencoder
from ganloss_cli.pipeline.data.randomness import draw
from ganloss_cli.pipeline.data.vocoder import magnitudes

HOP, N_FFT, RATE = 32, 128, 8000
MODEL = {
    "resblock": "2", "upsample_rates": [8, 4], "upsample_kernel_sizes": [16, 8], "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
}  # fmt: skip
DATA = {"sampling_rate": RATE, "filter_length": N_FFT, "hop_length": HOP, "win_length": N_FFT, "n_mel_channels": 8}
CONFIG = {"model": MODEL, "data": DATA}
SOUND = 0.3 * np.sin(2 * np.pi * 440 * np.arange(3210) / RATE)


def autoencoder(*, pitch=False, speakers=0):
    torch.manual_seed(0)
    decoder = {
        "in_channels": 6, "initial_channels": 8, "upsample_rates": [8, 4], "upsample_kernels": [16, 8], "resblock": 2,
        "resblock_kernels": [3], "dilations": [[1, 3]], "post_bias": False, "condition_channels": 4 if speakers else 0,
    }  # fmt: skip
    own = {
        "n_bins": N_FFT // 2 + 1, "n_latents": 6, "n_channels": 8, "kernel": 5, "dilation_rate": 1, "n_flows": 2,
        "posterior_layers": 2, "flow_layers": 2, "n_speakers": speakers, "condition_channels": 4 if speakers else 0,
    }  # fmt: skip
    if pitch:
        return NsfAutoencoder(decoder=NsfGenerator(sample_rate=RATE, **decoder), **own).eval()
    return VitsAutoencoder(decoder=HifiganGenerator(**decoder), **own).eval()


@pytest.fixture
def saved(tmp_path):
    """Writes G_*.pth as VITS's training does, beside three recordings; the first is longer than the others."""

    def saved(network, *, left_out=(), kind="enc_p.emb.weight"):
        state = {key: value for key, value in network.state_dict().items() if not key.startswith(left_out or ("-",))}
        state[kind] = torch.zeros(3, 3)
        torch.save({"model": state, "iteration": 7, "config": CONFIG}, tmp_path / "G_100.pth")
        return network

    (tmp_path / "wavs").mkdir()
    for k, name in enumerate("abc"):
        soundfile.write(tmp_path / "wavs" / f"{name}.wav", SOUND[: 3210 if k == 0 else 1600] * (k + 1) / 2, RATE)
    saved.place = tmp_path
    return saved


def key(place, name):
    """What random numbers of a recording depend on: its bytes, and not what its file is called."""
    return f"{hashlib.sha256((place / 'wavs' / f'{name}.wav').read_bytes()).hexdigest()} 0"


def fed(place, name):
    """What the network should be fed of a recording, and how long its answer should be."""
    sound, _ = soundfile.read(place / "wavs" / f"{name}.wav", dtype="float32")
    n_frames = len(sound) // HOP
    padded = np.pad(sound, (N_FFT - HOP) // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    frames = np.array([padded[k : k + N_FFT] * window for k in range(0, len(padded) - N_FFT + 1, HOP)])
    spectrum = np.abs(np.fft.rfft(frames[:n_frames])) ** 2
    return torch.from_numpy(np.sqrt(spectrum.T + 1e-6)).float(), torch.from_numpy(sound[: n_frames * HOP])


def test_a_recording_goes_through_the_posterior_and_back(saved):
    network = saved(autoencoder())

    report = evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", losses="l1", per_sample=True)

    for k, name in enumerate("abc"):
        spectrogram, sound = fed(saved.place, name)
        noise = draw(0, key(saved.place, name), "noise", (6, spectrogram.shape[1]), "normal")
        with torch.no_grad():
            fake = network(spectrogram[None], noise[None])[0][0, 0]
        assert report.samples[k].values["l1"] == pytest.approx(float((fake - sound).abs().mean()), rel=1e-4)
    assert report.checkpoints[0].architecture == "VITS auto-encoder"
    assert [finding.check for finding in report.findings] == ["input_is_spectrogram_of_real"]


def test_the_draw_depends_on_the_seed_and_on_nothing_else(saved):
    saved(autoencoder())
    choices = {"ckpt": saved.place / "G_100.pth", "data": saved.place / "wavs", "losses": "l1"}

    one, all_at_once, workers, other = (
        evaluate(**choices, **more).results[0].value
        for more in ({"batch_size": 1}, {"batch_size": 3}, {"workers": 0}, {"seed": 1})
    )

    assert one == pytest.approx(all_at_once, rel=1e-6)
    assert all_at_once == workers
    assert abs(other - one) > 1e-9


def manifest(place, network):
    """A prior for every recording, and what VITS's formula gives of it."""
    rows, total, n_frames = ["real,m_p,logs_p"], 0.0, 0
    for k, name in enumerate("abc"):
        spectrogram, _ = fed(place, name)
        noise = draw(0, key(place, name), "noise", (6, spectrogram.shape[1]), "normal")
        with torch.no_grad():
            _, z_p, _, logs_q, _ = network(spectrogram[None], noise[None])
        numbers = np.random.default_rng(k)
        m_p, logs_p = (numbers.normal(0, 0.5, z_p.shape[1:]).astype(np.float32) for _ in range(2))
        for role, values in (("m_p", m_p), ("logs_p", logs_p)):
            np.save(place / f"{name}.{role}.npy", values)
        rows.append(f"wavs/{name}.wav,{name}.m_p.npy,{name}.logs_p.npy")
        z_p, logs_q = z_p[0].double().numpy(), logs_q[0].double().numpy()
        total += (logs_p - logs_q - 0.5 + 0.5 * (z_p - m_p) ** 2 * np.exp(-2.0 * logs_p)).sum()
        n_frames += z_p.shape[1]
    (place / "rows.csv").write_text("\n".join(rows) + "\n")
    return total / n_frames


def test_with_a_prior_in_the_data_the_divergence_is_computed(saved):
    expected = manifest(saved.place, saved(autoencoder()))

    report = evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "rows.csv", losses="kl_vits,l1")

    assert report.results[0].value == pytest.approx(expected, rel=1e-5)
    assert report.timing["forward_passes"] == {"generator": 2}  # one a length, for both losses


def test_without_a_prior_the_divergence_says_what_is_missing(saved):
    saved(autoencoder())

    with pytest.raises(UsageError, match="kl_vits needs m_p"):
        evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", losses="kl_vits")


def test_pitch_and_speaker_reach_the_network(saved):
    network = saved(autoencoder(pitch=True, speakers=3), kind="enc_p.emb_phone.weight")
    (saved.place / "pitch").mkdir()
    for name in "abc":
        n_frames = fed(saved.place, name)[0].shape[1]
        np.save(saved.place / "pitch" / f"{name}.wav.npy", np.linspace(100, 200, n_frames + 1, dtype=np.float32))
    np.save(saved.place / "label.npy", np.array([2, 1, 0]))

    report = evaluate(
        ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", pitch=saved.place / "pitch",
        label=saved.place / "label.npy", losses="l1", per_sample=True,
    )  # fmt: skip

    spectrogram, sound = fed(saved.place, "a")
    spectrogram = (spectrogram.double() ** 2 - 1e-6 + 2e-7).sqrt().float()  # RVC adds less below the root
    n_frames = spectrogram.shape[1]
    noise, excitation = (
        draw(0, key(saved.place, "a"), what, shape, "normal")[None]
        for what, shape in (("noise", (6, n_frames)), ("excitation", (1, n_frames * HOP)))
    )
    pitch = torch.linspace(100, 200, n_frames + 1)[None, :n_frames]
    with torch.no_grad():
        fake = network(spectrogram[None], noise, pitch, excitation, torch.tensor([2]))[0][0, 0]
    assert report.checkpoints[0].architecture == "RVC NSF auto-encoder"
    assert report.samples[0].values["l1"] == pytest.approx(float((fake - sound).abs().mean()), rel=1e-4)


def test_the_only_voice_of_rvc_is_number_0_and_said_so(saved):
    saved(autoencoder(speakers=3), kind="enc_p.emb_phone.weight")

    report = evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", losses="l1")

    assert "speaker_assumed" in [finding.check for finding in report.findings]


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"speakers": 3}, "enc_p.emb.weight", "has 3 speakers, and takes the number of each recording's"),
        ({"pitch": True, "speakers": 3}, "enc_p.emb_phone.weight", "takes the pitch of every recording"),
    ],
)
def test_what_the_network_takes_and_nobody_gives_is_a_usage_error(settings, kind, message, saved):
    saved(autoencoder(**settings), kind=kind)

    with pytest.raises(UsageError, match=message):
        evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", losses="l1")


def test_a_speaker_that_is_not_there_is_an_input_error(saved):
    saved(autoencoder(speakers=3))
    np.save(saved.place / "label.npy", np.array([0, 1, 3]))

    with pytest.raises(InputError, match="its speakers are 0 to 2"):
        evaluate(
            ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", label=saved.place / "label.npy", losses="l1"
        )


def test_a_pitch_of_another_recording_is_an_error(saved):
    saved(autoencoder(pitch=True, speakers=3), kind="enc_p.emb_phone.weight")
    (saved.place / "pitch").mkdir()
    for name in "abc":
        np.save(saved.place / "pitch" / f"{name}.npy", np.full(70, 100.0, np.float32))

    with pytest.raises(InputError, match="a: pitch of 70 frames, but the recording has 100"):
        evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", pitch=saved.place / "pitch", losses="l1")


@pytest.mark.parametrize("roles", [{}, {"latents": "z"}])
def test_an_extracted_voice_says_that_its_posterior_is_missing(roles, saved):
    saved(autoencoder(pitch=True, speakers=3), left_out=("enc_q.",), kind="enc_p.emb_phone.weight")
    (saved.place / "z").mkdir()
    for name in "abc":
        np.save(saved.place / "z" / f"{name}.npy", np.zeros((6, 10), np.float32))
    given = {role: saved.place / folder for role, folder in roles.items()}

    with pytest.raises(
        UsageError, match=r"RVC NSF decoder, and takes pitch .* the posterior encoder \(enc_q\)"
    ) as said:
        evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", losses="l1", **given)

    assert "G_*.pth" in str(said.value.hint)
    assert "kl_vits" in said.value.message


def test_a_decoder_that_takes_nothing_else_runs_on_given_latents(saved):
    network = saved(autoencoder(), left_out=("enc_q.", "flow."))
    latents = np.random.default_rng(0).normal(0, 1, (6, 10)).astype(np.float32)
    for folder in ("z", "real"):
        (saved.place / folder).mkdir()
    np.save(saved.place / "z" / "a.npy", latents)
    soundfile.write(saved.place / "real" / "a.wav", SOUND[: 10 * HOP], RATE)

    report = evaluate(ckpt=saved.place / "G_100.pth", real=saved.place / "real", latents=saved.place / "z", losses="l1")

    sound, _ = soundfile.read(saved.place / "real" / "a.wav", dtype="float32")
    with torch.no_grad():
        fake = network.dec(torch.from_numpy(latents)[None])[0, 0].numpy()
    assert report.results[0].value == pytest.approx(float(np.abs(fake - sound).mean()), rel=1e-5)


def test_rvc_adds_less_below_the_root_than_vits():
    mel = {"sample_rate": 8000, "n_fft": 64, "hop": 16, "win": 64, "n_mels": 8, "fmin": 0.0, "fmax": None}
    silence = torch.zeros(1, 160)

    floors = [
        magnitudes(silence, Mel(**mel, fmax_for_loss=None, convention=whose)).unique().item()
        for whose in ("vits", "rvc")
    ]

    assert floors == pytest.approx([math.sqrt(1e-6), math.sqrt(2e-7)])


def test_a_segment_is_cut_out_of_the_spectrogram_of_the_file_and_pitch_with_it(saved):
    network = saved(autoencoder(pitch=True, speakers=3), kind="enc_p.emb_phone.weight")
    (saved.place / "pitch").mkdir()
    for name in "abc":
        n_frames = fed(saved.place, name)[0].shape[1]
        np.save(saved.place / "pitch" / f"{name}.wav.npy", np.linspace(100, 200, n_frames + 1, dtype=np.float32))
    np.save(saved.place / "label.npy", np.array([2, 1, 0]))

    report = evaluate(
        ckpt=saved.place / "G_100.pth", data=saved.place / "wavs", pitch=saved.place / "pitch",
        label=saved.place / "label.npy", losses="l1", per_sample=True, segment=0.1,
    )  # fmt: skip

    spectrogram, sound = fed(saved.place, "a")
    spectrogram = (spectrogram.double() ** 2 - 1e-6 + 2e-7).sqrt().float()  # RVC adds less below the root
    n_frames, n_cut = spectrogram.shape[1], 800 // HOP
    first = (n_frames * HOP - 800) // 2 // HOP
    noise, excitation = (
        draw(0, key(saved.place, "a"), what, shape, "normal")[None]
        for what, shape in (("noise", (6, n_cut)), ("excitation", (1, n_cut * HOP)))
    )
    pitch = torch.linspace(100, 200, n_frames + 1)[None, first : first + n_cut]
    cut = spectrogram[None, :, first : first + n_cut]
    with torch.no_grad():
        fake = network(cut, noise, pitch, excitation, torch.tensor([2]))[0][0, 0]
    real = sound[first * HOP : (first + n_cut) * HOP]
    assert report.samples[0].values["l1"] == pytest.approx(float((fake - real).abs().mean()), rel=1e-4)


def test_a_prior_is_cut_with_the_recording(saved):
    manifest(saved.place, saved(autoencoder()))

    report = evaluate(ckpt=saved.place / "G_100.pth", data=saved.place / "rows.csv", losses="kl_vits", segment=0.1)

    assert {given.role: given.shape for given in report.inputs if given.role != "real"} == {
        "input": (65, 25), "m_p": (6, 25), "logs_p": (6, 25),
    }  # fmt: skip
    assert report.results[0].value is not None
