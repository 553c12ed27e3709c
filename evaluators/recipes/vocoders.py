"""Recipes of vocoders beside those of HiFi-GAN and MelGAN themselves."""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.evaluators.recipes.terms import SEGMENTS, Recipe, Term, sides

_PWG = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/bin/train.py, egs/ljspeech/voc1/conf"
_PWG_D, _PWG_G = "train/discriminator_loss", "train/generator_loss"
_PWG_TOTALS = sides(_PWG_D, _PWG_G)
_BIGVGAN_D, _BIGVGAN_G = "loss_disc_all", "training/gen_loss_total"
_SUBS = ("mpd", "mrd")
_VOCOS_D, _VOCOS_G = "discriminator/total", "generator/total_loss"
_MP, _MR = "multiperioddisc", "multiresddisc"


def _spectra(weight: float = 1.0, times: tuple[str, ...] = ("lambda_aux",)) -> tuple[Term, ...]:
    return tuple(
        Term(
            f"train/{logged}", "mrstft", "parallel_wavegan", part=part, weight=weight, weight_times=times, total=_PWG_G,
        )
        for logged, part in (("spectral_convergence_loss", "convergence"), ("log_stft_magnitude_loss", "magnitude"))
    )  # fmt: skip


def _adversarial(row: str, matched: str | None) -> tuple[Term, ...]:
    """Both sides' least squares, and feature matching where there is any.

    Args:
        row: the convention of the least squares.
        matched: that of feature matching.
    """
    sides = tuple(Term(f"train/{side}_loss", "d_lsgan", row, part=side, total=_PWG_D) for side in ("real", "fake"))
    fooled = Term("train/adversarial_loss", "g_lsgan", row, weight_times=("lambda_adv",), total=_PWG_G)  # fmt: skip
    features = Term(
        "train/feature_matching_loss", "fm", matched, weight_times=("lambda_feat_match", "lambda_adv"), total=_PWG_G,
    )  # fmt: skip
    return (*sides, fooled, features) if matched else (*sides, fooled)


def _parallel_wavegan(
    name: str, file: str, batch: int, settings: Mapping[str, float], *terms: Term, caveats: tuple[str, ...] = ()
) -> Recipe:
    return Recipe(
        f"parallel_wavegan{name}", f"{_PWG}/{file}.yaml", settings=settings, batch=batch, totals=_PWG_TOTALS,
        caveats=(SEGMENTS, *caveats), terms=terms,
    )  # fmt: skip


def _bigvgan(name: str, config: str, mel: str, weight: float, batch: int) -> Recipe:
    return Recipe(
        name, f"NVIDIA/BigVGAN@7d2b454 train.py, configs/{config}.json", settings={"lambda_melloss": weight},
        batch=batch, totals=sides(_BIGVGAN_D, _BIGVGAN_G), caveats=(SEGMENTS,),
        terms=(
            *(Term(f"training/disc_loss_{sub}", "d_lsgan", "hifigan", sub=sub, total=_BIGVGAN_D) for sub in _SUBS),
            *(Term(f"training/gen_loss_{sub}", "g_lsgan", "hifigan", sub=sub, total=_BIGVGAN_G) for sub in _SUBS),
            *(Term(f"training/fm_loss_{sub}", "fm", "hifigan", sub=sub, total=_BIGVGAN_G) for sub in _SUBS),
            Term("training/mel_spec_error", "mel", mel, weight_times=("lambda_melloss",), total=_BIGVGAN_G),
        ),
    )  # fmt: skip


VOCODERS = (
    _parallel_wavegan(
        "", "parallel_wavegan.v1", 6, {"lambda_aux": 1.0, "lambda_adv": 4.0},
        *_adversarial("parallel_wavegan", None), *_spectra(),
    ),
    _parallel_wavegan(
        "_melgan", "melgan.v3", 16, {"lambda_aux": 1.0, "lambda_adv": 4.0, "lambda_feat_match": 25.0},
        *_adversarial("parallel_wavegan", "parallel_wavegan"), *_spectra(),
    ),
    _parallel_wavegan(
        "_full_band_melgan", "full_band_melgan.v2", 48, {"lambda_aux": 1.0, "lambda_adv": 2.5},
        *_adversarial("parallel_wavegan", None), *_spectra(),
    ),
    _parallel_wavegan(
        "_multi_band_melgan", "multi_band_melgan.v2", 64, {"lambda_aux": 1.0, "lambda_adv": 2.5},
        *_adversarial("parallel_wavegan", None), *_spectra(0.5),
        *(
            Term(
                f"train/sub_{logged}", weight=0.5, total=_PWG_G,
                unavailable="it is of the four bands that its filter bank takes a waveform apart into",
            )
            for logged in ("spectral_convergence_loss", "log_stft_magnitude_loss")
        ),
    ),
    _parallel_wavegan(
        "_style_melgan", "style_melgan.v1", 32, {"lambda_aux": 1.0, "lambda_adv": 1.0},
        *_adversarial("vits", None), *_spectra(), caveats=("its discriminators see random windows of a recording",),
    ),
    _parallel_wavegan(
        "_hifigan", "hifigan.v1", 16, {"lambda_aux": 45.0, "lambda_adv": 1.0, "lambda_feat_match": 2.0},
        *_adversarial("vits", "parallel_wavegan_hifigan"),
        Term("train/mel_loss", "mel", "parallel_wavegan_hifigan", weight_times=("lambda_aux",), total=_PWG_G),
    ),
    _bigvgan("bigvgan", "bigvgan_24khz_100band", "bigvgan_24k", 45.0, 32),
    _bigvgan("bigvgan_v2", "bigvgan_v2_24khz_100band_256x", "bigvgan_v2", 15.0, 4),
    Recipe(
        "vocos", "gemelo-ai/vocos@c859e3b vocos/experiment.py, configs/vocos.yaml",
        settings={"mel_loss_coeff": 45.0, "mrd_loss_coeff": 0.1}, batch=16,
        totals=sides(_VOCOS_D, _VOCOS_G),
        caveats=(SEGMENTS, "recordings are scaled to -3 dB, as in validation; training draws from -6 to -1 dB"),
        terms=(
            *(
                Term(logged, loss, "vocos", sub=sub, weight_times=("mrd_loss_coeff",) * (sub == _MR), total=total)
                for logged, loss, sub, total in (
                    ("discriminator/multi_period_loss", "d_hinge", _MP, _VOCOS_D),
                    ("discriminator/multi_res_loss", "d_hinge", _MR, _VOCOS_D),
                    ("generator/multi_period_loss", "g_hinge", _MP, _VOCOS_G),
                    ("generator/multi_res_loss", "g_hinge", _MR, _VOCOS_G),
                    ("generator/feature_matching_mp", "fm", _MP, _VOCOS_G),
                    ("generator/feature_matching_mrd", "fm", _MR, _VOCOS_G),
                )
            ),
            Term("generator/mel_loss", "mel", "vocos", weight_times=("mel_loss_coeff",), total=_VOCOS_G),
        ),
    ),
)  # fmt: skip
