"""One step of the trainings of vocoders beside `--recipe` on the files that they save; cases of recipes.py."""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib
import json
import types
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import vocoder_networks
from clones import Upstream
from side_by_side import IDLE, Logged, as_floats, recipe
from speech import Altered, librosa_mel
from torch import Tensor
from torch.nn import functional

BIGVGAN = "NVIDIA/BigVGAN@7d2b454"
PARALLEL_WAVEGAN = "kan-bayashi/ParallelWaveGAN@8674037"
VOCOS = "gemelo-ai/vocos@c859e3b"


def waves(n: int, n_samples: int) -> Tensor:
    """Sines with noise; (n, n_samples)."""
    time = torch.arange(n_samples)
    tones = torch.stack([0.3 * torch.sin(time * (0.02 + 0.01 * k)) for k in range(n)])
    return tones + 0.05 * torch.randn(tones.shape, generator=torch.Generator().manual_seed(1))


def recorded(folder: Path, sounds: Tensor, rate: int) -> None:
    """The sounds as files."""
    folder.mkdir()
    for k, wave in enumerate(sounds):
        soundfile.write(folder / f"{k}.wav", wave.numpy(), rate, subtype="FLOAT")


def bigvgan(up: Upstream, folder: Path, *, config: str, **changed: Any) -> tuple[Logged, Logged]:
    """Its networks, narrow, and the passage of its loop; what it cuts of a file is scaled to a peak of 0.95."""
    h = vocoder_networks.bigvgan_settings(
        up.folder, config, upsample_initial_channel=64, discriminator_channel_mult=0.125, **changed
    )
    own = vocoder_networks.bigvgan(up.folder)
    with contextlib.redirect_stdout(None):
        judge = (
            own.MultiScaleSubbandCQTDiscriminator
            if "use_cqtd" in " ".join(vars(h))
            else own.MultiResolutionDiscriminator
        )
        judge = own.MultiBandDiscriminator if h.get("use_mbd_instead_of_mrd") else judge
        generator, mpd, mrd = own.BigVGAN(h).eval(), own.MultiPeriodDiscriminator(h).eval(), judge(h).eval()
    torch.save({"generator": generator.state_dict()}, folder / "g_00000000")
    torch.save({"mpd": mpd.state_dict(), "mrd": mrd.state_dict(), "steps": 0, "epoch": 0}, folder / "do_00000000")
    (folder / "config.json").write_text(json.dumps(vars(h)))
    y = waves(2, 8192)
    recorded(folder / "wavs", y, h.sampling_rate)
    y = y / y.abs().amax(1, keepdim=True) * 0.95
    names = ["mel_spectrogram", "dynamic_range_compression_torch", "spectral_normalize_torch"]
    known = {"librosa_mel_fn": librosa_mel, "mel_basis_cache": {}, "hann_window_cache": {}, "Optional": Any}
    mels = up.load(f"{BIGVGAN} meldataset.py", *names, **known).mel_spectrogram
    losses = up.load(f"{BIGVGAN} loss.py", "feature_loss", "generator_loss", "discriminator_loss")
    arguments = (h.n_fft, h.num_mels, h.sampling_rate, h.hop_size, h.win_size, h.fmin)
    given = {
        "generator": generator, "mpd": mpd, "mrd": mrd, "h": h, "mel_spectrogram": mels, "optim_d": IDLE,
        "optim_g": IDLE, "x": mels(y, *arguments, h.fmax), "y": y.unsqueeze(1), "steps": 0,
        "y_mel": mels(y, *arguments, h.fmax_for_loss), "a": types.SimpleNamespace(freeze_step=0),
        "fn_mel_loss_singlescale": functional.l1_loss, "fn_mel_loss_multiscale": multiscale(up, h.sampling_rate),
    }  # fmt: skip
    train = f"{BIGVGAN} train.py"
    first, _ = up.passage(train, "y_g_hat = generator(x)")
    _, last = up.passage(train, "loss_gen_all = loss_mel", 0)
    scope = up.run(train, first, last, **given, **vars(losses))
    theirs = {
        "training/gen_loss_total": scope["loss_gen_all"], "loss_disc_all": scope["loss_disc_all"],
        "training/mel_spec_error": scope["loss_mel"] / scope["lambda_melloss"],
        "training/fm_loss_mpd": scope["loss_fm_f"], "training/gen_loss_mpd": scope["loss_gen_f"],
        "training/disc_loss_mpd": scope["loss_disc_f"], "training/fm_loss_mrd": scope["loss_fm_s"],
        "training/gen_loss_mrd": scope["loss_gen_s"], "training/disc_loss_mrd": scope["loss_disc_s"],
    }  # fmt: skip
    return as_floats(theirs), recipe(None, ckpt=folder, data=folder / "wavs")


def multiscale(up: Upstream, rate: int) -> Any:
    """Its loss of mel spectrograms at seven scales."""
    window = types.SimpleNamespace(get_window=importlib.import_module("scipy.signal").get_window)
    known = {
        "librosa_mel_fn": librosa_mel,
        "signal": window,
        "functools": functools,
        "typing": types.SimpleNamespace(Callable=Any),
    }
    named = importlib.import_module("collections").namedtuple
    loss = up.load(f"{BIGVGAN} loss.py", "MultiScaleMelSpectrogramLoss", namedtuple=named, **known)
    return loss.MultiScaleMelSpectrogramLoss(sampling_rate=rate)


def vocos(up: Upstream, folder: Path, *, rate: int = 24000, **coefficients: float) -> tuple[Logged, Logged]:
    """Its step on recordings that are scaled as its validation scales them; Lightning's folder and a list of paths."""
    own = vocoder_networks.vocos(up.folder)
    parts = {
        "feature_extractor": own.MelSpectrogramFeatures(sample_rate=rate),
        "backbone": own.VocosBackbone(100, 16, 24, 2),
        "head": own.ISTFTHead(16, 1024, 256, padding="center"),
        "multiperioddisc": own.MultiPeriodDiscriminator(),
        "multiresddisc": own.MultiResolutionDiscriminator(),
        "melspec_loss": own.MelSpecReconstructionLoss(sample_rate=rate),
    }
    hparams = {"sample_rate": rate, "mel_loss_coeff": 45, "mrd_loss_coeff": 0.1, **coefficients}
    version = folder / "logs" / "lightning_logs" / "version_0"
    (version / "checkpoints").mkdir(parents=True)
    state = {f"{part}.{key}": value for part, network in parts.items() for key, value in network.state_dict().items()}
    saved = {"state_dict": state, "hyper_parameters": hparams, "global_step": 2, "pytorch-lightning_version": "1.8.6"}
    torch.save(saved, version / "checkpoints" / "last.ckpt")
    config = {
        "feature_extractor": {"init_args": {"sample_rate": rate, "n_fft": 1024, "hop_length": 256, "n_mels": 100}},
        "head": {"init_args": {"dim": 16, "n_fft": 1024, "hop_length": 256, "padding": "center"}},
    }
    (version / "config.yaml").write_text(json.dumps({"model": {"init_args": {**hparams, **config}}}))
    y = waves(2, 8192)
    recorded(folder / "wavs", y, rate)
    (folder / "filelist.val").write_text("".join(f"{folder}/wavs/{k}.wav\n" for k in range(2)))
    logged: dict[str, Any] = {}
    me = types.SimpleNamespace(
        **parts, hparams=types.SimpleNamespace(**hparams), train_discriminator=True, global_step=1, global_rank=0,
        mel_loss_coeff=hparams["mel_loss_coeff"], log=lambda name, value, **_: logged.update({name: value}),
        disc_loss=own.DiscriminatorLoss(), gen_loss=own.GeneratorLoss(), feat_matching_loss=own.FeatureMatchingLoss(),
    )  # fmt: skip
    source = f"{VOCOS} vocos/experiment.py"
    forward, step = (up.method(source, "VocosExp", name) for name in ("forward", "training_step"))
    trained = type("Experiment", (), {**vars(me), "__call__": forward, "log": staticmethod(me.log)})()
    for optimizer in (0, 1):
        step(trained, y / y.abs().amax(1, keepdim=True) * 10 ** (-3 / 20), 0, optimizer)
    logged.pop("mel_loss_coeff")
    return as_floats(logged), recipe(None, ckpt=version / "checkpoints" / "last.ckpt", data=folder / "filelist.val")


def parallel_wavegan(up: Upstream, folder: Path, *, rate: int = 24000, hop: int = 300) -> tuple[Logged, Logged]:
    """A step of its trainer with HiFi-GAN, on features as its preprocessing and its statistics make them."""
    own = vocoder_networks.parallel_wavegan(up.folder)
    scales = [5, 5, 4, 3] if hop == 300 else [8, 8, 4]
    sizes = (
        {"fft_size": 2048, "hop_size": 300, "win_length": 1200} if hop == 300 else {"fft_size": 1024, "hop_size": 256}
    )
    config = {
        "sampling_rate": rate, "num_mels": 80, "fmin": 80, "fmax": 7600, "win_length": None, **sizes,
        "generator_params": {"channels": 32, "out_channels": 1, "upsample_scales": scales,
                             "upsample_kernel_sizes": [2 * scale for scale in scales]},
        "discriminator_params": {
            "scale_discriminator_params": {"channels": 16, "max_downsample_channels": 64,
                                           "downsample_scales": [4, 4, 4, 4, 1]},
            "period_discriminator_params": {"channels": 4, "max_downsample_channels": 32},
        },
        "mel_loss_params": {"fs": rate, "num_mels": 80, "fmin": 0, "fmax": rate / 2, "log_base": None,
                            "win_length": None, **sizes},
        "use_stft_loss": False, "use_subband_stft_loss": False, "use_mel_loss": True, "use_feat_match_loss": True,
        "lambda_aux": 45.0, "lambda_adv": 1.0, "lambda_feat_match": 3.0, "discriminator_train_start_steps": 0,
        "generator_grad_norm": -1, "discriminator_grad_norm": -1, "generator_type": "HiFiGANGenerator",
    }  # fmt: skip
    judge = own.HiFiGANMultiScaleMultiPeriodDiscriminator(**config["discriminator_params"])
    with torch.no_grad():
        for _ in range(20):  # spectral norm finds its vectors in train mode
            judge(waves(2, 6100)[:, None])
    model = {"generator": own.HiFiGANGenerator(**config["generator_params"]).eval(), "discriminator": judge.eval()}
    saved = {"model": {name: each.state_dict() for name, each in model.items()}, "steps": 10, "epochs": 1}
    torch.save(saved, folder / "checkpoint-10steps.pkl")
    (folder / "config.yml").write_text(json.dumps(config))  # which is YAML too
    y = waves(2, 6100)
    recorded(folder / "wavs", y, rate)
    given = {name: config[name] for name in ("fft_size", "hop_size", "win_length", "num_mels", "fmin", "fmax")}
    known = {"librosa": importlib.import_module("librosa")}
    features = up.load(f"{PARALLEL_WAVEGAN} parallel_wavegan/bin/preprocess.py", "logmelfilterbank", **known)
    bands = np.stack([features.logmelfilterbank(wave.numpy(), rate, **given) for wave in y])
    mean, scale = bands.mean((0, 1)), bands.std((0, 1))
    np.save(folder / "stats.npy", np.stack([mean, scale]))
    audio = np.pad(y.numpy(), ((0, 0), (0, config["fft_size"])), mode="edge")[:, : bands.shape[1] * hop]
    pairs = Altered(stft=lambda *a, **k: torch.view_as_real(torch.stft(*a, **{**k, "return_complex": True})))
    names = ("MelSpectrogram", "MelSpectrogramLoss")
    of_mel = up.load(f"{PARALLEL_WAVEGAN} parallel_wavegan/losses/mel_loss.py", *names, torch=pairs, **known,
                     is_pytorch_17plus=True)  # fmt: skip
    apart = {"average_by_discriminators": False}
    criterion = {
        "gen_adv": own.GeneratorAdversarialLoss(**apart), "dis_adv": own.DiscriminatorAdversarialLoss(**apart),
        "feat_match": own.FeatureMatchLoss(average_by_layers=False, **apart),
        "mel": of_mel.MelSpectrogramLoss(**config["mel_loss_params"]),
    }  # fmt: skip
    batch = (
        (torch.from_numpy(((bands - mean) / scale).astype(np.float32)).transpose(1, 2),),
        torch.from_numpy(audio)[:, None],
    )
    both = {"generator": IDLE, "discriminator": IDLE}
    me = types.SimpleNamespace(
        config=config, criterion=criterion, model=model, optimizer=both, scheduler=both, steps=10, is_vq=False,
        use_duration_prediction=False, total_train_loss=collections.defaultdict(float), _parse_batch=lambda _: batch,
        tqdm=types.SimpleNamespace(update=lambda _: None), _check_train_finish=lambda: None,
    )  # fmt: skip
    up.method(f"{PARALLEL_WAVEGAN} parallel_wavegan/bin/train.py", "Trainer", "_train_step")(me, None)
    return as_floats(me.total_train_loss), recipe(None, ckpt=folder, data=folder / "wavs")


CASES = {
    "bigvgan": functools.partial(bigvgan, config="bigvgan_base_24khz_100band.json"),
    "bigvgan_22k": functools.partial(bigvgan, config="bigvgan_base_22khz_80band.json", lambda_melloss=30.0),
    "bigvgan_mbd": functools.partial(
        bigvgan, config="bigvgan_base_24khz_100band.json", use_mbd_instead_of_mrd=True, mbd_fft_sizes=[512, 256, 128]
    ),
    "bigvgan_v2": functools.partial(bigvgan, config="bigvgan_v2_44khz_128band_512x.json", cqtd_filters=8),
    "parallel_wavegan": parallel_wavegan,
    "parallel_wavegan_22k": functools.partial(parallel_wavegan, rate=22050, hop=256),
    "vocos": vocos,
    "vocos_44k": functools.partial(vocos, rate=44100, mel_loss_coeff=30, mrd_loss_coeff=1.0),
}
