"""Recipes of vocoders, codecs, voice conversion and separation."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Recipe, Term, Total

_HIFIGAN_G, _HIFIGAN_D = "training/gen_loss_total", "loss_disc_all"
_VITS_G, _VITS_D = "loss/g/total", "loss/d/total"
_MELGAN_G = "loss_G + lambda_feat * loss_feat"
_SEGMENTS = "training cuts random segments; here whole recordings are used unless --segment cuts them"


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
        caveats=(_SEGMENTS,),
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


_RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/train.py"

AUDIO = (
    Recipe(
        name="hifigan",
        source="jik876/hifi-gan@4769534 train.py",
        settings={"lambda_mel": 45.0},
        batch=16,
        caveats=(_SEGMENTS,),
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
    Recipe(
        name="melgan",
        source="descriptinc/melgan-neurips@6488045 scripts/train.py",
        settings={"lambda_feat": 10.0},
        batch=16,
        caveats=(_SEGMENTS,),
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
        name="parallel_wavegan_hifigan",
        source="kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/bin/train.py, "
        "egs/ljspeech/voc1/conf/hifigan.v1.yaml",
        settings={"lambda_aux": 45.0, "lambda_adv": 1.0, "lambda_feat_match": 2.0},
        batch=16,
        caveats=(_SEGMENTS,),
        terms=(
            Term(
                logged="train/real_loss", loss="d_lsgan", convention="vits", part="real",
                total="train/discriminator_loss",
            ),
            Term(
                logged="train/fake_loss", loss="d_lsgan", convention="vits", part="fake",
                total="train/discriminator_loss",
            ),
            Term(
                logged="train/mel_loss", loss="mel", convention="parallel_wavegan_hifigan",
                weight_times=("lambda_aux",), total="train/generator_loss",
            ),
            Term(
                logged="train/adversarial_loss", loss="g_lsgan", convention="vits", weight_times=("lambda_adv",),
                total="train/generator_loss",
            ),
            Term(
                logged="train/feature_matching_loss", loss="fm", convention="parallel_wavegan_hifigan",
                weight_times=("lambda_feat_match", "lambda_adv"), total="train/generator_loss",
            ),
        ),
        totals=(
            Total(logged="train/discriminator_loss", side="discriminator"),
            Total(logged="train/generator_loss", side="generator"),
        ),
    ),
    Recipe(
        name="dac",
        source="descriptinc/descript-audio-codec@c7cfc5d scripts/train.py, conf/base.yml",
        settings={"lambda_mel": 15.0, "lambda_feat": 2.0, "lambda_gen": 1.0, "lambda_commit": 0.25, "lambda_code": 1.0},
        batch=72,
        caveats=(_SEGMENTS,),
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
        source="facebookresearch/audiocraft@896ec7c config/solver/compression/default.yaml",
        terms=(
            Term(logged="d_loss", loss="d_hinge", convention="audiocraft", total="d_loss"),
            Term(logged="adv", loss="g_hinge", convention="audiocraft"),
            Term(logged="feat", loss="fm", convention="audiocraft"),
            Term(
                logged="g_loss", total="g_loss",
                unavailable="an adaptive weight: its Balancer makes the weights shares of the gradient's norm",
            ),
        ),
        totals=(Total(logged="d_loss", side="discriminator"), Total(logged="g_loss", side="generator")),
        caveats=(_SEGMENTS,),
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
