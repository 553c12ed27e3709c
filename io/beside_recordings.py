"""What trainings of voices keep beside a recording, NAME.wav: NAME.spec.pt, and so-vits-svc's NAME.wav.soft.pt ..."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.reprod_log import is_reprod_log, read_object_rows
from ganloss_cli.io.samples import quoted
from ganloss_cli.io.stored import open_stored

_RECORDING, _STORED = ".wav", ".spec.pt"
FEATURES, _PITCH, _VOLUME = ".soft.pt", ".f0.npy", ".vol.npy"  # behind the whole name of a recording


def stored_spectrogram(files: Iterable[Path], n_bins: int) -> Tensor | None:
    """The magnitudes that a training stored of a recording.

    Args:
        files: of a sample; the recording is among them.
        n_bins: of every frame.

    Returns:
        (n_bins, frames), or None where there is no such file.

    Raises:
        InputError: it cannot be read, or holds something else.
        UnsafeCheckpointError: it names code.
    """
    names = (
        file.with_name(file.name.removesuffix(_RECORDING) + _STORED) for file in files if file.suffix == _RECORDING
    )
    path = next((name for name in names if name.is_file()), None)
    return None if path is None else _matrix(path, n_bins, "the magnitudes of a recording")


def has_features(recording: Path) -> bool:
    """Whether so-vits-svc's features lie beside it."""
    return _beside(recording, FEATURES).is_file()


def refuse_lacking(recordings: Sequence[Path], *, volume: bool) -> None:
    """Refuse recordings beside which something is missing, all of them in one message.

    Args:
        recordings: of a training of so-vits-svc.
        volume: whether the loudness is wanted as well.

    Raises:
        InputError: files that are not there.
    """
    endings = (FEATURES, _PITCH, *((_VOLUME,) if volume else ()))
    lacking = [path for recording in recordings for end in endings if not (path := _beside(recording, end)).is_file()]
    if lacking:
        raise InputError(
            f"{recordings[0].parent}: not there: {quoted(map(str, lacking))}",
            hint="make them with preprocess_hubert_f0.py of so-vits-svc, with its --use_diff or vol_embedding for .vol",
        )


def stored_features(recording: Path, n_features: int) -> Tensor:
    """(n_features, P), a column every 20 ms.

    Raises:
        InputError: it cannot be read, or holds something else.
        UnsafeCheckpointError: it names code.
    """
    return _matrix(_beside(recording, FEATURES), n_features, "features of a speech model")


def of_experiment(recording: Path, place: str, n_rows: int, what: str) -> Tensor | None:
    """What GPT-SoVITS keeps of a recording in a folder beside that of recordings; (n_rows, frames).

    Args:
        recording: in 5-wav32k.
        place: the folder.
        n_rows: numbers a frame.
        what: they are, for the error.

    Returns:
        None where there is no such file.

    Raises:
        InputError: it cannot be read, or holds something else.
        UnsafeCheckpointError: it names code.
    """
    path = recording.parent.with_name(place) / f"{recording.name}.pt"
    return _matrix(path, n_rows, what) if path.is_file() else None


def stored_pitch(recording: Path) -> tuple[Tensor, Tensor]:
    """Pitch in Hz, and 1 where there is a voice; (F,) each.

    They are rows of an array of Python objects, as its preprocess_hubert_f0.py saves them; nothing of it is run.

    Raises:
        InputError: it cannot be read, or holds something else.
        UnsafeCheckpointError: it names code.
    """
    path = _beside(recording, _PITCH)
    rows = read_object_rows(path) if is_reprod_log(path) else [*_whole(path).float()]
    if len(rows) != 2 or rows[0].dim() != 1 or rows[0].shape != rows[1].shape:
        raise InputError(f"{path}: holds {[tuple(row.shape) for row in rows]}; expected pitch and voicing, a row each")
    return rows[0].float(), rows[1].float()


def stored_volume(recording: Path) -> Tensor:
    """Loudness frame by frame; (F,).

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    path = _beside(recording, _VOLUME)
    volume = _whole(path).float()
    if volume.dim() != 1:
        raise InputError(f"{path}: holds {tuple(volume.shape)}; expected the loudness, one number a frame")
    return volume


def _beside(recording: Path, ending: str) -> Path:
    return recording.with_name(recording.name + ending)


def _whole(path: Path) -> Tensor:
    """The one tensor of a file."""
    arrays = open_stored(path)
    return arrays[""].whole() if set(arrays) == {""} else torch.empty(0)


def _matrix(path: Path, n_rows: int, what: str) -> Tensor:
    """(n_rows, frames), also where it is a batch of one."""
    found = _whole(path).float()
    found = found[0] if found.dim() == 3 and len(found) == 1 else found
    found = found.T if found.shape == (1, n_rows) else found  # one vector
    if found.dim() == 2 and len(found) == n_rows:
        return found
    raise InputError(
        f"{path}: holds {tuple(found.shape)}; expected {what}, {n_rows} numbers a frame",
        hint=f"delete it where it is of another configuration; {_ANEW.get(''.join(path.suffixes), 'make it anew')}",
    )


_ANEW = {_STORED: "spectrograms are then made of the recordings"}
