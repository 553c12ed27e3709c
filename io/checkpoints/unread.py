"""A checkpoint that has been looked into and whose tensors have not been read.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.beside import Beside, config_beside
from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data
from ganloss_cli.io.checkpoints.contents.modules import tree_of
from ganloss_cli.io.checkpoints.contents.networks import Contents, contents_of
from ganloss_cli.io.checkpoints.contents.parts import refuse_part
from ganloss_cli.io.checkpoints.contents.places import step_of, with_file_averaging
from ganloss_cli.io.checkpoints.contents.stated import of_file, with_stated
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.groups import size_of
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.formats.sniff import Format, format_of
from ganloss_cli.io.checkpoints.formats.strangers import not_a_checkpoint
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden
from ganloss_cli.records.request import StatedPlace

# a tensor may be a view that repeats its storage, but a small file that declares a huge network is a lie
_MOST_REPEATS = 16
_SLACK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What a file holds.

    Args:
        path: the file.
        format: by its first bytes.
        outline: where its tensors lie.
        tree: the outline's object in plain words.
        beside: the settings that lie beside it.
        stated: where the user says that networks lie in it.
    """

    path: Path
    format: Format
    outline: Outline
    tree: Any
    beside: Beside
    stated: tuple[StatedPlace, ...] = ()

    @cached_property
    def contents(self) -> Contents:
        """Its networks and what is none, with records in the place of tensors."""
        return self.contents_in(self.tree)

    def contents_in(self, tree: Any) -> Contents:
        """The same of a tree in which tensors were read."""
        found = with_file_averaging(self.path, contents_of(tree, str(self.path)))
        return with_stated(found, tree, self.stated) if self.stated else found

    @property
    def config(self) -> Mapping[str, Any]:
        """Its settings over those beside it."""
        return {**self.beside.config, **self.contents.config}

    @property
    def config_origins(self) -> Mapping[str, str]:
        """Of the settings beside it, in which file each stands."""
        return {key: name for key, name in self.beside.origins.items() if key not in self.contents.config}

    @property
    def step(self) -> int | None:
        """Its training step."""
        return step_of(self.path, self.contents)


def format_to_read(path: Path, *, shards: bool = True) -> Format:
    """The format of a checkpoint.

    Args:
        path: the file.
        shards: refuse those that hold some of the tensors of a checkpoint.

    Raises:
        InputError: it is none, or a part of one.
    """
    refuse_part(path, shards=shards)
    found = format_of(path)
    if found is None:
        raise not_a_checkpoint(path, hint=hint_for_data(path))
    return found


def look_into(
    path: Path,
    file_format: Format,
    *,
    stubs: bool,
    rescue: bool,
    verify: bool = True,
    stated: Sequence[StatedPlace] = (),
) -> Unread:
    """Look into a checkpoint.

    Args:
        path: the file.
        file_format: of it.
        stubs: make inert stubs of forbidden globals instead of refusing the file.
        rescue: put state dicts in the place of pickled modules.
        verify: read every storage once to compare its checksum, where the format keeps one.
        stated: where the user says that networks lie, in this file or another.

    Raises:
        UnsafeCheckpointError: it names a forbidden global.
        InputError: it is damaged, or declares more than it holds.
    """
    outline = outline_of(path, file_format, stubs=stubs, verify=verify)
    tree = tree_of(path, file_format, outline, rescue=rescue and bool(forbidden(outline.globals)))
    return Unread(
        path=path,
        format=file_format,
        outline=outline,
        tree=tree,
        beside=config_beside(path),
        stated=of_file(stated, path),
    )


def check_declared(path: Path, declared: int) -> None:
    """Refuse a small file that declares a huge network.

    Args:
        path: the file.
        declared: what the elements of its tensors take, views and repetitions included.

    Raises:
        InputError: it is far more than the file holds.
    """
    n_bytes = size_of(path)
    if declared > _MOST_REPEATS * n_bytes + _SLACK:
        raise InputError(f"{path}: declares {declared} bytes of weights in a file of {n_bytes}")
