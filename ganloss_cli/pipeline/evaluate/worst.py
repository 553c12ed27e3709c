"""`--worst K`: the samples on which each loss is at its worst, and the losses that have none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ganloss_cli.pipeline.evaluate.results import Computed, SampleTable
from ganloss_cli.pipeline.run.series import Series
from ganloss_cli.records.report import Finding, SampleValues


def worst_samples(found: Sequence[Computed], table: SampleTable, worst: int) -> dict[str, tuple[SampleValues, ...]]:
    """The K worst samples of each loss: the lowest where higher is better, else the highest."""
    highest = {each.entry.label: each.entry.result.higher_is_better is not True for each in found}
    of_each = {label: table.worst(label, worst, highest=high) for label, high in highest.items()}
    return {label: rows for label, rows in of_each.items() if rows}


def without_worst(found: Sequence[Computed], worst: Collection[str]) -> tuple[Finding, ...]:
    """A note that names the losses which were computed and have no worst samples, with the reasons."""
    reasons = {each.entry.label: _reason(each.series) for each in found if each.entry.label not in worst}
    if not reasons:
        return ()
    told = [
        f"{', '.join(label for label in reasons if reasons[label] == reason)} ({reason})"
        for reason in dict.fromkeys(reasons.values())
    ]
    return (
        Finding(
            check="no_worst_samples",
            severity="note",
            message=f"--worst: no value for a single sample, and so no worst one: {'; '.join(told)}",
            evidence={"losses": reasons},
        ),
    )


def _reason(values: Series) -> str:
    if values.statistic is not None:
        return "of the whole set"
    if values.over_batches:
        return "of whole batches"
    if any(term.moments().compute().mean is None for term in values.terms.values()):
        return "not finite"
    return "the sum over sides that are different samples"
