"""`--segment` where a training does something with whole files before it cuts: first that, then the cut."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.io.architectures.audio_task import AudioTask, Mel
from ganloss_cli.io.datasets import DataSet, Group, Reading
from ganloss_cli.io.fitting import segment_of
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.request import Request

# trackers of the pitch round the number of frames in their own ways; RVC cuts to the shorter
MOST_FRAMES_APART = 4


def uncut(request: Request, data: DataSet, model: Model, reopen: Callable[[Request], DataSet]) -> DataSet:
    """The data with whole recordings, where they are cut only after what is done with whole files.

    Args:
        request: every choice.
        data: as they were found.
        model: the networks.
        reopen: finds the data anew.
    """
    roles = {role for group in data.groups for role in group.roles}
    later = request.segment is not None and frames_of(model, roles) is not None
    return reopen(replace(request, segment=None)) if later else data


def frames_of(model: Model, roles: Collection[str]) -> Mel | None:
    """How the generator's input lies on the frames of whole recordings; None where it does not.

    Args:
        model: the networks.
        roles: that the data hold; fakes need no generator.
    """
    if "generator" not in model.roles() or "real" not in roles or {"fake", "latents", "mixture"} & set(roles):
        return None
    task = model.get("generator", "raw").task
    return task.mel if isinstance(task, AudioTask) and task.input in ("mel", "spectrogram") else None


def segment_on_frames(group: Group, seconds: float | None, mel: Mel) -> Group:
    """The group with its recordings cut on whole frames, and everything that has a value a frame cut with them.

    Args:
        group: holds `real`, waveforms.
        seconds: of the segment; None leaves the group as it is.
        mel: whose hop is a frame.
    """
    if seconds is None or "real" not in group.roles or group.kinds["real"] != "audio":
        return group

    def read(index: int) -> Reading:
        reading = group.read(index)
        n_frames = reading.values["real"].shape[-1] // mel.hop  # type: ignore[union-attr]
        samples = segment_of(seconds, n_frames * mel.hop, mel.sample_rate, group.names[index])
        n_cut, first = (samples.stop - samples.start) // mel.hop, samples.start // mel.hop
        frames = slice(first, first + n_cut)
        return replace(reading, values=_cut(reading.values, group.kinds, frames, n_frames, mel.hop))

    return replace(group, read=read)


def _cut(values: Mapping[str, Any], kinds: Mapping[str, str], frames: slice, n_frames: int, hop: int) -> dict[str, Any]:
    found = dict(values)
    for role, value in values.items():
        if role == "n_frames":
            found[role] = torch.tensor(frames.stop - frames.start)
        elif kinds.get(role) == "audio":
            found[role] = value[..., frames.start * hop : frames.stop * hop]
        elif isinstance(value, Tensor) and value.dim() and abs(value.shape[-1] - n_frames) <= MOST_FRAMES_APART:
            found[role] = value[..., frames]
    return found
