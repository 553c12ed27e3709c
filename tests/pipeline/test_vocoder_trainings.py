"""The folder that a vocoder's training leaves, and its list of recordings: the log's names and numbers, no option."""

import json
import math
import re

import numpy as np
import pytest
import soundfile
import torch
import yaml
from optional import imported
from torch import nn

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.networks.bigvgan import BigvganGenerator
from ganloss_cli.io.networks.parallel_wavegan import Generator as ParallelGenerator
from ganloss_cli.io.networks.parallel_wavegan import PeriodDiscriminators, ScaleDiscriminators
from ganloss_cli.io.networks.spectrogram_discriminators import MultiBandDiscriminator, MultiResolutionDiscriminator
from ganloss_cli.io.networks.vocos import VocosGenerator
from ganloss_cli.io.networks.waveform_discriminators import MultiPeriodDiscriminator

h5py, with_h5py = imported("h5py")
RATE, HOP = 16000, 32
RESOLUTIONS = [[256, 30, 150], [128, 20, 100], [64, 10, 50]]
CONFIG = {
    "resblock": "2", "upsample_rates": [8, 4], "upsample_kernel_sizes": [16, 8], "upsample_initial_channel": 8,
    "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]], "activation": "snake", "snake_logscale": True,
    "resolutions": RESOLUTIONS, "mpd_reshapes": [2, 3], "num_mels": 8, "n_fft": 128, "hop_size": HOP, "win_size": 128,
    "sampling_rate": RATE, "fmin": 0, "fmax": 7000, "fmax_for_loss": None, "lambda_melloss": 20,
}  # fmt: skip
PARTS = {"mpd": (2, 6), "mrd": (3, 6)}  # sub-discriminators, and maps of each


def stirred(network: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for name, buffer in network.named_buffers():
            buffer.fill_(1 / 12 if name.endswith("filter") else 1.0)
    return network.eval()


@pytest.fixture
def bigvgan(tmp_path):
    """exp/bigvgan, LibriTTS/val-full.txt and its recordings."""
    networks = {
        "generator": stirred(BigvganGenerator(
            in_channels=8, initial_channels=8, upsample_rates=(8, 4), upsample_kernels=(16, 8), resblock=2,
            resblock_kernels=(3,), dilations=((1, 3),), beta=False,
        )),
        "mpd": stirred(MultiPeriodDiscriminator(periods=(2, 3), channels=(2, 2, 4, 4, 4))),
        "mrd": stirred(MultiResolutionDiscriminator(resolutions=RESOLUTIONS, n_channels=2)),
    }  # fmt: skip
    run = tmp_path / "exp" / "bigvgan"
    run.mkdir(parents=True)
    (run / "config.json").write_text(json.dumps(CONFIG))
    torch.save({"generator": networks["generator"].state_dict()}, run / "g_00000010")
    judges = {name: networks[name].state_dict() for name in PARTS}
    torch.save({**judges, "steps": 10, "epoch": 1}, run / "do_00000010")
    folder = tmp_path / "LibriTTS" / "dev-clean" / "84"
    folder.mkdir(parents=True)
    for k, name in enumerate("ab"):
        wave = 0.3 * np.sin(2 * np.pi * (300 + 200 * k) * np.arange(3210) / RATE)
        soundfile.write(folder / f"{name}.wav", wave, RATE, subtype="FLOAT")
    (tmp_path / "LibriTTS" / "val-full.txt").write_text("dev-clean/84/a|It is.\ndev-clean/84/b|A, and 'B'!\n")
    return tmp_path, networks


def results(report):
    return {result.typed: result for result in report.results}


def test_bigvgans_folder_and_list_give_its_log(bigvgan):
    place, networks = bigvgan

    found = results(evaluate(ckpt=place / "exp" / "bigvgan", data=place / "LibriTTS" / "val-full.txt"))

    logged = [f"training/{kind}_loss_{sub}" for kind in ("disc", "gen", "fm") for sub in PARTS]
    assert list(found) == [
        *logged[:2], "loss_disc_all", *logged[2:], "training/mel_spec_error", "training/gen_loss_total",
    ]  # fmt: skip
    judged = {}
    for name in "ab":
        wave, _ = soundfile.read(place / "LibriTTS" / "dev-clean" / "84" / f"{name}.wav", dtype="float32")
        whole = wave[: 3210 // HOP * HOP]
        judged[name] = torch.from_numpy(whole / np.abs(whole).max() * np.float32(0.95))[None, None]
    for sub in PARTS:
        with torch.no_grad():
            scores = [networks[sub](wave)[0] for wave in judged.values()]
        real = math.fsum(float((1 - each).square().mean()) for one in scores for each in one) / 2
        terms = found[f"training/disc_loss_{sub}"].terms
        assert len(terms) == 2 * PARTS[sub][0]
        assert math.fsum(t.value for name, t in terms.items() if name.startswith("real")) == pytest.approx(
            real, rel=1e-5
        )
    parts = [found[name].value for name in logged]
    assert found["loss_disc_all"].value == pytest.approx(parts[0] + parts[1])
    total = math.fsum(parts[2:]) + 20 * found["training/mel_spec_error"].value
    assert found["training/gen_loss_total"].value == pytest.approx(total)


def test_its_mel_is_what_its_config_says_unless_the_user_says_another(bigvgan):
    place, _ = bigvgan
    run, data = place / "exp" / "bigvgan", place / "LibriTTS" / "val-full.txt"

    own = results(evaluate(ckpt=run, data=data))["training/mel_spec_error"]
    named = results(evaluate(ckpt=run, data=data, recipe="bigvgan"))["training/mel_spec_error"]
    changed = results(evaluate(ckpt=run, data=data, recipe="bigvgan", settings=("mel.bands=6",)))

    assert {key: own.settings[key] for key in ("configured_rate", "n_fft", "hop", "bands", "highest")} == {
        "configured_rate": RATE, "n_fft": [128], "hop": [HOP], "bands": [8], "highest": None,
    }  # fmt: skip
    assert named.value == own.value
    assert changed["training/mel_spec_error"].settings["bands"] == [6]


def test_without_one_of_its_discriminators_the_other_is_heard_and_no_total_is_made_up(bigvgan):
    place, networks = bigvgan
    run = place / "exp" / "bigvgan"
    torch.save({"mpd": networks["mpd"].state_dict(), "steps": 10}, run / "do_00000010")

    found = results(evaluate(ckpt=run, data=place / "LibriTTS" / "val-full.txt", recipe="bigvgan"))

    assert found["training/disc_loss_mpd"].value > 0
    lacking = found["training/disc_loss_mrd"]
    assert (lacking.value, lacking.recipe.unavailable) == (
        None, "needs mrd among the sub-discriminators, and the checkpoint has mpd",
    )  # fmt: skip
    assert found["loss_disc_all"].recipe.unavailable == "without training/disc_loss_mrd"


def test_another_sample_rate_than_its_config_says_is_refused(bigvgan):
    place, _ = bigvgan
    soundfile.write(place / "LibriTTS" / "dev-clean" / "84" / "a.wav", np.zeros(4000), 22050)
    soundfile.write(place / "LibriTTS" / "dev-clean" / "84" / "b.wav", np.zeros(4000), 22050)

    with pytest.raises(InputError, match=r"22050 Hz.* 16000 Hz"):
        evaluate(ckpt=place / "exp" / "bigvgan", data=place / "LibriTTS" / "val-full.txt")


@pytest.fixture
def vocos(tmp_path):
    """A version of Lightning's logs, and a list of paths as Vocos reads it."""
    generator = stirred(VocosGenerator(
        in_channels=12, n_channels=8, n_hidden=8, n_blocks=1, n_fft=128, hop=HOP, padding="center",
    ))  # fmt: skip
    judges = {
        "multiperioddisc": stirred(MultiPeriodDiscriminator(channels=(2, 2, 4, 4, 4), first_map=False)),
        "multiresddisc": stirred(MultiBandDiscriminator(n_ffts=(128, 64), n_channels=2)),
    }
    generator.head.istft.window.copy_(torch.hann_window(128))
    version = tmp_path / "logs" / "lightning_logs" / "version_0"
    (version / "checkpoints").mkdir(parents=True)
    state = {f"{name}.{key}": value for name, judge in judges.items() for key, value in judge.state_dict().items()}
    state |= generator.state_dict()
    state["feature_extractor.mel_spec.spectrogram.window"] = torch.hann_window(128)
    saved = {"state_dict": state, "global_step": 6, "pytorch-lightning_version": "1.8.6"}
    torch.save(saved, version / "checkpoints" / "last.ckpt")
    features = {"sample_rate": RATE, "n_fft": 128, "hop_length": HOP, "n_mels": 12, "padding": "center"}
    parts = {
        "feature_extractor": {"init_args": features},
        "head": {"init_args": {"n_fft": 128, "hop_length": HOP, "padding": "center"}},
    }
    settings = {"sample_rate": RATE, "mel_loss_coeff": 30, "mrd_loss_coeff": 0.5, **parts}
    (version / "config.yaml").write_text(yaml.safe_dump({"model": {"init_args": settings}}))
    (tmp_path / "hub").mkdir()
    torch.save(generator.state_dict(), tmp_path / "hub" / "pytorch_model.bin")
    (tmp_path / "hub" / "config.yaml").write_text(yaml.safe_dump(parts))
    for k, name in enumerate("ab"):
        wave = 0.3 * np.sin(2 * np.pi * (300 + 200 * k) * np.arange(3210) / RATE)
        soundfile.write(tmp_path / f"{name}.wav", wave, RATE, subtype="FLOAT")
    (tmp_path / "filelist.val").write_text(f"{tmp_path}/a.wav\n{tmp_path}/b.wav\n")
    return tmp_path, judges


def test_vocos_checkpoint_and_list_give_its_log(vocos):
    place, judges = vocos
    checkpoint = place / "logs" / "lightning_logs" / "version_0" / "checkpoints" / "last.ckpt"

    found = results(evaluate(ckpt=checkpoint, data=place / "filelist.val"))

    parts = [f"{side}/multi_{kind}_loss" for side in ("discriminator", "generator") for kind in ("period", "res")]
    matching = ["generator/feature_matching_mp", "generator/feature_matching_mrd"]
    assert list(found) == [
        *parts[:2], "discriminator/total", *parts[2:], *matching, "generator/mel_loss", "generator/total_loss",
    ]  # fmt: skip
    hinges = []
    for name in "ab":
        wave, _ = soundfile.read(place / f"{name}.wav", dtype="float32")
        whole = torch.from_numpy(wave / np.abs(wave).max() * np.float32(10 ** (-3 / 20)))[
            None, None, : 3210 // HOP * HOP
        ]
        with torch.no_grad():
            scores, _ = judges["multiresddisc"](whole)
        hinges.append(sum(float((1 - each).clamp(min=0).mean()) for each in scores) / 2)
    real = sum(term.value for name, term in found[parts[1]].terms.items() if name.startswith("real"))
    assert real == pytest.approx(sum(hinges) / 2, rel=1e-5)
    assert found["discriminator/total"].value == pytest.approx(found[parts[0]].value + 0.5 * found[parts[1]].value)
    values = [found[name].value for name in (*parts[2:], *matching, "generator/mel_loss")]
    total = math.fsum(w * v for w, v in zip((1, 0.5, 1, 0.5, 30), values, strict=True))
    assert found["generator/total_loss"].value == pytest.approx(total)


def test_vocos_of_the_hub_has_its_generators_losses(vocos):
    place, _ = vocos

    report = evaluate(ckpt=place / "hub" / "pytorch_model.bin", data=place / "filelist.val", losses="mel:vocos,l1",
                      settings=(f"mel.configured_rate={RATE}",))  # fmt: skip

    assert [result.count for result in report.results] == [2, 2]
    assert {given.role: given.shape for given in report.inputs} == {"real": (1, 3200), "input": (12, 101)}


def with_its_names(network, names):
    """The state dict of a network of ParallelWaveGAN under the names of that repository."""
    state = {}
    for key, value in network.state_dict().items():
        own = key
        for pattern, ours in names:
            own = re.sub(pattern, ours, own)
        state[own] = value
    return state


@pytest.fixture
def parallel_wavegan(tmp_path):
    """exp/train, as its trainer saves it, with the statistics of its features."""
    generator = stirred(ParallelGenerator(
        in_channels=8, initial_channels=8, upsample_rates=(5, 4), upsample_kernels=(10, 8), resblock=2,
        resblock_kernels=(3,), dilations=((1, 3),), statistics=False,
    ))  # fmt: skip
    mpd = stirred(PeriodDiscriminators(
        periods=(2, 3), channels=(2, 2, 4, 4, 4), strides=(3, 3, 3, 3, 1), post_kernel=2, spectral=False
    ))  # fmt: skip
    msd = stirred(ScaleDiscriminators(
        channels=(4, 4, 4, 4, 4, 4, 4), groups=(1, 1, 1, 1, 1, 1, 1), strides=(1, 4, 4, 4, 4, 1, 1), n_scales=2,
        spectral_scales=(),
    ))  # fmt: skip
    scales, periods = r"^discriminators\.(\d+)", r"^discriminators\.(\d+)"
    judge = {
        **with_its_names(msd, [(scales + r"\.convs\.(\d+)\.", r"msd.discriminators.\1.layers.\2.0."),
                               (scales + r"\.conv_post\.", r"msd.discriminators.\1.layers.7.")]),
        **with_its_names(mpd, [(periods + r"\.convs\.(\d+)\.", r"mpd.discriminators.\1.convs.\2.0."),
                               (periods + r"\.conv_post\.", r"mpd.discriminators.\1.output_conv.")]),
    }  # fmt: skip
    maker = with_its_names(generator, [
        (r"^conv_pre", "input_conv"), (r"^ups\.(\d+)", r"upsamples.\1.1"), (r"^conv_post", "output_conv.1"),
        (r"^resblocks\.(\d+)\.convs\.(\d+)", r"blocks.\1.convs1.\2.1"),
    ])  # fmt: skip
    run = tmp_path / "exp" / "train"
    run.mkdir(parents=True)
    torch.save({"model": {"generator": maker, "discriminator": judge}, "steps": 10}, run / "checkpoint-10steps.pkl")
    frames = {"fft_size": 128, "hop_size": 20, "win_length": 100, "num_mels": 8, "fmin": 80, "fmax": 7000}
    config = {
        "sampling_rate": RATE, **frames, "generator_params": {"resblock_dilations": [[1, 3]]},
        "discriminator_params": {"periods": [2, 3]}, "lambda_aux": 40.0, "lambda_feat_match": 3.0,
        "mel_loss_params": {"fs": RATE, "log_base": None, **frames},
    }  # fmt: skip
    (run / "config.yml").write_text(yaml.safe_dump(config))
    np.save(run / "stats.npy", np.stack([np.full(8, -2.0), np.full(8, 0.5)]))
    (tmp_path / "wavs").mkdir()
    wave = 0.3 * np.sin(2 * np.pi * 300 * np.arange(3210) / RATE)
    soundfile.write(tmp_path / "wavs" / "a.wav", wave, RATE, subtype="FLOAT")
    return tmp_path, (msd, mpd)


def test_parallel_wavegans_folder_gives_its_log_with_the_config_weights(parallel_wavegan):
    place, judges = parallel_wavegan

    report = evaluate(ckpt=place / "exp" / "train", data=place / "wavs")

    found = results(report)
    terms = ["real_loss", "fake_loss", "discriminator_loss", "adversarial_loss", "feature_matching_loss", "mel_loss"]
    assert list(found) == [f"train/{name}" for name in (*terms, "generator_loss")]
    wave, _ = soundfile.read(place / "wavs" / "a.wav", dtype="float32")
    n_frames = len(wave) // 20 + 1
    real = torch.from_numpy(np.pad(wave, (0, n_frames * 20 - len(wave)), mode="edge"))[None, None]
    assert {given.role: given.shape for given in report.inputs} == {"real": (1, n_frames * 20), "input": (8, n_frames)}
    with torch.no_grad():
        scores = [each for judge in judges for each in judge(real)[0]]
    assert len(found["train/real_loss"].terms) == 4
    wanted = math.fsum(float((1 - each).square().mean()) for each in scores)
    assert found["train/real_loss"].value == pytest.approx(wanted, rel=1e-5)
    adversarial, matching, mel = (found[f"train/{name}"].value for name in terms[3:])
    assert found["train/generator_loss"].value == pytest.approx(adversarial + 3 * matching + 40 * mel)


def test_without_the_statistics_of_its_features_it_says_what_is_missing(parallel_wavegan):
    place, _ = parallel_wavegan
    (place / "exp" / "train" / "stats.npy").unlink()

    with pytest.raises(UsageError, match="its features were normalised, and nothing tells by what") as refused:
        evaluate(ckpt=place / "exp" / "train", data=place / "wavs")

    assert "stats.h5 or stats.npy" in refused.value.hint


def test_statistics_of_other_bands_are_refused(parallel_wavegan):
    place, _ = parallel_wavegan
    np.save(place / "exp" / "train" / "stats.npy", np.ones((2, 80)))

    with pytest.raises(InputError, match="holds 80 means and 80 scales; expected 8 of each"):
        evaluate(ckpt=place / "exp" / "train", data=place / "wavs")


def test_statistics_in_hdf5_need_its_package(parallel_wavegan, monkeypatch):
    place, _ = parallel_wavegan
    (place / "exp" / "train" / "stats.npy").rename(place / "exp" / "train" / "stats.h5")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(UsageError, match="needs the package h5py, not installed"):
        evaluate(ckpt=place / "exp" / "train", data=place / "wavs")


@with_h5py
def test_statistics_in_hdf5_are_those_of_numpy(parallel_wavegan):
    place, _ = parallel_wavegan
    run = place / "exp" / "train"
    usual = results(evaluate(ckpt=run, data=place / "wavs"))["train/mel_loss"].value
    (run / "stats.npy").unlink()
    with h5py.File(run / "stats.h5", "w") as file:
        file["mean"], file["scale"] = np.full(8, -2.0), np.full(8, 0.5)

    assert results(evaluate(ckpt=run, data=place / "wavs"))["train/mel_loss"].value == usual


def test_a_class_of_ones_own_with_mpd_and_msd_children_loads_whole(bigvgan, tmp_path):
    place, networks = bigvgan
    whole = nn.ModuleDict({"mpd": networks["mpd"], "mrd": networks["mrd"]})
    run = place / "exp" / "bigvgan"
    apart = results(evaluate(ckpt=run, data=place / "LibriTTS" / "val-full.txt"))
    for content in ({"discriminator": whole.state_dict()}, {"state_dict": whole.state_dict()}, whole.state_dict()):
        torch.save(content, run / "do_00000010")

        together = results(evaluate(ckpt=run, data=place / "LibriTTS" / "val-full.txt"))

        assert {name: result.value for name, result in together.items()} == {
            name: result.value for name, result in apart.items()
        }
