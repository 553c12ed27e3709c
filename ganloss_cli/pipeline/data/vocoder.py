"""What a vocoder takes: the mel spectrogram of the real waveform, made as its training made it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.losses.mel_filters import Scale, mel_filters
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel, Stft
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.io.fitting import segment_of
from ganloss_cli.pipeline.data.regroup import with_tensors
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.report import Finding

FLOORS = {"vocos": 1e-7}  # of a band, before the logarithm; 1e-5 in all others
# below the root of the power: jik876/hifi-gan meldataset.py, jaywalnut310/vits mel_processing.py,
# RVC-Project/Retrieval-based-Voice-Conversion-WebUI train/mel_processing.py, descriptinc/melgan-neurips modules.py
ADDED = {"hifigan": 1e-9, "bigvgan": 1e-9, "vits": 1e-6, "rvc": 2e-7, "melgan": 0.0, "vocos": 0.0}
# what recordings are scaled to: jik876/hifi-gan every file, NVIDIA/BigVGAN what is cut of it; meldataset.py;
# gemelo-ai/vocos dataset.py every file to -3 dB in its validation, to -1 to -6 dB in its training
PEAKS = {"hifigan": 0.95, "bigvgan": 0.95, "vocos": 10 ** (-3 / 20)}
_SCALED_WHEN_CUT = ("bigvgan",)


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
    padding = mel.n_fft // 2 if isinstance(mel, Mel) and mel.centred else (mel.n_fft - mel.hop) // 2
    if waveform.shape[-1] <= padding:
        raise InputError(f"{waveform.shape[-1]} samples are too few for frames of {mel.n_fft}")
    padded = functional.pad(waveform, (padding, padding), mode="reflect")
    window = torch.hann_window(mel.win, dtype=waveform.dtype)
    spectrum = torch.stft(padded, mel.n_fft, mel.hop, mel.win, window, center=False, onesided=True, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2 + ADDED[mel.convention])[0].sqrt()


def _is_scaled(group: Group, mel: Mel) -> bool:
    """Whether a training scales every file; tensors are what the network saw, and are scaled already."""
    return mel.convention in PEAKS and group.kinds["real"] == "audio"


def _with_mel(group: Group, mel: Mel, segment: float | None) -> Group:
    scaled = _is_scaled(group, mel)
    late = mel.convention in _SCALED_WHEN_CUT

    def read(index: int) -> Reading:
        reading = group.read(index)
        waveform = one_channel(reading, group.names[index])
        if scaled and not late:
            waveform = _normalised(waveform, PEAKS[mel.convention])
        if segment is not None:
            waveform = waveform[:, segment_of(segment, waveform.shape[1], mel.sample_rate, group.names[index])]
        whole = waveform[:, : waveform.shape[1] // mel.hop * mel.hop]
        if scaled and late:
            whole = _normalised(whole, PEAKS[mel.convention])
        return Reading(values={**reading.values, "real": whole, "input": log_mel(whole, mel)}, digests=reading.digests)

    return with_tensors(group, {"input": f"mel spectrogram of {group.paths['real']}"}, read)


def _normalised(waveform: Tensor, wanted: float) -> Tensor:
    peak = waveform.abs().amax() if waveform.numel() else 0
    return waveform / peak * wanted if peak > 0 else waveform


def _how(mel: Mel, *, scaled: bool) -> Finding:
    what = "what is cut of every file is" if mel.convention in _SCALED_WHEN_CUT else "every file is"
    first = "" if mel.convention in _SCALED_WHEN_CUT else " first"
    peak = f"; {what} scaled to a peak of {PEAKS[mel.convention]:.4g}{first}, as its training does" if scaled else ""
    return Finding(
        check="input_is_mel_of_real",
        severity="note",
        message=f"the generator's input is the mel spectrogram of real, cut to whole hops of {mel.hop}{peak}",
        evidence={
            "sample_rate": mel.sample_rate, "n_fft": mel.n_fft, "hop": mel.hop, "win": mel.win, "n_mels": mel.n_mels,
            "fmin": mel.fmin, "fmax": mel.fmax, "convention": mel.convention,
        },
    )  # fmt: skip
