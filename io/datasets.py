"""From what `--data` and the role options point at to samples by role."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.changes import Changes
from ganloss_cli.io.fitting import Fitting
from ganloss_cli.io.folders import DataFile, scan, stem_files
from ganloss_cli.io.formats import sniff, unread
from ganloss_cli.io.images import settle_pillow
from ganloss_cli.io.layouts import Place, read_layout
from ganloss_cli.io.manifests import Cell, is_whole, read_manifest
from ganloss_cli.io.pairing import Match, pair
from ganloss_cli.io.roles import FILE_ROLES, check_role
from ganloss_cli.io.samples import DataSet, Group, Kind, OnDisk, Reading, Source
from ganloss_cli.io.sources import file_source, single_file
from ganloss_cli.io.tensors import array_source, tensor_sources
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
    sources, findings = _from_data(request.data, request, changes) if request.data is not None else ([], [])
    sources = [source for source in sources if not set(source.roles) <= set(named)]
    sources += [_from_option(role, place, request, changes) for role, place in named.items()]
    sources.sort(key=lambda source: FILE_ROLES.index(source.roles[0]))
    pairing = pair(sources, pair_by=request.pair_by, unpaired=request.unpaired)
    _refuse_mixed_rates(sources)
    groups = tuple(_group(match, named, fitting, request.limit) for match in pairing.matches)
    images = any(kind == "image" for group in groups for kind in group.kinds.values())
    findings += [*pairing.findings, *(fitting.findings() if images else ())]
    return DataSet(groups=groups, findings=tuple(findings), changes=changes)


def _check_options(request: Request) -> None:
    if request.aligned and request.unpaired:
        raise UsageError("--aligned gives pairs, which --unpaired forbids", hint="leave one of them out")
    if request.pair_by is not None and request.unpaired:
        raise UsageError("--pair-by pairs, which --unpaired forbids", hint="leave one of them out")
    if request.rename and request.data is None:
        raise UsageError("--map renames what --data holds, and there is no --data", hint="write --real FILE:NAME")


def _from_data(data: Path, request: Request, changes: Changes) -> tuple[list[Source], list[Finding]]:
    path = _existing(data, "--data")
    if path.is_dir():
        layout = read_layout(
            path, mapping=request.rename, split=request.split, aligned=request.aligned, stem=request.stem
        )
        sources = [source for place in layout.places for source in _from_place(place, request, changes)]
        return sources, list(layout.findings)
    known = sniff(path)
    if known is None and path.stat().st_size > 0 and unread(path) is None:
        return _from_manifest(path, request, changes)
    file = single_file(path)
    if file.format.kind == "tensor":
        tensors, findings = tensor_sources(path, request.rename)
        return list(tensors), list(findings)
    if file.format.kind == "idx":
        return [array_source("real", path, None)], []
    roles = ("real_A", "real_B") if request.aligned else ("real",)
    return [file_source(roles, str(path), [file], request, alone=True, changes=changes)], []


def _from_place(place: Place, request: Request, changes: Changes) -> list[Source]:
    if all(file.format.name == "npy" and file.name in FILE_ROLES for file in place.files):
        return [array_source(file.name, file.path, None) for file in place.files]  # real.npy, fake.npy
    return [file_source(place.roles, str(place.path), place.files, request, changes=changes)]


def _from_option(role: str, place: str, request: Request, changes: Changes) -> Source:
    path, key = Path(place), None
    if not path.exists() and ":" in place:
        before, _, key = place.rpartition(":")
        path = Path(before)
    path = _existing(path, f"--{role}")
    if path.is_dir():
        files = scan(path)
        if request.stem is not None:
            target = "mixture" if role == "mixture" else request.stem
            files = stem_files(files, path, target) or files
        return file_source((role,), place, files, request, changes=changes)
    file = single_file(path)
    if file.format.kind in ("tensor", "idx"):
        return array_source(role, path, key)
    if key is not None:
        raise InputError(f"{path}: {file.format.name} has no part '{key}'")
    return file_source((role,), place, [file], request, alone=True, changes=changes)


def _from_manifest(path: Path, request: Request, changes: Changes) -> tuple[list[Source], list[Finding]]:
    manifest = read_manifest(path, request.rename)
    sources = []
    for role, cells in manifest.columns.items():
        if role == "label" and all(map(is_whole, cells)):
            sources.append(_labels(path, cells, manifest.names))
            continue
        files = [_manifest_file(path, cell, name) for cell, name in zip(cells, manifest.names, strict=True)]
        _refuse_mixed_kinds(path, role, files)
        sources.append(file_source((role,), str(path), files, request, changes=changes))
    return sources, list(manifest.findings)


def _manifest_file(manifest: Path, cell: Cell, name: str) -> DataFile:
    path = _existing(manifest.parent / str(cell), str(manifest))
    if path.is_dir():
        raise InputError(f"{manifest}: '{cell}' is a folder; expected a file")
    file = single_file(path)
    if file.format.kind not in ("image", "audio") and file.format.name != "npy":
        raise InputError(f"{manifest}: '{cell}' is {file.format.name}; expected an image, audio or .npy file a row")
    return DataFile(path=path, name=name, format=file.format)


def _refuse_mixed_kinds(manifest: Path, role: str, files: Iterable[DataFile]) -> None:
    kinds = {file.format.kind: file.path.name for file in files}
    if len(kinds) > 1:
        examples = " and ".join(f"'{name}' ({kind})" for kind, name in sorted(kinds.items()))
        raise InputError(f"{manifest}: column {role} holds both {examples}; expected one kind")


def _labels(path: Path, cells: Iterable[Cell], names: tuple[str, ...]) -> Source:
    labels = [int(cell) for cell in cells]

    def read(index: int) -> Reading:
        return Reading(values={"label": torch.tensor(labels[index])}, digests={"label": digest(index)})

    def digest(index: int) -> bytes:
        return hashlib.sha256(str(labels[index]).encode()).digest()

    return Source(
        roles=("label",), path=str(path), kind="tensor", names=names, files=names, named_by="files", read=read,
        on_disk=OnDisk(files=lambda _: (path,), digest=digest),
    )  # fmt: skip


def _existing(path: Path, where: str) -> Path:
    try:
        if path.exists():
            return path
        what = "is a broken link" if path.is_symlink() else "does not exist"
    except OSError as error:
        what = f"cannot be reached ({error.strerror})"
    raise InputError(f"{path}: {what} (named by {where})")


def _group(match: Match, named: Mapping[str, str], fitting: Fitting, limit: int | None) -> Group:
    """One group of what was matched; of images that hold two domains, a role named elsewhere is left out."""
    kept: dict[str, Source] = {}
    for source in match.sources:
        kept.update({role: source for role in source.roles if len(source.roles) == 1 or role not in named})
    roles = tuple(role for role in FILE_ROLES if role in kept)
    kinds = {role: kept[role].kind for role in roles}
    rates = {role: rate for role in roles if (rate := kept[role].sample_rate) is not None}
    ranges = {role: bounds for role in roles if (bounds := kept[role].range) is not None}

    def read(index: int) -> Reading:
        values: dict[str, Any] = {}
        digests: dict[str, bytes] = {}
        where: dict[str, str] = {}
        window = _window(match, fitting, index)
        for source, positions in zip(match.sources, match.indices, strict=True):
            position = positions[index]
            if window is None or source.read_window is None:
                reading = source.read(position)
            else:
                reading = source.read_window(position, *window)
            values.update(reading.values)
            digests.update(reading.digests)
            where.update(dict.fromkeys(source.roles, source.files[positions[index]]))
        fitted = fitting.apply({role: values[role] for role in roles}, kinds, rates, ranges, where)
        return Reading(values=fitted, digests={role: digests[role] for role in roles})

    def of_sources(index: int) -> Iterator[tuple[Source, int]]:
        return ((source, positions[index]) for source, positions in zip(match.sources, match.indices, strict=True))

    on_disk = OnDisk(
        files=lambda index: tuple(file for source, k in of_sources(index) for file in source.on_disk.files(k)),
        digest=lambda index: b"".join(source.on_disk.digest(k) for source, k in of_sources(index)),
    )
    return Group(
        roles=roles,
        names=match.names[:limit],
        paths={role: kept[role].path for role in roles},
        kinds=kinds,
        sample_rates=rates,
        ranges=ranges,
        read=read,
        on_disk=on_disk,
        called=lambda index: tuple(source.files[k] for source, k in of_sources(index)),
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
