"""All training states of one training or of several: which files belong together, and in which order they come.

Torch-free. `folders` chooses one state of a folder; here every one of them is wanted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.errors import UsageError
from ganloss_cli.io.checkpoints.contents.candidates import NEWEST, UNKNOWN, Candidate, candidates_of
from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data
from ganloss_cli.io.checkpoints.contents.folders import without_unknown
from ganloss_cli.io.checkpoints.contents.naming import read_name, without_role
from ganloss_cli.io.checkpoints.contents.parts import refuse_parts
from ganloss_cli.io.checkpoints.contents.places import stem_of
from ganloss_cli.io.checkpoints.contents.walk import checkpoints_below
from ganloss_cli.io.checkpoints.formats.groups import is_group
from ganloss_cli.io.checkpoints.formats.strangers import no_checkpoint_in
from ganloss_cli.io.patterns import matching
from ganloss_cli.records.listing import grouped


@dataclass(frozen=True, kw_only=True)
class State:
    """The files of one step of one training.

    Args:
        files: that are opened together.
        run: the folder of the training.
        step: as the place of the files says; None where nothing does.
        alone: whether it was named by itself, not found in a folder or by a pattern.
    """

    files: tuple[Path, ...]
    run: Path
    step: int | None
    alone: bool = False

    @property
    def name(self) -> str:
        """Of its first file, the generator's, below the folder of the training."""
        return os.path.relpath(self.files[0], self.run)

    @property
    def order(self) -> tuple[str, bool, int, tuple[tuple[int, str], ...]]:
        """By training, then by step, those without one behind the others and by name, numbers in it as numbers."""
        parts = re.findall(r"\d+|\D+", self.name)
        named = tuple((int(part), "") if part.isdecimal() else (0, part) for part in parts)
        return str(self.run), self.step is None, self.step or 0, named


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A checkpoint, the folder that holds its training, and whether it was named by itself."""

    candidate: Candidate
    run: Path
    alone: bool


def states_of(runs: Sequence[Path], *, rescue: bool = False, generators_only: bool = False) -> tuple[State, ...]:
    """Every training state, in order.

    Networks of one training and one step are one state, unless two of them have the same role: then those are whose
    names differ in their roles alone, else each file. So are networks without a step.

    Args:
        runs: files, folders, which are searched with what lies below them, and patterns of both.
        rescue: pickled modules can be opened.
        generators_only: one discriminator for all is given elsewhere.

    Raises:
        InputError: nothing is there, or no checkpoint is in a folder.
        UsageError: a folder holds several trainings, whose generators are different networks.
    """
    found = [each for typed in runs for each in _found(typed, rescue=rescue)]
    once = list({each.candidate.path.absolute(): each for each in found}.values())
    states: list[State] = []
    for run, of_run in grouped((each.run, each) for each in once).items():
        kept = without_unknown([each.candidate for each in of_run])
        of_run = [each for each in of_run if each.candidate in kept or each.alone]
        if generators_only:
            of_run = [each for each in of_run if not _only_discriminates(each.candidate)] or of_run
        for together in grouped((each.candidate.step, each) for each in of_run).values():
            states += [_state(run, group) for group in _paired(together)]
    return tuple(sorted(states, key=lambda state: state.order))


def _found(typed: Path, *, rescue: bool) -> Iterator[_Found]:
    paths = matching(typed, "the command line")
    files = [path for path in paths if not path.is_dir() or is_group(path)]
    for folder, own in grouped((path.parent, path) for path in files).items():
        seen = {candidate.path: candidate for candidate in candidates_of(folder, own, rescue=rescue)}
        alone = paths == (typed,)
        for path in own:
            if path in seen or alone:
                candidate = seen.get(path) or Candidate(path=path, run=Path(), step=NEWEST, roles=frozenset({UNKNOWN}))
                yield _Found(candidate=candidate, run=folder, alone=alone)
    for folder in (path for path in paths if path not in files):
        inside = checkpoints_below(folder)
        candidates = list(candidates_of(folder, inside.checkpoints, rescue=rescue))
        if not candidates:
            refuse_parts(folder, inside.parts)
            raise no_checkpoint_in(folder, hint=hint_for_data(folder))
        _refuse_unrelated(folder, candidates)
        yield from (_Found(candidate=each, run=folder / each.run, alone=False) for each in candidates)


def _refuse_unrelated(folder: Path, candidates: Sequence[Candidate]) -> None:
    """Refuse to hold trainings of different generators against each other that merely lie in one folder."""
    generating = [each for each in candidates if each.recognised and not _only_discriminates(each)]
    first = next(iter(generating), None)
    other = next((each for each in generating if _other_training(generating[0], each)), None)
    if first is None or other is None:
        return
    shown = [f"{each.path.relative_to(folder)} ({', '.join(sorted(each.recognised))})" for each in (first, other)]
    pattern = re.sub(r"\d+", "*", str(first.path))
    raise UsageError(
        f"{folder}: checkpoints of several trainings lie below it: {' and '.join(shown)}",
        hint=f"name those that are to be compared, or a pattern of them in quotes, such as '{pattern}'",
    )


def _other_training(one: Candidate, other: Candidate) -> bool:
    """Whether the same role is known to be another network."""
    return bool(one.roles & other.roles) and one.recognised.isdisjoint(other.recognised)


def _only_discriminates(candidate: Candidate) -> bool:
    return all(role.kind == "discriminator" for role in candidate.roles)


def _paired(together: Sequence[_Found]) -> list[list[_Found]]:
    """Networks of one step: one state where no two have the same role, else those whose names say so."""
    if together[0].candidate.step != NEWEST and _fit(together):
        return [list(together)]
    by_name = grouped((_name_without_role(each), each) for each in together).values()
    return [group for same in by_name for group in ([list(same)] if _fit(same) else [[each] for each in same])]


def _fit(together: Sequence[_Found]) -> bool:
    roles = [role for each in together for role in each.candidate.roles]
    return len(set(roles)) == len(roles)


def _name_without_role(found: _Found) -> str:
    path = found.candidate.path
    folders = Path(os.path.relpath(path.parent, found.run)).parts
    kept = [part for part in folders if read_name(part, whole=True) is None]
    return "/".join((*kept, without_role(stem_of(path))))


def _state(run: Path, together: Sequence[_Found]) -> State:
    order = sorted(together, key=lambda each: (_only_discriminates(each.candidate), each.candidate.path))
    step = order[0].candidate.step
    files = tuple(file for each in order for file in (each.candidate.path, *each.candidate.beside))
    return State(
        files=files, run=run, step=None if step == NEWEST else step, alone=any(each.alone for each in together)
    )
