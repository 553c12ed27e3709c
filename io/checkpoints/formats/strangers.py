"""What a file is that is no checkpoint: named by its first bytes, with what to do about it.

Torch-free.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ganloss_cli.errors import InputError, NoNetworkError
from ganloss_cli.io.checkpoints.formats.sniff import SUPPORTED, opened

_HEAD = 4096
_LOOKED_AT = 1000  # of the files of a folder, which may be a million
_TORCH = "convert it to torch and save the state dict with torch.save(network.state_dict(), path)"


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """One kind of file: how it begins, what it is, and what to do.

    Args:
        begins: matches the first bytes.
        what: as it is called in a sentence.
        hint: what to do.
        mistaken: it lies where a checkpoint was meant to be, also in a folder.
        packed: checkpoints may be in it, and so may data.
    """

    begins: re.Pattern[bytes]
    what: str
    hint: str
    mistaken: bool = False
    packed: bool = False


def _known(begins: bytes, what: str, hint: str, *, mistaken: bool = False, packed: bool = False) -> Stranger:
    begin = re.compile(begins, re.DOTALL | re.IGNORECASE)
    return Stranger(begins=begin, what=what, hint=hint, mistaken=mistaken, packed=packed)


STRANGERS = (
    _known(
        rb"version https://git-lfs\.github\.com/", "a Git LFS pointer, not the file it stands for",
        "fetch the file with git lfs pull", mistaken=True,
    ),
    _known(
        rb"\s*<(?:!doctype html|html|head)", "a web page", "download the file itself: the address gave a page",
        mistaken=True,
    ),
    _known(rb"\s*<\?xml", "an XML document", "download the file itself: servers answer errors so", mistaken=True),
    _known(rb"\0{64}|\0+\Z", "a file of zeros", "copy or download it again: the disk may be full", mistaken=True),
    _known(rb'\s*\{\s*"(?:cells|nbformat)"', "a Jupyter notebook", "give a checkpoint that it writes"),
    _known(rb'\s*\{.{0,200}"(?:error|message|detail)"', "a JSON error message", "download it again", mistaken=True),
    _known(rb"\s*[{\[]", "a JSON document", "give the checkpoint that lies beside it"),
    _known(rb"\x89HDF\r\n\x1a\n", "a Keras or HDF5 file", _TORCH),
    _known(rb"\x08\x01\x12", "a TensorFlow SavedModel", _TORCH),
    _known(rb"\x08[\x01-\x20](?:\x12|.{0,40}(?:pytorch|onnx))", "an ONNX file", _TORCH),
    _known(rb"[\x80-\x8f\xde\xdf].{0,3}[\xa0-\xbf\xd9](?:params|opt_state|step|batch_stats)", "a Flax file", _TORCH),
    _known(rb".{4}TFL3", "a TensorFlow Lite file", _TORCH),
    _known(rb"GGUF", "a GGUF file", _TORCH),
    _known(rb"\x1f\x8b", "a gzip archive", "unpack it with gunzip or tar -xzf", packed=True),
    _known(rb".{257}ustar", "a tar archive", "unpack it with tar -xf", packed=True),
    _known(rb"PK\x03\x04|7z\xbc\xaf|Rar!", "a packed archive", "unpack it", packed=True),
    _known(rb"\x89PNG|\xff\xd8\xff|RIFF|fLaC|GIF8", "an image or a recording", "give it with --data"),
)  # fmt: skip
# folders and files of frameworks that write several
_FOLDERS = {
    "saved_model.pb": "a TensorFlow SavedModel",
    "checkpoint": "a TensorFlow checkpoint",
    "manifest.ocdbt": "an orbax checkpoint of JAX",
    "_METADATA": "an orbax checkpoint of JAX",
    "_CHECKPOINT_METADATA": "an orbax checkpoint of JAX",
}


def stranger(path: Path) -> Stranger | None:
    """What a file is that no reader of checkpoints knows; None where its bytes tell nothing.

    Args:
        path: the file, which is not empty.
    """
    with opened(path, to_identify=True) as data:
        return stranger_that_begins(data[:_HEAD])


def stranger_that_begins(head: bytes) -> Stranger | None:
    """What a file is that begins so; None where that tells nothing."""
    return next((known for known in STRANGERS if known.begins.match(head)), None)


def not_a_checkpoint(path: Path, *, hint: str | None = None) -> InputError:
    """The error for a file that no reader of checkpoints knows.

    Args:
        path: the file.
        hint: what to do, where that is known without looking at its first bytes.
    """
    known = stranger(path)
    found = f"; found {known.what}" if known else ""
    return InputError(f"{path}: not a checkpoint; expected one of {SUPPORTED}{found}", hint=_hint(known, hint))


def _hint(known: Stranger | None, hint: str | None) -> str | None:
    if known is None or (hint and not known.packed):
        return hint
    return f"{known.hint} if checkpoints are in it; {hint}" if hint else known.hint


def no_checkpoint_in(folder: Path, *, hint: str | None = None, not_seen: str = "") -> NoNetworkError:
    """The error for a folder in which no checkpoint was found.

    Args:
        folder: the folder.
        hint: what to do, where that is known.
        not_seen: what the search ended before, in words.
    """
    known = next((what for name, what in _FOLDERS.items() if (folder / name).is_file()), None)
    archive = None if known else _packed_in(folder)
    hint = hint or ("name the folder of the checkpoint itself" if not_seen else None)
    found = known or (f"{archive[0].name}, {archive[1].what}" if archive else "")
    return NoNetworkError(
        f"{folder}: no checkpoint in this folder; expected {SUPPORTED}{f'; found {found}' if found else ''}"
        f"{f'; not searched: {not_seen}' if not_seen else ''}",
        hint=_TORCH if known else _hint(archive[1], hint) if archive else hint,
    )


def _packed_in(folder: Path) -> tuple[Path, Stranger] | None:
    """An archive that lies in a folder, and may hold its checkpoints."""
    for file in sorted(islice(folder.iterdir(), _LOOKED_AT)):
        try:
            known = stranger(file) if file.is_file() and file.stat().st_size else None
        except (InputError, OSError):
            continue
        if known is not None and known.packed:
            return file, known
    return None
