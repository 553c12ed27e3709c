"""Tensors in files of torch.save, through torch's restricted unpickler; what it refuses is named, never run."""

from __future__ import annotations

import io
import mmap
import pickletools
import struct
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import BinaryIO

import torch

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.samples import listed

LEGACY_MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."  # torch.save before 1.6: a pickled number,
LEGACY_PICKLES = 5  # ... a version, the system, the content, the names of the storages
HARMLESS = ("torch.", "collections.OrderedDict")
# What the opcodes of a damaged pickle raise.
BROKEN = (ValueError, LookupError, ArithmeticError, EOFError, struct.error)


def load_pickled(path: Path) -> object:
    """What torch.save wrote: tensors in lists and dicts, mapped into memory where the file allows it.

    Args:
        path: of the file.

    Returns:
        the content.

    Raises:
        UnsafeCheckpointError: its pickle names anything but tensors and plain containers.
        InputError: truncated, damaged, or not written by torch.save.
    """
    zipped = zipfile.is_zipfile(path)
    if not zipped and not _begins_as_torch_writes(path):
        raise _refusal(path, zipped=False)
    try:
        with warnings.catch_warnings(action="ignore"):
            if path.suffix == ".safetensors":  # torch.load goes by this suffix; we go by the first bytes
                with path.open("rb") as file:
                    return torch.load(file, map_location="cpu", weights_only=True)
            content: object = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except UnpicklingError as error:
        raise _refusal(path, zipped=zipped) from error
    return content


def _begins_as_torch_writes(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(LEGACY_MAGIC)) == LEGACY_MAGIC


def _refusal(path: Path, *, zipped: bool) -> InputError | UnsafeCheckpointError:
    foreign = sorted(name for name in _globals(path, zipped=zipped) if not name.startswith(HARMLESS))
    if not foreign:
        return InputError(f"{path}: truncated or damaged, or not written by torch.save")
    return UnsafeCheckpointError(
        f"{path}: its pickle names {listed(foreign)}; only tensors, lists, dicts, numbers and text are read",
        hint="save tensors only: torch.save({'real': real, 'fake': fake}, FILE), or use .safetensors",
    )


def _globals(path: Path, *, zipped: bool) -> set[str]:
    if zipped:
        with zipfile.ZipFile(path) as archive:
            pickles = [archive.read(name) for name in archive.namelist() if name.endswith("data.pkl")]
        return {name for data in pickles for name in _named_by(io.BytesIO(data))}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as stream:
        return {name for _ in range(LEGACY_PICKLES) for name in _named_by(stream)}


def _named_by(stream: BinaryIO | mmap.mmap) -> Iterable[str]:
    """The globals of one pickle, off its opcodes; the names serve messages, torch's unpickler does the refusing."""
    names: set[str] = set()
    texts = ["?", "?"]
    try:
        for opcode, argument, _ in pickletools.genops(stream):  # type: ignore[arg-type]
            if opcode.name in ("GLOBAL", "INST"):
                names.add(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                names.add(".".join(texts[-2:]))
            elif isinstance(argument, str):
                texts.append(argument)
    except BROKEN:
        pass  # the names before the damage are what a reader has to know
    return names
