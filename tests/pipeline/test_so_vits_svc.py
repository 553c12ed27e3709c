"""so-vits-svc from the folders of its training to the numbers of its log."""

import hashlib
import json
import pickle

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UnsafeCheckpointError, UsageError
from ganloss_cli.io.networks.so_vits_svc import so_vits_svc
from ganloss_cli.io.networks.waveform_discriminators import ScaleAndPeriodDiscriminator
from ganloss_cli.pipeline.data.kept_features import _stretched
from ganloss_cli.pipeline.data.randomness import draw

RATE, N_FFT, HOP, FEATURES, LATENTS = 44100, 1024, 256, 12, 6
SEGMENT = 8  # frames
FRAMES = {"alto": 40, "bass": 25}
CONFIG = {
    "train": {"segment_size": SEGMENT * HOP},
    "data": {"sampling_rate": RATE, "filter_length": N_FFT, "hop_length": HOP, "win_length": N_FFT,
             "n_mel_channels": 80, "unit_interpolate_mode": "nearest"},
    "model": {"resblock": "2", "upsample_rates": [16, 16], "upsample_kernel_sizes": [32, 32],
              "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]]},
    "spk": {"alto": 1, "bass": 0},
}  # fmt: skip


def network():
    torch.manual_seed(0)
    made = so_vits_svc(
        prior={"n_features": FEATURES, "n_hidden": 10, "n_heads": 2, "n_layers": 1, "kernel": 3, "window": 4,
               "has_volume": True, "predicts_pitch": True},
        flow={"shared": False, "transformer": None}, separable=False, n_bins=N_FFT // 2 + 1, n_channels=8, kernel=5,
        dilation_rate=1, posterior_layers=2, flow_layers=2, n_flows=2, n_speakers=2, in_channels=LATENTS,
        initial_channels=8, upsample_rates=[16, 16], upsample_kernels=[32, 32], resblock=2, resblock_kernels=[3],
        dilations=[[1, 3]], post_bias=True, condition_channels=8, sample_rate=RATE, n_harmonics=9, snake=False,
    ).eval()  # fmt: skip
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made


@pytest.fixture
def trained(tmp_path):
    """logs/44k, dataset/44k and filelists/val.txt; what lies beside a recording by the names of its singer."""

    def trained(frames=FRAMES, **changed):
        logs, data = tmp_path / "logs" / "44k", tmp_path / "dataset" / "44k"
        logs.mkdir(parents=True)
        made = network()
        torch.manual_seed(1)
        critic = ScaleAndPeriodDiscriminator(
            period_channels=(2, 4, 4, 4, 4), scale_channels=(4, 4, 4, 8, 8, 8), scale_groups=(1,) * 6
        )
        for name, module in (("G", made), ("D", critic)):
            torch.save({"model": module.state_dict(), "iteration": 1}, logs / f"{name}_100.pth")
        (logs / "config.json").write_text(json.dumps(CONFIG | changed))
        for k, (singer, count) in enumerate(frames.items()):
            sung(data / singer / "x.wav", k, count)
        (tmp_path / "filelists").mkdir()
        lines = "".join(f"./dataset/44k/{singer}/x.wav\n" for singer in frames)
        (tmp_path / "filelists" / "val.txt").write_text(lines)
        trained.data, trained.list = data, tmp_path / "filelists" / "val.txt"
        return logs, data, made

    return trained


def sung(path, k, n_frames):
    """A recording and what preprocess_hubert_f0.py leaves beside it."""
    path.parent.mkdir(parents=True)
    numbers = np.random.default_rng(k)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * (200 + 90 * k) * np.arange(n_frames * HOP + 5) / RATE), RATE)
    pitch, voiced = numbers.uniform(80, 300, n_frames + 1), (numbers.random(n_frames + 1) < 0.7).astype(float)
    np.save(f"{path}.f0.npy", np.asanyarray((pitch, voiced), dtype=object))
    torch.save(torch.from_numpy(numbers.normal(size=(1, FEATURES, n_frames // 2))).float(), f"{path}.soft.pt")
    np.save(f"{path}.vol.npy", numbers.uniform(0, 1, n_frames).astype(np.float32))


def of_singer(made, data, singer, n_frames):
    """What the network makes of one recording, by numpy up to its inputs."""
    path = data / singer / "x.wav"
    sound, _ = soundfile.read(path, dtype="float32")
    padded = np.pad(sound, (N_FFT - HOP) // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    frames = np.array([padded[k : k + N_FFT] * window for k in range(0, len(padded) - N_FFT + 1, HOP)])[:n_frames]
    spectrum = torch.from_numpy(np.sqrt(np.abs(np.fft.rfft(frames)) ** 2 + 1e-6).T).float()[None]
    pitch, voiced = np.load(f"{path}.f0.npy", allow_pickle=True).astype(np.float32)
    soft = torch.load(f"{path}.soft.pt")[0]
    stretched = soft[:, [k * soft.shape[1] // len(pitch) for k in range(len(pitch))]]
    key = f"{hashlib.sha256(path.read_bytes()).hexdigest()} 0"
    kinds = {"phases": "uniform", "scale": "uniform"}
    drawn = {name: draw(0, key, name, shape, kinds.get(name, "normal"))[None]
             for name, shape in made.noise_shapes(spectrum).items()}  # fmt: skip
    with torch.no_grad():
        return made(
            spectrum, pitch=torch.from_numpy(pitch)[None, :n_frames], voiced=torch.from_numpy(voiced)[None, :n_frames],
            phones=stretched[None, :, :n_frames], volume=torch.from_numpy(np.load(f"{path}.vol.npy"))[None],
            label=torch.tensor([CONFIG["spk"][singer]]), **drawn,
        )  # fmt: skip


def values_of(report):
    return {result.typed: result.value for result in report.results}


def test_the_shortest_command_gives_the_names_of_its_log(trained):
    logs, data, _ = trained()

    values = values_of(evaluate(ckpt=logs, data=data))

    assert list(values) == [
        "loss/d/total", "loss_gen", "loss/g/fm", "loss/g/mel", "loss/g/kl", "loss/g/lf0", "loss/g/total",
    ]  # fmt: skip
    assert values["loss/g/total"] == pytest.approx(sum(list(values.values())[1:6]))
    assert values == values_of(evaluate(ckpt=logs, data=trained.list))


def test_the_divergence_and_the_error_of_the_pitch_are_those_of_all_frames(trained):
    logs, data, made = trained()
    outputs = [of_singer(made, data, singer, count) for singer, count in FRAMES.items()]
    total = errors = 0.0
    for _, z_p, _, logs_q, _, m_p, logs_p, log_f0, predicted, _ in outputs:
        divergence = logs_p - logs_q - 0.5 + 0.5 * (z_p - m_p) ** 2 * (-2 * logs_p).exp()
        total += float(divergence.double().sum())
        errors += float((log_f0 - predicted).double().square().sum())
    n_frames = sum(FRAMES.values())

    values = values_of(evaluate(ckpt=logs, data=data, losses="kl_vits,lf0"))

    assert values == {
        "kl_vits": pytest.approx(total / n_frames, rel=1e-4), "lf0": pytest.approx(errors / n_frames, rel=1e-4),
    }  # fmt: skip


def test_recordings_of_two_lengths_in_one_batch_change_nothing_but_with_slices(trained):
    logs, data, _ = trained()
    choices = {"ckpt": logs, "data": data, "losses": "kl_vits,lf0"}

    alone, together, sliced = (
        values_of(evaluate(**choices, **more))
        for more in ({"batch_size": 1}, {"batch_size": 2}, {"batch_size": 2, "over": "batch"})
    )

    assert together == pytest.approx(alone, rel=1e-5)
    assert sliced["kl_vits"] == pytest.approx(alone["kl_vits"], rel=1e-5)
    # its training counts 40 frames of the recording that has 25; the predictor hears the padding in the last frame
    assert sliced["lf0"] == pytest.approx(alone["lf0"] * (40 + 25) / (40 + 40), rel=0.05)


def test_a_window_is_drawn_of_a_recording_of_more_than_800_frames(trained):
    logs, data, _ = trained({"alto": 801})
    choices = {"ckpt": logs, "data": data, "losses": "kl_vits"}

    whole, one, other = (
        evaluate(**choices, **more).results[0].value for more in ({}, {"over": "batch"}, {"over": "batch", "seed": 1})
    )

    assert len({whole, one, other}) == 3


@pytest.mark.parametrize(("ending", "named"), [(".soft.pt", "soft"), (".f0.npy", "f0"), (".vol.npy", "vol")])
def test_what_lies_beside_some_recordings_only_is_listed(ending, named, trained):
    logs, data, _ = trained()
    (data / "bass" / f"x.wav{ending}").unlink()

    with pytest.raises(InputError, match=rf"not there: .*bass/x\.wav\.{named}"):
        evaluate(ckpt=logs, data=data, losses="kl_vits")


def test_without_features_it_is_said_what_is_missing(trained):
    logs, data, _ = trained()
    for file in data.rglob("*.wav.*"):
        file.unlink()

    with pytest.raises(UsageError, match="takes the pitch of every recording") as said:
        evaluate(ckpt=logs, data=data, losses="kl_vits")

    assert "--data dataset/44k" in said.value.hint


def test_a_folder_that_is_no_speaker_of_the_config_is_an_error(trained):
    logs, data, _ = trained()
    (data / "bass").rename(data / "tenor")

    with pytest.raises(InputError, match=r"no speaker of .*: tenor; it knows alto, bass"):
        evaluate(ckpt=logs, data=data, losses="kl_vits")


def test_without_the_names_of_its_speakers_their_numbers_are_asked_for(trained):
    logs, data, _ = trained(spk={})

    with pytest.raises(UsageError, match="has 2 speakers") as said:
        evaluate(ckpt=logs, data=data, losses="kl_vits")

    assert "spk names them by folder" in said.value.hint


def test_features_of_another_recording_are_an_error(trained):
    logs, data, _ = trained()
    for ending in (".f0.npy", ".soft.pt"):
        (data / "bass" / f"x.wav{ending}").write_bytes((data / "alto" / f"x.wav{ending}").read_bytes())

    with pytest.raises(InputError, match="features and pitch of 41 frames, but the recording has 25"):
        evaluate(ckpt=logs, data=data, losses="kl_vits")


def test_a_pitch_that_names_code_is_refused(trained):
    logs, data, _ = trained()
    path = data / "bass" / "x.wav.f0.npy"
    header = path.read_bytes()[: 10 + int.from_bytes(path.read_bytes()[8:10], "little")]
    path.write_bytes(header + pickle.dumps(pytest.approx))

    with pytest.raises(UnsafeCheckpointError, match=r"would import _?pytest"):
        evaluate(ckpt=logs, data=data, losses="kl_vits")


def test_features_are_stretched_as_the_config_says():
    features = torch.arange(5.0)[None]
    ends, position, left = [k * 8 / 5 for k in range(6)], 0, []
    for frame in range(8):  # repeat_expand_2d_left
        position += frame >= ends[position + 1]
        left.append(float(position))

    assert _stretched(features, 8, "left")[0].tolist() == left
    assert _stretched(features, 8, "nearest")[0].tolist() == [k * 5 // 8 for k in range(8)]


def test_a_way_to_stretch_that_is_not_known_is_an_error(trained):
    logs, data, _ = trained(data=CONFIG["data"] | {"unit_interpolate_mode": "cubic"})

    with pytest.raises(UsageError, match="unit_interpolate_mode is 'cubic'; expected one of left"):
        evaluate(ckpt=logs, data=data, losses="kl_vits")
