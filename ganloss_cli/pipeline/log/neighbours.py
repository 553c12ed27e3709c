"""Other checkpoints of the same training: which of them a logged number would have passed for as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ganloss_cli.io.checkpoints.contents.naming import read_name, step_in_name
from ganloss_cli.io.checkpoints.contents.walk import counts_as_checkpoint
from ganloss_cli.io.logs.series import Series
from ganloss_cli.records.report import CheckpointRecord, Finding


def other_steps(
    checkpoints: Iterable[CheckpointRecord], step: int | None, logged_steps: Mapping[str, int]
) -> tuple[int, ...]:
    """The steps that every network evaluated was saved at too, told by the files' names, as the log counts them.

    Args:
        checkpoints: those evaluated.
        step: whose numbers they are held against, which is no other one.
        logged_steps: file -> the step of its numbers in Lightning's logs.
    """
    files = {Path(record.path): logged_steps.get(record.path) for record in checkpoints if record.role != "backbone"}
    saved = [_as_logged(file, _saved(file), logged) for file, logged in files.items()]
    return tuple(sorted(set.intersection(*saved) - {step})) if saved else ()


def of_lightning(logged_steps: Mapping[str, int], step: int | None) -> Iterator[Finding]:
    """A note on the row that belongs to a checkpoint of Lightning's.

    Args:
        logged_steps: file -> the step of its numbers in Lightning's logs.
        step: whose numbers are compared.
    """
    for path, logged in logged_steps.items():
        if logged == step:
            yield Finding(
                check="lightning_step",
                severity="note",
                message=f"{path}: compared with step {logged} of the log: Lightning's loggers count batches from 0, its"
                " checkpoints the steps of every optimizer",
                evidence={"path": path, "step": logged},
                hint="another row is compared with --step N",
            )


def _as_logged(file: Path, saved: set[int], logged: int | None) -> set[int]:
    """The steps of Lightning's file names, which count every optimizer's, as its loggers count batches."""
    own = step_in_name(file.stem)
    if logged is None or not own or own % (logged + 1):
        return saved
    optimizers = own // (logged + 1)
    return {step // optimizers - 1 for step in saved}


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
