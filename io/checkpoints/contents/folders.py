"""Which files of a folder are the checkpoints to open: one training state, and every network of it.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from ganloss_cli.errors import GanlossError, InputError, UsageError
from ganloss_cli.io.checkpoints.contents.naming import Name, read_name, step_in_name
from ganloss_cli.io.checkpoints.contents.parts import refuse_parts
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.sniff import SUPPORTED, format_of
from ganloss_cli.io.formats import sniff
from ganloss_cli.io.roles import FILE_ROLES
from ganloss_cli.records.report import Finding

_LOOKED_AT = 1000  # of the files of a folder of data, which may be a million
_NEWEST = 1 << 62  # "latest_net_G.pth", "netG.pt": no number, so newer than every number
_PICKLED_BY_TORCH = (".pt", ".pth", ".ckpt")  # a bare pickle of this name is worth an error, stats.pkl is not


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The files to open, and what to say about the choice."""

    files: tuple[Path, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    path: Path
    name: Name | None

    @property
    def step(self) -> int:
        step = step_in_name(self.path.stem)
        return _NEWEST if step is None else step


def checkpoint_files(path: Path) -> tuple[Path, ...]:
    """The files to open for `--ckpt PATH`; see `choose_files`."""
    return choose_files(path).files


def choose_files(path: Path) -> Chosen:
    """A file itself; of a folder, the files of one training state.

    Files are recognised by their first bytes; sub-folders are not searched. Where file names tell roles, the nameless
    are left out. Of several steps, the newest that every role was saved at; if there is none, each role's newest. A
    name without a number ("latest_net_G_A.pth") is newer than every number.

    Raises:
        InputError: there is no such file or folder, no checkpoint in it, or one in parts.
        UsageError: two files of one step have the same role.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if not path.is_dir():
        return Chosen(files=(path,))
    refuse_parts(path, sorted(path.iterdir()))
    candidates = [
        _Candidate(path=file, name=read_name(file.stem))
        for file in sorted(path.iterdir())
        if counts_as_checkpoint(file)
    ]
    if not candidates:
        raise InputError(f"{path}: no checkpoint in this folder; expected {SUPPORTED}", hint=hint_for_data(path))
    series: dict[Name | None, list[_Candidate]] = {}
    for candidate in candidates:
        series.setdefault(candidate.name, []).append(candidate)
    if len(series) > 1:
        series.pop(None, None)
    chosen, together = _one_state(path, series)
    files = tuple(sorted(candidate.path for candidate in chosen))
    passed_over = [candidate.path.name for candidate in candidates if candidate.path not in files]
    return Chosen(files=files, findings=_findings(path, chosen, passed_over, together=together))


def counts_as_checkpoint(file: Path) -> bool:
    """Whether a file of a folder is one of its checkpoints, or is meant to be one and is broken."""
    try:
        if not file.is_file() or not file.stat().st_size:
            return False
        kind = format_of(file)
    except (InputError, OSError):
        return file.suffix in _PICKLED_BY_TORCH  # it is opened, and the error is told
    if kind in ("pickle", "npz"):  # so are statistics and data
        named = read_name(file.stem) is not None or "network" in file.stem
        return file.suffix in (*_PICKLED_BY_TORCH, ".pdparams") or (named and file.suffix != ".pdopt")
    return kind is not None


def hint_for_data(path: Path) -> str | None:
    """What to do where a checkpoint is wanted and data are named: a file of data, or a folder without a checkpoint.

    Args:
        path: of a file or a folder.
    """
    files = (path,) if path.is_file() else islice((file for file in path.rglob("*") if file.is_file()), _LOOKED_AT)
    found = False
    for file in files:
        kind = _kind(file)
        if kind == "checkpoint":
            return None
        found = found or kind == "data"
    return f"data are given with --data, as in ganloss eval --data {path}" if found else None


def _kind(file: Path) -> Literal["data", "checkpoint"] | None:
    """Data are images, audio, arrays, manifests, and tensors whose names are roles."""
    if file.suffix.lower() in (".csv", ".jsonl"):
        return "data"
    try:
        if counts_as_checkpoint(file) or sniff(file) is None:
            kind = format_of(file)
            root = outline_of(file, kind, verify=False).root if kind else None
            return ("data" if _are_roles(root) else "checkpoint") if kind else None
    except (GanlossError, OSError):  # damaged, or unsafe: whoever opens it says so
        return None
    return "data"


def _are_roles(root: object) -> bool:
    """Whether names say real, fake, real_features.2.5 ..."""
    names = [name.partition(".") for name in root] if isinstance(root, Mapping) and root else []
    return bool(names) and all(role in FILE_ROLES and re.fullmatch(r"[\d.]*", rest) for role, _, rest in names)


def _one_state(folder: Path, series: Mapping[Name | None, Sequence[_Candidate]]) -> tuple[list[_Candidate], bool]:
    """One file of each series, and whether all are of one step."""
    steps = [{candidate.step for candidate in candidates} for candidates in series.values()]
    common = set.intersection(*steps)
    chosen = []
    for candidates in series.values():
        newest = max(common) if common else max(candidate.step for candidate in candidates)
        same = [candidate for candidate in candidates if candidate.step == newest]
        if len(same) > 1:
            raise UsageError(
                f"{folder}: {same[0].path.name} and {same[1].path.name} may be the same network",
                hint="name the files to open, each with its own --ckpt",
            )
        chosen += same
    return chosen, bool(common)


def _findings(
    folder: Path, chosen: Sequence[_Candidate], passed_over: list[str], *, together: bool
) -> tuple[Finding, ...]:
    if not passed_over and together:
        return ()
    names = [candidate.path.name for candidate in chosen]
    return (
        Finding(
            check="chosen_checkpoints" if together else "checkpoints_of_different_steps",
            severity="note" if together else "warning",
            message=f"{folder}: opened {', '.join(names)} and left out {_counted(len(passed_over))}",
            evidence={"chosen": names, "left_out": passed_over},
            hint="name the files with --ckpt to choose others",
        ),
    )


def _counted(count: int) -> str:
    return f"{count} other checkpoint{'s' if count != 1 else ''}"
