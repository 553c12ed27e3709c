"""Mean and scale of the features that a vocoder was trained on: ParallelWaveGAN's stats.npy or stats.h5."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError

_NAMES = ("stats.npy", "stats.h5")
_LARGEST = 10_000_000  # bytes


def statistics_beside(checkpoint: Path, n_bands: int) -> tuple[Tensor, Tensor] | None:
    """Mean and scale of every band.

    Args:
        checkpoint: beside which they lie.
        n_bands: of the features.

    Returns:
        (n_bands,) each, or None where there is no such file.

    Raises:
        InputError: a file holds something else.
        UsageError: it is an HDF5 file, and h5py is not installed.
    """
    path = next((file for name in _NAMES if (file := checkpoint.with_name(name)).is_file()), None)
    if path is None:
        return None
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        mean, scale = (np.asarray(part, np.float32).reshape(-1) for part in _read(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the mean and the scale of features: {error}") from error
    if mean.shape != (n_bands,) or scale.shape != (n_bands,) or not (scale > 0).all():
        raise InputError(
            f"{path}: holds {mean.size} means and {scale.size} scales; expected {n_bands} of each, scales above 0",
            hint="put the statistics of this very training beside the checkpoint",
        )
    return torch.from_numpy(mean), torch.from_numpy(scale)


def _read(path: Path) -> Any:
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)[:2]
    if importlib.util.find_spec("h5py") is None:
        raise UsageError(
            f"{path}: needs the package h5py, not installed",
            hint="install the extra hdf5: pip install 'ganloss[hdf5]'; or save it as stats.npy, mean and scale",
        )
    with importlib.import_module("h5py").File(path, "r") as file:
        return file["mean"][()], file["scale"][()]
