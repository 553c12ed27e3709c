"""What is in a checkpoint, without running it, without reading its tensors and without importing torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures import Match, recognise
from ganloss_cli.io.architectures.known import known_network
from ganloss_cli.io.checkpoints.contents.beside import Beside
from ganloss_cli.io.checkpoints.contents.checksums import Checksums, Fingerprint
from ganloss_cli.io.checkpoints.contents.content_rules import is_buffer
from ganloss_cli.io.checkpoints.contents.kinds import kind_of
from ganloss_cli.io.checkpoints.contents.naming import Naming
from ganloss_cli.io.checkpoints.contents.parts import SHARD
from ganloss_cli.io.checkpoints.contents.resolver import UNKNOWN_ROLE, Known, known_of, roles_of, without_rivals
from ganloss_cli.io.checkpoints.contents.slices import cut_out
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.contents.tied import tied
from ganloss_cli.io.checkpoints.contents.trees import module_tree
from ganloss_cli.io.checkpoints.formats.groups import size_of
from ganloss_cli.io.checkpoints.formats.outline import Outline, some_globals
from ganloss_cli.io.checkpoints.formats.sniff import Format
from ganloss_cli.io.checkpoints.opening import sha256_of
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden, way_out
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.checkpoints.unread import Unread, check_declared, format_to_read, look_into
from ganloss_cli.io.reading import unchanged
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.inspection import InspectedFile, InspectedNetwork, TensorRow
from ganloss_cli.records.request import StatedPlace

_PROGRAMS = {"torchscript": "a TorchScript archive", "exported program": "an exported program"}


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at a file.

    Args:
        file: what was seen.
        findings: what is off, or worth knowing.
        fingerprints: of each network, asked for where there are several: equal where the networks are equal bit by
            bit; None where that is not known.
        shared: of each network, the storages its tensors lie in.
        held: each network, and what its role may be concluded from.
        astray: places that the user named and that are not in it, as typed, and what is wrong with each.
    """

    file: InspectedFile
    findings: tuple[Finding, ...]
    fingerprints: tuple[Callable[[], Fingerprint | None], ...] = ()
    shared: tuple[frozenset[str], ...] = ()
    held: tuple[tuple[Part, Known], ...] = ()
    astray: Mapping[str, UsageError] = field(default_factory=dict)


def inspect_file(
    path: Path,
    *,
    naming: Naming | None = None,
    rescue: bool = False,
    with_hash: bool = False,
    with_tensors: bool = False,
    with_tree: bool = False,
    stated: Sequence[StatedPlace] = (),
) -> Look:
    """Look at one file.

    Args:
        path: the file.
        naming: whose names G_A, D_A ... are.
        rescue: show the state dicts of pickled modules too.
        with_hash: read the whole file, for its SHA-256, to compare the checksums it keeps, and to compute them where
            it keeps none.
        with_tensors: list every tensor.
        with_tree: show the tree of modules.
        stated: where the user says that networks lie, in this file or another.

    Raises:
        InputError: no such file, damaged, or of an unknown format.
    """
    with unchanged(path):
        unread = look_into(
            path, format_to_read(path, shards=False), stubs=True, rescue=rescue, verify=with_hash, stated=stated
        )
        return _look(unread, naming, rescue=rescue, with_hash=with_hash, with_tensors=with_tensors, with_tree=with_tree)


def with_settled(look: Look, pairs: Sequence[tuple[Part, Known] | None], files: Mapping[int, Path]) -> Look:
    """The same look, with what follows from the networks of other files.

    Args:
        look: at one file.
        pairs: each of its networks once roles are settled; None for what belongs to the network of another file.
        files: by the identity of a tensor, where it lies.
    """
    kept = [(k, *pair) for k, pair in enumerate(pairs) if pair is not None]
    own = [part.tensors is look.held[k][0].tensors for k, part, _ in kept]
    networks = tuple(
        _renamed(look.file.networks[k], known.role)
        if same
        else _rebuilt(look.file, look.file.networks[k], part, known, files)
        for same, (k, part, known) in zip(own, kept, strict=True)
    )
    return replace(
        look,
        file=replace(look.file, networks=networks),
        fingerprints=tuple(look.fingerprints[k] if same else _unknown for same, (k, *_) in zip(own, kept, strict=True)),
        shared=tuple(look.shared[k] for k, *_ in kept),
        held=tuple((part, known) for _, part, known in kept),
    )


def _unknown() -> None:
    """Of a network whose tensors lie in several files."""


def _renamed(row: InspectedNetwork, role: str) -> InspectedNetwork:
    return replace(row, role=role) if row.role == UNKNOWN_ROLE else row


def _rebuilt(
    file: InspectedFile, row: InspectedNetwork, part: Part, known: Known, files: Mapping[int, Path]
) -> InspectedNetwork:
    """The row of a network with the tensors of other files, or under other names."""
    match, _ = _match(Path(file.path), part, file.config)
    with_tensors, with_tree = row.tensors is not None, row.tree is not None
    return _network(part, known.role, match, files, with_tensors=with_tensors, with_tree=with_tree)


def _look(
    unread: Unread, naming: Naming | None, *, rescue: bool, with_hash: bool, with_tensors: bool, with_tree: bool
) -> Look:
    path, outline, contents, config, beside = (
        unread.path, unread.outline, unread.contents, unread.config, unread.beside,
    )  # fmt: skip
    check_declared(path, sum(record.n_bytes for part in contents.parts for record in part.tensors.values()))
    known, findings = _known(path, contents.parts, config, naming)
    kept = without_rivals(contents.parts, known)
    matches = []
    for part, _ in kept:
        match, undecided = _match(path, part, config)
        matches.append(match)
        findings += undecided
    checksums = Checksums(path, outline, with_hash=with_hash)
    file = InspectedFile(
        path=str(path),
        format=unread.format,
        holds=kind_of(outline.root, contents, unread.format),
        bytes=size_of(path),
        sha256=sha256_of(path) if with_hash else None,
        step=unread.step,
        networks=tuple(
            _network(part, one.role, match, with_tensors=with_tensors, with_tree=with_tree)
            for (part, one), match in zip(kept, matches, strict=True)
        ),
        optimizers=contents.optimizers,
        config=config,
        config_origins=unread.config_origins,
        left_over=contents.left_over,
        globals=tuple(sorted(outline.globals)),
        refused=_refused(outline, unread.format),
    )
    return Look(
        file=file,
        findings=(
            *_about_code(path, unread.format, file, rescue=rescue),
            *findings,
            *_about_parts(path, file, beside),
            *cut_out(path, contents.parts),
        ),
        fingerprints=tuple(checksums.fingerprint(part) for part, _ in kept),
        held=tuple(kept),
        shared=tuple(frozenset(record.storage.key for record in part.tensors.values()) for part, _ in kept),
        astray=contents.astray,
    )


def _known(
    path: Path, parts: Sequence[Part], config: Mapping[str, Any], naming: Naming | None
) -> tuple[list[Known], list[Finding]]:
    """The roles; where names may mean two things, no more than what is certain, and a note."""
    try:
        return roles_of(path, parts, config, role=None, naming=naming), []
    except UsageError as error:
        note = Finding(check="ambiguous_names", severity="note", message=error.message, hint=error.hint)
        return [known_of(path, part, part.name.kind if part.name else UNKNOWN_ROLE) for part in parts], [note]


def _match(path: Path, part: Part, config: Mapping[str, Any]) -> tuple[Match | None, list[Finding]]:
    shapes = {name: record.shape for name, record in part.tensors.items()}
    called = f" ({part.called})" if part.called else ""
    try:
        match = recognise(shapes, config)
        return match, [] if match else _about_known(f"{path}{called}", shapes)
    except InputError as error:
        return None, [
            Finding(
                check="undecided_architecture",
                severity="note",
                message=f"{path}{called}: {error.message}",
                hint=error.hint,
            )
        ]


def _about_known(where: str, names: Iterable[str]) -> list[Finding]:
    known = known_network(names)
    if known is None:
        return []
    message = f"{where}: by its names a {known.name} ({known.source}), which is not rebuilt from its weights"
    hint = "for eval name its class with --network ROLE=FILE.py:Class"
    return [Finding(check="architecture_not_rebuilt", severity="note", message=message, hint=hint)]


def _network(
    part: Part,
    role: str,
    match: Match | None,
    files: Mapping[int, Path] | None = None,
    *,
    with_tensors: bool,
    with_tree: bool,
) -> InspectedNetwork:
    tensors: Mapping[str, TensorRecord] = part.tensors
    shared = tied(tensors, files)
    trained = {name: record.count for name, record in tensors.items() if not is_buffer(name)}
    n_trained = sum(count for name, count in trained.items() if name not in shared)
    once = [record for name, record in tensors.items() if name not in shared]
    return InspectedNetwork(
        role=match.role if match and role == UNKNOWN_ROLE else role,
        name_in_file=part.called,
        weights="ema" if part.averaged else "raw",
        architecture=match.architecture if match else None,
        hyperparameters=dict(match.hyperparameters) if match else {},
        origins=dict(match.origins) if match else {},
        recipe=match.task.recipe if match else None,
        parameters=n_trained,
        buffers=sum(record.count for record in once) - n_trained,
        bytes=sum(record.n_bytes for record in once),
        dtypes=dict(Counter(record.dtype for record in tensors.values())),
        tensor_count=len(tensors),
        shared_count=len(shared),
        tensors=_rows(tensors, shared) if with_tensors else None,
        tree=module_tree(part.called or role, trained, shared) if with_tree else None,
    )


def _rows(tensors: Mapping[str, TensorRecord], shared: Mapping[str, str]) -> tuple[TensorRow, ...]:
    return tuple(
        TensorRow(name=name, shape=record.shape, dtype=record.dtype, bytes=record.n_bytes, shared_with=shared.get(name))
        for name, record in tensors.items()
    )


def _refused(outline: Outline, file_format: Format) -> tuple[str, ...]:
    return () if file_format == "torchscript" else forbidden(outline.globals)


def _about_code(path: Path, file_format: Format, file: InspectedFile, *, rescue: bool) -> list[Finding]:
    if file_format in _PROGRAMS:
        return [
            Finding(
                check="code_in_program",
                severity="warning",
                message=f"{path}: {_PROGRAMS[file_format]} holds code that runs with the network",
                hint="pass --allow-code to eval if you trust the file",
            )
        ]
    if not file.refused:
        return []
    return [
        Finding(
            check="code_in_pickle",
            severity="error",
            message=f"{path}: unpickling it would import {some_globals(file.refused)}; nothing of it was run",
            evidence={"globals": list(file.refused)},
            hint=way_out(file.refused, can_be_rescued=not rescue and not file.networks),
        )
    ]


def _about_parts(path: Path, file: InspectedFile, beside: Beside) -> list[Finding]:
    findings = list(beside.findings)
    if SHARD.fullmatch(path.stem):
        findings.append(
            Finding(
                check="part_of_checkpoint",
                severity="warning",
                message=f"{path}: by its name one of several parts of a checkpoint, with some of its tensors",
            )
        )
    if not file.networks and not file.refused:
        found = ", ".join((*file.left_over, *(key for key in file.config if key not in file.config_origins))[:8])
        findings.append(
            Finding(
                check="no_network", severity="warning", message=f"{path}: no network in it; found {found or 'nothing'}"
            )
        )
    for network in file.networks:
        floats = {dtype: n for dtype, n in network.dtypes.items() if dtype.startswith(("float", "bfloat"))}
        if len(floats) > 1:
            counts = ", ".join(f"{n} of {dtype}" for dtype, n in floats.items())
            called = f" ({network.name_in_file})" if network.name_in_file else ""
            findings.append(
                Finding(
                    check="mixed_dtypes",
                    severity="warning",
                    message=f"{path}{called}: tensors of different precision: {counts}",
                    evidence=floats,
                )
            )
    return findings


def broken_file(error: InputError) -> Finding:
    """A file among others that could not be looked at."""
    return Finding(check="unreadable_checkpoint", severity="error", message=error.message, hint=error.hint)
