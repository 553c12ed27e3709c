"""Spectrograms that trainings of VITS and RVC store beside their recordings, as NAME.spec.pt beside NAME.wav."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.stored import open_stored

_RECORDING, _STORED = ".wav", ".spec.pt"


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
    if path is None:
        return None
    arrays = open_stored(path)
    if set(arrays) != {""} or len(arrays[""].shape) != 2 or arrays[""].shape[0] != n_bins:
        shapes = ", ".join(str(tuple(array.shape)) for array in arrays.values()) or "no tensor"
        raise InputError(
            f"{path}: holds {shapes}; expected the magnitudes of a recording, {n_bins} numbers a frame",
            hint="delete it where it is of another configuration; spectrograms are then made of the recordings",
        )
    return arrays[""].whole().float()
