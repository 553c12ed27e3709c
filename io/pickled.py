"""Tensors in files of torch.save, for data: read as checkpoints are, without running anything of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.sniff import format_of
from ganloss_cli.io.checkpoints.formats.tensors import MAX_VALUES, Materialiser, read_by_torch
from ganloss_cli.io.checkpoints.pickle.objects import tensor_record
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.reading import OpenFile

MAX_ARRAYS = 100_000
_HINT = "save tensors only: torch.save({'real': real, 'fake': fake}, FILE), or use .safetensors"


def open_pickled(path: Path) -> tuple[Materialiser, dict[str, TensorRecord | Tensor]]:
    """What torch.save wrote: tensors and arrays in lists and dicts.

    Args:
        path: of the file.

    Returns:
        what reads the tensors, and the unread ones by name, the keys and positions that lead there joined with dots;
        sparse and quantised ones are read already.

    Raises:
        UnsafeCheckpointError: its pickle names anything but tensors, arrays, plain containers and settings.
        InputError: truncated, damaged, not written by torch.save, or with more in it than any file of data.
    """
    file = OpenFile(path)
    file_format = format_of(path)
    if file_format not in ("torch zip", "torch legacy", "pickle"):
        raise InputError(f"{path}: truncated or damaged, or not written by torch.save", hint=_HINT)
    try:
        outline = outline_of(path, file_format, verify=False)  # data may be far larger than weights
    except UnsafeCheckpointError as error:
        raise UnsafeCheckpointError(error.message, hint=_HINT) from error
    if file_format == "pickle":
        raise InputError(f"{path}: truncated or damaged, or not written by torch.save", hint=_HINT)
    reader = Materialiser(file, outline)
    content = read_by_torch(file) if outline.left_to_torch else outline.root
    arrays: dict[str, TensorRecord | Tensor] = {}
    for name, array in _Flattening(reader).of(content, ""):
        arrays[name] = array
        if len(arrays) > MAX_ARRAYS:
            raise InputError(f"{path}: more than {MAX_ARRAYS} tensors", hint="save one tensor a role")
    return reader, arrays


class _Flattening:
    """Finds the tensors in nested dicts and lists; a few shared ones can stand for more than any file holds."""

    def __init__(self, reader: Materialiser) -> None:
        self.reader = reader
        self.left = MAX_VALUES

    def of(self, content: object, name: str) -> Iterator[tuple[str, TensorRecord | Tensor]]:
        if isinstance(content, dict):
            parts = list(dict.items(content))
        elif isinstance(content, list | tuple):
            parts = list(enumerate(content))
        else:
            found = tensor_record(content) or self.reader.plain(content)
            if isinstance(found, Tensor | TensorRecord):
                yield name, found
            return
        self.left -= len(parts)
        if self.left < 0:
            raise InputError(f"{self.reader.path}: more than {MAX_VALUES} values in its mappings and lists")
        for key, part in parts:
            yield from self.of(part, f"{name}.{key}" if name else str(key))
