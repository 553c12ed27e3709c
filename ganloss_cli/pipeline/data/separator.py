"""Sounds as a mask network takes them: what it was trained on, and whether that is what there is."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask, Stft
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.data.vocoder import require_rate
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model
from ganloss_cli.records.report import Finding


def stft_of(model: Model) -> Stft | None:
    """How sounds are transformed for the generator, where it makes masks."""
    task = model.get("generator", "raw").task if "generator" in model.roles() else None
    return task.stft if isinstance(task, AudioTask) and task.output == "mask" else None


def separator_input(group: Group, generator: BuiltNetwork, model: Model) -> tuple[Group, tuple[Finding, ...]]:
    """The same samples, checked against what a mask network takes.

    Args:
        group: holds `mixture`, waveforms.
        generator: a mask network.
        model: of which it is.

    Raises:
        UsageError: nothing tells how its spectrograms were made.
        InputError: the sample rate is not the one it was trained at.
    """
    name, stft = generator.callees[0].name, stft_of(model)
    if stft is None:
        raise UsageError(
            f"{name}: nothing tells the transform of the spectrograms that it takes",
            hint="put its model.json beside it, or give for example --arch-args "
            "generator:hop_length=512,window_size=1024,sample_rate=44100",
        )
    require_rate(group, "mixture", stft, name)
    known = model.records[generator.record].hyperparameters
    return _checked(group, name, stft, known.get("channels"), known.get("normalized_shape")), (_how(stft),)


def _checked(group: Group, name: str, stft: Stft, channels: int | None, normalized: tuple[int, ...] | None) -> Group:
    """Refuse a waveform of another number of channels or, where the network fixes it, of frames."""

    def read(index: int) -> Reading:
        reading = group.read(index)
        mixture = reading.values["mixture"]
        if isinstance(mixture, Tensor):
            where = f"{group.names[index]}: mixture has"
            if channels is not None and mixture.shape[0] != channels:
                hint = "average channels with --channels mono" if channels == 1 else None
                raise InputError(f"{where} {mixture.shape[0]} channels, and {name} takes {channels}", hint=hint)
            n_frames = mixture.shape[-1] // stft.hop + 2
            if normalized is not None and n_frames != normalized[-1]:
                seconds = (normalized[-1] - 1.5) * stft.hop / stft.sample_rate
                raise InputError(
                    f"{where} {n_frames} frames, and {name} takes {normalized[-1]} only, as it normalises them",
                    hint=f"cut the recordings with --segment {seconds:.3f}",
                )
        return reading

    return replace(group, read=read)


def _how(stft: Stft) -> Finding:
    return Finding(
        check="mask_of_magnitudes",
        severity="note",
        message=f"the generator takes the magnitude spectrogram of the mixture ({stft.n_fft} points, hop {stft.hop}); "
        "losses of masks see magnitudes of all sounds, other losses the waveforms",
        evidence={"sample_rate": stft.sample_rate, "n_fft": stft.n_fft, "hop": stft.hop, "win": stft.win},
    )
