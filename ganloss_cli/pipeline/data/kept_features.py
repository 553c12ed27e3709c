"""What so-vits-svc keeps beside every recording: features, pitch, voicing, loudness; and the folder's speaker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask, Kept, KeptInExperiment
from ganloss_cli.io.beside_recordings import (
    has_features,
    of_experiment,
    refuse_lacking,
    stored_features,
    stored_pitch,
    stored_volume,
)
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.data.regroup import with_tensors
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.listing import listed

_LEFT = "left"  # so-vits-svc's own way to stretch features; the others are those of torch's interpolate
_MODES = (_LEFT, "nearest", "nearest-exact", "linear", "area")


def with_kept(group: Group, task: AudioTask, generator: BuiltNetwork) -> Group:
    """The group with what its training keeps beside the recordings, and with the speakers that their folders name.

    Args:
        group: holds `real`, waveforms.
        task: of the network.
        generator: the network, whose weights tell the size of the features.

    Returns:
        the group as it is, where that is not the training's way or the first recording has no features.

    Raises:
        UsageError: features are stretched in a way that is not known, or folders are no speakers of the config.
        InputError: some recordings lack what others have.
    """
    if isinstance(task.kept, KeptInExperiment):
        return _with_experiment(group, task, task.kept, generator)
    if task.kept is None:
        return group
    recordings = [_recording(group, index) for index in range(len(group.names))]
    group = _with_speakers(group, task.kept, recordings, generator.callees[0].name)
    found = [recording for recording in recordings if recording is not None]
    if len(found) < len(recordings) or not has_features(found[0]):
        return group
    if task.kept.stretched not in _MODES:
        raise UsageError(
            f"{generator.callees[0].name}: its config's unit_interpolate_mode is '{task.kept.stretched}'; expected one "
            f"of {', '.join(_MODES)}",
            hint="correct its config.json",
        )
    refuse_lacking(found, volume=task.kept.volume)
    n_features = int(generator.module.pre.in_channels)  # type: ignore[union-attr,arg-type]
    kept, added = task.kept, ("phones", "pitch", "voiced", *(("volume",) if task.kept.volume else ()))

    def read(index: int) -> Reading:
        reading, recording = group.read(index), found[index]
        pitch, voiced = stored_pitch(recording)
        features = stored_features(recording, n_features)
        values = {"phones": _stretched(features, len(pitch), kept.stretched), "pitch": pitch, "voiced": voiced}
        if kept.volume:
            values["volume"] = stored_volume(recording)
        return Reading(values={**values, **reading.values}, digests=reading.digests)

    roles = [role for role in added if role not in group.roles]
    return with_tensors(group, dict.fromkeys(roles, f"beside {group.paths['real']}"), read)


def _with_experiment(group: Group, task: AudioTask, kept: KeptInExperiment, generator: BuiltNetwork) -> Group:
    """The group with the features, and of v2Pro the speaker's vectors, of every recording of GPT-SoVITS's."""
    recordings = [_recording(group, index) for index in range(len(group.names))]
    n_features, hop = int(generator.module.ssl_proj.in_channels), task.hop or 1  # type: ignore[union-attr,arg-type]
    wanted = {"phones": ("4-cnhubert", n_features, "features of a speech model")}
    if kept.voice:
        wanted["voice"] = ("7-sv_cn", kept.voice, "the vector of a speaker")

    def found(role: str, index: int) -> Tensor | None:
        recording = recordings[index]
        return None if recording is None else of_experiment(recording, *wanted[role])

    added = [role for role in wanted if found(role, 0) is not None]

    def read(index: int) -> Reading:
        reading = group.read(index)
        values: dict[str, Any] = {}
        for role in added:
            if (tensor := found(role, index)) is None:
                raise InputError(f"{group.names[index]}: has no {wanted[role][0]}, but others have")
            values[role] = tensor[:, 0] if role == "voice" else _as_loaded(tensor, reading, hop)
        return Reading(values={**reading.values, **values}, digests=reading.digests)

    return with_tensors(group, {role: f"{wanted[role][0]} beside {group.paths['real']}" for role in added}, read)


def _as_loaded(features: Tensor, reading: Reading, hop: int) -> Tensor:
    """Once more the last frame, where there are not as many as of the recording, as its loader has it."""
    n_frames = reading.values["real"].shape[-1] // hop  # type: ignore[union-attr]
    if features.shape[1] == n_frames:
        return features
    return functional.pad(features[None], (0, 1), mode="replicate")[0][:, :n_frames]


def _recording(group: Group, index: int) -> Path | None:
    return next((file for file in map(Path, group.on_disk(index)) if file.suffix == ".wav"), None)


def _with_speakers(group: Group, kept: Kept, recordings: list[Path | None], name: str) -> Group:
    """The number that the config gives the folder of every recording."""
    folders = ["" if recording is None else recording.absolute().parent.name for recording in recordings]
    if "label" in group.roles or not kept.speakers or not {*folders} & {*kept.speakers}:
        return group
    if strange := sorted({*folders} - {*kept.speakers}):
        raise InputError(
            f"{group.paths['real']}: no speaker of {name}: {listed(strange, 5)}; it knows {listed(kept.speakers, 5)}",
            hint="take those folders away, or give numbers of speakers with --label, one a recording",
        )

    def read(index: int) -> Reading:
        reading = group.read(index)
        label = torch.tensor(kept.speakers[folders[index]])
        return Reading(values={**reading.values, "label": label}, digests=reading.digests)

    return with_tensors(group, {"label": "the speakers that the config names by folder"}, read)


def _stretched(features: Tensor, n_frames: int, mode: str) -> Tensor:
    """(D, P) as (D, n_frames)."""
    if mode != _LEFT:
        stretched: Tensor = functional.interpolate(features[None], size=n_frames, mode=mode)[0]
        return stretched
    n_features = features.shape[1]
    ends = torch.arange(n_features + 1) * n_frames / n_features
    places = torch.searchsorted(ends[1:-1], torch.arange(n_frames, dtype=ends.dtype), right=True)
    return features[:, places]
