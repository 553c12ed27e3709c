"""Checkpoints that are split over several files: none of the files is a network by itself.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.groups import INDEX, is_group

# model-00001-of-00002.safetensors, pytorch_model-00001-of-00002.bin of Hugging Face
SHARD = re.compile(r".*-\d{5}-of-\d{5}")
DISTRIBUTED = ".distcp"
_GIVE_FOLDER = "give the folder that it lies in"
_JOIN = (
    "give the folder with all parts and the index that lists them (model.safetensors.index.json); without an index join"
    " them: save_file({**load_file(PART), **load_file(NEXT)}, 'model.safetensors') of safetensors.torch, or the same"
    " with torch.load and torch.save"
)


def refuse_parts(folder: Path, files: Iterable[Path]) -> None:
    """Refuse a folder that holds nothing but parts of a checkpoint that no index lists.

    Args:
        folder: for the message.
        files: those parts.

    Raises:
        InputError: there are any.
    """
    shards = [file.name for file in files]
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
        raise InputError(f"{path}: a part of a distributed checkpoint of torch; expected its folder", hint=_GIVE_FOLDER)
    if shards and SHARD.fullmatch(path.stem):
        raise InputError(f"{path}: a part of a checkpoint that is split over several files", hint=_JOIN)
    if path.name.endswith(INDEX) and not is_group(path):
        raise InputError(f"{path}: lists the parts of a checkpoint that is split over several files", hint=_JOIN)
