"""Recipes of vocoders beside those of HiFi-GAN and MelGAN themselves."""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.evaluators.recipes.terms import SEGMENTS, Recipe, Term, Total

_PWG = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/bin/train.py, egs/ljspeech/voc1/conf"
_PWG_D, _PWG_G = "train/discriminator_loss", "train/generator_loss"
_PWG_TOTALS = (Total(logged=_PWG_D, side="discriminator"), Total(logged=_PWG_G, side="generator"))
_BIGVGAN_D, _BIGVGAN_G = "loss_disc_all", "training/gen_loss_total"
_VOCOS_D, _VOCOS_G = "discriminator/total", "generator/total_loss"
_APART = "mrd_loss_coeff weighs half of the sub-discriminators apart from the others"


def _spectra(weight: float = 1.0, times: tuple[str, ...] = ("lambda_aux",)) -> tuple[Term, ...]:
    return tuple(
        Term(
            logged=f"train/{logged}", loss="mrstft", convention="parallel_wavegan", part=part, weight=weight,
            weight_times=times, total=_PWG_G,
        )
        for logged, part in (("spectral_convergence_loss", "convergence"), ("log_stft_magnitude_loss", "magnitude"))
    )  # fmt: skip


def _judged(row: str, matched: str | None) -> tuple[Term, ...]:
    """Both sides' least squares, and feature matching where there is any.

    Args:
        row: the convention of the least squares.
        matched: that of feature matching.
    """
    sides = tuple(
        Term(logged=f"train/{side}_loss", loss="d_lsgan", convention=row, part=side, total=_PWG_D)
        for side in ("real", "fake")
    )
    fooled = Term(
        logged="train/adversarial_loss", loss="g_lsgan", convention=row, weight_times=("lambda_adv",), total=_PWG_G,
    )  # fmt: skip
    features = Term(
        logged="train/feature_matching_loss", loss="fm", convention=matched,
        weight_times=("lambda_feat_match", "lambda_adv"), total=_PWG_G,
    )  # fmt: skip
    return (*sides, fooled, features) if matched else (*sides, fooled)


def _parallel_wavegan(
    name: str, file: str, batch: int, settings: Mapping[str, float], *terms: Term, caveats: tuple[str, ...] = ()
) -> Recipe:
    return Recipe(
        name=f"parallel_wavegan{name}", source=f"{_PWG}/{file}.yaml", settings=settings, batch=batch, terms=terms,
        totals=_PWG_TOTALS, caveats=(SEGMENTS, *caveats),
    )  # fmt: skip


def _bigvgan(name: str, config: str, mel: str, weight: float, batch: int) -> Recipe:
    return Recipe(
        name=name,
        source=f"NVIDIA/BigVGAN@7d2b454 train.py, configs/{config}.json",
        settings={"lambda_melloss": weight},
        batch=batch,
        caveats=(SEGMENTS,),
        terms=(
            Term(logged=_BIGVGAN_D, loss="d_lsgan", convention="hifigan", total=_BIGVGAN_D),
            Term(logged="gen_loss_mpd + gen_loss_mrd", loss="g_lsgan", convention="hifigan", total=_BIGVGAN_G),
            Term(logged="fm_loss_mpd + fm_loss_mrd", loss="fm", convention="hifigan", total=_BIGVGAN_G),
            Term(
                logged="training/mel_spec_error", loss="mel", convention=mel, weight_times=("lambda_melloss",),
                total=_BIGVGAN_G,
            ),
        ),
        totals=(Total(logged=_BIGVGAN_D, side="discriminator"), Total(logged=_BIGVGAN_G, side="generator")),
    )  # fmt: skip


VOCODERS = (
    _parallel_wavegan(
        "", "parallel_wavegan.v1", 6, {"lambda_aux": 1.0, "lambda_adv": 4.0},
        *_judged("parallel_wavegan", None), *_spectra(),
    ),
    _parallel_wavegan(
        "_melgan", "melgan.v3", 16, {"lambda_aux": 1.0, "lambda_adv": 4.0, "lambda_feat_match": 25.0},
        *_judged("parallel_wavegan", "parallel_wavegan"), *_spectra(),
    ),
    _parallel_wavegan(
        "_full_band_melgan", "full_band_melgan.v2", 48, {"lambda_aux": 1.0, "lambda_adv": 2.5},
        *_judged("parallel_wavegan", None), *_spectra(),
    ),
    _parallel_wavegan(
        "_multi_band_melgan", "multi_band_melgan.v2", 64, {"lambda_aux": 1.0, "lambda_adv": 2.5},
        *_judged("parallel_wavegan", None), *_spectra(0.5),
        *(
            Term(
                logged=f"train/sub_{logged}", weight=0.5, total=_PWG_G,
                unavailable="it is of the four bands that its filter bank takes a waveform apart into",
            )
            for logged in ("spectral_convergence_loss", "log_stft_magnitude_loss")
        ),
    ),
    _parallel_wavegan(
        "_style_melgan", "style_melgan.v1", 32, {"lambda_aux": 1.0, "lambda_adv": 1.0},
        *_judged("vits", None), *_spectra(), caveats=("its discriminators see random windows of a recording",),
    ),
    _parallel_wavegan(
        "_hifigan", "hifigan.v1", 16, {"lambda_aux": 45.0, "lambda_adv": 1.0, "lambda_feat_match": 2.0},
        *_judged("vits", "parallel_wavegan_hifigan"),
        Term(
            logged="train/mel_loss", loss="mel", convention="parallel_wavegan_hifigan", weight_times=("lambda_aux",),
            total=_PWG_G,
        ),
    ),
    _bigvgan("bigvgan", "bigvgan_24khz_100band", "bigvgan_24k", 45.0, 32),
    _bigvgan("bigvgan_v2", "bigvgan_v2_24khz_100band_256x", "bigvgan_v2", 15.0, 4),
    Recipe(
        name="vocos",
        source="gemelo-ai/vocos@c859e3b vocos/experiment.py, configs/vocos.yaml",
        settings={"mel_loss_coeff": 45.0},
        batch=16,
        caveats=(SEGMENTS,),
        terms=(
            Term(logged="discriminator/multi_period_loss", total=_VOCOS_D, unavailable=_APART),
            Term(logged="discriminator/multi_res_loss", weight=0.1, total=_VOCOS_D, unavailable=_APART),
            Term(logged="generator/multi_period_loss", total=_VOCOS_G, unavailable=_APART),
            Term(logged="generator/multi_res_loss", weight=0.1, total=_VOCOS_G, unavailable=_APART),
            Term(logged="generator/feature_matching_mp", total=_VOCOS_G, unavailable=_APART),
            Term(logged="generator/feature_matching_mrd", weight=0.1, total=_VOCOS_G, unavailable=_APART),
            Term(
                logged="generator/mel_loss", loss="mel", convention="vocos", weight_times=("mel_loss_coeff",),
                total=_VOCOS_G,
            ),
        ),
        totals=(Total(logged=_VOCOS_D, side="discriminator"), Total(logged=_VOCOS_G, side="generator")),
    ),
)  # fmt: skip
