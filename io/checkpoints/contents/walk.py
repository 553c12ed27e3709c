"""Every checkpoint below a folder: files, and the groups of files that are one checkpoint.

Torch-free. The search ends at a depth and a number of entries, and follows no folder twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.naming import read_name
from ganloss_cli.io.checkpoints.contents.parts import SHARD
from ganloss_cli.io.checkpoints.contents.places import name_outside, stem_of, step_of_place
from ganloss_cli.io.checkpoints.formats.groups import files_of, is_group
from ganloss_cli.io.checkpoints.formats.safetensors_file import is_conversion
from ganloss_cli.io.checkpoints.formats.sniff import format_of
from ganloss_cli.io.checkpoints.formats.strangers import stranger

MAX_LEVELS = 4
MAX_ENTRIES = 10_000
_PICKLED_BY_TORCH = (".pt", ".pth", ".ckpt")  # a bare pickle of this name is worth an error, stats.pkl is not

SAFE = ".safetensors"
_MEANT = (*_PICKLED_BY_TORCH, ".bin", SAFE)


@dataclass
class Found:
    """What lies below a folder.

    Args:
        checkpoints: in the order of the search, the shallow before the deep.
        parts: of checkpoints that are split over several files, and no index lists them.
        conversions: what `ganloss convert` wrote into folders below it, which is in their source as well.
        not_seen: what the search ended before, in words; empty where it saw all.
    """

    checkpoints: list[Path] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)
    conversions: list[Path] = field(default_factory=list)
    not_seen: str = ""


def checkpoints_below(folder: Path) -> Found:
    """The checkpoints below a folder.

    Args:
        folder: where to search.
    """
    found, n_entries = Found(), 0
    queue, visited = [(folder, 0)], {_identity(folder)}
    while queue:
        here, level = queue.pop(0)
        entries = sorted(_entries(here))
        n_entries += len(entries)
        if n_entries > MAX_ENTRIES:
            found.not_seen = f"what lies behind the first {MAX_ENTRIES} entries"
            return found
        groups = [path for path in (here, *entries) if is_group(path) and (path != here or level)]
        members = {file for group in groups for file in files_of(group)}
        loose = [entry for entry in entries if entry not in members and entry not in groups]
        found.parts += [entry for entry in loose if SHARD.fullmatch(entry.stem)]
        found.conversions += [entry for entry in loose if level and entry.suffix == SAFE and is_conversion(entry)]
        loose = [entry for entry in loose if entry not in found.parts and entry not in found.conversions]
        found.checkpoints += [
            *(group for group in groups if group.parent == here),
            *filter(counts_as_checkpoint, loose),
        ]
        for entry in loose:
            if not entry.is_dir() or entry.name.startswith((".", "__pycache__")):
                continue
            if level == MAX_LEVELS:
                found.not_seen = f"folders more than {MAX_LEVELS} levels down"
            elif (identity := _identity(entry)) not in visited:
                visited.add(identity)
                queue.append((entry, level + 1))
    found.checkpoints = _once(found.checkpoints) or found.conversions
    return found


def _once(checkpoints: list[Path]) -> list[Path]:
    """Each file under the name that says most, where links give it several."""
    members = {_identity(file) for path in checkpoints if is_group(path) for file in files_of(path) if file.exists()}
    best: dict[tuple[int, int], Path] = {}
    for path in checkpoints:
        known = best.setdefault(_identity(path), path)
        if is_group(path) or _identity(path) not in members:
            best[_identity(path)] = max(known, path, key=_telling)
        else:
            del best[_identity(path)]
    return [path for path in checkpoints if path in best.values()]


def _telling(path: Path) -> tuple[bool, ...]:
    named, stepped = name_outside(path) is not None, step_of_place(path) is not None
    return named, path.suffix in _MEANT, stepped, not path.is_symlink()


def counts_as_checkpoint(file: Path) -> bool:
    """Whether a file of a folder is one of its checkpoints, or is meant to be one and is broken."""
    try:
        if not file.is_file() or not file.stat().st_size:
            return False
        kind = format_of(file)
    except (InputError, OSError):
        return file.suffix in _PICKLED_BY_TORCH  # it is opened, and the error is told
    if kind in ("pickle", "npz"):  # so are statistics and data
        named = read_name(stem_of(file)) is not None or "network" in stem_of(file)
        return file.suffix in (*_PICKLED_BY_TORCH, ".pdparams") or (named and file.suffix != ".pdopt")
    if kind is None and file.suffix in _MEANT:
        found = stranger(file)
        return found is not None and found.mistaken
    return kind is not None


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from folder.iterdir()
    except OSError:  # of another user
        return


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino
