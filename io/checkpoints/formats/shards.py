"""Checkpoints that are split over several files, as their index says: each tensor is read where it lies.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.groups import files_of, weight_map
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.pickle.objects import tensor_record
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord


def parts_of(index: Path) -> list[Path]:
    """The files that an index lists.

    Raises:
        InputError: some of them are missing.
    """
    parts = files_of(index)[1:]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise InputError(
            f"{index}: {len(missing)} of {len(parts)} parts are missing: {', '.join(missing[:5])}",
            hint="copy or download them to the same folder",
        )
    return parts


def outline_of_shards(index: Path, parts: Mapping[Path, Outline]) -> Outline:
    """One outline of all parts.

    Args:
        index: which tensor lies in which part.
        parts: the outline of each.

    Raises:
        InputError: a part lacks a tensor that the index says it holds.
    """
    root = {}
    for name, file in weight_map(index).items():
        part = index.with_name(file)
        record = tensor_record(dict(parts[part].root).get(name)) if isinstance(parts[part].root, dict) else None
        if record is None:
            raise InputError(
                f"{part}: lacks {name}, which {index.name} says it holds", hint="copy or download it again"
            )
        root[name] = _placed(record, part, parts[part])
    return Outline(root=root, globals=frozenset().union(*(part.globals for part in parts.values())))


def _placed(record: TensorRecord, file: Path, outline: Outline) -> TensorRecord:
    """The same tensor, with the file it lies in."""
    storage = record.storage
    span = replace(storage.span or outline.storages[storage.key], file=file)
    return replace(record, storage=replace(storage, key=f"{file.name}:{storage.key}", span=span))
