"""Tensors in files of torch.save, for data: read as checkpoints are, without running anything of them."""

from __future__ import annotations

from pathlib import Path

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.sniff import format_of
from ganloss_cli.io.checkpoints.formats.tensors import read_torch

_HINT = "save tensors only: torch.save({'real': real, 'fake': fake}, FILE), or use .safetensors"


def load_pickled(path: Path) -> object:
    """What torch.save wrote: tensors and arrays in lists and dicts, mapped into memory where the file allows it.

    Args:
        path: of the file.

    Returns:
        the content.

    Raises:
        UnsafeCheckpointError: its pickle names anything but tensors, arrays, plain containers and settings.
        InputError: truncated, damaged, or not written by torch.save.
    """
    file_format = format_of(path)
    if file_format not in ("torch zip", "torch legacy", "pickle"):
        raise InputError(f"{path}: truncated or damaged, or not written by torch.save", hint=_HINT)
    try:
        outline = outline_of(path, file_format, verify=False)  # data may be far larger than weights
    except UnsafeCheckpointError as error:
        raise UnsafeCheckpointError(error.message, hint=_HINT) from error
    if file_format == "pickle":
        raise InputError(f"{path}: truncated or damaged, or not written by torch.save", hint=_HINT)
    return read_torch(path, outline, file_format)
