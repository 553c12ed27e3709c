"""A step of the trainings of codecs beside `ganloss eval` on the folders that they leave.

Each repository's own classes, narrowed and with random weights, are saved as its training saves them; the passage of
its training code that computes the losses is run as it stands, with an optimiser that does nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import types
import typing
from pathlib import Path
from typing import Any
from unittest import mock

import neural_codecs as code
import soundfile
import torch
from side_by_side import IDLE, Logged, as_floats
from torch import Tensor

from ganloss_cli import evaluate
from ganloss_cli.pipeline.data.randomness import draw

DAC_TRAIN = "descriptinc/descript-audio-codec@c7cfc5d scripts/train.py"
DAC_LOSSES = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py"
SCALES = (32, 64, 128, 256, 512, 1024, 2048)  # conf/base.yml
BANDS = (5, 10, 20, 40, 80, 160, 320)
LAMBDAS = {
    "mel/loss": 15.0, "adv/feat_loss": 2.0, "adv/gen_loss": 1.0, "vq/commitment_loss": 0.25, "vq/codebook_loss": 1.0,
}  # fmt: skip


def recordings(folder: Path, rate: int, length: int, n_channels: int = 1) -> Tensor:
    """Two recordings of tones in noise, (2, n_channels, length), in files."""
    folder.mkdir(parents=True)
    time = torch.arange(length) / rate
    tones = torch.stack([torch.sin(2 * torch.pi * (170 + 95 * k) * time) for k in range(2 * n_channels)])
    noise = torch.randn(tones.shape, generator=torch.Generator().manual_seed(0))
    waves = (0.2 * tones + 0.05 * noise).view(2, n_channels, length)
    for k, wave in enumerate(waves):
        soundfile.write(folder / f"{k}.wav", wave.T.numpy(), rate, subtype="FLOAT")
    return waves


def logged_by_ours(**choices: Any) -> dict[str, float]:
    """What `ganloss eval` computes without a recipe's name, by the log's."""
    found: dict[str, float] = {}
    for result in evaluate(**choices).results:
        found.setdefault(result.typed, float("nan") if result.value is None else result.value)
    return found


def dac(up: Any, folder: Path) -> tuple[Logged, Logged]:
    """The codec of few channels and its discriminator, of narrow periods; two recordings."""
    audio = code.audio_signal(up.folder)
    signal = audio["AudioSignal"]
    generator = code.dac(up.folder)["DAC"](
        n_codebooks=3, encoder_dim=4, decoder_dim=64, codebook_size=16, codebook_dim=3
    )
    discriminator = code.dac_discriminator(up.folder)
    run = folder / "runs" / "small" / "latest"
    for name, network in (("dac", generator), ("discriminator", discriminator)):
        (run / name).mkdir(parents=True)
        saved = {"state_dict": network.state_dict(), "metadata": {"kwargs": {"sample_rate": 44100}}}
        torch.save(saved, run / name / "weights.pth")
    waves = recordings(folder / "wavs", 44100, 6000)
    losses = up.load(
        DAC_LOSSES, "L1Loss", "MultiScaleSTFTLoss", "MelSpectrogramLoss", "GANLoss", typing=typing,
        AudioSignal=signal, STFTParams=audio["STFTParams"],
    )  # fmt: skip
    generator.eval(), discriminator.eval()
    state = types.SimpleNamespace(
        generator=generator, optimizer_d=IDLE, optimizer_g=IDLE, scheduler_d=IDLE, scheduler_g=IDLE,
        discriminator=discriminator, waveform_loss=losses.L1Loss(), gan_loss=losses.GANLoss(discriminator),
        stft_loss=losses.MultiScaleSTFTLoss(),
        mel_loss=losses.MelSpectrogramLoss(
            n_mels=BANDS, window_lengths=SCALES, mel_fmin=[0] * 7, mel_fmax=[None] * 7, pow=1.0, mag_weight=0.0
        ),
    )  # fmt: skip
    scaler = types.SimpleNamespace(unscale_=lambda _: None)
    accelerator = types.SimpleNamespace(
        autocast=contextlib.nullcontext, backward=lambda loss: loss.backward(), scaler=scaler, step=lambda _: None
    )
    first, _ = up.passage(DAC_TRAIN, 'commitment_loss = out["vq/commitment_loss"]')
    last, _ = up.passage(DAC_TRAIN, 'output["loss"] = sum')
    scope = up.run(
        DAC_TRAIN, first - 3, last, state=state, accel=accelerator, output={}, AudioSignal=signal, lambdas=LAMBDAS,
        signal=signal(waves, 44100),
    )  # fmt: skip
    theirs = {name: value for name, value in scope["output"].items() if not name.startswith("other/")}
    return as_floats(theirs), logged_by_ours(ckpt=run, data=folder / "wavs")


AUDIOCRAFT_STEP = "facebookresearch/audiocraft@896ec7c audiocraft/solvers/compression.py"
AUDIOCRAFT_LOSSES = "facebookresearch/audiocraft@896ec7c audiocraft/adversarial/losses.py"
_CRITERIA = ("hinge_loss", "hinge_real_loss", "hinge_fake_loss")


def audiocraft(up: Any, folder: Path) -> tuple[Logged, Logged]:
    """The codec of MusicGen of few channels and its MS-STFT discriminator; msspec has figures of its own."""
    parts = code.encodec(up.folder, "audiocraft")
    settings = {"n_filters": 4, "dimension": 6, "ratios": [8, 5, 4, 4], "norm": "weight_norm", "pad_mode": "constant",
                "n_residual_layers": 1, "lstm": 2}  # fmt: skip
    quantizer = parts.ResidualVectorQuantizer(dimension=6, n_q=4, bins=16, kmeans_init=False, threshold_ema_dead_code=0)
    encoder, decoder = parts.SEANetEncoder(**settings), parts.SEANetDecoder(**settings)
    model = parts.EncodecModel(encoder, decoder, quantizer, frame_rate=50, sample_rate=32000, channels=1)
    sizes = [1024, 2048, 512, 256, 128]
    critic = parts.MultiScaleSTFTDiscriminator(
        filters=3, n_ffts=sizes, hop_lengths=[size // 4 for size in sizes], win_lengths=sizes,
        activation_params={"negative_slope": 0.3},
    )  # fmt: skip
    flashy = types.SimpleNamespace(
        distrib=types.SimpleNamespace(
            broadcast_model=lambda _: None, eager_sync_model=lambda _: contextlib.nullcontext(),
            sync_model=lambda _: None,
        ),
        utils=types.SimpleNamespace(readonly=lambda _: contextlib.nullcontext()),
    )  # fmt: skip
    known = {"flashy": flashy, "AdvLossType": Any, "FeatLossType": Any}
    losses = up.load(AUDIOCRAFT_LOSSES, "AdversarialLoss", "FeatureMatchingLoss", *_CRITERIA, **known)
    adversary = losses.AdversarialLoss(
        critic, IDLE, *(getattr(losses, name) for name in _CRITERIA), losses.FeatureMatchingLoss()
    )
    saved = {
        "model": {key: value.clone() for key, value in model.state_dict().items()},
        "adv_losses": {f"msstftd.adversary.{key}": value for key, value in critic.state_dict().items()},
        "xp.cfg": "sample_rate: 32000\nencodec: {causal: false, renormalize: false}\nseanet: {pad_mode: constant}\n",
    }
    torch.save(saved, folder / "checkpoint.th")
    waves = recordings(folder / "wavs", 32000, 5000)
    solver = types.SimpleNamespace(
        model=model, adv_losses={"msstftd": adversary}, aux_losses={"l1": torch.nn.L1Loss()}, info_losses={},
        is_training=True, rng=torch.Generator(), device="cpu", optimizer=IDLE,
        balancer=types.SimpleNamespace(backward=lambda *_: torch.tensor(0.0), metrics={}),
        cfg=types.SimpleNamespace(
            adversarial=types.SimpleNamespace(every=1), optim=types.SimpleNamespace(max_norm=0.0)
        ),
    )  # fmt: skip
    first, _ = up.passage(AUDIOCRAFT_STEP, "y = x.clone()")
    last, _ = up.passage(AUDIOCRAFT_STEP, "metrics['feat'] = torch.sum")
    scope = up.run(
        AUDIOCRAFT_STEP, first - 1, last, self=solver, batch=waves, metrics={}, flashy=flashy,
        quantization=types.SimpleNamespace(QuantizedResult=types.SimpleNamespace),
    )  # fmt: skip
    names = ("d_loss", "adv", "feat", "l1", "penalty")
    theirs = {name: scope["metrics"][name] for name in names}
    return as_floats(theirs), logged_by_ours(ckpt=folder / "checkpoint.th", data=folder / "wavs")


STABLE_AUDIO = "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools"
_AURALOSS = ("apply_reduction", "get_window", "SumAndDifference", "FIRFilter", "SpectralConvergenceLoss",
             "STFTMagnitudeLoss", "STFTLoss", "MultiResolutionSTFTLoss", "SumAndDifferenceSTFTLoss")  # fmt: skip
_MODULES = ("LossModule", "ValueLoss", "LossWithTarget", "AuralossLoss", "MultiLoss")


def stable_audio(up: Any, folder: Path) -> tuple[Logged, Logged]:
    """The auto-encoder of few channels and its discriminator: the losses that its training step hands to its log."""
    parts = code.stable_audio(up.folder)
    shared = {"channels": 4, "c_mults": [1, 2, 4], "strides": [2, 4, 8], "use_snake": True}
    encoder = parts.OobleckEncoder(latent_dim=12, **shared)
    decoder = parts.OobleckDecoder(latent_dim=6, final_tanh=False, **shared)
    model = parts.AudioAutoencoder(encoder, decoder, 6, 64, 44100, bottleneck=parts.VAEBottleneck()).eval()
    sizes = [2048, 1024, 512, 256, 128]
    critic = parts.EncodecDiscriminator(
        in_channels=2, filters=3, n_ffts=sizes, hop_lengths=[size // 4 for size in sizes], win_lengths=sizes
    )
    networks = {"autoencoder": model, "discriminator": critic}
    state = {f"{name}.{key}": value for name, one in networks.items() for key, value in one.state_dict().items()}
    torch.save({"state_dict": state, "pytorch-lightning_version": "2.1.0"}, folder / "last.ckpt")
    (folder / "model_config.json").write_text(
        '{"sample_rate": 44100, "model": {"decoder": {"config": {"final_tanh": false}}}}'
    )
    reals = recordings(folder / "wavs", 44100, 6400, 2)
    auraloss = up.load(f"{STABLE_AUDIO}/training/losses/auraloss.py", *_AURALOSS, Any=Any)
    modules = up.load(f"{STABLE_AUDIO}/training/losses/losses.py", *_MODULES)
    scales = [2048, 1024, 512, 256, 128, 64, 32]
    spectral = {"fft_sizes": scales, "hop_sizes": [size // 4 for size in scales], "win_lengths": scales,
                "perceptual_weighting": True, "sample_rate": 44100}  # fmt: skip
    both, alone = auraloss.SumAndDifferenceSTFTLoss(**spectral), auraloss.MultiResolutionSTFTLoss(**spectral)
    digests = [hashlib.sha256((folder / "wavs" / f"{k}.wav").read_bytes()).hexdigest() for k in range(2)]
    drawn = [draw(0, f"{digest} 0", "noise", (6, 100), "normal") for digest in digests]
    with mock.patch("torch.randn_like", return_value=torch.stack(drawn)), torch.no_grad():
        latents, info = model.encode(reals, return_info=True)
    with torch.no_grad():
        decoded = model.decode(latents)
        dis, adversarial, matched = critic.loss(reals=reals, fakes=decoded)
        values = {"loss_adv": adversarial, "feature_matching_distance": matched, **info}
        values |= {"reals": reals, "decoded": decoded}
        for side, place in (("left", slice(0, 1)), ("right", slice(1, 2))):
            values |= {f"reals_{side}": reals[:, place], f"decoded_{side}": decoded[:, place]}
        total, losses = modules.MultiLoss([
            modules.ValueLoss(key="loss_adv", weight=0.1, name="loss_adv"),
            modules.ValueLoss(key="feature_matching_distance", weight=5.0, name="feature_matching_loss"),
            modules.AuralossLoss(both, target_key="reals", input_key="decoded", name="mrstft_loss", weight=1.0),
            *(
                modules.AuralossLoss(alone, target_key=f"reals_{side}", input_key=f"decoded_{side}",
                                     name=f"stft_loss_{side}", weight=0.5)
                for side in ("left", "right")
            ),
            modules.ValueLoss(key="kl", weight=1e-4, name="kl_loss"),
        ])(values)  # fmt: skip
    theirs = {f"train/{name}": value for name, value in {**losses, "loss": total, "discriminator_loss": dis}.items()}
    return as_floats(theirs), logged_by_ours(ckpt=folder / "last.ckpt", data=folder / "wavs", batch_size=2)
