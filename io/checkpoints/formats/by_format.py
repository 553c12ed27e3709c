"""The outline of a checkpoint, whatever its format.

Torch-free.
"""

from __future__ import annotations

from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.archives import outline_of_torchscript, outline_of_zip
from ganloss_cli.io.checkpoints.formats.distributed import outline_of_distributed
from ganloss_cli.io.checkpoints.formats.headers import outline_of_npz, outline_of_program, outline_of_safetensors
from ganloss_cli.io.checkpoints.formats.legacy import outline_of_bare_pickle, outline_of_legacy
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.formats.shards import outline_of_shards, parts_of
from ganloss_cli.io.checkpoints.formats.sniff import Format, format_of


def outline_of(path: Path, file_format: Format, *, stubs: bool = False, verify: bool = True) -> Outline:
    """What a file holds, without reading a tensor.

    Args:
        path: the file.
        file_format: what `format_of` says of it.
        stubs: make inert stubs of forbidden globals instead of refusing the file.
        verify: read every storage once to compare its checksum, where the format keeps one.

    Raises:
        UnsafeCheckpointError: a pickle in it names a forbidden global.
        InputError: it is damaged, or declares more than it holds.
    """
    if file_format == "distributed checkpoint":
        return outline_of_distributed(path, stubs=stubs)
    if file_format == "sharded":
        parts = {
            file: outline_of(file, _part_format(path, file), stubs=stubs, verify=verify) for file in parts_of(path)
        }
        return outline_of_shards(path, parts)
    if file_format == "torch zip":
        return outline_of_zip(path, stubs=stubs, verify=verify)
    if file_format == "torch legacy":
        return outline_of_legacy(path, stubs=stubs)
    if file_format == "pickle":
        return outline_of_bare_pickle(path, stubs=stubs)
    if file_format == "torchscript":
        return outline_of_torchscript(path)
    if file_format == "exported program":
        return outline_of_program(path)
    return outline_of_npz(path) if file_format == "npz" else outline_of_safetensors(path)


def _part_format(index: Path, file: Path) -> Format:
    found = format_of(file)
    if found not in ("safetensors", "torch zip", "torch legacy"):
        raise InputError(f"{file}: listed by {index.name}, but it is no safetensors or torch file")
    return found
