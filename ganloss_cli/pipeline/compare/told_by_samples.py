"""Whether the losses of one report are worse than those of another by more than chance, as gates ask it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganloss_cli.evaluators.worsening import Aim
from ganloss_cli.pipeline.baseline.changes import Compared, changes
from ganloss_cli.pipeline.baseline.measured import of_document
from ganloss_cli.records.report import Change, Finding

Named = tuple[Path, Mapping[str, Any]]


def told_by_samples(a: Named, b: Named, level: float, *, by_means: bool = False) -> Mapping[str, Change] | None:
    """What became of every loss of both reports that is the same quantity in both, judged together.

    Args:
        a: the earlier report, and where it is from.
        b: the later one.
        level: the chance, at most, that any is called worse although none is.
        by_means: whether means and standard errors will do where a report has no values of single samples.

    Returns:
        by name; None where one of the reports holds no values of single samples.
    """
    if not by_means and not (a[1].get("samples") and b[1].get("samples")):
        return None
    now = {each.key: each for each in of_document(*b)}
    compared: dict[str, tuple[Compared, Aim | None]] = {}
    for before in of_document(*a):
        after = now.get(before.key)
        if after is None or before.circumstances() != after.circumstances():
            continue
        if (both := Compared.of(before, after)) is not None:
            better = before.row.get("higher_is_better")
            compared[before.called] = both, None if better is None else Aim(higher_is_better=better)
    found = changes([both for both, _ in compared.values()], [aim for _, aim in compared.values()], level)
    return dict(zip(compared, found, strict=True)) or None


def without_samples(a: Named, b: Named) -> tuple[Finding, ...]:
    """Which of two reports has no values of single samples."""
    lacking = [str(path) for path, document in (a, b) if not document.get("samples")]
    if not lacking:
        return ()
    message = f"{' and '.join(lacking)}: no values of single samples, so that means and standard errors are compared"
    return (Finding(check="means_alone", severity="note", message=message, evidence={"paths": lacking}),)
