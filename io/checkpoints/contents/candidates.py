"""What each checkpoint below a folder gives: the roles of its networks, its step and its run.

Torch-free. A file is looked into without reading a tensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.contents.content_rules import kind_of_state
from ganloss_cli.io.checkpoints.contents.modules import module_names, tree_of
from ganloss_cli.io.checkpoints.contents.naming import Name, read_name, step_in_folder
from ganloss_cli.io.checkpoints.contents.networks import Contents, contents_of
from ganloss_cli.io.checkpoints.contents.places import name_outside, series_of, step_of_place, with_file_averaging
from ganloss_cli.io.checkpoints.contents.resolver import UNKNOWN_ROLE, role_by_architecture
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.contents.stated import of_file, with_stated
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.sniff import format_of
from ganloss_cli.records.listing import grouped
from ganloss_cli.records.request import StatedPlace

NEWEST = 1 << 62  # "latest_net_G.pth", "netG.pt": no number, so newer than every number
UNKNOWN = Name(kind="generator", sub=UNKNOWN_ROLE)  # the role of a network that nothing is known of
UNKNOWN_AVERAGE = Name(kind="generator", sub=UNKNOWN_ROLE, averaged=True)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A checkpoint and the roles of the networks that it gives.

    Args:
        path: the file, or what stands for a group of files.
        run: the folder that its training wrote to, below the one given: without folders of steps and of roles.
        step: as its place says; NEWEST if nothing does.
        roles: by name, or by architecture; averages are roles of their own.
        called: the architecture of each, for a message.
        recognised: those of known architectures.
        opens: whether it can be opened without running code.
        unknown: the networks in it that nothing is known of.
        beside: other files that it is one network with.
    """

    path: Path
    run: Path
    step: int
    roles: frozenset[Name]
    called: str = ""
    recognised: frozenset[str] = frozenset()
    opens: bool = True
    unknown: tuple[Part, ...] = ()
    beside: tuple[Path, ...] = ()


def candidates_of(
    folder: Path, files: Sequence[Path], *, rescue: bool, stated: Sequence[StatedPlace] = ()
) -> Iterable[Candidate]:
    """Those that hold a network; of files whose names differ in their numbers alone, only the newest is looked into.

    Args:
        folder: that was given.
        files: the checkpoints below it.
        rescue: pickled modules can be opened.
        stated: where the user says that networks lie.
    """
    series = grouped((series_of(file, folder), file) for file in files)
    auxiliary = []
    for paths in series.values():
        newest = max(paths, key=_step)
        seen = _seen(newest, rescue=rescue, stated=of_file(stated, newest))
        if seen is None:
            continue
        known = [
            Candidate(
                path=file,
                run=_run(folder, file),
                step=_step(file),
                roles=seen.roles,
                called=seen.called,
                recognised=seen.recognised,
                opens=seen.opens,
                unknown=seen.unknown if file == newest else (),
            )
            for file in paths
        ]
        if seen.measures:
            auxiliary += known
        else:
            yield from known
    if auxiliary and len(auxiliary) == len(files):
        yield from auxiliary


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One look into a file: the roles in it, what they are called, and whether it only measures."""

    roles: frozenset[Name]
    called: str = ""
    recognised: frozenset[str] = frozenset()
    opens: bool = True
    measures: bool = False
    unknown: tuple[Part, ...] = ()


def _seen(file: Path, *, rescue: bool, stated: Sequence[StatedPlace]) -> _Seen | None:
    """None for what holds no network."""
    name = name_outside(file)
    outside = frozenset({name or UNKNOWN})
    try:
        file_format = format_of(file)
        if file_format is None:
            return _Seen(roles=outside)
        outline = outline_of(file, file_format, stubs=True, verify=False)
        if module_names(outline.root) and not rescue:
            return _Seen(roles=outside, opens=False)
        tree = tree_of(file, file_format, outline, rescue=rescue)
        contents = with_stated(with_file_averaging(file, contents_of(tree, str(file))), tree, stated)
    except InputError:
        return _Seen(roles=outside)  # it is opened, and the error is told
    if not contents.parts:
        return None
    roles = frozenset(_role_names(contents, name))
    measures = name is None and all(kind_of_state(part.tensors) == "auxiliary" for part in contents.parts)
    architectures = [_architecture(part, contents) for part in contents.parts]
    called = ", ".join(
        f"{part.called} {each or f'unknown architecture, {len(part.tensors)} tensors'}".strip()
        for part, each in zip(contents.parts[:4], architectures, strict=False)
    )
    unknown = contents.parts if roles in ({UNKNOWN}, {UNKNOWN_AVERAGE}) else ()
    recognised = frozenset(filter(None, architectures))
    return _Seen(roles=roles, called=called, recognised=recognised, measures=measures, unknown=unknown)


def _architecture(part: Part, contents: Contents) -> str:
    """What a network is; what several recipes fit is told with what tells them apart. Empty where nothing is known."""
    try:
        match = recognise({key: tuple(tensor.shape) for key, tensor in part.tensors.items()}, contents.config)
    except InputError as error:
        return error.message
    return match.architecture if match else ""


def _role_names(contents: Contents, outside: Name | None) -> Iterable[Name]:
    alone = not any(part.name for part in contents.parts)
    for part in contents.parts:
        name = read_name(part.role) if part.role else part.name or (outside if alone else None)
        if name is None and (role := role_by_architecture(part, contents.config)) != UNKNOWN_ROLE:
            name = read_name(role)
        known = name or UNKNOWN
        yield Name(kind=known.kind, domain=known.domain, sub=known.sub, averaged=part.averaged or known.averaged)


def _step(file: Path) -> int:
    step = step_of_place(file)
    return NEWEST if step is None else step


def _run(folder: Path, file: Path) -> Path:
    kept = [
        part
        for part in file.relative_to(folder).parent.parts
        if step_in_folder(part) is None and read_name(part, whole=True) is None
    ]
    return Path(*kept)


def roles_given(candidates: Iterable[Candidate]) -> frozenset[Name]:
    """Every role that some of them give."""
    return frozenset(role for candidate in candidates for role in candidate.roles)
