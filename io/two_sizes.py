"""Pictures of two sizes, as data sets of super-resolution lay them out: which is the input. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.samples import quoted
from ganloss_cli.io.trees import Tree

T = TypeVar("T")

# Words within the names of folders of super-resolution: DIV2K_valid_HR, DIV2K_valid_LR_bicubic.
_WORDS = {"lr": "input", "lq": "input", "hr": "real", "gt": "real"}
_SPLIT_WORDS = {"train": "train", "test": "test", "valid": "test", "val": "test"}
_SCALED = re.compile(r"(?P<name>.*[^x])(?P<scale>x[2-8])", re.IGNORECASE)  # 0801x4 beside 0801
_SCALE = re.compile(r"x\d", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class TwoSizes(Generic[T]):
    """Pictures by their common names, and what ends the names of the small ones."""

    large: Mapping[str, T]
    small: Mapping[str, T]
    scale: str


def by_scale(files: Mapping[str, T]) -> TwoSizes[T] | None:
    """Small pictures beside the large ones, named after them with the scale at the end, one for each.

    Args:
        files: by name.
    """
    matches = {name: match for name in files if (match := _SCALED.fullmatch(name)) and match["name"] in files}
    small = {match["name"]: files[name] for name, match in matches.items()}
    scales = {match["scale"].lower() for match in matches.values()}
    if not small or 2 * len(small) != len(files) or len(scales) > 1:
        return None
    return TwoSizes(large={name: files[name] for name in small}, small=small, scale=scales.pop())


def worded_folders(folder: Tree, folders: Mapping[str, Tree], split: Literal["train", "test"] | None) -> dict[str, str]:
    """Folder -> role, for an input and a target that have a word for it within their names.

    Args:
        folder: that holds them.
        folders: in it, by name in lower case, without those whose whole name is a role.
        split: that is asked for.

    Returns:
        one of each role, or nothing.

    Raises:
        UsageError: two splits and none chosen.
        InputError: several of a role.
    """
    words = {name: set(re.split(r"[_\-. ]+", name)) for name in folders}
    roles = {name: {_WORDS[word] for word in own if word in _WORDS} for name, own in words.items()}
    splits = {name: {_SPLIT_WORDS[word] for word in own if word in _SPLIT_WORDS} for name, own in words.items()}
    found = {name: next(iter(own)) for name, own in roles.items() if len(own) == 1}
    found = {name: role for name, role in found.items() if split is None or split in splits[name]}
    if set(found.values()) != {"input", "real"}:
        return {}
    if len(found) > len(set(found.values())):
        names = quoted(folders[name].name for name in found)
        if len(set().union(*(splits[name] for name in found))) > 1:
            raise UsageError(f"{folder}: holds {names}", hint="choose one: --split train or --split test")
        raise InputError(f"{folder}: holds {names}", hint="say which: --input FOLDER --real FOLDER")
    return found


def of_one_scale(folder: Tree, role: str) -> Tree:
    """The folder of a scale within a folder of small pictures, X4; any other folder itself.

    Args:
        folder: of pictures.
        role: of them, for the hint.

    Raises:
        UsageError: it holds several scales.
    """
    entries = folder.entries()
    scales = [entry for entry in entries if entry.tree is not None and _SCALE.fullmatch(entry.name)]
    if not scales or len(scales) < len(entries):
        return folder
    if len(scales) > 1:
        raise UsageError(
            f"{folder}: holds {quoted(entry.name for entry in scales)}",
            hint=f"choose one: --{role} {folder}/{scales[0].name}, with --real for the large pictures",
        )
    return scales[0].tree or folder
