"""Every choice that changes a number, by the field of the request, and what the data of a run are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.run.grid import Grid
from ganloss_cli.records.plain import as_data
from ganloss_cli.records.request import Request, SettingChange, StatedPlace, UserNetwork

# Where things are, of which the contents count; how they are read, run and told; and what follows from the device.
_NO_NUMBER = frozenset({
    "ckpt", "disc", "data", "roles", "workers", "device", "per_sample", "worst", "fail_if", "dry_run", "command",
    "shard", "journal", "each", "baseline", "fail_if_worse", "level", "allow_missing", "waivers",
})  # fmt: skip


def conditions(request: Request) -> dict[str, Any]:
    """The choices of a request that change numbers, as plain values; of files of the user's, their contents.

    A field is among them unless it is known to change none.
    """
    names = (field.name for field in fields(Request) if field.name not in _NO_NUMBER)
    return {name: _as_value(getattr(request, name)) for name in names}


def identity(groups: tuple[Group, ...], grid: Grid) -> dict[str, Any]:
    """What tells the data of one run from those of another, without reading all of them.

    Args:
        groups: the data.
        grid: which samples share a step.
    """
    return {
        "counts": list(grid.counts),
        "sizes": list(grid.sizes),
        "names": [_hashed("\0".join(group.names)) for group in groups],
        "first": [{role: digest.hex() for role, digest in group.digests(0).items()} for group in groups],
    }


def _as_value(value: Any) -> Any:
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, tuple) and value and isinstance(value[0], UserNetwork):
        return [[each.text.partition("=")[0], each.text.rpartition(":")[2], _file(each.file)] for each in value]
    if isinstance(value, tuple) and value and isinstance(value[0], StatedPlace):
        return [[each.role, each.place] for each in value]
    if isinstance(value, tuple) and value and isinstance(value[0], SettingChange):
        return [each.text for each in value]
    if hasattr(value, "file") and isinstance(value.file, Path):
        return [value.name, _file(value.file)]
    if isinstance(value, Mapping):
        return {str(key): _as_value(entry) for key, entry in value.items()}
    return as_data(value)


def _file(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(partial(file.read, 2**20), b""):
            whole.update(block)
    return whole.hexdigest()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def key_of(**parts: Any) -> str:
    """One hash for plain values by name."""
    return _hashed(json.dumps(parts, sort_keys=True))
