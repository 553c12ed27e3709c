"""Folders of raw IDX files, as torchvision leaves MNIST and its kin: images and labels of two splits. Torch-free.

Names: pytorch/vision@v0.28.0 torchvision/datasets/mnist.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.idx import open_idx
from ganloss_cli.io.labels import below_lone_folders
from ganloss_cli.io.samples import Labels, quoted
from ganloss_cli.io.trees import LooseFile, Tree

_NAMED = re.compile(
    r"(?P<set>.*?)(?P<split>train|t10k|test)-(?P<what>images|labels)[-.]idx\d-(?:ubyte|int)(?:\.gz)?", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class IdxSplit:
    """One split: the file of its images, and its labels."""

    images: Path
    labels: Labels | None


def idx_split(tree: Tree, split: Literal["train", "test"] | None) -> IdxSplit | None:
    """The split that is asked for, of a folder that holds IDX files of images.

    Args:
        tree: the folder, or one that holds nothing but it.
        split: "train" or "test"; None where only one lies there.

    Returns:
        None where no file is named as such files are.

    Raises:
        UsageError: both splits lie there, or several data sets.
        InputError: the split is not there; labels that are damaged or of another number.
    """
    files: dict[tuple[str, str, str], Path] = {}
    for entry in below_lone_folders(tree)[1]:
        match = _NAMED.fullmatch(entry.name)
        if match and isinstance(entry.file, LooseFile):
            kind = "train" if match["split"].lower() == "train" else "test"
            # the packed one comes behind the one that was unpacked beside it
            files.setdefault((match["set"], kind, match["what"].lower()), entry.file.path)
    found = sorted((name, kind) for name, kind, what in files if what == "images")
    if not found:
        return None
    chosen = [key for key in found if split in (None, key[1])]
    if not chosen:
        raise InputError(
            f"{tree}: --split {split}: there are no images of it; found {quoted(kind for _, kind in found)}"
        )
    if len(chosen) > 1:
        hint = "choose one: --split train or --split test" if len({name for name, _ in chosen}) == 1 else "name a file"
        names = quoted(files[*key, "images"].name for key in chosen)
        raise UsageError(f"{tree}: holds {names}", hint=hint)
    images, labels = files[*chosen[0], "images"], files.get((*chosen[0], "labels"))
    return IdxSplit(images=images, labels=_labels(images, labels) if labels else None)


def _labels(images: Path, path: Path) -> Labels | None:
    values = open_idx(path)
    if values.ndim != 1:  # QMNIST's rows of eight numbers
        return None
    if len(values) != (count := len(open_idx(images))):
        raise InputError(f"{path}: {len(values)} labels for {count} images in '{images.name}'")
    return Labels(values=tuple(values.tolist()), found=str(path))
