"""The outline of a checkpoint of any format, and the tree that its networks are looked for in.

Torch-free.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganloss_cli.io.checkpoints.archives import outline_of_torchscript, outline_of_zip
from ganloss_cli.io.checkpoints.formats import Format
from ganloss_cli.io.checkpoints.headers import outline_of_npz, outline_of_program, outline_of_safetensors
from ganloss_cli.io.checkpoints.legacy import outline_of_bare_pickle, outline_of_legacy
from ganloss_cli.io.checkpoints.modules import state_of_script, with_state_dicts
from ganloss_cli.io.checkpoints.outline import Outline
from ganloss_cli.io.checkpoints.paddle import in_torch_words, is_paddle


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


def tree_of(path: Path, file_format: Format, outline: Outline, *, rescue: bool = False) -> Any:
    """The outline's object in plain words: Paddle's in torch's, a script's as a state dict, and on request modules too.

    Args:
        path: the file, for errors.
        file_format: of it.
        outline: of it.
        rescue: put state dicts in the place of pickled modules.

    Raises:
        InputError: it holds more than any checkpoint does.
    """
    root = outline.root
    if file_format == "torchscript":
        return state_of_script(root, str(path))
    if file_format == "pickle" and is_paddle(root):
        root = in_torch_words(root)
    return with_state_dicts(root, str(path)) if rescue else root
