"""Files that are one checkpoint together: safetensors or torch files with an index, a distributed checkpoint's folder.

Torch-free.
"""

from __future__ import annotations

import json
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.writing import refuse_output

INDEX = ".index.json"
METADATA = ".metadata"  # of torch.distributed.checkpoint
_MAX_INDEX = 64_000_000  # bytes; a million tensors


def is_group(path: Path) -> bool:
    """Whether this is an index of parts, or the folder of a distributed checkpoint."""
    if path.is_dir():
        return (path / METADATA).is_file()
    return path.name.endswith(INDEX) and path.is_file() and bool(weight_map(path))


def files_of(path: Path) -> list[Path]:
    """Every file that belongs to a checkpoint: of a group, its members, which need not be there.

    Args:
        path: a file, an index of parts, or a distributed checkpoint's folder.
    """
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.name == METADATA or file.suffix == ".distcp")
    if path.name.endswith(INDEX):
        return [path, *(path.with_name(name) for name in sorted(set(weight_map(path).values())))]
    return [path]


def first_file(path: Path) -> Path:
    """The file that tells what the others of a group hold: the index, or the metadata."""
    return path / METADATA if path.is_dir() else path


def size_of(path: Path) -> int:
    """The bytes of all files of a checkpoint."""
    return sum(file.stat().st_size for file in files_of(path))


def weight_map(index: Path) -> dict[str, str]:
    """Tensor -> the file that holds it, beside the index; empty where this is no such index."""
    try:
        if index.stat().st_size > _MAX_INDEX:
            raise InputError(f"{index}: an index of more than {_MAX_INDEX} bytes")
        refuse_output(index, index.stat())
        listed = json.loads(index.read_bytes().decode())["weight_map"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    known = isinstance(listed, dict) and all(
        isinstance(file, str) and Path(file).name == file for file in listed.values()
    )
    return listed if known else {}
