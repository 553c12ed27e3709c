"""A look at everything that was pointed at: files, and folders with what would be chosen of them.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints.across import compared
from ganloss_cli.io.checkpoints.contents.folders import choose_files
from ganloss_cli.io.checkpoints.contents.naming import Naming, role_of
from ganloss_cli.io.checkpoints.contents.places import name_outside, step_of_place
from ganloss_cli.io.checkpoints.contents.resolver import conclusions, settled
from ganloss_cli.io.checkpoints.contents.stated import check_found
from ganloss_cli.io.checkpoints.contents.walk import checkpoints_below
from ganloss_cli.io.checkpoints.formats.groups import is_group, size_of
from ganloss_cli.io.checkpoints.inspect import Look, broken_file, inspect_file, with_settled
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.inspection import InspectedFile, InspectedFolder, OtherFile
from ganloss_cli.records.request import StatedPlace


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was seen.

    Args:
        files: those that could be looked at.
        folders: those that were given.
        findings: on all of them.
        broken: the first error among the files that could not be looked at.
    """

    files: tuple[InspectedFile, ...]
    folders: tuple[InspectedFolder, ...]
    findings: tuple[Finding, ...]
    broken: InputError | None = None


@dataclass
class _Surveyor:
    looks: list[Look] = field(default_factory=list)
    folders: list[InspectedFolder] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[InputError] = field(default_factory=list)


def survey(
    paths: Iterable[Path], *, naming: Naming | None = None, stated: Sequence[StatedPlace] = (), **wanted: bool
) -> Survey:
    """Look at files and folders.

    Args:
        paths: of both.
        naming: whose names G_A, D_A ... are.
        stated: where the user says that networks lie.
        wanted: rescue, with_hash, with_tensors, with_tree, as `inspect_file` takes them.

    Raises:
        InputError: nothing could be looked at.
    """
    seen = _Surveyor()
    for path in paths:
        first = len(seen.looks)
        for file in _files_of(path, seen, stated):
            try:
                look = inspect_file(file, naming=naming, stated=stated, **wanted)
            except InputError as error:
                seen.errors.append(error)
                seen.findings.append(broken_file(error))
            else:
                seen.looks.append(look)
                seen.findings.extend(look.findings)
        seen.looks[first:] = _together(seen.looks[first:])
        seen.findings += conclusions(known for look in seen.looks[first:] for _, known in look.held)
    if seen.errors and not seen.looks:
        raise seen.errors[0]
    check_found(stated, [(Path(look.file.path), look.astray) for look in seen.looks])
    return Survey(
        files=tuple(look.file for look in seen.looks),
        folders=tuple(seen.folders),
        findings=(*seen.findings, *compared(seen.looks)),
        broken=seen.errors[0] if seen.errors else None,
    )


def _together(looks: list[Look]) -> list[Look]:
    """The same, with the roles that follow from what the other files of a folder hold, and networks in parts as one."""
    pairs = iter(settled([pair for look in looks for pair in look.held], several_files=len(looks) > 1))
    paths = [Path(look.file.path) for look in looks]
    files = {
        id(tensor): path
        for look, path in zip(looks, paths, strict=True)
        for part, _ in look.held
        for tensor in part.tensors.values()
    }
    return [with_settled(look, [next(pairs) for _ in look.held], files) for look in looks]


def _files_of(path: Path, seen: _Surveyor, stated: Sequence[StatedPlace]) -> Iterator[Path]:
    if not path.is_dir() or is_group(path):
        yield path
        return
    try:
        chosen = choose_files(path, stated=stated)
    except UsageError as error:  # which to open is the user's choice; to look at, all of them
        seen.findings.append(Finding(check="ambiguous_folder", severity="note", message=error.message, hint=error.hint))
        yield from checkpoints_below(path).checkpoints
        return
    except InputError as error:
        seen.errors.append(error)
        seen.findings.append(broken_file(error))
        return
    seen.findings.extend(finding for finding in chosen.findings if finding.severity != "note")
    seen.folders.append(
        InspectedFolder(
            path=str(path),
            chosen=tuple(file.relative_to(path).as_posix() for file in chosen.files),
            others=tuple(_other(path, file) for file in chosen.others),
        )
    )
    yield from chosen.files


def _other(folder: Path, file: Path) -> OtherFile:
    name = name_outside(file)
    try:
        role = role_of(name, naming=None, literal=False, where=str(file), called=file.stem) if name else None
    except UsageError:
        role = name.kind if name else None
    place = file.relative_to(folder).as_posix()
    return OtherFile(name=place, role=role, step=step_of_place(file), bytes=size_of(file))
