"""Statistics of a set of features: .npz files of mu and sigma, as pytorch-fid and clean-fid keep them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.samples import Reading, Source
from ganloss_cli.io.stored import Stored, open_stored
from ganloss_cli.io.writing import OutputFile

ROLE = "real_features"
MEAN, COVARIANCE = "mu", "sigma"


def statistics_source(path: Path) -> Source | None:
    """The one "sample" that stands for a set, its mean over the rows of its covariance; None for another file.

    Args:
        path: of a file of arrays.

    Raises:
        InputError: the two do not fit each other.
    """
    arrays = open_stored(path)
    if arrays.keys() != {MEAN, COVARIANCE}:
        return None
    _check(path, arrays)

    def read(index: int) -> Reading:
        rows = [arrays[MEAN].sample(k) for k in range(arrays[MEAN].shape[0])]
        packed = torch.stack([torch.stack(rows), *(arrays[COVARIANCE].sample(k) for k in range(len(rows)))]).double()
        digest = hashlib.sha256(packed.numpy().tobytes()).digest()
        return Reading(values={ROLE: [[packed]]}, digests={ROLE: digest})

    return Source(
        roles=(ROLE,),
        path=str(path),
        kind="moments",
        names=("0",),
        files=(str(path),),
        named_by="positions",
        read=read,
        on_disk=lambda _: path,
    )


def _check(path: Path, arrays: Mapping[str, Stored]) -> None:
    mean, covariance = arrays[MEAN].shape, arrays[COVARIANCE].shape
    if len(mean) != 1 or covariance != (mean[0], mean[0]):
        raise InputError(f"{path}: mu has shape {mean} and sigma {covariance}; expected (D,) and (D, D)")


def write_statistics(path: Path, rows: npt.NDArray[np.float64]) -> None:
    """Keep mean and covariance of a set, divided by N - 1, in float64.

    Args:
        path: of the file; what is there is replaced.
        rows: of features; (N, D).

    Raises:
        UsageError: the file cannot be written.
    """
    held = io.BytesIO()
    np.savez(held, **{MEAN: rows.mean(0), COVARIANCE: np.atleast_2d(np.cov(rows, rowvar=False))})
    with OutputFile(path) as output:
        output.commit(held.getvalue())
