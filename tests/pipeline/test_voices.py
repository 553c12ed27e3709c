"""VITS and RVC whole: the prior of a text or of features, the durations, the totals of their logs, and drawn slices."""

import hashlib
import json
import math

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.vits_trainings import SYMBOLS
from ganloss_cli.io.networks.vits import with_prior
from ganloss_cli.io.networks.waveform_discriminators import ScaleAndPeriodDiscriminator
from ganloss_cli.pipeline.data.randomness import draw

N_FFT, LATENTS = 1024, 6
SEGMENT = 8  # frames


class Vits:
    """The frames of VITS."""

    rate, hop, rates, added = 22050, 256, [16, 16], 1e-6


class Rvc:
    """The frames of RVC at 32 kHz."""

    rate, hop, rates, added = 32000, 320, [20, 16], 2e-7


def config(of, **train):
    model = {
        "resblock": "2", "upsample_rates": of.rates, "upsample_kernel_sizes": [2 * rate for rate in of.rates],
        "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]],
    }  # fmt: skip
    data = {"sampling_rate": of.rate, "filter_length": N_FFT, "hop_length": of.hop, "win_length": N_FFT,
            "n_mel_channels": 80}  # fmt: skip
    return {"train": {"segment_size": SEGMENT * of.hop, **train}, "model": model, "data": data}


LINES = {"a": "ɪt ɪz.", "b": "ðə"}
FRAMES = {"a": 40, "b": 25}


def network(of, *, pitch=False, plain=False, speakers=0):
    torch.manual_seed(0)
    text = of is Vits
    condition = 4 if speakers else 0
    decoder = {
        "in_channels": LATENTS, "initial_channels": 8, "upsample_rates": of.rates,
        "upsample_kernels": [2 * rate for rate in of.rates], "resblock": 2, "resblock_kernels": [3],
        "dilations": [[1, 3]], "post_bias": False,
        "condition_channels": condition,
    }  # fmt: skip
    own = {
        "n_bins": N_FFT // 2 + 1, "n_channels": 8, "kernel": 5, "dilation_rate": 1, "n_flows": 2, "flow_layers": 2,
        "posterior_layers": 2, "n_speakers": speakers,
    }  # fmt: skip
    prior = {
        "n_symbols": len(SYMBOLS) if text else 0, "n_features": 0 if text else 16, "has_pitch": pitch, "n_channels": 8,
        "n_hidden": 12, "n_heads": 2, "n_layers": 1, "kernel": 3, "window": 4,
    }  # fmt: skip
    durations = {"kernel": 3, "n_layers": 2, "n_flows": [2, 2], "n_bins": 10}
    durations = {"n_hidden": 8, "kernel": 3} if plain else durations
    settings = {**own, **decoder, **({"sample_rate": of.rate} if pitch else {})}
    made = with_prior(prior=prior, durations=durations if text else None, **settings).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made


def recordings(folder, of):
    folder.mkdir(parents=True)
    for k, (name, n_frames) in enumerate(FRAMES.items()):
        time = np.arange(n_frames * of.hop + 5) / of.rate
        soundfile.write(folder / f"{name}.wav", 0.3 * np.sin(2 * np.pi * (200 + 90 * k) * time), of.rate)


def saved(folder, of, made, **train):
    """G and D as a training leaves them, with its config."""
    torch.manual_seed(1)
    critic = ScaleAndPeriodDiscriminator(
        period_channels=(2, 4, 4, 4, 4), scale_channels=(4, 4, 4, 8, 8, 8), scale_groups=(1,) * 6
    )
    for name, network in (("G", made), ("D", critic)):
        torch.save({"model": network.state_dict(), "iteration": 1}, folder / f"{name}_100.pth")
    (folder / "config.json").write_text(json.dumps(config(of, **train)))


def magnitudes(path, of, n_frames):
    """The spectrogram of a recording, by numpy."""
    sound, _ = soundfile.read(path, dtype="float32")
    padded = np.pad(sound, (N_FFT - of.hop) // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    frames = np.array([padded[k : k + N_FFT] * window for k in range(0, len(padded) - N_FFT + 1, of.hop)])
    spectrum = np.sqrt(np.abs(np.fft.rfft(frames[:n_frames])) ** 2 + of.added)
    return torch.from_numpy(spectrum.T).float()[None]


@pytest.fixture
def vits(tmp_path):
    """VITS's tree: logs/ljs, filelists/val.txt.cleaned, and recordings in the folder that the list names."""

    def vits(train=None, **settings):
        made = network(Vits, **settings)
        (tmp_path / "logs" / "ljs").mkdir(parents=True)
        saved(tmp_path / "logs" / "ljs", Vits, made, **(train or {}))
        recordings(tmp_path / "DUMMY1", Vits)
        (tmp_path / "filelists").mkdir()
        vits.list = tmp_path / "filelists" / "val.txt.cleaned"
        lines = [f"DUMMY1/{name}.wav|{line}" for name, line in LINES.items()]
        vits.list.write_text("\n".join(lines), encoding="utf-8")
        vits.ckpt, vits.place = tmp_path / "logs" / "ljs", tmp_path
        return made

    return vits


def key_of(path):
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()} 0"


def of_text(made, place, name):
    """What the network makes of one recording and its line, the numbers drawn for it in their places."""
    spectrum = magnitudes(place / "DUMMY1" / f"{name}.wav", Vits, FRAMES[name])
    numbers = [0, *(n for letter in LINES[name] for n in (SYMBOLS.index(letter), 0))]
    key = key_of(place / "DUMMY1" / f"{name}.wav")
    drawn = {"noise": (LATENTS, FRAMES[name]), "durations": (8, 2, len(numbers))}
    given = {what: draw(0, key, what, shape, "normal")[None] for what, shape in drawn.items()}
    with torch.no_grad():
        return made(spectrum, text=torch.tensor([numbers]), **given)


def divergence(outputs):
    """VITS's kl_loss of several recordings at once."""
    total, n_frames = 0.0, 0
    for _, z_p, _, logs_q, _, m_p, logs_p, *_ in outputs:
        values = [tensor[0].double() for tensor in (z_p, logs_q, m_p, logs_p)]
        z_p, logs_q, m_p, logs_p = values
        total += float((logs_p - logs_q - 0.5 + 0.5 * (z_p - m_p) ** 2 * (-2 * logs_p).exp()).sum())
        n_frames += z_p.shape[1]
    return total / n_frames


def test_the_divergence_and_the_durations_of_a_text_are_those_of_the_batch(vits):
    made = vits()
    outputs = [of_text(made, vits.place, name) for name in LINES]

    report = evaluate(ckpt=vits.ckpt, data=vits.list, losses="kl_vits,duration,duration:spread")

    values = {result.typed: result.value for result in report.results}
    n_symbols = sum(2 * len(line) + 1 for line in LINES.values())
    draws = torch.cat([output[7] for output in outputs]).double().sum(0) / n_symbols
    assert "VITS" in {checkpoint.architecture for checkpoint in report.checkpoints}
    assert values["kl_vits"] == pytest.approx(divergence(outputs), rel=1e-4)
    assert values["duration"] == pytest.approx(float(draws[0]), rel=1e-4)
    assert values["duration:spread"] == pytest.approx(float(draws.std()), rel=1e-3)


def test_texts_of_two_lengths_in_one_batch_change_nothing(vits):
    vits()
    choices = {"ckpt": vits.ckpt, "data": vits.list, "losses": "kl_vits,duration"}

    alone, together, sliced = (
        [result.value for result in evaluate(**choices, **more).results]
        for more in ({"batch_size": 1}, {"batch_size": 2}, {"batch_size": 2, "over": "batch"})
    )

    assert together == pytest.approx(alone, rel=1e-5)
    assert sliced == pytest.approx(alone, rel=1e-5)  # whose batch is all there is, its shorter sample padded


def test_the_plain_predictor_has_no_draws(vits):
    vits(plain=True)

    report = evaluate(ckpt=vits.ckpt, data=vits.list, losses="duration:all")

    assert [result.typed for result in report.results] == ["duration:vits"]
    assert "one draw" in report.not_applicable["duration:spread"]


def test_without_the_text_it_is_said_what_is_missing(vits):
    vits()

    with pytest.raises(UsageError, match=r"kl_vits needs m_p \(its text is not among the data: give .* filelists/val"):
        evaluate(ckpt=vits.ckpt, data=vits.place / "DUMMY1", losses="kl_vits")


def test_raw_text_is_refused_with_what_to_do(vits):
    vits()
    raw = vits.list.with_name("val.txt")
    raw.write_text("DUMMY1/a.wav|It is.\nDUMMY1/b.wav|The\n")

    with pytest.raises(UsageError, match="holds raw text") as said:
        evaluate(ckpt=vits.ckpt, data=raw, losses="kl_vits")

    assert "preprocess.py" in said.value.hint


@pytest.mark.parametrize(
    ("line", "message"),
    [("ɪt 7 ɪz", "a: '7' of its text is no symbol"), ("ɪ" * 30, "a: its text has 61 symbols, but .* 40 frames")],
)
def test_a_text_that_the_network_cannot_read_is_an_error(line, message, vits):
    vits()
    vits.list.write_text(f"DUMMY1/a.wav|{line}\n", encoding="utf-8")

    with pytest.raises(InputError, match=message):
        evaluate(ckpt=vits.ckpt, data=vits.list, losses="kl_vits")


def test_a_stored_spectrogram_is_what_the_posterior_sees(vits):
    vits()
    choices = {"ckpt": vits.ckpt, "data": vits.list, "losses": "kl_vits"}
    made_anew = evaluate(**choices).results[0].value
    for name, n_frames in FRAMES.items():
        torch.save(torch.full((N_FFT // 2 + 1, n_frames), 0.5), vits.place / "DUMMY1" / f"{name}.spec.pt")

    stored = evaluate(**choices).results[0].value

    assert abs(stored - made_anew) > 1e-3


@pytest.mark.parametrize(
    ("shape", "message"), [((65, 40), r"holds \(65, 40\); expected .* 513 numbers"), ((513, 30), "has 30 frames")]
)
def test_a_stored_spectrogram_of_something_else_is_an_error(shape, message, vits):
    vits()
    torch.save(torch.ones(shape), vits.place / "DUMMY1" / "a.spec.pt")

    with pytest.raises(InputError, match=message):
        evaluate(ckpt=vits.ckpt, data=vits.list, losses="kl_vits")


def test_a_recording_shorter_than_a_slice_is_an_error(vits):
    vits()
    soundfile.write(vits.place / "DUMMY1" / "b.wav", np.zeros(7 * Vits.hop), Vits.rate)

    with pytest.raises(InputError, match="b: 7 frames, but the training draws slices of 8"):
        evaluate(ckpt=vits.ckpt, data=vits.list, losses="l1", over="batch")


def test_a_slice_is_drawn_by_the_seed_and_the_network_decodes_that_alone(vits):
    made = vits()
    key = key_of(vits.place / "DUMMY1" / "a.wav").partition(" ")[0] + hashlib.sha256(LINES["a"].encode()).hexdigest()
    first = int(draw(0, key, "slice", (), "uniform") * (FRAMES["a"] - SEGMENT + 1))
    vits.list.write_text(f"DUMMY1/a.wav|{LINES['a']}\n", encoding="utf-8")
    sound, _ = soundfile.read(vits.place / "DUMMY1" / "a.wav", dtype="float32")
    _, _, mean, logs, *_ = of_text(made, vits.place, "a")
    noise = draw(0, key_of(vits.place / "DUMMY1" / "a.wav"), "noise", (LATENTS, FRAMES["a"]), "normal")
    latents = (mean + noise * logs.exp())[:, :, first : first + SEGMENT]

    one, other = (evaluate(ckpt=vits.ckpt, data=vits.list, losses="l1", over="batch", seed=seed) for seed in (0, 1))

    with torch.no_grad():
        fake = made.dec(latents)[0, 0].numpy()
    real = sound[first * Vits.hop : (first + SEGMENT) * Vits.hop]
    assert one.results[0].value == pytest.approx(float(np.abs(fake - real).mean()), rel=1e-4)
    assert one.results[0].value != other.results[0].value


@pytest.fixture
def voice(tmp_path):
    """An experiment of RVC whole: G, D, config, recordings, features, pitch and the list."""

    def voice(shorter=0, **train):
        folder = tmp_path / "logs" / "myvoice"
        recordings(folder / "0_gt_wavs", Rvc)
        made = network(Rvc, pitch=True, speakers=3)
        saved(folder, Rvc, made, **train)
        for name, count in FRAMES.items():
            numbers = np.random.default_rng(count)
            phones = numbers.normal(size=((count + 1) // 2 - shorter, 16)).astype(np.float32)
            tracks = {"2a_f0": numbers.integers(1, 256, count), "2b-f0nsf": numbers.uniform(80, 300, count)}
            for place, values in {"3_feature768": phones, **tracks}.items():
                (folder / place).mkdir(exist_ok=True)
                np.save(folder / place / f"{name}{'' if place.startswith('3') else '.wav'}.npy", values)
        return folder, made

    return voice


def test_an_experiment_of_rvc_gives_its_log_from_the_shortest_command(voice):
    folder, _ = voice(c_mel=30)

    report = evaluate(ckpt=folder, data=folder)

    values = {result.typed: result.value for result in report.results}
    assert list(values) == ["loss/d/total", "loss_gen", "loss/g/fm", "loss/g/mel", "loss/g/kl", "loss/g/total"]
    assert values["loss/g/kl"] == min(9.0, divergence_by(folder))
    assert "recipe_recognised" in {finding.check for finding in report.findings}
    limits = {f.evidence["loss"]: f.evidence["at_most"] for f in report.findings if f.check == "shown_at_most"}
    assert limits == {name: most for name, most in (("loss/g/mel", 75.0), ("loss/g/kl", 9.0)) if values[name] == most}
    assert "loss/g/kl" in limits
    mel = evaluate(ckpt=folder, data=folder, losses="mel:rvc_32k").results[0].value
    assert values["loss/g/mel"] == pytest.approx(min(75.0, 30 * mel))


def test_recordings_alone_give_all_but_the_divergence_and_pitch_is_used(voice):
    folder, _ = voice()

    report = evaluate(ckpt=folder, data=folder / "0_gt_wavs", pitch=folder / "2b-f0nsf")

    without = {result.typed: result.recipe.unavailable for result in report.results if result.value is None}
    assert "give the experiment's folder" in without.pop("loss/g/kl")
    assert without == {"loss/g/total": "without loss/g/kl"}
    assert "option_without_effect" not in {finding.check for finding in report.findings}


def test_an_architecture_named_for_the_generator_leaves_the_discriminator_alone(voice):
    folder, _ = voice()

    named = evaluate(ckpt=folder, data=folder, arch="RVC", losses="g_lsgan").results[0].value

    assert named == evaluate(ckpt=folder, data=folder, losses="g_lsgan").results[0].value
    with pytest.raises(InputError, match="unknown architecture"):
        evaluate(ckpt=folder, data=folder, arch="PatchGAN", losses="g_lsgan")


def test_a_config_that_says_sample_rate_is_one_of_applio(voice):
    folder, _ = voice()
    told = json.loads((folder / "config.json").read_text())
    told["data"]["sample_rate"] = told["data"].pop("sampling_rate")
    (folder / "config.json").write_text(json.dumps(told))

    report = evaluate(ckpt=folder, data=folder)

    assert [result.typed for result in report.results] == [
        "loss/d/adv", "loss/g/adv", "loss/g/fm", "loss/g/mel", "loss/g/kl", "loss/g/total",
    ]  # fmt: skip
    assert None not in [result.value for result in report.results]


def divergence_by(folder):
    return evaluate(ckpt=folder, data=folder, losses="kl_vits").results[0].value


def test_the_totals_of_vits_are_sums_of_what_it_logs(vits):
    vits()

    report = evaluate(ckpt=vits.ckpt, data=vits.list, over="batch")

    values = {result.typed: result.value for result in report.results}
    parts = ("loss_gen", "loss/g/fm", "loss/g/mel", "loss/g/dur", "loss/g/kl")
    assert values["loss/g/total"] == pytest.approx(math.fsum(values[name] for name in parts))
    assert report.seed == 0


def of_features(folder, made, name, n_frames):
    """What the network makes of one recording of an experiment."""
    tracks = {place: np.load(folder / place / f"{name}.wav.npy")[:n_frames] for place in ("2a_f0", "2b-f0nsf")}
    phones = np.repeat(np.load(folder / "3_feature768" / f"{name}.npy"), 2, axis=0)[:n_frames]
    wave = folder / "0_gt_wavs" / f"{name}.wav"
    shapes = {"noise": (LATENTS, n_frames), "excitation": (1, n_frames * Rvc.hop)}
    drawn = {what: draw(0, key_of(wave), what, shape, "normal")[None] for what, shape in shapes.items()}
    with torch.no_grad():
        return made(
            magnitudes(wave, Rvc, n_frames), label=torch.tensor([0]), phones=torch.from_numpy(phones.T)[None],
            pitch=torch.from_numpy(tracks["2b-f0nsf"]).float()[None],
            coarse_pitch=torch.from_numpy(tracks["2a_f0"])[None], **drawn,
        )  # fmt: skip


@pytest.mark.parametrize("shorter", [0, 3])
def test_features_are_repeated_twice_and_end_a_recording_that_is_longer(shorter, voice):
    folder, made = voice(shorter)
    counts = {name: min(count, 2 * ((count + 1) // 2 - shorter)) for name, count in FRAMES.items()}
    outputs = [of_features(folder, made, name, count) for name, count in counts.items()]

    report = evaluate(ckpt=folder / "G_100.pth", data=folder, losses="kl_vits,l1")

    assert report.results[0].value == pytest.approx(divergence(outputs), rel=1e-4)


def test_a_recording_with_features_ends_after_900_frames(voice, monkeypatch):
    monkeypatch.delitem(FRAMES, "b")
    monkeypatch.setitem(FRAMES, "a", 903)
    folder, made = voice()
    output = of_features(folder, made, "a", 900)

    report = evaluate(ckpt=folder / "G_100.pth", data=folder, losses="kl_vits")

    assert report.results[0].value == pytest.approx(divergence([output]), rel=1e-4)
