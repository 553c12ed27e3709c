"""Recipes of vocoders, codecs, voice conversion and separation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.evaluators.recipes.terms import SEGMENTS, Recipe, Term, Total, sides

_HIFIGAN_G, _HIFIGAN_D = "training/gen_loss_total", "loss_disc_all"
_VITS_G, _VITS_D = "loss/g/total", "loss/d/total"
_SLICES = "training decodes a random slice of recordings; here they are used whole unless --over batch draws slices"
_DROPOUT = "training runs dropout in the encoder of the text and in the durations; here it is off"
_MELGAN_G = "loss_G + lambda_feat * loss_feat"


def _vits(name: str, source: str, mel: str, batch: int, *, shown: bool, durations: bool) -> Recipe:
    """VITS's totals; RVC has the same without durations, and shows no more than 75 and 9.

    Args:
        name: of the recipe.
        source: of the recipe.
        mel: the convention of its mel spectrograms.
        batch: its batch size.
        shown: whether its log clips what it shows.
        durations: whether it trains a duration predictor.
    """
    dur = (
        Term("loss/g/dur", "duration", "vits", total=_VITS_G),
        Term("loss/g/dur, deviation over draws", "duration", "spread"),
    )
    return Recipe(
        name, source, settings={"c_mel": 45.0, "c_kl": 1.0}, batch=batch, totals=sides(_VITS_D, _VITS_G),
        caveats=(_SLICES, *((_DROPOUT,) if durations else ())),
        terms=(
            Term("loss/d/total", "d_lsgan", "vits", total=_VITS_D),
            Term("loss_gen", "g_lsgan", "vits", total=_VITS_G),
            Term("loss/g/fm", "fm", "vits", total=_VITS_G),
            Term("loss/g/mel", "mel", mel, factor_times=("c_mel",), total=_VITS_G, at_most=75.0 if shown else None),
            *(dur if durations else ()),
            Term("loss/g/kl", "kl_vits", "vits", factor_times=("c_kl",), total=_VITS_G, at_most=9.0 if shown else None),
        ),
    )  # fmt: skip


_APPLIO_G, _APPLIO_D = "loss/g/total", "loss/d/adv"
# VITS's floors, which Applio has kept; but it takes both mel spectrograms of slices of the waveforms
_FLOORS: Mapping[str, Any] = {"added": 1e-6, "floor": 1e-5, "of_spectrogram": False}
# at 24 kHz RVC has no configuration of its own
_AT_24K: Mapping[str, Any] = {"configured_rate": 24000, "n_fft": (1024,), "hop": (240,), "bands": (80,)}
_AT_32K: Mapping[str, Any] = {
    "added": 1e-8, "configured_rate": 32000, "n_fft": (2048,), "hop": (640,), "bands": (128,),
}  # fmt: skip
_AT_44K: Mapping[str, Any] = {"configured_rate": 44100, "n_fft": (2048,), "hop": (512,), "bands": (80,)}


def _applio(rate: str) -> Recipe:
    """RVC's totals under names of its own, with VITS's floors."""
    row, settings = ("vits", {**_FLOORS, **_AT_24K}) if rate == "24k" else (f"rvc_{rate}", _FLOORS)
    return Recipe(
        f"applio_{rate}", f"IAHispano/Applio@b9c0ccb rvc/train/train.py, {rate}", settings={"c_mel": 45.0, "c_kl": 1.0},
        batch=8, totals=sides(_APPLIO_D, _APPLIO_G),
        caveats=(_SLICES, "its log also shows means over 50 steps, as loss_avg_50/..."),
        terms=(
            Term(_APPLIO_D, "d_lsgan", "applio", total=_APPLIO_D),
            Term("loss/g/adv", "g_lsgan", "applio", total=_APPLIO_G),
            Term("loss/g/fm", "fm", "applio", total=_APPLIO_G),
            Term("loss/g/mel", "mel", row, settings=settings, factor_times=("c_mel",), total=_APPLIO_G),
            Term("loss/g/kl", "kl_vits", "applio", factor_times=("c_kl",), total=_APPLIO_G),
        ),
    )  # fmt: skip


_SO_VITS_SVC = Recipe(
    "so_vits_svc", "svc-develop-team/so-vits-svc@730930d train.py, configs_template/config_template.json",
    settings={"c_mel": 45.0, "c_kl": 1.0}, batch=6, totals=sides(_VITS_D, _VITS_G),
    caveats=(
        _SLICES, "training runs dropout in the encoders and in the predictor of the pitch; here it is off",
        "training changes the loudness of half of the recordings, where its config says vol_aug; here none",
    ),
    terms=(
        Term(_VITS_D, "d_lsgan", "vits", total=_VITS_D),
        Term("loss_gen", "g_lsgan", "vits", total=_VITS_G),
        Term("loss/g/fm", "fm", "vits", total=_VITS_G),
        Term("loss/g/mel", "mel", "vits", settings=_AT_44K, factor_times=("c_mel",), total=_VITS_G),
        Term("loss/g/kl", "kl_vits", "vits", factor_times=("c_kl",), total=_VITS_G),
        Term("loss/g/lf0", "lf0", "so_vits_svc", total=_VITS_G),
    ),
)  # fmt: skip

_GPT_SOVITS = Recipe(
    "gpt_sovits", "RVC-Boss/GPT-SoVITS@48b1a01 GPT_SoVITS/s2_train.py, GPT_SoVITS/configs/s2.json",
    settings={"c_mel": 45.0, "c_kl": 1.0}, batch=32, totals=sides(_VITS_D, _VITS_G),
    caveats=(_SLICES, "training runs dropout in the encoders, and in half precision; here neither"),
    terms=(
        Term(_VITS_D, "d_lsgan", "vits", total=_VITS_D),
        Term("loss_gen", "g_lsgan", "vits", total=_VITS_G),
        Term("loss/g/fm", "fm", "vits", total=_VITS_G),
        Term("loss/g/mel", "mel", "vits", settings=_AT_32K, factor_times=("c_mel",), total=_VITS_G),
        Term("loss/g/kl_ssl", "vq_commit", "dac", total=_VITS_G),
        Term("loss/g/kl", "kl_vits", "vits", factor_times=("c_kl",), total=_VITS_G),
    ),
)  # fmt: skip

_RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/train.py"

_STABLE_AUDIO_D, _STABLE_AUDIO_G = "train/discriminator_loss", "train/loss"


def _stable_audio(name: str, loss: str, row: str) -> Recipe:
    """The totals of stable-audio-tools' auto-encoder of two channels, by the loss of its discriminator.

    Args:
        name: what sets it apart.
        loss: of the catalogue, without its side.
        row: its convention.
    """
    parts = ("mrstft_loss", "stable_audio", 1.0), *((f"stft_loss_{s}", f"stable_audio_{s}", 0.5) for s in _SIDES)
    return Recipe(
        f"stable_audio{name}",
        "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/training/autoencoders.py, "
        "configs/model_configs/autoencoders/stable_audio_2_0_vae.json",
        settings={"adversarial": 0.1, "feature_matching": 5.0, "mrstft": 1.0, "kl": 1e-4},
        totals=sides(_STABLE_AUDIO_D, _STABLE_AUDIO_G),
        caveats=(
            SEGMENTS,
            "it logs each loss times its weight, and in a step one side alone",
            "normalize_losses of its discriminator, distillation, mrmel, hubert and l1 are left out, as in its configs",
        ),
        terms=(
            Term(_STABLE_AUDIO_D, f"d_{loss}", row, total=_STABLE_AUDIO_D),
            Term("train/loss_adv", f"g_{loss}", row, factor_times=("adversarial",), total=_STABLE_AUDIO_G),
            Term(
                "train/feature_matching_loss", "fm", "audiocraft", factor_times=("feature_matching",),
                total=_STABLE_AUDIO_G,
            ),
            *(
                Term(f"train/{logged}", "mrstft", own, factor=half, factor_times=("mrstft",), total=_STABLE_AUDIO_G)
                for logged, own, half in parts
            ),
            Term("train/kl_loss", "kl", "stable_audio", factor_times=("kl",), total=_STABLE_AUDIO_G),
        ),
    )  # fmt: skip


_SIDES = ("left", "right")

AUDIO = (
    Recipe(
        "hifigan", "jik876/hifi-gan@4769534 train.py", settings={"lambda_mel": 45.0}, batch=16,
        totals=sides(_HIFIGAN_D, _HIFIGAN_G), caveats=(SEGMENTS,),
        terms=(
            Term("loss_disc_all", "d_lsgan", "hifigan", total=_HIFIGAN_D),
            Term("loss_gen_s + loss_gen_f", "g_lsgan", "hifigan", total=_HIFIGAN_G),
            Term("loss_fm_s + loss_fm_f", "fm", "hifigan", total=_HIFIGAN_G),
            Term("training/mel_spec_error", "mel", "hifigan", weight_times=("lambda_mel",), total=_HIFIGAN_G),
        ),
    ),
    _vits("vits", "jaywalnut310/vits@2e561ba train.py", "vits", 64, shown=False, durations=True),
    *(
        _vits(f"rvc_{rate}", f"{_RVC}, {rate}", f"rvc_{rate}", 4, shown=True, durations=False)
        for rate in ("32k", "40k", "48k")
    ),
    *(_applio(rate) for rate in ("24k", "32k", "40k", "48k")),
    _SO_VITS_SVC,
    _GPT_SOVITS,
    Recipe(
        "melgan", "descriptinc/melgan-neurips@6488045 scripts/train.py", settings={"lambda_feat": 10.0}, batch=16,
        totals=sides("loss/discriminator", _MELGAN_G), caveats=(SEGMENTS,),
        terms=(
            Term("loss/discriminator", "d_hinge", "melgan", total="loss/discriminator"),
            Term("loss/generator", "g_hinge", "melgan", total=_MELGAN_G),
            Term("loss/feature_matching", "fm", "melgan", weight_times=("lambda_feat",), total=_MELGAN_G),
            Term("loss/mel_reconstruction", "mel", "melgan"),
        ),
    ),
    Recipe(
        "dac", "descriptinc/descript-audio-codec@c7cfc5d scripts/train.py, conf/base.yml",
        settings={"lambda_mel": 15.0, "lambda_feat": 2.0, "lambda_gen": 1.0, "lambda_commit": 0.25, "lambda_code": 1.0},
        batch=72, totals=sides("adv/disc_loss", "loss"),
        caveats=(
            "behind its tags stands /train or /val: mel/loss/val; loss/val is mel/loss alone",
            "training leaves out codebooks at random in half of a batch (--mode train does)",
            "training cuts excerpts, brings each to -16 LUFS and turns its phases; here recordings are as they are",
        ),
        terms=(
            Term("adv/disc_loss", "d_lsgan", "dac", total="adv/disc_loss"),
            Term("mel/loss", "mel", "dac", weight_times=("lambda_mel",), total="loss"),
            Term("adv/feat_loss", "fm", "dac", weight_times=("lambda_feat",), total="loss"),
            Term("adv/gen_loss", "g_lsgan", "dac", weight_times=("lambda_gen",), total="loss"),
            Term("vq/commitment_loss", "vq_commit", "dac_residual", weight_times=("lambda_commit",), total="loss"),
            Term("vq/codebook_loss", "vq_commit", "dac_residual", weight_times=("lambda_code",), total="loss"),
            Term("stft/loss", "mrstft", "dac"),
            Term("waveform/loss", "l1"),
        ),
    ),
    Recipe(
        "encodec",
        "facebookresearch/audiocraft@896ec7c audiocraft/solvers/compression.py, config/solver/compression/default.yaml",
        batch=64, totals=sides("d_loss", "g_loss"),
        caveats=(
            SEGMENTS,
            "of one adversary d_msstftd is d_loss, adv_msstftd adv and feat_msstftd feat",
            "of several adversaries it adds the mean of each; here is one mean over all their sub-discriminators",
            "behind valid/ stand numbers of the averaged weights: --weights ema",
        ),
        terms=(
            Term("d_loss", "d_hinge", "audiocraft", total="d_loss"),
            Term("adv", "g_hinge", "audiocraft"),
            Term("feat", "fm", "audiocraft"),
            Term("l1", "l1"),
            Term("msspec", "mel", "audiocraft"),
            Term("sisnr", "si_sdr", "audiocraft"),
            Term("penalty", "vq_commit", "encodec"),
            Term(
                "g_loss", total="g_loss",
                unavailable="its Balancer divides each loss by the running norm of its gradient and takes 4, 4, 0.1 "
                "and 2 of 10.1 parts, whatever the losses' sizes; these weights are in no checkpoint",
            ),
        ),
    ),
    _stable_audio("", "hinge", "audiocraft"),
    _stable_audio("_rpgan", "rsgan", "mean"),
    Recipe(
        "open_unmix", "sigsep/open-unmix-pytorch@fb672c9 scripts/train.py", batch=16,
        totals=(Total(logged="train_loss", side="generator"),),
        caveats=(SEGMENTS, "the frames of its spectrograms are 4096 samples long, with a hop of 1024"),
        terms=(Term("train_loss", "mask_mse", "open_unmix", total="train_loss"),),
    ),
    Recipe(
        "auralflow", "kianzohoury/auralflow@503e249 auralflow/losses/losses.py ComponentLoss, for SpectrogramNetVAE",
        batch=8, totals=(Total(logged="loss", side="generator"),),
        terms=(
            Term("component_loss", "component", "auralflow", total="loss"),
            Term("kl_loss", "kl", "auralflow", total="loss"),
        ),
    ),
)  # fmt: skip
