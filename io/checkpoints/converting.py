"""The networks of checkpoints as plain safetensors: which file becomes which, and the writing of them.

Torch-free, but for tensors that do not lie in their file as they are. Nothing of a checkpoint is run.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, NoNetworkError, NothingEvaluatedError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.contents.folders import Chosen, choose_files
from ganloss_cli.io.checkpoints.contents.naming import Naming, is_averaged
from ganloss_cli.io.checkpoints.contents.networks import Contents
from ganloss_cli.io.checkpoints.contents.places import stem_of, step_of
from ganloss_cli.io.checkpoints.contents.resolver import (
    UNKNOWN_ROLE,
    Known,
    concluded_finding,
    roles_of,
    settled,
    without_rivals,
)
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.contents.stated import check_found
from ganloss_cli.io.checkpoints.contents.tied import tied
from ganloss_cli.io.checkpoints.formats.headers import METADATA
from ganloss_cli.io.checkpoints.formats.outline import NOT_PLAIN
from ganloss_cli.io.checkpoints.formats.safetensors_file import Held, Source, check_writable, write_safetensors
from ganloss_cli.io.checkpoints.opening import sha256_of
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.checkpoints.unread import Unread, check_declared, format_to_read, look_into
from ganloss_cli.io.reading import unchanged
from ganloss_cli.records.conversion import ConvertedNetwork, LeftOut
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import StatedPlace

SUFFIX = ".safetensors"
_LONGEST_NAME = 100
_UNFIT = re.compile(r"[^\w.-]+")  # in the name of a file


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


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be written, and what is not.

    Args:
        outputs: a file a network.
        left_out: of each source, what is no network.
        findings: what was noticed on the way.
    """

    outputs: tuple[Output, ...]
    left_out: tuple[LeftOut, ...]
    findings: tuple[Finding, ...]


def planned(
    paths: Sequence[Path],
    *,
    naming: Naming | None = None,
    rescue: bool = False,
    stated: Sequence[StatedPlace] = (),
    verify: bool = True,
) -> Plan:
    """What becomes of checkpoints.

    Args:
        paths: files and folders that belong together.
        naming: whose names G_A, D_A ... are.
        rescue: convert the tensors of pickled modules too.
        stated: where the user says that networks lie.
        verify: compare the checksums that the files keep.

    Raises:
        InputError: a file cannot be read, or holds what safetensors has no type for.
        UnsafeCheckpointError: it would run code when loaded.
        NothingEvaluatedError: no network is in it.
        UsageError: several runs lie below a folder, or names may mean two things.
    """
    findings: list[Finding] = []
    files: list[_File] = []
    left_out: list[LeftOut] = []
    for path in paths:
        chosen = _chosen(path, rescue=rescue)
        findings += chosen.findings
        left_out += [LeftOut(path=str(file), whole=True) for file in chosen.others]
        files += [_looked_into(file, naming, stated, rescue=rescue, verify=verify) for file in chosen.files]
    check_found(stated, [(file.unread.path, file.contents.astray) for file in files])
    left_out += [file.left_out for file in files if file.left_out.names]
    held = [(file, pair) for file in files for pair in without_rivals(file.contents.parts, file.roles)]
    if not held:
        raise NothingEvaluatedError(
            f"{', '.join(map(str, paths))}: no network to convert",
            hint="ganloss inspect PATH shows what there is",
        )
    found = settled([pair for _, pair in held], several_files=len(files) > 1)
    networks = [
        _Network(file=file, part=pair[0], known=pair[1])
        for (file, _), pair in zip(held, found, strict=True)
        if pair is not None
    ]
    findings += [concluded_finding(one.known) for one in networks if one.known.inferred and not one.part.averaged]
    sources = {
        id(tensor): Source(path=file.unread.path, outline=file.unread.outline)
        for file, (part, _) in held
        for tensor in part.tensors.values()
    }
    outputs = tuple(_output(name, together, sources) for name, together in _named(networks).items())
    return Plan(outputs=outputs, left_out=tuple(left_out), findings=tuple(findings))


def write(plan: Plan, folder: Path) -> Iterator[ConvertedNetwork]:
    """Write the files of a plan, one after the other.

    Args:
        plan: of them.
        folder: where they are to be.

    Returns:
        each network once it is written, with the digest of its source.

    Raises:
        InputError: a source cannot be read any more.
        OSError: a file cannot be written.
    """
    digests: dict[str, str] = {}
    for output in plan.outputs:
        path = output.network.path
        if path not in digests:
            digests[path] = sha256_of(Path(path))
        with unchanged(Path(path)):
            network = replace(output.network, sha256=digests[path])
            write_safetensors(folder / network.file, output.tensors, _metadata(network, output.running))
        settings = json.dumps(output.config, indent=2, ensure_ascii=False)
        (folder / f"{output.name}.json").write_text(settings + "\n", "utf-8", "backslashreplace")
        yield network


def _metadata(network: ConvertedNetwork, running: Mapping[str, float]) -> dict[str, str]:
    """The texts of a header; a name that is tied to another stands there as huggingface_hub writes it."""
    step = {} if network.step is None else {"step": str(network.step)}
    return {
        "format": "pt",
        "role": network.role,
        "weights": network.weights,
        **step,
        "source": Path(network.path).name,
        "source_sha256": str(network.sha256),
        **({"name_in_source": network.name_in_file} if network.name_in_file else {}),
        **({"architecture": network.architecture} if network.architecture else {}),
        **{name: repr(float(value)) for name, value in running.items()},
        **network.tied,
    }


def _chosen(path: Path, *, rescue: bool) -> Chosen:
    try:
        return choose_files(path, rescue=rescue, every=True)
    except NoNetworkError as error:
        raise NothingEvaluatedError(error.message, hint=error.hint) from error


@dataclass(frozen=True, kw_only=True)
class _File:
    """One source: what it is, and what it holds."""

    unread: Unread
    contents: Contents
    roles: tuple[Known, ...]

    @property
    def left_out(self) -> LeftOut:
        return LeftOut(path=str(self.unread.path), names=self.contents.left_over)


@dataclass(frozen=True, kw_only=True)
class _Network:
    file: _File
    part: Part
    known: Known

    @property
    def own_name(self) -> str:
        """What its source calls it, without the keys around it."""
        return self.part.path[-1] if self.part.path else stem_of(self.file.unread.path)

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


def _looked_into(
    path: Path, naming: Naming | None, stated: Sequence[StatedPlace], *, rescue: bool, verify: bool
) -> _File:
    with unchanged(path):
        unread = look_into(path, format_to_read(path), stubs=rescue, rescue=rescue, verify=verify, stated=stated)
        contents = _with_numbers(unread)
    records = [tensor for part in contents.parts for tensor in part.tensors.values()]
    check_declared(path, sum(record.n_bytes for record in records if isinstance(record, TensorRecord)))
    roles = roles_of(path, contents.parts, unread.config, role=None, naming=naming)
    return _File(unread=unread, contents=contents, roles=tuple(roles))


def _with_numbers(unread: Unread) -> Contents:
    """What a file holds, with those tensors read that are no network's, and those that only torch reads."""
    running = [value for value in unread.contents.running.values() if isinstance(value, TensorRecord)]
    if not running and unread.outline.globals.isdisjoint(NOT_PLAIN):
        return unread.contents
    from ganloss_cli.io.checkpoints.formats.tensors import read_records

    root = read_records(unread.path, unread.outline, unread.tree, wanted=running)
    return unread.contents_in(root)


def _named(networks: Sequence[_Network]) -> dict[str, list[_Network]]:
    """Networks by the file that they go to: the parts of one discriminator into one."""
    by_name: dict[str, list[_Network]] = {}
    for network in networks:
        by_name.setdefault(network.name, []).append(network)
    named: dict[str, list[_Network]] = {}
    for name, same in by_name.items():
        subs = {one.part.name.sub for one in same if one.part.name}
        if len(same) == 1 or (len(subs - {None}) == len(same) and len({one.file.unread.path for one in same}) == 1):
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


def _output(name: str, together: Sequence[_Network], sources: Mapping[int, Source]) -> Output:
    first, *others = together
    file, part = first.file, first.part
    tensors = (
        {f"{one.own_name}.{key}": tensor for one in together for key, tensor in one.part.tensors.items()}
        if others
        else dict(part.tensors)
    )
    held = {key: Held(source=sources[id(tensor)], tensor=tensor) for key, tensor in tensors.items()}
    for key, one in held.items():
        check_writable(key, one)
    twins = _twins(tensors)
    written = {key: one for key, one in held.items() if key not in twins}
    network = ConvertedNetwork(
        file=f"{name}{SUFFIX}",
        role=first.known.role,
        weights="ema" if part.averaged else "raw",
        path=str(file.unread.path),
        name_in_file=", ".join(one.part.called for one in together),
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


def _twins(tensors: Mapping[str, Any]) -> dict[str, str]:
    """Names that are tied to another of the same shape -> that one; what is another view of it is written itself."""
    records = {key: tensor for key, tensor in tensors.items() if isinstance(tensor, TensorRecord)}
    alike = ((key, owner) for key, owner in tied(records).items() if _view(records[key]) == _view(records[owner]))
    return dict(alike)


def _view(record: TensorRecord) -> tuple[object, ...]:
    return record.dtype, record.shape, record.stride


def _architecture(together: Sequence[_Network]) -> str | None:
    found = {_architecture_of(one) for one in together}
    return ", ".join(sorted(name for name in found if name)) or None


def _architecture_of(network: _Network) -> str | None:
    shapes = {key: tuple(tensor.shape) for key, tensor in network.part.tensors.items()}
    try:
        match = recognise(shapes, network.file.unread.config)
    except InputError:  # several recipes fit; whoever evaluates it says which
        return None
    return match.architecture if match else None
