"""Data that were named where a checkpoint is wanted.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Literal

from ganloss_cli.errors import GanlossError
from ganloss_cli.io.checkpoints.contents.walk import counts_as_checkpoint
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.sniff import format_of
from ganloss_cli.io.formats import sniff
from ganloss_cli.io.own_outputs import is_own_output
from ganloss_cli.io.roles import FILE_ROLES

_LOOKED_AT = 1000  # of the files of a folder of data, which may be a million


def hint_for_data(path: Path) -> str | None:
    """What to do where a checkpoint is wanted and data are named: a file of data, or a folder without a checkpoint.

    Args:
        path: of a file or a folder.
    """
    files = (path,) if path.is_file() else islice((file for file in path.rglob("*") if file.is_file()), _LOOKED_AT)
    found = False
    for file in files:
        kind = _kind(file)
        if kind == "checkpoint":
            return None
        found = found or kind == "data"
    return f"data are given with --data, as in ganloss eval --data {path}" if found else None


def _kind(file: Path) -> Literal["data", "checkpoint"] | None:
    """Data are images, audio, arrays, manifests, and tensors whose names are roles."""
    if is_own_output(file):
        return None
    if file.suffix.lower() in (".csv", ".jsonl"):
        return "data"
    try:
        if counts_as_checkpoint(file) or sniff(file) is None:
            kind = format_of(file)
            root = outline_of(file, kind, verify=False).root if kind else None
            return ("data" if _are_roles(root) else "checkpoint") if kind else None
    except (GanlossError, OSError):  # damaged, or unsafe: whoever opens it says so
        return None
    return "data"


def _are_roles(root: object) -> bool:
    """Whether names say real, fake, real_features.2.5 ..."""
    names = [name.partition(".") for name in root] if isinstance(root, Mapping) and root else []
    return bool(names) and all(role in FILE_ROLES and re.fullmatch(r"[\d.]*", rest) for role, _, rest in names)
