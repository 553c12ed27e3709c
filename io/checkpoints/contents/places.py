"""What the place of a checkpoint says: its own name, and the names of the folders that it lies in.

Torch-free.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ganloss_cli.io.checkpoints.contents.naming import (
    Name,
    is_averaged,
    read_name,
    step_in_folder,
    step_in_name,
    without_average,
)
from ganloss_cli.io.checkpoints.contents.networks import Contents

_OF_FILES = (".ckpt", ".pt", ".pth")  # which folders have too, of what once was one file
_COPY = re.compile(r"(.+?)_(\d+)")
_BEST = re.compile(r"(?<![a-z])best(?![a-z])", re.IGNORECASE)
_LAST = re.compile(r"(?<![a-z])(?:last|latest)(?![a-z])", re.IGNORECASE)
_LEVELS = 2  # checkpoint-1000/generator/model.safetensors


def stem_of(path: Path) -> str:
    """A file's name without its suffix; of an index, without that of what it lists."""
    if path.is_dir() and path.suffix not in _OF_FILES:
        return path.name
    return Path(path.name.removesuffix(".index.json")).stem


def name_outside(path: Path) -> Name | None:
    """The role that a file's name says, else the one that is the whole name of its folder."""
    return read_name(stem_of(path)) or read_name(path.parent.name, whole=True)


def averaged_outside(path: Path) -> bool:
    """Whether a file's name says that it is an average, or that of its folder, beside the folder of the raw network."""
    if is_averaged(stem_of(path)):
        return True
    folder = path.parent
    return is_averaged(folder.name) and (
        read_name(folder.name, whole=True) is not None or (folder.parent / without_average(folder.name)).is_dir()
    )


def is_selection(path: Path) -> bool:
    """Whether a file's name says that it was chosen among the steps: model_best.pth, train.loss.ave_5best.pth."""
    return bool(_BEST.search(stem_of(path)))


def goes_on(path: Path) -> bool:
    """Whether a file's place says that it is a step of a series, or the last of it."""
    return not is_selection(path) and (step_of_place(path) is not None or bool(_LAST.search(stem_of(path))))


def is_one_of_several(path: Path) -> bool:
    """Whether the number in a file's name counts networks, not steps.

    So does that of model_1 beside model, where neither names a role, and any in a folder that says the step.
    """
    if read_name(stem_of(path)) is not None:
        return False
    copy = _COPY.fullmatch(stem_of(path))
    beside = copy is not None and path.with_name(f"{copy[1]}{path.suffix}").exists()
    return beside or step_in_folder(path.parent.name) is not None


def series_of(path: Path, folder: Path) -> str:
    """What the places of the same network at all steps have in common, below a folder."""
    *outer, name = path.relative_to(folder).parts
    kept = ["#" if step_in_folder(part) is not None else part for part in (*outer, *([name] * path.is_dir()))]
    if path.is_dir():
        return "/".join(kept)
    return "/".join((*kept, name if is_one_of_several(path) else re.sub(r"\d+", "#", name)))


def step_of_place(path: Path) -> int | None:
    """The training step in the name of a file, else in that of a folder around it."""
    step = None if is_one_of_several(path) else step_in_name(stem_of(path))
    inner, *outer = (folder.name for folder in path.absolute().parents[:_LEVELS])
    folders = [stem_of(path), inner, *(name for name in outer if not name.isdigit())]
    steps = (step_in_folder(name) for name in folders)
    return step if step is not None else next((found for found in steps if found is not None), None)


def step_of(path: Path, contents: Contents) -> int | None:
    """The training step: what a file counts, else what its place says, else the epoch that it counts.

    Args:
        path: the file.
        contents: what it holds.
    """
    if contents.step is not None:
        return contents.step
    place = step_of_place(path)
    return contents.epoch if place is None else place


def with_file_averaging(path: Path, contents: Contents) -> Contents:
    """A lone state dict is averaged if its place says so; of several, of which none says it, the generators are."""
    if not averaged_outside(path) or (len(contents.parts) > 1 and any(part.averaged for part in contents.parts)):
        return contents
    alone = len(contents.parts) == 1
    parts = (
        replace(part, averaged=alone or not (part.name and part.name.kind == "discriminator"))
        for part in contents.parts
    )
    return replace(contents, parts=tuple(parts))
