"""Other checkpoints of the same training: which of them a logged number would have passed for as well."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ganloss_cli.io.checkpoints.contents.naming import read_name, step_in_name
from ganloss_cli.io.checkpoints.contents.walk import counts_as_checkpoint
from ganloss_cli.io.logs.series import Series
from ganloss_cli.records.report import CheckpointRecord


def other_steps(checkpoints: Iterable[CheckpointRecord], step: int | None) -> tuple[int, ...]:
    """The steps that every network evaluated was saved at too, told by the files' names.

    Args:
        checkpoints: those evaluated.
        step: whose numbers they are held against, which is no other one.
    """
    files = {Path(record.path) for record in checkpoints if record.role != "backbone"}
    return tuple(sorted(set.intersection(*map(_saved, files)) - {step})) if files else ()


def values_at(series: Series, steps: Iterable[int]) -> dict[int, float]:
    """What was logged last for each of some steps or epochs; those without a value are left out.

    Args:
        series: of one tag.
        steps: of other checkpoints.
    """
    found: dict[int, float] = {}
    for places in (series.epochs, series.steps):  # a step wins over an epoch of the same number
        found |= {place: value for place, value in zip(places, series.values, strict=True) if place is not None}
    return {step: found[step] for step in steps if step in found}


def _saved(file: Path) -> set[int]:
    """The steps of a file's series: those beside it whose names tell the same network."""
    try:
        beside = list(file.parent.iterdir())
    except OSError:  # a part of an archive, or a folder that may not be listed
        return set()
    own = read_name(file.stem)
    steps = {path: step for path in beside if (step := step_in_name(path.stem)) is not None}
    return {step for path, step in steps.items() if read_name(path.stem) == own and counts_as_checkpoint(path)}
