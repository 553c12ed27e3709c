"""Codecs, from the folder of a training: real is the input, and what comes out is compared with it."""

import json
import re
import sys
import types
from pathlib import Path

import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.dac import Dac
from ganloss_cli.io.networks.dac_discriminator import DacDiscriminator
from ganloss_cli.io.networks.encodec import Encodec
from ganloss_cli.io.networks.encodec_discriminators import SpectrogramsDiscriminator
from ganloss_cli.io.networks.oobleck import Oobleck

RATE = 44100
LOGGED = {
    "adv/disc_loss", "mel/loss", "adv/feat_loss", "adv/gen_loss", "vq/commitment_loss", "vq/codebook_loss", "loss",
    "stft/loss", "waveform/loss",
}  # fmt: skip


def codec(rates=(2, 4), **settings):
    torch.manual_seed(0)
    return Dac(
        encoder_widths=[4, 8, 16], encoder_rates=rates, decoder_widths=[16, 8, 4], decoder_rates=rates[::-1],
        n_latents=12, n_codebooks=3, n_entries=8, n_values=2, **settings,
    ).eval()  # fmt: skip


def saved(network: torch.nn.Module, folder: Path, rename=str) -> Path:
    """As audiotools saves it, with what it keeps beside."""
    folder.mkdir(parents=True)
    state = {rename(key): value for key, value in network.state_dict().items()}
    metadata = {"kwargs": {"sample_rate": RATE, "quantizer_dropout": False}, "logs": {}}
    torch.save({"state_dict": state, "metadata": metadata}, folder / "weights.pth")
    torch.save({"state": {}, "param_groups": [{"lr": 1e-4, "params": [0]}]}, folder / "optimizer.pth")
    return folder.parent


def activated(key: str) -> str:
    """The names of a discriminator with its activations between them."""
    return re.sub(r"(\.convs\.\d+|\.band_convs\.\d+\.\d+)\.", r"\1.0.", key)


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, list[torch.Tensor]]:
    """Two of other lengths."""
    (tmp_path / "wavs").mkdir()
    waves = [0.3 * torch.sin(torch.arange(length) * 0.03 * (k + 1)) for k, length in enumerate((2600, 2700))]
    for k, wave in enumerate(waves):
        soundfile.write(tmp_path / "wavs" / f"{k}.wav", wave.numpy(), RATE, subtype="FLOAT")
    return tmp_path / "wavs", waves


def test_the_folder_of_a_dac_training_gives_the_terms_of_its_log(tmp_path, recordings):
    data, waves = recordings
    network = codec()
    discriminator = DacDiscriminator(rates=[], period_channels=[2, 2, 2, 2, 2], band_channels=2)
    saved(network, tmp_path / "runs" / "small" / "latest" / "dac")
    latest = saved(discriminator, tmp_path / "runs" / "small" / "latest" / "discriminator", activated)

    found = {result.typed: result for result in evaluate(ckpt=latest, data=data).results}

    assert found.keys() >= LOGGED
    with torch.no_grad():
        made = [network(wave[None, None]) for wave in waves]
    codebooks = [(given - entry).square().mean((0, 2, 3)).sum() for _, given, entry in made]
    l1 = [(fake[0, 0] - wave).abs().mean() for (fake, _, _), wave in zip(made, waves, strict=True)]
    assert found["vq/commitment_loss"].value == pytest.approx(float(sum(codebooks) / 2), rel=1e-5)
    assert found["waveform/loss"].value == pytest.approx(float(sum(l1) / 2), rel=1e-5)
    total = sum(
        weight * found[name].value
        for name, weight in (
            ("mel/loss", 15), ("adv/feat_loss", 2), ("adv/gen_loss", 1), ("vq/commitment_loss", 0.25),
            ("vq/codebook_loss", 1),
        )
    )  # fmt: skip
    assert found["loss"].value == pytest.approx(total, rel=1e-9)


def test_samples_that_do_not_come_out_are_left_out_of_real(tmp_path, recordings):
    data, waves = recordings
    network = codec(rates=(3, 5))
    saved(network, tmp_path / "dac")
    lengths = [network.length_of(len(wave)) for wave in waves]

    report = evaluate(ckpt=tmp_path / "dac" / "weights.pth", data=data, losses="l1")

    with torch.no_grad():
        differences = [
            (network(wave[None, None])[0][0, 0] - wave[:n]).abs().mean() for wave, n in zip(waves, lengths, strict=True)
        ]
    assert lengths != [len(wave) for wave in waves]
    assert report.results[0].value == pytest.approx(float(sum(differences) / 2), rel=1e-5)


def test_recordings_of_another_rate_are_refused(tmp_path, recordings):
    data, waves = recordings
    saved(codec(), tmp_path / "dac")
    soundfile.write(data / "0.wav", waves[0].numpy(), 24000)
    (data / "1.wav").unlink()

    with pytest.raises(InputError, match=r"24000 Hz, but .*weights.pth .* was trained at 44100 Hz") as caught:
        evaluate(ckpt=tmp_path / "dac" / "weights.pth", data=data, losses="l1")

    assert caught.value.hint == "resample with --sample-rate 44100"


def test_stereo_is_refused_by_a_codec_of_one_channel(tmp_path, recordings):
    data, waves = recordings
    saved(codec(), tmp_path / "dac")
    for k in (0, 1):
        soundfile.write(data / f"{k}.wav", torch.stack([waves[0], waves[0]], 1).numpy(), RATE)

    with pytest.raises(InputError, match=r"0: a codec of 1 channels, got \(2, 2600\)"):
        evaluate(ckpt=tmp_path / "dac" / "weights.pth", data=data, losses="l1")


def test_train_mode_leaves_out_codebooks(tmp_path, recordings):
    data, waves = recordings
    saved(codec(), tmp_path / "dac")
    for k, wave in enumerate(
        waves
    ):  # whose files, and so the draws, are the same each time; those of floats have a date
        soundfile.write(data / f"{k}.wav", wave.numpy(), RATE, subtype="PCM_16")
    given = {"ckpt": tmp_path / "dac" / "weights.pth", "data": data, "losses": "vq_commit:dac_residual"}

    values = [evaluate(**given, mode="train", seed=seed).results[0].value for seed in range(4)]

    whole = evaluate(**given).results[0].value
    assert min(values) < whole
    assert max(values) <= whole


def test_a_loss_that_calls_the_generator_on_latents_does_not_take_those_of_a_codec(tmp_path, recordings):
    saved(codec(), tmp_path / "dac")

    report = evaluate(ckpt=tmp_path / "dac" / "weights.pth", data=recordings[0], losses="all")

    assert "latents that the generator takes" in report.not_applicable["path_length"]


class Node:
    """One of OmegaConf's, which keeps a value, or its items' nodes, among its attributes."""

    def __init__(self, value: object) -> None:
        if isinstance(value, dict):
            value = {key: Node(one) for key, one in value.items()}
        self.__dict__["_content" if isinstance(value, dict) else "_val"] = value


Node.__module__, Node.__qualname__ = "omegaconf.dictconfig", "DictConfig"
AUDIOCRAFT = {
    "sample_rate": RATE, "encodec": {"causal": False, "renormalize": False}, "seanet": {"pad_mode": "reflect"},
    "msstftd": {"n_ffts": [512, 256], "activation_params": {"negative_slope": 0.3}},
}  # fmt: skip


def named_by_audiocraft(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    state = {}
    for key, value in network.state_dict().items():
        key = re.sub(r"^quantizer\.layers\.(\d+)\.", r"quantizer.vq.layers.\1._codebook.", key)
        key = re.sub(r"^(encoder|decoder)\.(.*?)\.conv\.", r"\1.model.\2.conv.conv.", key)
        key = re.sub(r"^(encoder|decoder)\.(?!model)", r"\1.model.", key)
        state[re.sub(r"^(discriminators\.\d+\.(?:convs\.\d+|conv_post))\.", r"\1.conv.", key)] = value
    return state


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Encodec]:
    """What audiocraft's solver saves: a model, its average, its best state, discriminators with their optimizers."""
    torch.manual_seed(0)
    network = Encodec(n_filters=2, ratios=[4, 2], n_latents=4, n_codebooks=3, n_entries=8, shortcut=False, n_lstm=1,
                      causal=False)  # fmt: skip
    for layer in network.quantizer.layers:
        layer.embed.normal_()
    critic = named_by_audiocraft(SpectrogramsDiscriminator(n_ffts=[512, 256], channels=[2] * 5))
    state = named_by_audiocraft(network)
    average = {key: value + 0.01 for key, value in state.items()}
    module = types.ModuleType("omegaconf.dictconfig")
    module.DictConfig = Node
    monkeypatch.setitem(sys.modules, "omegaconf", types.ModuleType("omegaconf"))
    monkeypatch.setitem(sys.modules, "omegaconf.dictconfig", module)
    optimizer = {"state": {}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
    saved = {
        "xp.cfg": Node(AUDIOCRAFT), "xp.sig": "97d170e1", "history": [], "model": state, "optimizer": optimizer,
        "best_state": {"model": average}, "fsdp_best_state": {}, "ema": {"state": {"model": average}, "count": 2.0},
        "adv_losses": {**{f"msstftd.adversary.{key}": value for key, value in critic.items()},
                       "msstftd.optimizer": optimizer},
    }  # fmt: skip
    torch.save(saved, tmp_path / "checkpoint.th")
    text = "sample_rate: 44100\nencodec: {causal: false, renormalize: false}\nseanet: {pad_mode: reflect}\n"
    torch.save({"best_state": state, "xp.cfg": text, "exported": True}, tmp_path / "exported.bin")
    return tmp_path, network.eval()


def test_a_checkpoint_of_audiocraft_gives_the_terms_of_its_log(experiment, recordings):
    folder, network = experiment
    data, waves = recordings

    report = evaluate(ckpt=folder / "checkpoint.th", data=data)

    found = {result.typed: result for result in report.results}
    assert found.keys() >= {"d_loss", "adv", "feat", "l1", "msspec", "sisnr", "penalty"}
    assert "running norm of its gradient" in str(found["g_loss"])
    with torch.no_grad():
        made = [network(wave[None, None]) for wave in waves]
    penalties = [(given - entry).square().mean() for _, given, entry in made]
    assert found["penalty"].value == pytest.approx(float(sum(penalties) / 2), rel=1e-5)
    assert [(record.role, record.weights, record.name_in_file) for record in report.checkpoints] == [
        ("generator", "raw", "model"), ("generator", "ema", "ema.state.model"),
        ("discriminator", "raw", "adv_losses.msstftd.adversary"),
    ]  # fmt: skip


def test_what_audiocraft_exports_is_the_same_codec(experiment, recordings):
    folder, _ = experiment
    data, _ = recordings

    values = [evaluate(ckpt=folder / name, data=data, losses="l1", weights="raw").results[0].value
              for name in ("checkpoint.th", "exported.bin")]  # fmt: skip

    assert values[0] == values[1]


def test_a_checkpoint_of_stable_audio_tools_gives_the_terms_of_its_log(tmp_path):
    torch.manual_seed(0)
    network = Oobleck(encoder_widths=[4, 4, 8], encoder_rates=[2, 4], decoder_widths=[8, 4, 4], decoder_rates=[4, 2],
                      n_latents=3, tanh=False).eval()  # fmt: skip
    critic = SpectrogramsDiscriminator(n_ffts=[256, 128], channels=[2] * 5, n_channels=2, stride=1)
    state = {re.sub(r"\.(?=\d)", ".layers.", key): value for key, value in network.state_dict().items()}
    heard = {}
    for key, value in critic.state_dict().items():
        name = re.sub(r"\.(convs\.\d+|conv_post)\.", r".\1.conv.", f"discriminator.discriminators.{key}")
        if name.endswith("weight"):
            heard |= {f"{name}_g": value.flatten(1).norm(dim=1).view(-1, 1, 1, 1), f"{name}_v": value}
        else:
            heard[name] = value
    whole = {
        **{f"autoencoder.{key}": value for key, value in state.items()}, **heard,
        "sdstft.mrstft.stft_losses.0.prefilter.fir.weight": torch.ones(1, 1, 101),
        "losses_gen.losses.0.weight": torch.tensor(0.1), "losses_disc.losses.0.weight": torch.tensor(1.0),
        **{f"autoencoder_ema.ema_model.{key}": value + 0.01 for key, value in state.items()},
        "autoencoder_ema.initted": torch.tensor(True), "autoencoder_ema.step": torch.tensor(7),
    }  # fmt: skip
    torch.save({"state_dict": whole, "global_step": 40, "pytorch-lightning_version": "2.1.0"}, tmp_path / "last.ckpt")
    losses = {"discriminator": {"config": {"n_ffts": [256, 128]}, "weights": {"adversarial": 0.3}}}
    config = {
        "sample_rate": RATE, "model": {"decoder": {"config": {"final_tanh": False}}},
        "training": {"loss_configs": {**losses, "bottleneck": {"weights": {"kl": 0.01}}}},
    }  # fmt: skip
    (tmp_path / "model_config.json").write_text(json.dumps(config))
    (tmp_path / "wavs").mkdir()
    wave = 0.3 * torch.sin(torch.arange(2400) * 0.03)
    soundfile.write(tmp_path / "wavs" / "0.wav", torch.stack([wave, 0.5 * wave.flip(0)], 1).numpy(), RATE)

    report = evaluate(ckpt=tmp_path / "last.ckpt", data=tmp_path / "wavs")

    found = {result.typed: result for result in report.results}
    terms = ["loss_adv", "feature_matching_loss", "mrstft_loss", "stft_loss_left", "stft_loss_right", "kl_loss"]
    assert found.keys() >= {*(f"train/{name}" for name in terms), "train/loss", "train/discriminator_loss"}
    assert found["train/loss"].value == pytest.approx(sum(found[f"train/{name}"].value for name in terms), rel=1e-9)
    heard_wave, _ = soundfile.read(tmp_path / "wavs" / "0.wav", dtype="float32")
    with torch.no_grad():
        mean, deviation = network(torch.from_numpy(heard_wave.T[None].copy()), torch.zeros(1, 3, 300))[1:]
    divergence = (mean**2 + deviation**2 - 2 * deviation.log() - 1).sum(1).mean()
    assert found["train/kl_loss"].value == pytest.approx(0.01 * float(divergence), rel=1e-4)
    assert [(record.role, record.weights) for record in report.checkpoints] == [
        ("generator", "raw"), ("discriminator", "raw"), ("generator", "ema"),
    ]  # fmt: skip
