"""Distance of logarithmic mel spectrograms, each of the published configurations by its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Convention, distance
from ganloss_cli.evaluators.losses.mel_distances import (
    Logarithm,
    of_logarithms,
    of_magnitudes,
    of_powers_and_logarithms,
)
from ganloss_cli.evaluators.losses.mel_filters import Scale, mel_bank
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.losses.spectra import Alignment, frame_powers, over_spectra
from ganloss_cli.evaluators.shapes import check_shapes

HIFIGAN = "jik876/hifi-gan@4769534 meldataset.py, train.py"
VITS = "jaywalnut310/vits@2e561ba mel_processing.py, train.py"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/mel_processing.py"
MELGAN = "descriptinc/melgan-neurips@6488045 mel2wav/modules.py, scripts/train.py"
PWG = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/mel_loss.py"
VOCOS = "gemelo-ai/vocos@c859e3b vocos/loss.py"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py, conf/base.yml"
BIGVGAN = "NVIDIA/BigVGAN@7d2b454"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/losses/specloss.py, config/solver/compression/default.yaml"
APPLIO = "IAHispano/Applio@b9c0ccb rvc/train/mel_processing.py"

SEVEN = (32, 64, 128, 256, 512, 1024, 2048)
SEVEN_SCALES: Mapping[str, Any] = {
    "configured_rate": None, "n_fft": SEVEN, "hop": tuple(n // 4 for n in SEVEN),
    "bands": (5, 10, 20, 40, 80, 160, 320), "alignment": "centred", "added": 0.0, "logarithm": "log10",
}  # fmt: skip
# audiocraft's msspec: the sum over scales is divided by 10, twice their number
FIVE = (64, 128, 256, 512, 1024)
FIVE_SCALES: Mapping[str, Any] = {
    "configured_rate": None, "n_fft": FIVE, "hop": tuple(n // 4 for n in FIVE), "bands": (64,) * 5, "lowest": 64.0,
    "mel_scale": "htk", "alignment": "filled", "compared": "powers_and_logarithms", "logarithm": "log10", "scale": 0.1,
}  # fmt: skip
# RVC's frames, hops and bands at each of its sample rates
RVC_RATES = (("v2", 32000, 1024, 320, 80), ("v1", 40000, 2048, 400, 125), ("v2", 48000, 2048, 480, 128))
SEVEN_ROW = Convention(
    "dac", DAC, settings=SEVEN_SCALES, relation="log10, summed over seven scales, at any sample rate"
)


def _rvc(version: str, rate: int, n_fft: int, hop: int, bands: int, *, logged: bool) -> Convention:
    name, source = f"rvc_{rate // 1000}k", f"{RVC}, configs/{version}/{rate // 1000}k.json"
    frames: dict[str, Any] = {"configured_rate": rate, "n_fft": (n_fft,), "hop": (hop,), "bands": (bands,)}
    settings = {**frames, "added": 2e-7, "floor": 2e-6, "of_spectrogram": True}
    if logged:
        settings |= {"scale": 45.0, "clip": 75.0}
        relation = f"45 times {name}, shown as 75 where it is more"
        return Convention(f"{name}_logged", f"{source}, train/train.py", settings=settings, relation=relation)
    relation = f"for {rate // 1000} kHz: frames of {n_fft}, hop {hop}, {bands} bands"
    return Convention(name, source, settings=settings, relation=relation)


@distance(
    family="spectral",
    keeps_maps=True,
    symmetric=True,
    usual_weights={45.0: "lambda_mel of HiFi-GAN"},
    reference="Kong, Kim and Bae 2020, HiFi-GAN, arXiv:2010.05646",
    interpretation="0: identical; 0.2 to 0.5 for a good vocoder with the natural logarithm, 2.3 times less with log10",
    conventions=(
        Convention("hifigan", HIFIGAN),
        Convention(
            "vits", VITS, settings={"added": 1e-6, "of_spectrogram": True},
            relation="1e-6 below the root of the power, not 1e-9",
        ),
        Convention(
            "vits_logged", VITS, settings={"added": 1e-6, "of_spectrogram": True, "scale": 45.0},
            relation="45 times vits: c_mel is in what it logs",
        ),
        *(_rvc(*at_rate, logged=False) for at_rate in RVC_RATES),
        *(_rvc(*at_rate, logged=True) for at_rate in RVC_RATES),
        Convention(
            "melgan", MELGAN, settings={"added": 0.0, "logarithm": "log10"},
            relation="log10: 2.302585 times less, but for its nothing below the root",
        ),
        Convention(
            "parallel_wavegan", PWG,
            settings={
                "lowest": 80.0, "highest": 7600.0, "alignment": "centred", "added": 0.0, "least_power": 1e-10,
                "floor": 1e-10, "logarithm": "log10",
            },
            relation="log10, 80 to 7600 Hz, frames centred on hops",
        ),
        Convention(
            "parallel_wavegan_hifigan", f"{PWG}, egs/ljspeech/voc1/conf/hifigan.v1.yaml",
            settings={"highest": 11025.0, "alignment": "centred", "added": 0.0, "least_power": 1e-10, "floor": 1e-10},
            relation="frames centred on hops, and a floor of 1e-10",
        ),
        Convention(
            "vocos", VOCOS,
            settings={
                "configured_rate": 24000, "bands": (100,), "alignment": "centred", "added": 0.0, "floor": 1e-7,
                "mel_scale": "htk",
            },
            relation="for 24 kHz: 100 bands on HTK's scale, frames centred on hops",
        ),
        Convention(
            "bigvgan_24k", f"{BIGVGAN} meldataset.py, configs/bigvgan_24khz_100band.json",
            settings={"configured_rate": 24000, "bands": (100,)}, relation="for 24 kHz: 100 bands",
        ),
        SEVEN_ROW,
        SEVEN_ROW.alias("bigvgan_v2", f"{BIGVGAN} loss.py"),
        Convention(
            "applio", APPLIO, settings={**SEVEN_SCALES, "added": 1e-6},
            relation="as dac, with 1e-6 below the root of the power",
        ),
        Convention(
            "audiocraft", AUDIOCRAFT, settings=FIVE_SCALES,
            relation="of powers, not magnitudes: their absolute difference plus the squared one of their log10, at "
            "five scales, divided by 10",
        ),
    ),
)  # fmt: skip
def mel(
    real: Tensor,
    fake: Tensor,
    spectrogram: Tensor | None = None,
    *,
    sample_rate: int | None = None,
    configured_rate: int | None = 22050,
    n_fft: tuple[int, ...] = (1024,),
    hop: tuple[int, ...] = (256,),
    bands: tuple[int, ...] = (80,),
    window: tuple[int, ...] | None = None,
    lowest: float = 0.0,
    highest: float | None = None,
    mel_scale: Scale = "slaney",
    alignment: Alignment = "hop",
    added: float = 1e-9,
    least_power: float = 0.0,
    floor: float = 1e-5,
    logarithm: Logarithm = "ln",
    compared: Literal["logarithms", "powers_and_logarithms"] = "logarithms",
    of_spectrogram: bool = False,
    scale: float = 1.0,
    clip: float | None = None,
) -> Tensor | SampleSet:
    """Mean absolute difference of logarithmic mel spectrograms.

        L = sum over scales of mean |log max(M sqrt(P_r + a), c) - log max(M sqrt(P_f + a), c)|

    where P is the power spectrum of a Hann-windowed frame and M the mel filters.

    Args:
        real: waveforms on [-1, 1]; (N, C, T) or (N, T).
        fake: the same shape.
        spectrogram: sqrt(P_r + a) of the recordings that real is cut from; (N, n_fft / 2 + 1, frames of real).
        sample_rate: of the waveforms, in Hz.
        configured_rate: the sample rate that the configuration was published for, in Hz; None where any will do.
        n_fft: samples of a frame and of its window, one for each scale.
        hop: samples from one frame to the next, one for each scale.
        bands: mel bands, one number for each scale.
        window: samples of the windows, one for each scale, where they are shorter than the frames.
        lowest: lower edge of the lowest band, in Hz.
        highest: upper edge of the highest band, in Hz; None for half the sample rate.
        mel_scale: "slaney" with triangles of area 1, or "htk" with triangles of height 1.
        alignment: "hop": the signal is reflected by (n_fft - hop) / 2; "filled": the same, and zeros fill the last
            frame up; "centred": by n_fft / 2; "zeros": followed by n_fft / 2 zeros at either end.
        added: a, added to the power before its root.
        least_power: the least power before its root.
        floor: c, the least value of a band.
        logarithm: natural or decimal.
        compared: "logarithms" as above, or "powers_and_logarithms": mean |M P_r - M P_f| plus the mean squared
            difference of log(c + M P), with P divided by the energy of the window.
        of_spectrogram: take the bands of real from `spectrogram` where there is one, so that frames at the ends of a
            segment see the sound beside it.
        scale: what the loss is multiplied by.
        clip: the largest value that is shown, or None.

    Returns:
        (N,), not negative; with `clip`, a statistic of the whole set.

    Convention: natural logarithm, one scale, a = 1e-9 and c = 1e-5, half the sample rate at the top, unweighted, as
    HiFi-GAN's loss (not its input, which ends at 8 kHz).

    Raises:
        UsageError: the sample rate is not known, or not the one that the configuration was published for.
        InputError: the shapes differ, or the waveforms are shorter than half a frame.

    Reference: arXiv:2010.05646, section 2.3.
    """
    check_shapes(real=real, fake=fake)
    rate = _known_rate(sample_rate, configured_rate)
    total = torch.zeros(len(real), dtype=real.dtype, device=real.device)
    for size, step, n_bands, length in zip(n_fft, hop, bands, window or n_fft, strict=True):
        configuration = rate, int(size), int(n_bands), lowest, highest, mel_scale
        bank = mel_bank(*configuration, dtype=real.dtype, device=real.device)
        if of_spectrogram and spectrogram is not None:
            powers = frame_powers(fake, n_fft=int(size), hop=int(step))
            total = total + of_magnitudes(spectrogram, powers, bank=bank, added=added, floor=floor, logarithm=logarithm)
            continue
        if compared == "logarithms":
            distance = partial(
                of_logarithms, bank=bank, added=added, least_power=least_power, floor=floor, logarithm=logarithm
            )
        else:  # the squares of a periodic Hann window add up to 3/8 of its length
            distance = partial(
                of_powers_and_logarithms, bank=bank, window_energy=3 / 8 * int(size), floor=floor,
                logarithm=logarithm,
            )  # fmt: skip
        of_channels = over_spectra(
            distance, real, fake, n_fft=int(size), hop=int(step), window=int(length), alignment=alignment
        )
        total = total + of_channels.mean((1, 2))
    if clip is not None:
        return SampleSet.of(partial(_clipped, clip=clip), {"values": scale * total})
    return scale * total


def _known_rate(sample_rate: int | None, configured_rate: int | None) -> int:
    if sample_rate is None:
        raise UsageError(
            "mel: the sample rate of the waveforms is not known",
            hint="give audio files, or --set mel.sample_rate=22050 and the convention that was trained, as mel:hifigan",
        )
    if configured_rate is not None and sample_rate != configured_rate:
        raise UsageError(
            f"mel: this configuration is for {configured_rate} Hz, but the waveforms have {sample_rate} Hz",
            hint="pick the convention that was trained (ganloss losses mel), or give"
            f" --sample-rate {configured_rate} to resample, or --set mel.configured_rate={sample_rate} to use its"
            f" frames and bands at {sample_rate} Hz",
        )
    return int(sample_rate)


@finishes_sets
def _clipped(whole: Whole, *, clip: float) -> Tensor:
    return whole["values"].mean().clamp(max=clip)
