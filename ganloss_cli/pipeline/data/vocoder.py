"""What a vocoder takes: the mel spectrogram of the real waveform, made as its training made it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.losses.mel_filters import Scale, mel_filters
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel, Stft
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.io.feature_statistics import statistics_beside
from ganloss_cli.io.fitting import segment_of
from ganloss_cli.pipeline.data.regroup import with_tensors
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.report import Finding

FLOORS = {"vocos": 1e-7, "parallel_wavegan": 1e-10}  # of a band, before the logarithm; 1e-5 in all others
_DECIMAL = ("melgan", "parallel_wavegan")  # of whose logarithms
# below the root of the power: jik876/hifi-gan meldataset.py, jaywalnut310/vits mel_processing.py,
# RVC-Project/Retrieval-based-Voice-Conversion-WebUI train/mel_processing.py, descriptinc/melgan-neurips modules.py
ADDED = {"hifigan": 1e-9, "bigvgan": 1e-9, "vits": 1e-6, "rvc": 2e-7, "gpt_sovits": 1e-8}  # and nothing in all others
# what recordings are scaled to: jik876/hifi-gan every file, NVIDIA/BigVGAN what is cut of it; meldataset.py;
# gemelo-ai/vocos dataset.py every file to -3 dB in its validation, to -1 to -6 dB in its training
PEAKS = {"hifigan": 0.95, "bigvgan": 0.95, "vocos": 10 ** (-3 / 20)}
_SCALED_WHEN_CUT = ("bigvgan",)


def vocoder_input(
    group: Group, generator: BuiltNetwork, checkpoint: Path, segment: float | None = None
) -> tuple[Group, tuple[Finding, ...]]:
    """The same samples with the real waveform cut to whole hops, and its mel spectrogram as input.

    Args:
        group: holds `real`, waveforms.
        generator: a vocoder.
        checkpoint: its file.
        segment: seconds of each recording that are kept, once what is done with whole files is done.

    Returns:
        the group, and what is worth knowing about it.

    Raises:
        UsageError: nothing tells what its mel spectrograms were made with.
        InputError: the sample rate is not the one it was trained at.
    """
    task = generator.task
    name = generator.callees[0].name
    mel = task.mel if isinstance(task, AudioTask) else None
    if mel is None:
        raise UsageError(
            f"{name}: nothing tells the parameters of the mel spectrograms that it takes",
            hint="put its config.json beside it, or give the spectrograms with --input",
        )
    require_rate(group, "real", mel, name)
    statistics = _statistics(generator, mel, checkpoint) if mel.convention == "parallel_wavegan" else None
    return _with_mel(group, mel, segment, statistics), (_how(mel, scaled=_is_scaled(group, mel)),)


def _statistics(generator: BuiltNetwork, mel: Mel, checkpoint: Path) -> tuple[Tensor, Tensor]:
    """Mean and scale of the features that the network was trained on: those of its file, or of one beside it."""
    held = dict(generator.module.named_buffers())
    if {"mean", "scale"} <= held.keys():
        return held["mean"].cpu(), held["scale"].cpu()
    if (found := statistics_beside(checkpoint, mel.n_mels)) is not None:
        return found
    raise UsageError(
        f"{generator.callees[0].name}: its features were normalised, and nothing tells by what",
        hint="put the training's stats.h5 or stats.npy beside it, or give normalised features with --input",
    )


def require_rate(group: Group, role: str, trained: Stft, name: str) -> None:
    """Refuse recordings at another sample rate than that of the training.

    Args:
        group: holds waveforms.
        role: of the recordings.
        trained: how the training transformed them.
        name: the network's, for the error.

    Raises:
        InputError: the rates differ.
    """
    rate = group.sample_rates.get(role)
    if rate is not None and rate != trained.sample_rate:
        raise InputError(
            f"{group.paths[role]}: {rate} Hz, but {name} was trained at {trained.sample_rate} Hz",
            hint=f"resample with --sample-rate {trained.sample_rate}",
        )


def one_channel(reading: Reading, name: str) -> Tensor:
    """The waveform of a sample, (1, T).

    Raises:
        InputError: it has more channels.
    """
    waveform = reading.values["real"]
    if isinstance(waveform, Tensor) and waveform.dim() == 2 and waveform.shape[0] == 1:
        return waveform
    raise InputError(
        f"{name}: a vocoder takes one channel, got {tuple(getattr(waveform, 'shape', ()))}",
        hint="average channels with --channels mono",
    )


def log_mel(waveform: Tensor, mel: Mel) -> Tensor:
    """Logarithmic mel spectrogram.

        log max(M sqrt(P + a), c), one frame a hop, the signal reflected by (n_fft - hop) / 2

    Args:
        waveform: (1, T), T a multiple of the hop.
        mel: its parameters; the convention says a, c, the scale of M and the logarithm. Centred frames are reflected by
            n_fft / 2, and are one more than there are hops.

    Returns:
        (n_mels, T / hop).

    Raises:
        InputError: the waveform is shorter than what is reflected.
    """
    magnitude = magnitudes(waveform, mel)
    scale: Scale = "htk" if mel.convention == "vocos" else "slaney"
    filters = mel_filters(mel.sample_rate, mel.n_fft, mel.n_mels, mel.fmin, mel.fmax, scale).to(waveform.dtype)
    bands = (filters @ magnitude).clamp(min=FLOORS.get(mel.convention, 1e-5))
    return bands.log10() if mel.convention in _DECIMAL else bands.log()


def magnitudes(waveform: Tensor, mel: Mel) -> Tensor:
    """Magnitude spectrogram.

        sqrt(P + a), one frame a hop, the signal reflected by (n_fft - hop) / 2

    Args:
        waveform: (1, T).
        mel: its parameters; the convention says a.

    Returns:
        (n_fft / 2 + 1, T // hop).

    Raises:
        InputError: the waveform is shorter than what is reflected.
    """
    padding = mel.n_fft // 2 if isinstance(mel, Mel) and mel.centred else (mel.n_fft - mel.hop) // 2
    if waveform.shape[-1] <= padding:
        raise InputError(f"{waveform.shape[-1]} samples are too few for frames of {mel.n_fft}")
    padded = functional.pad(waveform, (padding, padding), mode="reflect")
    window = torch.hann_window(mel.win, dtype=waveform.dtype)
    spectrum = torch.stft(padded, mel.n_fft, mel.hop, mel.win, window, center=False, onesided=True, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2 + ADDED.get(mel.convention, 0.0))[0].sqrt()


def _is_scaled(group: Group, mel: Mel) -> bool:
    """Whether a training scales every file; tensors are what the network saw, and are scaled already."""
    return mel.convention in PEAKS and group.kinds["real"] == "audio"


def _with_mel(group: Group, mel: Mel, segment: float | None, statistics: tuple[Tensor, Tensor] | None = None) -> Group:
    scaled = _is_scaled(group, mel)
    late = mel.convention in _SCALED_WHEN_CUT

    def read(index: int) -> Reading:
        reading = group.read(index)
        waveform = one_channel(reading, group.names[index])
        if scaled and not late:
            waveform = _normalised(waveform, PEAKS[mel.convention])
        if segment is not None:
            waveform = waveform[:, segment_of(segment, waveform.shape[1], mel.sample_rate, group.names[index])]
        if statistics is not None:
            return _normalised_features(reading, waveform, mel, statistics)
        whole = waveform[:, : waveform.shape[1] // mel.hop * mel.hop]
        if scaled and late:
            whole = _normalised(whole, PEAKS[mel.convention])
        return Reading(values={**reading.values, "real": whole, "input": log_mel(whole, mel)}, digests=reading.digests)

    return with_tensors(group, {"input": f"mel spectrogram of {group.paths['real']}"}, read)


def _normalised_features(reading: Reading, waveform: Tensor, mel: Mel, statistics: tuple[Tensor, Tensor]) -> Reading:
    """As kan-bayashi/ParallelWaveGAN's preprocessing: a hop for every frame, the last sample held to its end."""
    bands = log_mel(waveform, mel)
    mean, scale = (each.to(bands.dtype)[:, None] for each in statistics)
    lacking = bands.shape[1] * mel.hop - waveform.shape[1]
    real = functional.pad(waveform, (0, lacking), mode="replicate")
    values = {**reading.values, "real": real, "input": (bands - mean) / scale}
    return Reading(values=values, digests=reading.digests)


def _normalised(waveform: Tensor, wanted: float) -> Tensor:
    peak = waveform.abs().amax() if waveform.numel() else 0
    return waveform / peak * wanted if peak > 0 else waveform


def _how(mel: Mel, *, scaled: bool) -> Finding:
    done = f"cut to whole hops of {mel.hop}"
    if mel.convention == "parallel_wavegan":
        done = "normalised; the last sample of real is held up to the end of its last frame's hop"
    elif scaled:
        late = mel.convention in _SCALED_WHEN_CUT
        what = "what is cut of every file is" if late else "every file is"
        done += (
            f"; {what} scaled to a peak of {PEAKS[mel.convention]:.4g}{'' if late else ' first'}, as its training does"
        )
    return Finding(
        check="input_is_mel_of_real",
        severity="note",
        message=f"the generator's input is the mel spectrogram of real, {done}",
        evidence={
            "sample_rate": mel.sample_rate, "n_fft": mel.n_fft, "hop": mel.hop, "win": mel.win, "n_mels": mel.n_mels,
            "fmin": mel.fmin, "fmax": mel.fmax, "convention": mel.convention,
        },
    )  # fmt: skip
