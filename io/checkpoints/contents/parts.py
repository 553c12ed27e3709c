"""Checkpoints that are split over several files: none of the files is a network by itself.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ganloss_cli.errors import InputError

# model-00001-of-00002.safetensors, pytorch_model-00001-of-00002.bin of Hugging Face
SHARD = re.compile(r".*-\d{5}-of-\d{5}")
DISTRIBUTED = ".distcp"
_CONVERT = (
    "make one file of its folder: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE.pt"
)
_JOIN = (
    "join them first: save_file({**load_file(PART), **load_file(NEXT)}, 'model.safetensors') of safetensors.torch, or"
    " the same with torch.load and torch.save"
)


def refuse_parts(folder: Path, files: Iterable[Path]) -> None:
    """Refuse a folder whose files are parts of one checkpoint.

    Args:
        folder: for the message.
        files: its files.

    Raises:
        InputError: they are.
    """
    names = [file.name for file in files]
    if ".metadata" in names and any(name.endswith(DISTRIBUTED) for name in names):
        raise InputError(f"{folder}: a distributed checkpoint of torch, in parts; expected whole files", hint=_CONVERT)
    shards = [name for name in names if SHARD.fullmatch(Path(name).stem)]
    if shards:
        raise InputError(
            f"{folder}: {shards[0]} is one of {len(shards)} parts of one checkpoint; expected whole files", hint=_JOIN
        )


def refuse_part(path: Path, *, shards: bool = True) -> None:
    """Refuse a file whose name says that it is a part of a checkpoint.

    Args:
        path: the file.
        shards: also those that are whole files of their own, with some of the tensors.

    Raises:
        InputError: it does.
    """
    if not path.is_file():
        return
    if path.suffix == DISTRIBUTED:
        raise InputError(f"{path}: a part of a distributed checkpoint of torch; expected a whole file", hint=_CONVERT)
    if shards and SHARD.fullmatch(path.stem):
        raise InputError(f"{path}: a part of a checkpoint that is split over several files", hint=_JOIN)
    if path.name.endswith(".index.json"):
        raise InputError(f"{path}: lists the parts of a checkpoint that is split over several files", hint=_JOIN)
