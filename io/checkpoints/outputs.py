"""Which networks of a conversion go to which file, under which name, and what is said of each.

Torch-free.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.contents.naming import is_averaged
from ganloss_cli.io.checkpoints.contents.networks import Contents
from ganloss_cli.io.checkpoints.contents.places import stem_of, step_of
from ganloss_cli.io.checkpoints.contents.resolver import UNKNOWN_ROLE, Known
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.contents.tied import tied
from ganloss_cli.io.checkpoints.formats.headers import METADATA
from ganloss_cli.io.checkpoints.formats.safetensors_file import Held, Source, check_writable
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.checkpoints.unread import Unread
from ganloss_cli.records.conversion import ConvertedNetwork, LeftOut

SUFFIX = ".safetensors"
_LONGEST_NAME = 100
_UNFIT = re.compile(r"[^\w.-]+")  # in the name of a file


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One source: what it is, and what it holds."""

    unread: Unread
    contents: Contents
    roles: tuple[Known, ...]

    @property
    def left_out(self) -> LeftOut:
        """What is no network."""
        return LeftOut(path=str(self.unread.path), names=self.contents.left_over)


@dataclass(frozen=True, kw_only=True)
class SourceNetwork:
    """One network of a source."""

    file: SourceFile
    part: Part
    known: Known

    @property
    def own_name(self) -> str:
        """What its source calls it, without the keys around it."""
        return self.part.path[-1] if self.part.path else stem_of(self.file.unread.path)

    @property
    def head(self) -> str:
        """What stands before the names of its tensors in a file of several parts."""
        return self.part.path[-1] if self.part.path else self.known.sub or self.own_name

    @property
    def name(self) -> str:
        """Its role, or its own name where it has none; an average says so."""
        return self._marked(self.own_name if self.known.role == UNKNOWN_ROLE else self.known.role)

    @property
    def longer_name(self) -> str:
        """A name that tells it from others of its role."""
        place = self.file.unread.path
        return self._marked("_".join(self.part.path or (place.absolute().parent.name, stem_of(place))))

    def _marked(self, name: str) -> str:
        fit = _UNFIT.sub("_", name).strip("._")[:_LONGEST_NAME] or UNKNOWN_ROLE
        return f"{fit}_ema" if self.part.averaged and not is_averaged(fit) else fit


@dataclass(frozen=True, kw_only=True)
class Output:
    """One file to be written.

    Args:
        network: what is said of it.
        tensors: by name, without those that are tied to another.
        config: the settings of its source.
        running: running means of penalties, which its source keeps beside its networks.
    """

    network: ConvertedNetwork
    tensors: Mapping[str, Held]
    config: Mapping[str, Any]
    running: Mapping[str, float]

    @property
    def name(self) -> str:
        """Of the file, without its suffix."""
        return self.network.file.removesuffix(SUFFIX)


def outputs_of(networks: Sequence[SourceNetwork], sources: Mapping[int, Source]) -> tuple[Output, ...]:
    """The files to be written.

    Args:
        networks: of all sources.
        sources: by the identity of a tensor, where it lies.

    Raises:
        InputError: a tensor is of a kind that safetensors has no type for.
    """
    return tuple(_output(name, together, sources) for name, together in _named(networks).items())


def _named(networks: Sequence[SourceNetwork]) -> dict[str, list[SourceNetwork]]:
    """Networks by the file that they go to: the parts of one discriminator into one."""
    by_name: dict[str, list[SourceNetwork]] = {}
    for network in networks:
        by_name.setdefault(network.name, []).append(network)
    named: dict[str, list[SourceNetwork]] = {}
    for name, same in by_name.items():
        if len(same) == 1 or len({one.known.sub for one in same} - {None}) == len(same):
            named[_free(name, named)] = same
            continue
        for one in same:
            named[_free(one.longer_name, named)] = [one]
    return named


def _free(name: str, taken: Mapping[str, object]) -> str:
    """This name, with a number where another file has it, or one that only differs in its case."""
    lower = {known.lower() for known in taken}
    names = (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3)))
    return next(one for one in names if one.lower() not in lower)


def _output(name: str, together: Sequence[SourceNetwork], sources: Mapping[int, Source]) -> Output:
    first, *others = together
    file, part = first.file, first.part
    tensors = {
        f"{one.head}.{key}" if others else key: tensor for one in together for key, tensor in one.part.tensors.items()
    }
    held = {key: Held(source=sources[id(tensor)], tensor=tensor) for key, tensor in tensors.items()}
    for key, one in held.items():
        check_writable(key, one)
    twins = _twins(tensors, {id(tensor): sources[id(tensor)].path for tensor in tensors.values()})
    written = {key: one for key, one in held.items() if key not in twins}
    network = ConvertedNetwork(
        file=f"{name}{SUFFIX}",
        role=first.known.role,
        weights="ema" if part.averaged else "raw",
        path=str(file.unread.path),
        name_in_file=", ".join(one.part.called for one in together if one.part.path),
        architecture=_architecture(together),
        step=step_of(file.unread.path, file.contents),
        tensors=len(tensors),
        bytes=sum(one.n_bytes for one in written.values()),
        dtypes=dict(Counter(one.dtype for one in held.values())),
        tied=twins,
    )
    running = {key: float(value) for key, value in file.contents.running.items()}
    return Output(network=network, tensors=written, config=_settings(file.unread), running=running)


def _settings(unread: Unread) -> dict[str, Any]:
    """The settings of a source; the texts of a header are none, and have their place in the new one."""
    return {key: value for key, value in unread.config.items() if key != METADATA or unread.format != "safetensors"}


def _twins(tensors: Mapping[str, Any], files: Mapping[int, Path]) -> dict[str, str]:
    """Names that are tied to another of the same shape -> that one; what is another view of it is written itself."""
    records = {key: tensor for key, tensor in tensors.items() if isinstance(tensor, TensorRecord)}
    alike = (
        (key, owner) for key, owner in tied(records, files).items() if _view(records[key]) == _view(records[owner])
    )
    return dict(alike)


def _view(record: TensorRecord) -> tuple[object, ...]:
    return record.dtype, record.shape, record.stride


def _architecture(together: Sequence[SourceNetwork]) -> str | None:
    found = {_architecture_of(one) for one in together}
    return ", ".join(sorted(name for name in found if name)) or None


def _architecture_of(network: SourceNetwork) -> str | None:
    shapes = {key: tuple(tensor.shape) for key, tensor in network.part.tensors.items()}
    try:
        match = recognise(shapes, network.file.unread.config)
    except InputError:  # several recipes fit; whoever evaluates it says which
        return None
    return match.architecture if match else None
