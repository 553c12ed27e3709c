"""Which checkpoints below a folder to open: one training state of one run, and every network of it.

Torch-free. A folder becomes a list of files with the roles that each gives; nothing is known of any training code.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints.contents.candidates import (
    UNKNOWN,
    UNKNOWN_AVERAGE,
    Candidate,
    candidates_of,
    roles_given,
)
from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data
from ganloss_cli.io.checkpoints.contents.naming import Name, read_name
from ganloss_cli.io.checkpoints.contents.parts import refuse_parts
from ganloss_cli.io.checkpoints.contents.places import goes_on, is_selection
from ganloss_cli.io.checkpoints.contents.resolver import UNKNOWN_ROLE, parts_that_fit, role_by_architecture
from ganloss_cli.io.checkpoints.contents.walk import Found, checkpoints_below
from ganloss_cli.io.checkpoints.formats.groups import is_group
from ganloss_cli.io.checkpoints.formats.strangers import no_checkpoint_in
from ganloss_cli.io.patterns import hint_for_missing
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.request import StatedPlace

_NAMELESS = frozenset({UNKNOWN, UNKNOWN_AVERAGE})


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The files to open, what to say about the choice, and the other checkpoints that lie there."""

    files: tuple[Path, ...]
    findings: tuple[Finding, ...] = ()
    others: tuple[Path, ...] = ()


@dataclass
class _Choice:
    """What is being decided of a folder."""

    folder: Path
    candidates: list[Candidate]
    every: bool = False

    def keep(self, candidates: Iterable[Candidate]) -> None:
        self.candidates = list(candidates)

    @property
    def roles(self) -> frozenset[Name]:
        return roles_given(self.candidates)

    def takes_all_of(self, role: Name) -> bool:
        return self.every and role in _NAMELESS


def checkpoint_files(path: Path) -> tuple[Path, ...]:
    """The files to open for `--ckpt PATH`; see `choose_files`."""
    return choose_files(path).files


def choose_files(
    path: Path, *, rescue: bool = False, every: bool = False, stated: Sequence[StatedPlace] = ()
) -> Chosen:
    """A file itself; of a folder, the files of one training state.

    Files are recognised by their content: what holds no network of the training, as optimizers and random states, is
    passed over. Networks of which nothing is known are left out where both a generator and a discriminator are known.
    Of several steps, the newest that every role was saved at; if there is none, each role's newest. A name without a
    number ("latest_net_G_A.pth") is newer than every number.

    Args:
        path: a file, or a folder, which is searched with what lies below it.
        rescue: pickled modules can be opened.
        every: networks of which nothing is known are wanted too, all of them.
        stated: where the user says that networks lie; a file that has nothing but these is one to open.

    Raises:
        InputError: there is no such file or folder, no checkpoint in it, or one in parts.
        UsageError: two files of one step have the same role, or several runs lie there.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder", hint=hint_for_missing(path))
    if not path.is_dir() or is_group(path):
        return Chosen(files=(path,))
    found = checkpoints_below(path)
    candidates = list(candidates_of(path, found.checkpoints, rescue=rescue, stated=stated))
    if not candidates:
        refuse_parts(path, found.parts)
        raise no_checkpoint_in(path, hint=hint_for_data(path), not_seen=found.not_seen)
    choice = _Choice(folder=path, candidates=candidates, every=every)
    _join_parts(choice)
    _keep_what_is_known(choice)
    _keep_one_run(choice)
    chosen, together = _one_state(choice)
    files = tuple(sorted(file for candidate in chosen for file in (candidate.path, *candidate.beside)))
    others = tuple(sorted(candidate.path for candidate in candidates if candidate.path not in files))
    return Chosen(
        files=files,
        findings=(*_findings(path, files, others, together=together), *_not_seen(path, found)),
        others=others,
    )


def _join_parts(choice: _Choice) -> None:
    """Files that fit one architecture together, as an encoder and a decoder may, are one candidate."""
    for unknown in (UNKNOWN, UNKNOWN_AVERAGE):
        _join_those_of(choice, unknown)


def _join_those_of(choice: _Choice, unknown: Name) -> None:
    alone = [candidate for candidate in choice.candidates if len(candidate.unknown) == 1 and unknown in candidate.roles]
    newest = max((candidate.step for candidate in alone), default=None)
    alone = [candidate for candidate in alone if candidate.step == newest]
    fitting = parts_that_fit([(candidate.path, candidate.unknown[0]) for candidate in alone])
    if fitting is None:
        return
    places, whole = fitting
    first, *others = (alone[place] for place in places)
    run = Path(os.path.commonpath([candidate.run for candidate in (first, *others)]))
    role = replace(read_name(role_by_architecture(whole, {})) or UNKNOWN, averaged=unknown.averaged)
    one = replace(
        first, run=run, roles=frozenset({role}), unknown=(), beside=tuple(candidate.path for candidate in others)
    )
    kept = [candidate for candidate in choice.candidates if candidate not in (first, *others)]
    choice.keep([one, *(candidate for candidate in kept if candidate.roles != {unknown} or candidate.step == newest)])


def _keep_what_is_known(choice: _Choice) -> None:
    """Leave out what nothing is known of where the rest is whole, and files that say less than others beside them.

    What was kept because it was best is left out beside what is saved step by step, whose newest is opened.
    """
    if not choice.every:
        choice.keep(without_unknown(choice.candidates))
    opening = [candidate for candidate in choice.candidates if candidate.opens]
    safe = {(role, candidate.run) for candidate in opening for role in candidate.roles}
    refused = [c for c in choice.candidates if not c.opens and all((role, c.run) in safe for role in c.roles)]
    choice.keep(candidate for candidate in choice.candidates if candidate not in refused)
    going_on = {(role, c.run) for c in choice.candidates if goes_on(c.path) for role in c.roles}
    best = [c for c in choice.candidates if is_selection(c.path) and all((role, c.run) in going_on for role in c.roles)]
    choice.keep(candidate for candidate in choice.candidates if candidate not in best)


def without_unknown(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of which something is known, where that is a generator and a discriminator; else all."""
    known = [candidate for candidate in candidates if UNKNOWN not in candidate.roles]
    kinds = {role.kind for role in roles_given(known) - _NAMELESS}
    return known if kinds == {"generator", "discriminator"} else list(candidates)


def _keep_one_run(choice: _Choice) -> None:
    """Of folders that give the same roles, the one that gives most, or that the others lie in."""
    runs: dict[Path, frozenset[Name]] = {}
    for candidate in choice.candidates:
        rivalling = frozenset(role for role in candidate.roles if not choice.takes_all_of(role))
        runs[candidate.run] = runs.get(candidate.run, frozenset()) | rivalling
    rivals = [run for run, roles in runs.items() if any(roles & other for at, other in runs.items() if at != run)]
    for run in rivals:
        beaten = [other for other in rivals if other != run and runs[run] & runs[other]]
        if all(_beats(run, other, runs) for other in beaten) and len(beaten) == len(rivals) - 1:
            choice.keep(candidate for candidate in choice.candidates if candidate.run not in beaten)
            return
    if rivals:
        listed = ", ".join(run.as_posix() for run in sorted(rivals)[:8]) + (" ..." if len(rivals) > 8 else "")
        raise UsageError(
            f"{choice.folder}: {len(rivals)} runs lie below it: {listed}",
            hint="name the folder of one of them with --ckpt",
        )


def _beats(run: Path, other: Path, runs: Mapping[Path, frozenset[Name]]) -> bool:
    return runs[run] > runs[other] or (runs[run] == runs[other] and run in other.parents)


def _one_state(choice: _Choice) -> tuple[list[Candidate], bool]:
    """The candidates of one step, and whether every role has one."""
    by_role = {role: [c for c in choice.candidates if role in c.roles] for role in choice.roles}
    named = [candidates for role, candidates in by_role.items() if not choice.takes_all_of(role)] or by_role.values()
    common = set.intersection(*({candidate.step for candidate in candidates} for candidates in named))
    chosen: list[Candidate] = []
    for role, candidates in by_role.items():
        steps = {candidate.step for candidate in candidates}
        newest = max(common & steps or steps)
        same = [candidate for candidate in candidates if candidate.step == newest]
        if len(same) > 1 and not choice.takes_all_of(role):
            _refuse_both(choice.folder, role, same)
        chosen += [candidate for candidate in same if candidate not in chosen]
    return chosen, bool(common)


def _refuse_both(folder: Path, role: Name, same: Sequence[Candidate]) -> None:
    listed = [candidate.path.relative_to(folder).as_posix() for candidate in same]
    what = "" if role.sub == UNKNOWN_ROLE else f", the {role.kind}"
    known = "; ".join(f"{file}: {candidate.called}" for file, candidate in zip(listed[:4], same, strict=False))
    raise UsageError(
        f"{folder}: {' and '.join(listed[:4])} may be the same network{what} ({known})",
        hint="name the files to open, each with its own --ckpt, a discriminator with --disc",
    )


def _findings(folder: Path, chosen: Sequence[Path], others: Sequence[Path], *, together: bool) -> tuple[Finding, ...]:
    if not others and together:
        return ()
    names = [path.relative_to(folder).as_posix() for path in chosen]
    left_out = [path.relative_to(folder).as_posix() for path in others]
    return (
        Finding(
            check="chosen_checkpoints" if together else "checkpoints_of_different_steps",
            severity="note" if together else "warning",
            message=f"{folder}: opened {', '.join(names)} and left out {_counted(len(left_out))}",
            evidence={"chosen": names, "left_out": left_out},
            hint="name the files with --ckpt to choose others",
        ),
    )


def _not_seen(folder: Path, found: Found) -> tuple[Finding, ...]:
    if not found.not_seen:
        return ()
    message = f"{folder}: not searched: {found.not_seen}"
    hint = "name the folder of the checkpoint itself"
    return (Finding(check="folder_not_searched_whole", severity="note", message=message, hint=hint),)


def _counted(count: int) -> str:
    return f"{count} other checkpoint{'s' if count != 1 else ''}"
