"""What a vocoder takes: the mel spectrogram of the real waveform, made as its training made it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.losses.mel_filters import mel_filters
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel, Stft
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.io.fitting import segment_of
from ganloss_cli.pipeline.data.regroup import with_tensors
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.report import Finding

FLOOR = 1e-5  # of a band, before the logarithm; the same in all three code bases
# below the root of the power: jik876/hifi-gan meldataset.py, jaywalnut310/vits mel_processing.py,
# RVC-Project/Retrieval-based-Voice-Conversion-WebUI train/mel_processing.py, descriptinc/melgan-neurips modules.py
ADDED = {"hifigan": 1e-9, "vits": 1e-6, "rvc": 2e-7, "melgan": 0.0, "gpt_sovits": 1e-8}
PEAK = 0.95  # jik876/hifi-gan normalises every file of a training from scratch to this


def vocoder_input(
    group: Group, generator: BuiltNetwork, segment: float | None = None
) -> tuple[Group, tuple[Finding, ...]]:
    """The same samples with the real waveform cut to whole hops, and its mel spectrogram as input.

    Args:
        group: holds `real`, waveforms.
        generator: a vocoder.
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
    return _with_mel(group, mel, segment), (_how(mel, scaled=_is_scaled(group, mel)),)


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

        log max(M sqrt(P + a), 1e-5), one frame a hop, the signal reflected by (n_fft - hop) / 2

    Args:
        waveform: (1, T), T a multiple of the hop.
        mel: its parameters; the convention says a and whether the logarithm is natural.

    Returns:
        (n_mels, T / hop).

    Raises:
        InputError: the waveform is shorter than what is reflected.
    """
    magnitude = magnitudes(waveform, mel)
    filters = mel_filters(mel.sample_rate, mel.n_fft, mel.n_mels, mel.fmin, mel.fmax, "slaney").to(waveform.dtype)
    bands = (filters @ magnitude).clamp(min=FLOOR)
    return bands.log10() if mel.convention == "melgan" else bands.log()


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
    padding = (mel.n_fft - mel.hop) // 2
    if waveform.shape[-1] <= padding:
        raise InputError(f"{waveform.shape[-1]} samples are too few for frames of {mel.n_fft}")
    padded = functional.pad(waveform, (padding, padding), mode="reflect")
    window = torch.hann_window(mel.win, dtype=waveform.dtype)
    spectrum = torch.stft(padded, mel.n_fft, mel.hop, mel.win, window, center=False, onesided=True, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2 + ADDED[mel.convention])[0].sqrt()


def _is_scaled(group: Group, mel: Mel) -> bool:
    """Whether a training scales every file; tensors are what the network saw, and are scaled already."""
    return mel.convention == "hifigan" and group.kinds["real"] == "audio"


def _with_mel(group: Group, mel: Mel, segment: float | None) -> Group:
    scaled = _is_scaled(group, mel)

    def read(index: int) -> Reading:
        reading = group.read(index)
        waveform = one_channel(reading, group.names[index])
        if scaled:
            waveform = _normalised(waveform)
        if segment is not None:
            waveform = waveform[:, segment_of(segment, waveform.shape[1], mel.sample_rate, group.names[index])]
        whole = waveform[:, : waveform.shape[1] // mel.hop * mel.hop]
        return Reading(values={**reading.values, "real": whole, "input": log_mel(whole, mel)}, digests=reading.digests)

    return with_tensors(group, {"input": f"mel spectrogram of {group.paths['real']}"}, read)


def _normalised(waveform: Tensor) -> Tensor:
    peak = waveform.abs().max()
    return waveform / peak * PEAK if peak > 0 else waveform


def _how(mel: Mel, *, scaled: bool) -> Finding:
    peak = f"; every file is scaled to a peak of {PEAK} first, as its training does" if scaled else ""
    return Finding(
        check="input_is_mel_of_real",
        severity="note",
        message=f"the generator's input is the mel spectrogram of real, cut to whole hops of {mel.hop}{peak}",
        evidence={
            "sample_rate": mel.sample_rate, "n_fft": mel.n_fft, "hop": mel.hop, "win": mel.win, "n_mels": mel.n_mels,
            "fmin": mel.fmin, "fmax": mel.fmax, "convention": mel.convention,
        },
    )  # fmt: skip
