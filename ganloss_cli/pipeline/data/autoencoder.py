"""What the auto-encoder of a whole VITS or RVC model takes: the spectrogram of the real waveform, pitch and speaker."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.data.regroup import with_tensors
from ganloss_cli.pipeline.data.segments import MOST_FRAMES_APART, segment_on_frames
from ganloss_cli.pipeline.data.vocoder import magnitudes, one_channel, require_rate
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.report import Finding


def is_autoencoder(generator: BuiltNetwork) -> bool:
    """Whether it turns the spectrogram of a recording back into the recording."""
    task = generator.task
    return isinstance(task, AudioTask) and task.input == "spectrogram" and task.output == "waveform"


def autoencoder_input(
    group: Group, generator: BuiltNetwork, segment: float | None = None
) -> tuple[Group, tuple[Finding, ...]]:
    """The same samples with real cut to whole hops and its magnitude spectrogram as input.

    Args:
        group: holds `real`, waveforms; `pitch` and `label` where the network takes them.
        generator: an auto-encoder.
        segment: seconds of each recording that are kept, with what lies on their frames.

    Returns:
        the group, and what is worth knowing about it.

    Raises:
        UsageError: the pitch or the speaker is missing, or nothing tells how its spectrograms were made.
        InputError: the sample rate is not the one it was trained at.
    """
    task, name = generator.task, generator.callees[0].name
    if not isinstance(task, AudioTask) or task.mel is None:
        raise UsageError(
            f"{name}: nothing tells the parameters of the spectrograms that it takes",
            hint="put its config.json beside it",
        )
    require_rate(group, "real", task.mel, name)
    _require_pitch(group, task, name)
    speaker, findings = _speaker(group, task, name)
    whole = _with_spectrogram(group, task.mel, speaker)
    return segment_on_frames(whole, segment, task.mel), (_how(task.mel, segment), *findings)


def refuse_without_posterior(generator: BuiltNetwork, roles: Collection[str]) -> None:
    """Say what a decoder of latents lacks, where it was taken out of a whole model.

    Args:
        generator: any generator.
        roles: that the data hold; latents are enough for a decoder that takes nothing beside them.

    Raises:
        UsageError: it is one that cannot be given its input.
    """
    task = generator.task
    if not isinstance(task, AudioTask) or task.input != "latents" or ("latents" in roles and not task.takes):
        return
    beside = f", and takes {' and '.join(task.takes)} beside them" if task.takes else ""
    raise UsageError(
        f"{generator.callees[0].name}: a {generator.architecture}{beside}; the posterior encoder (enc_q) that turns "
        "recordings into its latents is not in the file, as in extracted voices: it cannot be run on recordings, and "
        "the divergence of its posterior (kl_vits) cannot be computed",
        hint="give the G_*.pth of its training, which holds enc_q and flow, or recordings that it made with --fake",
    )


def _require_pitch(group: Group, task: AudioTask, name: str) -> None:
    if "pitch" in task.takes and "pitch" not in group.roles:
        raise UsageError(
            f"{name}: takes the pitch of every recording, in Hz, one a frame of {task.hop} samples, 0 where unvoiced",
            hint="give a folder of .npy files with --pitch, such as 2b-f0nsf of RVC's training folder",
        )


def _speaker(group: Group, task: AudioTask, name: str) -> tuple[int | None, tuple[Finding, ...]]:
    """The speaker of all samples where none is given: RVC trains its only one as number 0."""
    if "label" not in task.takes or "label" in group.roles:
        return None, ()
    if task.mel is None or task.mel.convention != "rvc":
        raise UsageError(
            f"{name}: has {task.n_speakers} speakers, and takes the number of each recording's",
            hint="give them with --label, one a recording, or as a column of a manifest",
        )
    message = f"speaker 0 of {task.n_speakers} is assumed for every recording, which is how RVC trains a single voice"
    hint = "name others with --label, one a recording"
    return 0, (Finding(check="speaker_assumed", severity="note", message=message, hint=hint),)


def _with_spectrogram(group: Group, mel: Mel, speaker: int | None) -> Group:
    def read(index: int) -> Reading:
        reading, name = group.read(index), group.names[index]
        waveform = one_channel(reading, name)
        n_frames = waveform.shape[1] // mel.hop
        values: dict[str, Any] = {**reading.values}
        if "pitch" in values:
            values["pitch"] = _pitch(values["pitch"], n_frames, name)
            n_frames = min(n_frames, values["pitch"].shape[0])
        values["real"] = waveform[:, : n_frames * mel.hop]
        values["input"] = magnitudes(waveform, mel)[:, :n_frames]  # of all of it, as training makes and stores it
        if speaker is not None:
            values["label"] = torch.tensor(speaker)
        return Reading(values=values, digests=reading.digests)

    added = {"input": f"magnitude spectrogram of {group.paths['real']}"}
    if speaker is not None:
        added["label"] = f"speaker {speaker}"
    return with_tensors(group, added, read)


def _pitch(value: Any, n_frames: int, name: str) -> Tensor:
    """One number a frame, no more than there are frames of the recording."""
    if not isinstance(value, Tensor) or value.dim() != 1:
        raise InputError(f"{name}: pitch has shape {tuple(getattr(value, 'shape', ()))}, expected one number a frame")
    if abs(len(value) - n_frames) > MOST_FRAMES_APART:
        raise InputError(
            f"{name}: pitch of {len(value)} frames, but the recording has {n_frames}",
            hint="track the pitch at the hop of the network, on this very recording",
        )
    return value[:n_frames]


def _how(mel: Mel, segment: float | None) -> Finding:
    decoded = "over whole recordings" if segment is None else f"over {segment:g} s of every recording"
    evidence: Mapping[str, Any] = {
        "sample_rate": mel.sample_rate, "n_fft": mel.n_fft, "hop": mel.hop, "win": mel.win,
        "convention": mel.convention,
    }  # fmt: skip
    return Finding(
        check="input_is_spectrogram_of_real",
        severity="note",
        message=f"the generator's input is the magnitude spectrogram of real, cut to whole hops of {mel.hop}: fake is "
        f"decoded from a draw of its posterior, {decoded}",
        evidence=dict(evidence),
    )
