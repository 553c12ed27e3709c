"""What the layout of a folder says about the roles of its files. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.folders import DataFile, last_part, meant_as_data, scan, stem_files
from ganloss_cli.io.labels import labels_of
from ganloss_cli.io.roles import DATA_ROLES
from ganloss_cli.io.samples import Labels, quoted
from ganloss_cli.io.trees import Tree
from ganloss_cli.io.two_sizes import by_scale, of_one_scale, worded_folders
from ganloss_cli.records.report import Finding

Split = Literal["train", "test"]

# Folder names, in lower case, that mean a role. "target" is a role of its own beside "mixture".
FOLDER_ROLES = {
    "input": "input", "inputs": "input", "lr": "input", "lq": "input", "noisy": "input",
    "real": "real", "reals": "real", "target": "real", "targets": "real", "hr": "real", "gt": "real", "clean": "real",
    "fake": "fake", "fakes": "fake", "generated": "fake",
    **{role.lower(): role for role in DATA_ROLES if role not in ("input", "real", "fake", "target")},
}  # fmt: skip
# What ends the names of files that lie side by side in one folder.
FILE_MARKERS = {
    "lr": "input", "lq": "input", "hr": "real", "gt": "real", "real": "real", "fake": "fake",
    **{role.lower(): role for role in ("real_A", "real_B", "fake_A", "fake_B", "rec_A", "rec_B", "idt_A", "idt_B")},
}  # fmt: skip
MARKED = re.compile(rf"(.+)_({'|'.join(sorted(FILE_MARKERS, key=len, reverse=True))})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Files that have the same roles.

    Args:
        roles: one, or the two that each file holds side by side.
        path: the folder they lie in.
        files: sorted by name.
        labels: that lie beside them.
    """

    roles: tuple[str, ...]
    path: str
    files: tuple[DataFile, ...]
    labels: Labels | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a folder holds, by role; and whether that is the split that was asked for."""

    places: tuple[Place, ...]
    findings: tuple[Finding, ...] = ()
    chose_split: bool = False


def read_layout(
    folder: Tree,
    *,
    mapping: Mapping[str, str],
    split: Split | None = None,
    aligned: Literal["AB", "BA"] | None = None,
    stem: str | None = None,
) -> Layout:
    """Find out what `--data FOLDER` means.

    In this order: halves side by side (`aligned`), two domains (A and B, trainA and trainB), folders of two sizes
    (DIV2K_valid_HR, DIV2K_valid_LR_bicubic), folders named as roles, separation (mixture.wav and stems), files named
    as roles (1_LR.png, 1_HR.png) or as sizes (0801.png, 0801x4.png), and else every file is `real`.

    Args:
        folder: what `--data` points at.
        mapping: their folder name -> our role.
        split: "train" or "test", where both lie there.
        aligned: which half of each image is which domain.
        stem: the source that is the target, in separation.

    Returns:
        the files by role.

    Raises:
        UsageError: two splits and none chosen, or a stem is needed.
        InputError: the split or the stem is not there, a file that should be data cannot be read, or two folders mean
            the same role.
        NothingEvaluatedError: there are no data.
    """
    entries = folder.entries()
    folders = {entry.name.lower(): entry.tree for entry in entries if entry.tree is not None}
    _check_mapped(folder, folders, mapping)
    domains = {} if aligned or mapping else _domains(folder, folders, split)
    if domains:
        chose_split = split is not None and f"{split}a" in domains
        return replace(_by_folder(folder, folders, domains), chose_split=chose_split)
    others = {name: tree for name, tree in folders.items() if name not in FOLDER_ROLES}
    worded = {} if aligned or mapping else worded_folders(folder, others, split)
    if worded:
        sizes = {name: of_one_scale(folders[name], role) for name, role in worded.items()}
        return replace(_by_folder(folder, {**folders, **sizes}, worded), chose_split=split is not None)
    if split is not None or {"train", "test"} <= set(folders):
        chosen = _split_folder(folder, folders, split)
        return replace(read_layout(chosen, mapping=mapping, aligned=aligned, stem=stem), chose_split=True)
    roles = {} if aligned else _role_folders(folder, folders, mapping)
    if roles:
        return _by_folder(folder, folders, roles)
    if len(entries) == len(folders) == 1 and not entries[0].is_link:  # an archive unpacked into its own folder
        inner = read_layout(*folders.values(), mapping={}, aligned=aligned, stem=stem)
        if [place.roles for place in inner.places] != [("real",)]:
            return inner
    files = scan(folder)
    if aligned:
        return Layout(places=(Place(roles=("real_A", "real_B"), path=str(folder), files=files),))
    if any(last_part(file.name).lower() == "mixture" for file in files):
        return _separation(folder, files, stem)
    if stem is not None:
        raise InputError(f"{folder}: --stem {stem}: there is no file called 'mixture'")
    return (
        _by_marker(folder, files)
        or _by_scale(folder, files)
        or Layout(places=(Place(roles=("real",), path=str(folder), files=files, labels=labels_of(folder, files)),))
    )


def _check_mapped(folder: Tree, folders: Mapping[str, Tree], mapping: Mapping[str, str]) -> None:
    for theirs in mapping:
        if theirs.lower() not in folders:
            raise InputError(f"{folder}: --map {theirs}={mapping[theirs]}: there is no folder '{theirs}'")


def _domains(folder: Tree, folders: Mapping[str, Tree], split: Split | None) -> dict[str, str]:
    """Folder -> role, for two domains."""
    splits = [name for name in ("train", "test") if {f"{name}a", f"{name}b"} <= set(folders)]
    if split is not None and splits and split not in splits:
        raise InputError(f"{folder}: has no {split}A and {split}B; found {splits[0]}A and {splits[0]}B")
    if len(splits) == 2 and split is None:
        raise UsageError(
            f"{folder}: holds trainA, trainB and testA, testB", hint="choose one: --split train or --split test"
        )
    if splits:
        prefix = split or splits[0]
    elif {"a", "b"} <= set(folders):
        prefix = ""
    else:
        return {}
    return {f"{prefix}a": "real_A", f"{prefix}b": "real_B"}


def _split_folder(folder: Tree, folders: Mapping[str, Tree], split: Split | None) -> Tree:
    if split is None:
        raise UsageError(f"{folder}: holds train and test", hint="choose one: --split train or --split test")
    if split not in folders:
        raise InputError(
            f"{folder}: --split {split}: there is no '{split}', and no {split}A and {split}B; found {quoted(folders)}"
        )
    return folders[split]


def _role_folders(folder: Tree, folders: Mapping[str, Tree], mapping: Mapping[str, str]) -> dict[str, str]:
    """Folder -> role, for folders that are named as roles."""
    own = {theirs.lower(): ours for theirs, ours in mapping.items()}
    separation = bool({"mixture", "estimate", "mask"} & set(folders))
    roles = {name: own.get(name) or FOLDER_ROLES.get(name) for name in folders}
    if separation:
        roles.update({name: "target" for name in folders if name == "target" and name not in own})
    chosen: dict[str, str] = {}
    for name, role in roles.items():
        if role is None:
            continue
        if role in chosen.values():
            other = next(first for first, ours in chosen.items() if ours == role)
            raise InputError(
                f"{folder}: '{folders[other].name}' and '{folders[name].name}' are both taken for {role}",
                hint=f"say which: --{role} FOLDER",
            )
        chosen[name] = role
    return chosen


def _by_folder(folder: Tree, folders: Mapping[str, Tree], roles: Mapping[str, str]) -> Layout:
    places = tuple(
        Place(roles=(role,), path=str(folders[name]), files=scan(folders[name])) for name, role in roles.items()
    )
    beside = [path.name for name, path in folders.items() if name not in roles]
    beside += [entry.name for entry in folder.entries() if entry.file is not None and meant_as_data(entry.name)]
    if not beside:
        return Layout(places=places)
    finding = Finding(
        check="unused_files",
        severity="note",
        message=f"{folder}: not used beside {quoted(folders[name].name for name in roles)}: {quoted(beside)}",
        evidence={"path": str(folder), "names": beside},
    )
    return Layout(places=places, findings=(finding,))


def _separation(folder: Tree, files: Sequence[DataFile], stem: str | None) -> Layout:
    stems = sorted({last_part(file.name) for file in files} - {"mixture"})
    if stem is None and len(stems) != 1:
        raise UsageError(
            f"{folder}: separation folders with the stems {quoted(stems)}", hint="choose the target: --stem vocals"
        )
    target = stem or stems[0]
    if target.lower() not in {name.lower() for name in stems}:
        raise InputError(f"{folder}: there is no stem '{target}'; found {quoted(stems)}")
    return Layout(
        places=(
            Place(roles=("mixture",), path=str(folder), files=stem_files(files, folder, "mixture")),
            Place(roles=("target",), path=str(folder), files=stem_files(files, folder, target)),
        )
    )


def _by_marker(folder: Tree, files: Sequence[DataFile]) -> Layout | None:
    """Files of several roles side by side, where every name ends with a role and each has all its partners."""
    matches = [MARKED.fullmatch(file.name) for file in files]
    by_role: dict[str, dict[str, DataFile]] = {}
    for file, match in zip(files, matches, strict=True):
        if match is None:
            return None
        by_role.setdefault(FILE_MARKERS[match[2].lower()], {})[match[1]] = file
    stems = [set(named) for named in by_role.values()]
    if len(by_role) < 2 or any(other != stems[0] for other in stems) or sum(map(len, stems)) != len(files):
        return None
    places = tuple(
        Place(
            roles=(role,),
            path=str(folder),
            files=tuple(replace(named[name], name=name) for name in sorted(named)),
        )
        for role, named in by_role.items()
    )
    markers = sorted({match[2] for match in matches if match})
    finding = Finding(
        check="roles_from_file_names",
        severity="note",
        message=f"{folder}: the files' roles were read off the ends of their names, {quoted(f'_{m}' for m in markers)}",
        evidence={"path": str(folder), "roles": list(by_role)},
    )
    return Layout(places=places, findings=(finding,))


def _by_scale(folder: Tree, files: Sequence[DataFile]) -> Layout | None:
    """Small pictures beside the large ones, named after them with the scale at the end, one for each."""
    sizes = by_scale({file.name: file for file in files})
    if sizes is None:
        return None
    places = tuple(
        Place(roles=(role,), path=str(folder), files=tuple(replace(own[name], name=name) for name in sorted(own)))
        for role, own in (("real", sizes.large), ("input", sizes.small))
    )
    finding = Finding(
        check="roles_from_file_names",
        severity="note",
        message=f"{folder}: files that end with '{sizes.scale}' are taken for the input, those without it for real",
        evidence={"path": str(folder), "roles": ["real", "input"]},
    )
    return Layout(places=places, findings=(finding,))
