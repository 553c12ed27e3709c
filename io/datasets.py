"""From what `--data` and the role options point at to samples by role."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.archives.opening import open_tree
from ganloss_cli.io.changes import Changes
from ganloss_cli.io.filelists import read_training_folder
from ganloss_cli.io.fitting import Fitting
from ganloss_cli.io.folders import DataFile, scan, stem_files
from ganloss_cli.io.formats import sniff, unread
from ganloss_cli.io.idx_folders import idx_split
from ganloss_cli.io.images import settle_pillow
from ganloss_cli.io.labels import labels_of
from ganloss_cli.io.layouts import FOLDER_ROLES, Place, read_layout
from ganloss_cli.io.manifests import Cell, Manifest, is_whole, read_manifest
from ganloss_cli.io.pairing import Match, pair
from ganloss_cli.io.patterns import matching, missing
from ganloss_cli.io.recordings import refuse_unlike
from ganloss_cli.io.roles import ALL_ROLES, FILE_ROLES, TEXT, check_role
from ganloss_cli.io.samples import DataSet, Group, Kind, Reading, Source
from ganloss_cli.io.sources import file_source, single_file
from ganloss_cli.io.statistics import statistics_source
from ganloss_cli.io.tensors import array_source, tensor_sources
from ganloss_cli.io.trees import LooseFile, below
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

__all__ = ["DataSet", "Group", "Kind", "Reading", "open_data"]


def open_data(request: Request) -> DataSet:
    """Find the data, tell their roles, and pair them; nothing is decoded yet.

    Args:
        request: `data` and `roles` say where; the options on data how.

    Returns:
        the groups: one for paired data, else one for what belongs together. None at all where no data were named.

    Raises:
        UsageError: an option that contradicts another or is missing.
        InputError: something cannot be read, is not understood, or has no partner.
        UnsafeCheckpointError: a .pt file that names code.
        NothingEvaluatedError: a place without data.
    """
    _check_options(request)
    settle_pillow(request.max_pixels)
    changes = Changes()
    fitting = Fitting(request, changes)
    named = {check_role(role, f"--{role}"): place for role, place in request.roles.items()}
    found = _from_data(request.data, request, changes) if request.data is not None else _Found()
    sources = [source for source in found.sources if not set(source.roles) <= set(named)]
    sources += [_from_option(role, place, request, changes) for role, place in named.items()]
    sources.sort(key=lambda source: ALL_ROLES.index(source.roles[0]))
    pairing = pair(sources, pair_by=request.pair_by, unpaired=request.unpaired)
    _refuse_mixed_rates(sources)
    groups = tuple(_group(match, named, fitting, request.limit) for match in pairing.matches)
    images = any(kind == "image" for group in groups for kind in group.kinds.values())
    findings = (*found.findings, *pairing.findings, *(fitting.findings() if images else ()))
    return DataSet(groups=groups, findings=findings, changes=changes, chose_split=found.chose_split)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What `--data` stands for."""

    sources: Sequence[Source] = ()
    findings: Sequence[Finding] = ()
    chose_split: bool = False


def _check_options(request: Request) -> None:
    if request.aligned and request.unpaired:
        raise UsageError("--aligned gives pairs, which --unpaired forbids", hint="leave one of them out")
    if request.pair_by is not None and request.unpaired:
        raise UsageError("--pair-by pairs, which --unpaired forbids", hint="leave one of them out")
    if request.rename and request.data is None:
        raise UsageError("--map renames what --data holds, and there is no --data", hint="write --real FILE:NAME")


def _from_data(data: Path, request: Request, changes: Changes) -> _Found:
    paths = matching(data, "--data")
    if paths == (data,) and data.is_dir() and not request.rename and (voice := read_training_folder(data)) is not None:
        return _from_rows(data, Manifest.of_list(voice), request, changes)
    words = {*FOLDER_ROLES, *(theirs.lower() for theirs in request.rename)}
    tree = open_tree(paths, str(data), words)
    if tree is not None and (idx := idx_split(tree, request.split)) is not None:
        images = replace(array_source("real", idx.images, None), labels=idx.labels)
        return _Found(sources=[images], chose_split=request.split is not None)
    if tree is not None:
        layout = read_layout(
            tree, mapping=request.rename, split=request.split, aligned=request.aligned, stem=request.stem
        )
        sources = [source for place in layout.places for source in _from_place(place, request, changes)]
        return _Found(sources=sources, findings=layout.findings, chose_split=layout.chose_split)
    (path,) = paths
    known = sniff(path)
    if known is None and path.stat().st_size > 0 and unread(path) is None:
        return _from_rows(path, read_manifest(path, request.rename), request, changes)
    file = single_file(path)
    if file.format.kind == "tensor":
        tensors, findings = tensor_sources(path, request.rename)
        return _Found(sources=tensors, findings=findings)
    if file.format.kind == "idx":
        return _Found(sources=[array_source("real", path, None)])
    roles = ("real_A", "real_B") if request.aligned else ("real",)
    return _Found(sources=[file_source(roles, str(path), [file], request, alone=True, changes=changes)])


def _from_place(place: Place, request: Request, changes: Changes) -> list[Source]:
    if all(file.format.name == "npy" and file.name in FILE_ROLES for file in place.files):
        arrays = [(file.name, file.file) for file in place.files]  # real.npy, fake.npy
        return [array_source(role, file.path, None) for role, file in arrays if isinstance(file, LooseFile)]
    return [file_source(place.roles, place.path, place.files, request, changes=changes, labels=place.labels)]


def _from_option(role: str, place: str, request: Request, changes: Changes) -> Source:
    path, key = Path(place), None
    if not path.exists() and ":" in place:
        before, _, key = place.rpartition(":")
        path = Path(before)
    paths = matching(path, f"--{role}")
    tree = open_tree(paths, str(path), FOLDER_ROLES)
    if tree is not None:
        tree = tree if key is None else below(tree, key)
        files = scan(tree)
        if request.stem is not None:
            target = "mixture" if role == "mixture" else request.stem
            files = stem_files(files, tree, target) or files
        labels = labels_of(tree, files) if role == "real" else None
        return file_source((role,), place, files, request, changes=changes, labels=labels)
    (path,) = paths
    file = single_file(path)
    if file.format.name == "npz" and role == "real" and key is None and (found := statistics_source(path)):
        return found
    if file.format.kind in ("tensor", "idx"):
        return array_source(role, path, key)
    if key is not None:
        raise InputError(f"{path}: {file.format.name} has no part '{key}'")
    return file_source((role,), place, [file], request, alone=True, changes=changes)


def _from_rows(path: Path, manifest: Manifest, request: Request, changes: Changes) -> _Found:
    sources = []
    for role, cells in manifest.columns.items():
        if role == TEXT:
            points = [torch.tensor([ord(character) for character in str(cell)]) for cell in cells]
            sources.append(_written(role, path, cells, manifest.names, points))
            continue
        if role == "label" and all(map(is_whole, cells)):
            numbers = [torch.tensor(int(cell)) for cell in cells]
            sources.append(_written(role, path, [int(cell) for cell in cells], manifest.names, numbers))
            continue
        files = [_manifest_file(path, cell, name) for cell, name in zip(cells, manifest.names, strict=True)]
        _refuse_mixed_kinds(path, role, files)
        sources.append(file_source((role,), str(path), files, request, changes=changes))
    if manifest.of_training:
        refuse_unlike(path, manifest.columns, request)
    return _Found(sources=sources, findings=manifest.findings)


def _manifest_file(manifest: Path, cell: Cell, name: str) -> DataFile:
    path = manifest.parent / str(cell)
    if not path.exists():
        raise missing(path, str(manifest))
    if path.is_dir():
        raise InputError(f"{manifest}: '{cell}' is a folder; expected a file")
    file = single_file(path)
    if file.format.kind not in ("image", "audio") and file.format.name != "npy":
        raise InputError(f"{manifest}: '{cell}' is {file.format.name}; expected an image, audio or .npy file a row")
    return DataFile(file=LooseFile(path), name=name, format=file.format)


def _refuse_mixed_kinds(manifest: Path, role: str, files: Iterable[DataFile]) -> None:
    kinds = {file.format.kind: file.file.name for file in files}
    if len(kinds) > 1:
        examples = " and ".join(f"'{name}' ({kind})" for kind, name in sorted(kinds.items()))
        raise InputError(f"{manifest}: column {role} holds both {examples}; expected one kind")


def _written(
    role: str, path: Path, cells: Sequence[Cell], names: tuple[str, ...], values: Sequence[torch.Tensor]
) -> Source:
    """What stands in the manifest itself: labels as numbers, texts as the code points of their characters."""

    def read(index: int) -> Reading:
        return Reading(values={role: values[index]}, digests=hashed(index))

    def hashed(index: int) -> dict[str, bytes]:
        return {role: hashlib.sha256(str(cells[index]).encode()).digest()}

    return Source(
        roles=(role,), path=str(path), kind="tensor", names=names, files=names, named_by="files", read=read,
        hashed=hashed, on_disk=lambda _: path,
    )  # fmt: skip


def _group(match: Match, named: Mapping[str, str], fitting: Fitting, limit: int | None) -> Group:
    """One group of what was matched; of images that hold two domains, a role named elsewhere is left out."""
    kept: dict[str, Source] = {}
    for source in match.sources:
        kept.update({role: source for role in source.roles if len(source.roles) == 1 or role not in named})
    roles = tuple(role for role in ALL_ROLES if role in kept)
    kinds = {role: kept[role].kind for role in roles}
    rates = {role: rate for role in roles if (rate := kept[role].sample_rate) is not None}
    ranges = {role: bounds for role in roles if (bounds := kept[role].range) is not None}
    placed = list(zip(match.sources, match.indices, strict=True))

    def read(index: int) -> Reading:
        values: dict[str, Any] = {}
        digests: dict[str, bytes] = {}
        where: dict[str, str] = {}
        window = _window(match, fitting, index)
        for source, place in of_sources(index):
            reading = source.within(place, window)
            values.update(reading.values)
            digests.update(reading.digests)
            where.update(dict.fromkeys(source.roles, source.files[place]))
        fitted = fitting.apply({role: values[role] for role in roles}, kinds, rates, ranges, where)
        return Reading(values=fitted, digests={role: digests[role] for role in roles})

    def of_sources(index: int) -> Iterator[tuple[Source, int]]:
        return ((source, positions[index]) for source, positions in placed)

    def hashed(index: int) -> dict[str, bytes]:
        digests: dict[str, bytes] = {}
        window = _window(match, fitting, index)
        for source, place in of_sources(index):
            digests.update(source.digests(place, window))
        return {role: digests[role] for role in roles}

    return Group(
        roles=roles,
        names=match.names[:limit],
        paths={role: kept[role].path for role in roles},
        kinds=kinds,
        sample_rates=rates,
        ranges=ranges,
        read=read,
        hashed=hashed,
        on_disk=lambda index: tuple(source.on_disk(place) for source, place in of_sources(index)),
        called=lambda index: tuple(source.files[place] for source, place in of_sources(index)),
        labels=next((each.labels.at(places) for each, places in placed if each.labels is not None), None),
        by_index=all(source.named_by == "positions" for source in match.sources),
    )


def _window(match: Match, fitting: Fitting, index: int) -> tuple[int, int] | None:
    """Where `--segment` cuts a sample, if that is known before any of its recordings is read: start and length."""
    if fitting.segment is None:
        return None
    audio = [(source, places[index]) for source, places in zip(match.sources, match.indices, strict=True)
             if source.kind == "audio"]  # fmt: skip
    lengths = [source.length(place) if source.length else None for source, place in audio]
    known = [length for length in lengths if length is not None]
    if not known or len(known) < len(lengths):
        return None
    return fitting.window(min(known), audio[0][0].sample_rate or 0)


def _refuse_mixed_rates(sources: Iterable[Source]) -> None:
    rates = {f"{each.roles[0]} ({each.path})": each.sample_rate for each in sources if each.sample_rate is not None}
    if len(set(rates.values())) > 1:
        first, *others = rates
        other = next(path for path in others if rates[path] != rates[first])
        raise InputError(
            f"{first}: has a sample rate of {rates[first]} Hz, but {other} has {rates[other]} Hz",
            hint=f"resample all of them with --sample-rate {min(rates.values())}",
        )
