"""What VITS and its children take: the spectrogram of the recording, pitch, speaker, and what the prior is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask, Kept, KeptInExperiment, Mel
from ganloss_cli.io.beside_recordings import stored_spectrogram
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.data.kept_features import with_kept
from ganloss_cli.pipeline.data.randomness import draw
from ganloss_cli.pipeline.data.regroup import with_tensors, without
from ganloss_cli.pipeline.data.segments import MOST_FRAMES_APART, segment_on_frames
from ganloss_cli.pipeline.data.texts import symbols_for
from ganloss_cli.pipeline.data.vocoder import magnitudes, one_channel, require_rate
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

REPEATS = 2  # of every feature of 20 ms: RVC's and Applio's frames are 10 ms long
_APART = 3  # frames that so-vits-svc does not let features and recordings lie apart: data_utils.py
MOST_FRAMES = 900  # that RVC and Applio take of a recording with features: train/data_utils.py, rvc/train/data_utils.py
_LACKING = {
    "text": "its text is not among the data: give the training's list with --data, as filelists/val.txt.cleaned",
    "phones": "its features and pitch are not among the data: give the experiment's folder, --data logs/NAME",
    "kept": "its features and pitch do not lie beside the recordings: give the training's, --data dataset/44k",
    "experiment": "its features and phones are not among the data: give the experiment's folder, --data logs/NAME",
}
_PITCH_OF = {
    "experiment": "give the experiment's folder, --data logs/NAME, or .npy files with --pitch, such as its 2b-f0nsf",
    "kept": "give recordings with .f0.npy beside each, as --data dataset/44k, or .npy files with --pitch",
}
# values that batches hold in several lengths, and what counts their frames or symbols
_RAGGED = {
    **dict.fromkeys(("input", "pitch", "phones", "coarse_pitch", "voiced", "volume"), "n_frames"), "text": "n_symbols",
}  # fmt: skip


def is_autoencoder(generator: BuiltNetwork) -> bool:
    """Whether it turns the spectrogram of a recording back into the recording."""
    task = generator.task
    return isinstance(task, AudioTask) and task.input == "spectrogram" and task.output == "waveform"


def lacking_prior(generator: BuiltNetwork) -> dict[str, str]:
    """Roles that a network would give if the data held what its prior is made of -> what they lack, in words."""
    task = generator.task
    if not isinstance(task, AudioTask) or not task.prior:
        return {}
    which = {Kept: "kept", KeptInExperiment: "experiment"}.get(type(task.kept), task.prior[0])
    return dict.fromkeys(task.beside_prior, _LACKING[which])


def autoencoder_input(group: Group, generator: BuiltNetwork, request: Request) -> tuple[Group, tuple[Finding, ...]]:
    """The same samples with real cut to whole hops and its magnitude spectrogram as input.

    With `--over batch`, real is a slice of every recording, as the training draws them, and the network is told which.

    Args:
        group: holds `real`, waveforms; `pitch` and `label` where the network takes them, and what its prior is made of.
        generator: an auto-encoder.
        request: for the segment, the seed, and whether slices are drawn.

    Returns:
        the group, and what is worth knowing about it.

    Raises:
        UsageError: the pitch or the speaker is missing, nothing tells how its spectrograms were made, or a text is not
            in the network's symbols.
        InputError: the sample rate is not the one it was trained at.
    """
    task, name = generator.task, generator.callees[0].name
    if not isinstance(task, AudioTask) or task.mel is None:
        raise UsageError(
            f"{name}: nothing tells the parameters of the spectrograms that it takes",
            hint="put its config.json beside it",
        )
    require_rate(group, "real", task.mel, name)
    group = with_kept(group, task, generator)
    _require_pitch(group, task, name)
    _require_voice(group, task, name)
    if request.segment is not None:
        group = without(group, {"text"})  # which is one of the whole recording
    speaker, findings = _speaker(group, task, name)
    symbols = symbols_for(group, task, name) if "text" in group.roles else None
    slices = task.segment // task.mel.hop if task.segment and request.over == "batch" and not request.segment else None
    prepared = _Prepared(
        group=group, mel=task.mel, speaker=speaker, symbols=symbols, slices=slices, seed=request.seed,
        kept=task.kept, aligned="l_length" in task.beside_prior,
    )  # fmt: skip
    return segment_on_frames(prepared.made(), request.segment, task.mel), (_how(prepared, request.segment), *findings)


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
            hint=_PITCH_OF["kept" if task.kept else "experiment"],
        )


def _require_voice(group: Group, task: AudioTask, name: str) -> None:
    if "voice" in task.takes and "voice" not in group.roles:
        raise UsageError(
            f"{name}: takes a vector of the speaker of every recording",
            hint="give the experiment's folder with its 7-sv_cn, --data logs/NAME",
        )


def _speaker(group: Group, task: AudioTask, name: str) -> tuple[int | None, tuple[Finding, ...]]:
    """The speaker of all samples where none is given: RVC trains its only one as number 0."""
    if "label" not in task.takes or "label" in group.roles:
        return None, ()
    of_several = task.kept is not None and task.n_speakers > 1
    if task.mel is None or of_several or (task.mel.convention != "rvc" and "phones" not in task.prior):
        raise UsageError(
            f"{name}: has {task.n_speakers} speakers, and takes the number of each recording's",
            hint="give them with --label, one a recording, or as a column of a manifest"
            + (", or its config.json beside it, whose spk names them by folder" if task.kept else ""),
        )
    known = "" if task.n_speakers == 1 else ", which is how RVC trains a single voice"
    message = f"speaker 0 of {task.n_speakers} is assumed for every recording{known}"
    hint = "name others with --label, one a recording"
    return 0, (Finding(check="speaker_assumed", severity="note", message=message, hint=hint),)


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A group as the network takes it.

    Args:
        group: as it was found.
        mel: how its spectrograms are made.
        speaker: of every recording, where the group does not say.
        symbols: turns a text into the numbers of its symbols, where there are texts.
        slices: frames of a drawn slice; None for whole recordings.
        seed: of the slices.
        kept: how features that have a value a frame already are kept.
        aligned: whether every symbol of a text takes a frame at least.
    """

    group: Group
    mel: Mel
    speaker: int | None
    symbols: Callable[[Tensor, str], Tensor] | None
    slices: int | None
    seed: int
    kept: Kept | KeptInExperiment | None = None
    aligned: bool = True

    def made(self) -> Group:
        """The group."""
        of_real = f"magnitude spectrogram of {self.group.paths['real']}"
        added = {"input": of_real}
        if self.speaker is not None:
            added["label"] = f"speaker {self.speaker}"
        if self.slices is not None:
            added["spectrogram"] = of_real
        return replace(with_tensors(self.group, added, self._read), ragged=_RAGGED)

    def _read(self, index: int) -> Reading:
        reading, name = self.group.read(index), self.group.names[index]
        waveform = one_channel(reading, name)
        values: dict[str, Any] = dict(reading.values)
        spectrogram = self._spectrogram(index, waveform, name)
        n_frames = spectrogram.shape[1]
        if "phones" in values:
            if not self.kept:
                values["phones"] = _repeated(values["phones"], name)[:, :MOST_FRAMES]
            elif abs(values["phones"].shape[1] - n_frames) >= _APART:
                raise _other_frames(values["phones"].shape[1], n_frames, name)
            n_frames = min(n_frames, values["phones"].shape[1])
            values["phones"] = values["phones"][:, :n_frames]
        elif "pitch" in values:
            n_frames = min(n_frames, len(_pitch(values["pitch"], n_frames, name)))
        for role in ("pitch", "coarse_pitch", "voiced", "volume"):
            if role in values:
                values[role] = _track(values[role], role, n_frames, name)
        values["real"] = waveform[:, : n_frames * self.mel.hop]
        values["input"] = spectrogram[:, :n_frames]
        key = b"".join(reading.digests[role] for role in sorted(reading.digests)).hex()
        if isinstance(self.kept, Kept) and self.slices is not None and n_frames > self.kept.longest:
            values, n_frames = self._windowed(values, n_frames, self.kept, key), self.kept.window
        values["n_frames"] = torch.tensor(n_frames)
        if self.speaker is not None:
            values["label"] = torch.tensor(self.speaker)
        if self.symbols is not None:
            values["text"] = self.symbols(values["text"], name)
            if self.aligned:
                _refuse_longer(values["text"], n_frames, name)
            values["n_symbols"] = torch.tensor(len(values["text"]))
        if self.slices is not None:
            values |= self._cut(values, key, name)
        return Reading(values=values, digests=reading.digests)

    def _spectrogram(self, index: int, waveform: Tensor, name: str) -> Tensor:
        """That of all of the recording, as its training stored it, or as it makes it."""
        n_frames = waveform.shape[1] // self.mel.hop
        files = [Path(file) for file in self.group.on_disk(index)]
        stored = stored_spectrogram(files, self.mel.n_fft // 2 + 1)
        if stored is None:
            return magnitudes(waveform, self.mel)[:, :n_frames]
        if stored.shape[1] != n_frames:
            raise InputError(
                f"{name}: its .spec.pt has {stored.shape[1]} frames, but the recording has {n_frames}",
                hint="delete the .spec.pt files, which are of other recordings or of another configuration",
            )
        return stored

    def _windowed(self, values: Mapping[str, Any], n_frames: int, kept: Kept, key: str) -> dict[str, Any]:
        """A window of a long recording, drawn as so-vits-svc's loader draws it."""
        first = int(draw(self.seed, key, "window", (), "uniform") * (n_frames - kept.longest + 1))
        frames = slice(first, first + kept.window)
        samples = slice(frames.start * self.mel.hop, frames.stop * self.mel.hop)
        roles = {role for role in _RAGGED if role in values and role != "text"}
        return {**values, "real": values["real"][:, samples], **{role: values[role][..., frames] for role in roles}}

    def _cut(self, values: Mapping[str, Any], key: str, name: str) -> dict[str, Tensor]:
        """A slice, drawn as VITS draws it; which one depends on the seed and on what was read of the sample."""
        n_frames, n_cut = int(values["n_frames"]), int(self.slices or 0)
        if n_frames < n_cut:
            raise InputError(
                f"{name}: {n_frames} frames, but the training draws slices of {n_cut}",
                hint="its training leaves such recordings out: take it off the list, or leave out --over batch",
            )
        place = draw(self.seed, key, "slice", (), "uniform")
        first = int(place * (n_frames - n_cut + 1))
        cut = slice(first, first + n_cut)
        samples = slice(first * self.mel.hop, (first + n_cut) * self.mel.hop)
        return {
            "real": values["real"][:, samples],
            "spectrogram": values["input"][:, cut],
            "cut": torch.arange(first, first + n_cut),
        }


def _repeated(value: Any, name: str) -> Tensor:
    """Features (P, D) as (D, 2 P), every one twice."""
    if not isinstance(value, Tensor) or value.dim() != 2:
        raise InputError(f"{name}: phones have shape {tuple(getattr(value, 'shape', ()))}, expected features by frames")
    return value.float().repeat_interleave(REPEATS, dim=0).T


def _other_frames(n_features: int, n_frames: int, name: str) -> InputError:
    return InputError(
        f"{name}: features and pitch of {n_features} frames, but the recording has {n_frames}",
        hint="make them anew of this very recording: preprocess_hubert_f0.py of so-vits-svc",
    )


def _refuse_longer(symbols: Tensor, n_frames: int, name: str) -> None:
    if len(symbols) > n_frames:
        raise InputError(
            f"{name}: its text has {len(symbols)} symbols, but the recording only {n_frames} frames, one at least each"
        )


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


def _track(value: Any, role: str, n_frames: int, name: str) -> Tensor:
    """So many frames of a pitch track, 0 behind its end."""
    if not isinstance(value, Tensor) or value.dim() != 1:
        raise InputError(f"{name}: {role} has shape {tuple(getattr(value, 'shape', ()))}, expected one number a frame")
    track = functional.pad(value[:n_frames], (0, max(0, n_frames - len(value))))
    return track.long() if role == "coarse_pitch" else track.float()


def _how(prepared: _Prepared, segment: float | None) -> Finding:
    mel = prepared.mel
    decoded = "over whole recordings" if segment is None else f"over {segment:g} s of every recording"
    if prepared.slices is not None:
        decoded = f"over one slice of {prepared.slices} frames of each, drawn as its training draws them"
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
