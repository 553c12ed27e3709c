"""GPT-SoVITS from the experiment's folder to the numbers of its log."""

import hashlib
import json

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, NothingEvaluatedError, UsageError
from ganloss_cli.io.architectures.phones import phones_of
from ganloss_cli.io.networks.gpt_sovits import gpt_sovits
from ganloss_cli.io.networks.waveform_discriminators import ScaleAndPeriodDiscriminator
from ganloss_cli.pipeline.data.randomness import draw

RATE, N_FFT, HOP, FEATURES, LATENTS, VOICE = 32000, 2048, 640, 6, 6, 20
FRAMES = {"a.wav": 41, "b.wav": 36}
PHONES = {"a.wav": "n i3 h ao3 , SP", "b.wav": "HH AH0 L OW1"}
NAMES = [
    "loss/d/total", "loss_gen", "loss/g/fm", "loss/g/mel", "loss/g/kl_ssl", "loss/g/kl", "loss/g/total",
]  # fmt: skip


def network(voice):
    torch.manual_seed(0)
    made = gpt_sovits(
        style={"n_bins": 704, "n_hidden": 8, "kernel": 5}, voice=voice,
        prior={"n_features": FEATURES, "n_symbols": 732, "n_codes": 10, "stride": 2, "n_layers": (1, 2, 1),
               "n_hidden": 10, "n_heads": 2, "kernel": 3, "window": 4},
        n_bins=N_FFT // 2 + 1, n_channels=8, kernel=5, dilation_rate=1, posterior_layers=2, flow_layers=2, n_flows=2,
        n_speakers=0, in_channels=LATENTS, initial_channels=8, upsample_rates=[32, 20], upsample_kernels=[64, 40],
        resblock=2, resblock_kernels=[3], dilations=[[1, 3]], post_bias=False, condition_channels=512,
    ).eval()  # fmt: skip
    with torch.no_grad():
        for tensor in (*made.parameters(), *made.buffers()):
            tensor.add_(0.1 * torch.randn_like(tensor))
    return made


@pytest.fixture
def trained(tmp_path):
    """logs/myvoice, with the checkpoints in its logs_s2_v2."""

    def trained(voice=0):
        folder, made = tmp_path / "logs" / "myvoice", network(voice)
        place = folder / "logs_s2_v2"
        place.mkdir(parents=True)
        torch.manual_seed(1)
        critic = ScaleAndPeriodDiscriminator(
            periods=(2, 3, 5, 7, 11, 17, 23) if voice else (2, 3, 5, 7, 11), period_channels=(2, 4, 4, 4, 4),
            scale_channels=(4, 4, 4, 8, 8, 8), scale_groups=(1,) * 6,
        )  # fmt: skip
        for name, module in (("G", made), ("D", critic)):
            torch.save({"model": module.state_dict(), "iteration": 1}, place / f"{name}_233333333333.pth")
        model = {"resblock": "2", "upsample_rates": [32, 20], "upsample_kernel_sizes": [64, 40],
                 "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]]}  # fmt: skip
        data = {"sampling_rate": RATE, "filter_length": N_FFT, "hop_length": HOP, "win_length": N_FFT,
                "n_mel_channels": 128}  # fmt: skip
        (place / "config.json").write_text(json.dumps({"model": model, "data": data}))
        prepared(folder, voice)
        return folder, place, made

    return trained


def prepared(folder, voice):
    """What prepare_datasets leaves."""
    for name in ("4-cnhubert", "5-wav32k", *(("7-sv_cn",) if voice else ())):
        (folder / name).mkdir()
    for k, (name, n_frames) in enumerate(FRAMES.items()):
        numbers = np.random.default_rng(k)
        wave = 0.3 * np.sin(2 * np.pi * (200 + 90 * k) * np.arange(n_frames * HOP + 5) / RATE)
        soundfile.write(folder / "5-wav32k" / name, wave, RATE)
        features = torch.from_numpy(numbers.normal(size=(1, FEATURES, n_frames - k))).float()
        torch.save(features, folder / "4-cnhubert" / f"{name}.pt")
        if voice:
            torch.save(torch.from_numpy(numbers.normal(size=(1, voice))).float(), folder / "7-sv_cn" / f"{name}.pt")
    lines = "".join(f"{name}\t{phones}\tNone\ttext\n" for name, phones in PHONES.items())
    (folder / "2-name2text.txt").write_text(lines + "missing.wav\tSP\tNone\ttext\nof two\tparts\n")


def of_recording(made, folder, name):
    """What the network makes of one recording, by numpy up to its inputs."""
    path, n_frames = folder / "5-wav32k" / name, FRAMES[name]
    sound, _ = soundfile.read(path, dtype="float32")
    padded = np.pad(sound, (N_FFT - HOP) // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    frames = np.array([padded[k : k + N_FFT] * window for k in range(0, len(padded) - N_FFT + 1, HOP)])[:n_frames]
    spectrum = torch.from_numpy(np.sqrt(np.abs(np.fft.rfft(frames)) ** 2 + 1e-8).T).float()[None]
    features = torch.load(folder / "4-cnhubert" / f"{name}.pt")
    if features.shape[2] < n_frames:
        features = torch.cat([features, features[..., -1:]], dim=2)
    key = f"{hashlib.sha256(path.read_bytes()).hexdigest()} 0"
    numbers = [phones_of(732).index(phone) for phone in PHONES[name].split()]
    with torch.no_grad():
        return made(
            spectrum, draw(0, key, "noise", (LATENTS, n_frames), "normal")[None], phones=features,
            text=torch.tensor([numbers]),
        )  # fmt: skip


def values_of(report):
    return {result.typed: result.value for result in report.results}


@pytest.mark.parametrize("voice", [0, VOICE])
def test_the_shortest_command_gives_the_names_of_its_log(voice, trained):
    folder, place, _ = trained(voice)

    report = evaluate(ckpt=place, data=folder)

    values = values_of(report)
    assert list(values) == NAMES
    assert values["loss/g/kl_ssl"] == 0  # its codebook is frozen
    assert values["loss/g/total"] == pytest.approx(sum(values[name] for name in NAMES[1:6]))


def test_the_divergence_is_that_of_all_frames(trained):
    folder, place, made = trained()
    total = 0.0
    for name in FRAMES:
        _, z_p, _, logs_q, _, m_p, logs_p, *_ = of_recording(made, folder, name)
        divergence = logs_p - logs_q - 0.5 + 0.5 * (z_p - m_p) ** 2 * (-2 * logs_p).exp()
        total += float(divergence.double().sum())

    values = values_of(evaluate(ckpt=place, data=folder, losses="kl_vits"))

    assert values == {"kl_vits": pytest.approx(total / sum(FRAMES.values()), rel=1e-4)}


def test_recordings_of_two_lengths_in_one_batch_change_nothing(trained):
    folder, place, _ = trained(VOICE)
    choices = {"ckpt": place, "data": folder, "losses": "kl_vits,l1"}

    alone, together = (values_of(evaluate(**choices, batch_size=size)) for size in (1, 2))

    assert together == pytest.approx(alone, rel=1e-5)


def test_without_the_experiment_it_is_said_what_is_missing(trained):
    folder, place, _ = trained()

    with pytest.raises(UsageError, match=r"kl_vits needs m_p \(its features and phones are not among the data"):
        evaluate(ckpt=place, data=folder / "5-wav32k", losses="kl_vits")


def test_of_v2pro_the_vector_of_the_speaker_is_asked_for(trained):
    folder, place, _ = trained(VOICE)
    for file in (folder / "7-sv_cn").iterdir():
        file.unlink()

    with pytest.raises(UsageError, match="takes a vector of the speaker"):
        evaluate(ckpt=place, data=folder, losses="kl_vits")


def test_features_that_only_others_have_are_an_error(trained):
    folder, place, _ = trained()
    (folder / "4-cnhubert" / "b.wav.pt").unlink()

    with pytest.raises(InputError, match="b: has no 4-cnhubert, but others have"):
        evaluate(ckpt=place, data=folder, losses="kl_vits")


def test_a_phone_of_another_version_is_an_error(trained):
    folder, place, _ = trained()
    (folder / "2-name2text.txt").write_text("a.wav\tn i3 xx9\tNone\ttext\n")

    with pytest.raises(InputError, match="a: 'xx9' of its phones is no symbol of the network"):
        evaluate(ckpt=place, data=folder, losses="kl_vits")


def test_a_list_whose_recordings_are_not_there_holds_nothing(trained):
    folder, place, _ = trained()
    (folder / "2-name2text.txt").write_text("c.wav\tSP\tNone\ttext\n")

    with pytest.raises(NothingEvaluatedError, match=r"no recording of 2-name2text\.txt lies in 5-wav32k"):
        evaluate(ckpt=place, data=folder, losses="kl_vits")
