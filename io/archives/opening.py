"""What a path or a pattern names, opened as a tree of files: folders, archives. Torch-free."""

from __future__ import annotations

import resource
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.archives.databases import database_tree
from ganloss_cli.io.archives.members import by_name
from ganloss_cli.io.archives.shards import samples_of
from ganloss_cli.io.archives.tars import tar_members
from ganloss_cli.io.archives.zips import zip_members
from ganloss_cli.io.folders import files_below
from ganloss_cli.io.formats import sniff
from ganloss_cli.io.patterns import fixed_part
from ganloss_cli.io.reading import OpenFile
from ganloss_cli.io.trees import File, Folder, LooseFile, Members, Tree

_READERS = {"ZIP": zip_members, "tar": tar_members}
_OTHER_FILES = 100  # that a process has open


def open_tree(paths: Sequence[Path], called: str, roles: Collection[str]) -> Tree | None:
    """The files that paths stand for, as if they lay in one folder.

    Args:
        paths: folders, archives of one format, or files.
        called: what messages call them together.
        roles: words for roles, of which the members of a sample may be.

    Returns:
        None for a lone file that is no archive.

    Raises:
        InputError: an archive that is damaged, or has members that no file should have; archives and other files.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return database_tree(paths[0]) or Folder(paths[0], database_tree)
    formats = {path: None if path.is_dir() else sniff(path) for path in paths}
    if any(known is not None and known.kind == "archive" for known in formats.values()):
        kinds = {path: known.name if known else "what is none" for path, known in formats.items()}
        return _archives(kinds, called, roles)
    return None if len(paths) == 1 else Members(called, called, dict(_below(paths, fixed_part(Path(called)))))


def _below(paths: Sequence[Path], fixed: Path) -> Iterator[tuple[str, File]]:
    """Files and those of folders, by their names below what a pattern begins with."""
    for path in paths:
        relative = path.relative_to(fixed).as_posix()
        if path.is_dir():
            yield from ((name, file) for file, name in files_below(Folder(path, database_tree), f"{relative}/"))
        else:
            yield relative, LooseFile(path)


def _archives(kinds: dict[Path, str], called: str, roles: Collection[str]) -> Members:
    """The files of archives; where names repeat, in a folder for each archive."""
    kind, *others = dict.fromkeys(kinds.values())
    if others:
        first = {name: path for path, name in reversed([*kinds.items()])}
        examples = " and ".join(f"'{path}' ({name})" for name, path in sorted(first.items()))
        raise InputError(f"{called}: holds both {examples}; expected one format")
    _allow_open_files(len(kinds))
    held = {path: _members(path, kind) for path in kinds}
    names = [name for members in held.values() for name in members]
    apart = len(set(names)) < len(names)
    files = {f"{path.stem}/{name}" if apart else name: file for path, own in held.items() for name, file in own.items()}
    return samples_of(files, called, roles) if kind == "tar" else Members(called, next(iter(kinds)).stem, files)


def _members(path: Path, kind: str) -> dict[str, File]:
    archive = OpenFile(path)
    return by_name(_READERS[kind](archive), archive)


def _allow_open_files(count: int) -> None:
    """Every archive stays open, and systems begin with a limit of 1024, of which more is allowed for the asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
