"""Recipes of vocoders, codecs, voice conversion and separation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.evaluators.recipes.terms import SEGMENTS, Recipe, Term, Total

_HIFIGAN_G, _HIFIGAN_D = "training/gen_loss_total", "loss_disc_all"
_VITS_G, _VITS_D = "loss/g/total", "loss/d/total"
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
    dur = Term(
        logged="loss/g/dur", total=_VITS_G,
        unavailable="the duration predictor's loss is computed inside the text encoder's forward pass",
    )  # fmt: skip
    return Recipe(
        name=name,
        source=source,
        settings={"c_mel": 45.0, "c_kl": 1.0},
        batch=batch,
        caveats=(SEGMENTS,),
        terms=(
            Term(logged="loss/d/total", loss="d_lsgan", convention="vits", total=_VITS_D),
            Term(logged="loss_gen", loss="g_lsgan", convention="vits", total=_VITS_G),
            Term(logged="loss/g/fm", loss="fm", convention="vits", total=_VITS_G),
            Term(
                logged="loss/g/mel", loss="mel", convention=mel, factor_times=("c_mel",), total=_VITS_G,
                at_most=75.0 if shown else None,
            ),
            *((dur,) if durations else ()),
            Term(
                logged="loss/g/kl", loss="kl_vits", convention="vits", factor_times=("c_kl",), total=_VITS_G,
                at_most=9.0 if shown else None,
            ),
        ),
        totals=(Total(logged=_VITS_D, side="discriminator"), Total(logged=_VITS_G, side="generator")),
    )  # fmt: skip


_APPLIO_G, _APPLIO_D = "loss/g/total", "loss/d/adv"
_FLOORS: Mapping[str, Any] = {"added": 1e-6, "floor": 1e-5}  # VITS's, which Applio and so-vits-svc have kept
_AT_44K: Mapping[str, Any] = {"configured_rate": 44100, "n_fft": (2048,), "hop": (512,), "bands": (80,)}


def _applio(rate: str) -> Recipe:
    """RVC's totals under names of its own, with VITS's floors."""
    return Recipe(
        name=f"applio_{rate}",
        source=f"IAHispano/Applio@b9c0ccb rvc/train/train.py, {rate}",
        settings={"c_mel": 45.0, "c_kl": 1.0},
        batch=8,
        caveats=(SEGMENTS, "its log also shows means over 50 steps, as loss_avg_50/..."),
        terms=(
            Term(logged=_APPLIO_D, loss="d_lsgan", convention="applio", total=_APPLIO_D),
            Term(logged="loss/g/adv", loss="g_lsgan", convention="applio", total=_APPLIO_G),
            Term(logged="loss/g/fm", loss="fm", convention="applio", total=_APPLIO_G),
            Term(
                logged="loss/g/mel", loss="mel", convention=f"rvc_{rate}", settings=_FLOORS, factor_times=("c_mel",),
                total=_APPLIO_G,
            ),
            Term(
                logged="loss/g/kl", loss="kl_vits", convention="applio", factor_times=("c_kl",), total=_APPLIO_G,
            ),
        ),
        totals=(Total(logged=_APPLIO_D, side="discriminator"), Total(logged=_APPLIO_G, side="generator")),
    )  # fmt: skip


_SO_VITS_SVC = Recipe(
    name="so_vits_svc",
    source="svc-develop-team/so-vits-svc@730930d train.py, configs_template/config_template.json",
    settings={"c_mel": 45.0, "c_kl": 1.0},
    batch=6,
    caveats=(SEGMENTS,),
    terms=(
        Term(logged=_VITS_D, loss="d_lsgan", convention="vits", total=_VITS_D),
        Term(logged="loss_gen", loss="g_lsgan", convention="vits", total=_VITS_G),
        Term(logged="loss/g/fm", loss="fm", convention="vits", total=_VITS_G),
        Term(
            logged="loss/g/mel", loss="mel", convention="vits", settings=_AT_44K, factor_times=("c_mel",),
            total=_VITS_G,
        ),
        Term(logged="loss/g/kl", loss="kl_vits", convention="vits", factor_times=("c_kl",), total=_VITS_G),
        Term(
            logged="loss/g/lf0", total=_VITS_G,
            unavailable="the error of its pitch decoder, which is inside the generator's forward pass",
        ),
    ),
    totals=(Total(logged=_VITS_D, side="discriminator"), Total(logged=_VITS_G, side="generator")),
)  # fmt: skip

_RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/train.py"

AUDIO = (
    Recipe(
        name="hifigan",
        source="jik876/hifi-gan@4769534 train.py",
        settings={"lambda_mel": 45.0},
        batch=16,
        caveats=(SEGMENTS,),
        terms=(
            Term(logged="loss_disc_all", loss="d_lsgan", convention="hifigan", total=_HIFIGAN_D),
            Term(logged="loss_gen_s + loss_gen_f", loss="g_lsgan", convention="hifigan", total=_HIFIGAN_G),
            Term(logged="loss_fm_s + loss_fm_f", loss="fm", convention="hifigan", total=_HIFIGAN_G),
            Term(
                logged="training/mel_spec_error", loss="mel", convention="hifigan", weight_times=("lambda_mel",),
                total=_HIFIGAN_G,
            ),
        ),
        totals=(Total(logged=_HIFIGAN_D, side="discriminator"), Total(logged=_HIFIGAN_G, side="generator")),
    ),
    _vits("vits", "jaywalnut310/vits@2e561ba train.py", "vits", 64, shown=False, durations=True),
    *(
        _vits(f"rvc_{rate}", f"{_RVC}, {rate}", f"rvc_{rate}", 4, shown=True, durations=False)
        for rate in ("32k", "40k", "48k")
    ),
    *(_applio(rate) for rate in ("32k", "40k", "48k")),
    _SO_VITS_SVC,
    Recipe(
        name="melgan",
        source="descriptinc/melgan-neurips@6488045 scripts/train.py",
        settings={"lambda_feat": 10.0},
        batch=16,
        caveats=(SEGMENTS,),
        terms=(
            Term(logged="loss/discriminator", loss="d_hinge", convention="melgan", total="loss/discriminator"),
            Term(logged="loss/generator", loss="g_hinge", convention="melgan", total=_MELGAN_G),
            Term(
                logged="loss/feature_matching", loss="fm", convention="melgan", weight_times=("lambda_feat",),
                total=_MELGAN_G,
            ),
            Term(logged="loss/mel_reconstruction", loss="mel", convention="melgan"),
        ),
        totals=(
            Total(logged="loss/discriminator", side="discriminator"),
            Total(logged=_MELGAN_G, side="generator"),
        ),
    ),
    Recipe(
        name="dac",
        source="descriptinc/descript-audio-codec@c7cfc5d scripts/train.py, conf/base.yml",
        settings={"lambda_mel": 15.0, "lambda_feat": 2.0, "lambda_gen": 1.0, "lambda_commit": 0.25, "lambda_code": 1.0},
        batch=72,
        caveats=(SEGMENTS,),
        terms=(
            Term(logged="adv/disc_loss", loss="d_lsgan", convention="dac", total="adv/disc_loss"),
            Term(logged="mel/loss", loss="mel", convention="dac", weight_times=("lambda_mel",), total="loss"),
            Term(logged="adv/feat_loss", loss="fm", convention="dac", weight_times=("lambda_feat",), total="loss"),
            Term(logged="adv/gen_loss", loss="g_lsgan", convention="dac", weight_times=("lambda_gen",), total="loss"),
            Term(
                logged="vq/commitment_loss", loss="vq_commit", convention="dac", weight_times=("lambda_commit",),
                total="loss",
            ),
            Term(
                logged="vq/codebook_loss", loss="vq_commit", convention="dac", weight_times=("lambda_code",),
                total="loss",
            ),
        ),
        totals=(Total(logged="adv/disc_loss", side="discriminator"), Total(logged="loss", side="generator")),
    ),
    Recipe(
        name="encodec",
        source="facebookresearch/audiocraft@896ec7c audiocraft/solvers/compression.py, "
        "config/solver/compression/default.yaml",
        batch=64,
        terms=(
            Term(logged="d_loss", loss="d_hinge", convention="audiocraft", total="d_loss"),
            Term(logged="adv", loss="g_hinge", convention="audiocraft"),
            Term(logged="feat", loss="fm", convention="audiocraft"),
            Term(logged="l1", loss="l1"),
            Term(logged="msspec", loss="mel", convention="audiocraft"),
            Term(logged="sisnr", loss="si_sdr", convention="audiocraft"),
            Term(
                logged="g_loss", total="g_loss",
                unavailable="an adaptive weight: its Balancer makes the weights 4, 4, 0.1 and 2 shares of the "
                "gradient's norm",
            ),
        ),
        totals=(Total(logged="d_loss", side="discriminator"), Total(logged="g_loss", side="generator")),
        caveats=(SEGMENTS,),
    ),
    Recipe(
        name="open_unmix",
        source="sigsep/open-unmix-pytorch@fb672c9 scripts/train.py",
        batch=16,
        caveats=(SEGMENTS, "the frames of its spectrograms are 4096 samples long, with a hop of 1024"),
        terms=(Term(logged="train_loss", loss="mask_mse", convention="open_unmix", total="train_loss"),),
        totals=(Total(logged="train_loss", side="generator"),),
    ),
    Recipe(
        name="auralflow",
        source="kianzohoury/auralflow@503e249 auralflow/losses/losses.py ComponentLoss, for SpectrogramNetVAE",
        batch=8,
        terms=(
            Term(logged="component_loss", loss="component", convention="auralflow", total="loss"),
            Term(logged="kl_loss", loss="kl", convention="auralflow", total="loss"),
        ),
        totals=(Total(logged="loss", side="generator"),),
    ),
)  # fmt: skip
