"""Labels that the place of files gives: a list beside them, members of a shard, or their folders. Torch-free."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.folders import DataFile, files_below
from ganloss_cli.io.reading import MOST_TEXT
from ganloss_cli.io.samples import Labels
from ganloss_cli.io.trees import Entry, File, Tree

DATASET_JSON = "dataset.json"  # NVlabs/stylegan3@c233a91 dataset_tool.py


def labels_of(tree: Tree, files: Sequence[DataFile]) -> Labels | None:
    """The labels of files: those that somebody wrote down, else the numbers of the folders of classes.

    Args:
        tree: that the files lie in, at any depth.
        files: of `scan`.

    Returns:
        one a file, or None.

    Raises:
        InputError: a list of labels that is damaged, or has none for one of the files.
    """
    beside = next((entry.file for entry in tree.entries() if entry.name == DATASET_JSON and entry.file), None)
    stated = tree.labels or (_listed(tree, beside) if beside is not None else None)
    if isinstance(stated, Labels):
        return stated
    if stated is not None:
        lacking = next((file.file for file in files if str(file.file) not in stated), None)
        if stated and lacking is not None:
            raise InputError(f"{lacking}: has no label, but others in {tree} have one")
        found = f"{tree}" if beside is None else f"{beside}"
        return Labels(values=tuple(stated[str(file.file)] for file in files), found=found) if stated else None
    return _class_folders(tree, files) if files[0].format.kind == "image" else None


def whole_label(value: Any, where: object) -> int:
    """A label as it was written.

    Args:
        value: a whole number, or its digits.
        where: it stands, for messages.

    Raises:
        InputError: it is something else, or takes more than 64 bits.
    """
    text = str(value).strip()
    digits = text.removeprefix("-")
    if isinstance(value, bool) or not (digits.isascii() and digits.isdecimal()):
        raise InputError(f"{where}: a label of {text[:40]!r}; expected a whole number")
    if len(digits) > 19 or abs(int(text)) >= 2**63:
        raise InputError(f"{where}: a label that takes more than 64 bits")
    return int(text)


def _listed(tree: Tree, beside: File) -> Mapping[str, int] | Labels | None:
    """What dataset.json says, by file, a class also as a vector with one 1; empty where it says that there are none."""
    document = read_json(beside)
    if not isinstance(document, dict) or "labels" not in document:
        return None
    try:
        labels = {name.replace("\\", "/"): _class_in(label) for name, label in dict(document["labels"] or {}).items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{beside}: its labels are no list of names and numbers") from error
    if vector := next((label for label in labels.values() if isinstance(label, list)), None):
        return Labels(values=(), found=f"{beside}", attributes=len(vector))
    files = {relative: str(file) for file, relative in files_below(tree)}
    return {files[name]: whole_label(label, f"{beside}: '{name}'") for name, label in labels.items() if name in files}


def _class_in(label: Any) -> Any:
    """The class that a vector of noughts and one 1 says; a label of another form as it is."""
    is_class = isinstance(label, list) and label.count(1) == 1 and label.count(0) == len(label) - 1
    return label.index(1) if is_class else label


def read_json(file: File) -> Any:
    """A file of JSON.

    Raises:
        InputError: it is none, or too large.
    """
    if file.size() > MOST_TEXT:
        raise InputError(f"{file}: has {file.size()} bytes; as JSON at most {MOST_TEXT} are read")
    try:
        return json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: truncated or damaged JSON ({error})") from error


def _class_folders(tree: Tree, files: Sequence[DataFile]) -> Labels | None:
    """Folders in alphabetical order are the classes 0, 1 ..., as torchvision's ImageFolder has it."""
    prefix, entries = below_lone_folders(tree)
    classes = {entry.name: number for number, entry in enumerate(entry for entry in entries if entry.tree)}
    firsts = [file.name.removeprefix(prefix).partition("/") for file in files]
    if len(classes) < 2 or any(not slash or first not in classes for first, slash, _ in firsts):
        return None
    values = tuple(classes[first] for first, *_ in firsts)
    return Labels(values=values, found=str(tree), classes=tuple(classes))


def below_lone_folders(tree: Tree) -> tuple[str, Sequence[Entry]]:
    """Where more than a folder lies: its path below the tree, and what it holds.

    Args:
        tree: where to begin.
    """
    prefix, entries = "", tree.entries()
    while len(entries) == 1 and entries[0].tree is not None:
        prefix, entries = f"{prefix}{entries[0].name}/", entries[0].tree.entries()
    return prefix, entries
