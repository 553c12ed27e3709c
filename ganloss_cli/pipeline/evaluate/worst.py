"""`--worst K`: the samples on which each loss is at its worst, and the losses that have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganloss_cli.pipeline.run.plan import Plan
from ganloss_cli.pipeline.run.series import Series
from ganloss_cli.records.report import Finding, SampleValues


def worst_samples(plan: Plan, values: Sequence[SampleValues], worst: int) -> dict[str, tuple[SampleValues, ...]]:
    """The K worst samples of each loss: the lowest where higher is better, else the highest."""
    found = {}
    for run in plan.runs:
        known = [(value, row) for row in values if (value := row.values.get(run.label)) is not None]
        known.sort(key=lambda pair: pair[0], reverse=run.selected.higher_is_better is not True)
        if known:
            found[run.label] = tuple(row for _, row in known[:worst])
    return found


def without_worst(
    plan: Plan, series: Sequence[Series], worst: Mapping[str, tuple[SampleValues, ...]]
) -> tuple[Finding, ...]:
    """A note that names the losses which were computed and have no worst samples, with the reasons."""
    reasons: dict[str, str] = {}
    for run, values in zip(plan.runs, series, strict=True):
        if values.n_updates and run.label not in worst and run.selected.typed not in plan.not_applicable:
            reasons[run.label] = _reason(values)
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
