"""Logged numbers held against those that a checkpoint gives, as `ganloss audit number` holds one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ganloss_cli.errors import NothingEvaluatedError
from ganloss_cli.pipeline.log.held import LoggedSeries
from ganloss_cli.pipeline.log.neighbours import of_lightning, other_steps, values_at
from ganloss_cli.pipeline.log.passes import run_passes
from ganloss_cli.pipeline.log.power import overall, with_power
from ganloss_cli.pipeline.log.tried import with_tried
from ganloss_cli.pipeline.log.verdicts import logged_number
from ganloss_cli.progress import Progress
from ganloss_cli.records.log import LogAudit, LoggedNumber
from ganloss_cli.records.outcomes import AuditOutcome, mistake_finding
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request


def with_numbers(
    audit: LogAudit,
    tagged: Sequence[LoggedSeries],
    request: Request,
    step: int | None,
    batch: int | None,
    try_reasons: bool,
    progress: Progress | None,
) -> LogAudit:
    """Compute every loss that a tag may be, once, and hold the logged numbers of the checkpoint's step against them.

    The numbers of one log are those of one training: where a recipe is asked for or recognised, its terms are held
    against it, unless all of them are reproduced without it and not with it.

    Args:
        audit: of the log alone.
        tagged: the tags of the log, those not wanted among them.
        request: checkpoint and data.
        step: of the checkpoint; None takes it from the file.
        batch: how many samples one logged number is a mean of.
        try_reasons: whether what may make a number differ is tried.
        progress: is told how far the work is.

    Raises:
        NothingEvaluatedError: no tag is a loss, or none of them can be computed.
        UsageError: the checkpoints are of different steps, or the log has no name of the recipe.
    """
    passes = run_passes(tagged, request, step, batch, progress)
    report, wanted = passes[0].report, passes[0].step
    logged_steps = passes[0].model.logged_steps
    steps = other_steps(report.checkpoints, wanted, logged_steps)
    pairs = [(one, logged_number(one, each)) for each in passes for one in each.held]
    order = {(entry.file, entry.series.tag): place for place, entry in enumerate(tagged)}
    pairs.sort(key=lambda pair: order[pair[0].entry.file, pair[0].entry.series.tag])
    power = with_power([number for _, number in pairs], [values_at(one.entry.series, steps) for one, _ in pairs])
    numbers = power.numbers
    for each in passes:
        numbers = tuple(with_tried(numbers, [one for one, _ in pairs], each, run=try_reasons, progress=progress))
    if all(number.outcome == "not computed" for number in numbers):
        raise NothingEvaluatedError(
            "no logged number could be held against the checkpoint: "
            + "; ".join(dict.fromkeys(reason for number in numbers for reason in number.reasons))
        )
    outcome = overall(number.outcome for number in numbers)
    every = [finding for each in passes for finding in each.report.findings]
    read = [finding for place, finding in enumerate(every) if finding not in every[:place]]
    told = {name for entry in tagged if entry.wanted and entry.meaning for name in entry.meaning.losses}
    return replace(
        audit,
        passed=audit.passed and outcome != "no match" and all(finding.severity != "error" for finding in read),
        outcome=outcome,
        numbers=numbers,
        step=wanted,
        other_steps=power.others,
        steps_not_logged=tuple(each for each in steps if each not in power.others),
        would_pass=power.passing,
        findings=(
            *audit.findings, *read, *of_lightning(logged_steps, wanted), *_findings(numbers, wanted),
            *_open(outcome, power.passing),
        ),
        inputs=report.inputs,
        checkpoints=report.checkpoints,
        not_applicable={name: why for name, why in report.not_applicable.items() if name in told},
    )  # fmt: skip


def _open(outcome: AuditOutcome, passing: Sequence[int]) -> Iterator[Finding]:
    if outcome == "cannot tell":
        yield Finding(
            check="cannot_tell",
            severity="warning",
            message="the numbers cannot tell this checkpoint from "
            + (f"those of steps {', '.join(map(str, passing))}" if passing else "another one"),
            evidence={"would_pass": list(passing)},
            hint="more digits, more samples or another number of the log would",
        )


def _findings(numbers: Iterable[LoggedNumber], step: int | None) -> Iterator[Finding]:
    if step is None and any(number.at is not None for number in numbers):
        yield Finding(
            check="unknown_step",
            severity="note",
            message="no checkpoint says its step: the last logged values are compared",
            hint="give it with --step N",
        )
    for number in numbers:
        if number.mistake is not None:
            yield mistake_finding(number.tag, number.formula, number.mistake)
        if number.outcome == "ambiguous":
            yield Finding(
                check="ambiguous_number",
                severity="warning",
                message=f"{number.tag}: {', '.join((number.formula, *number.as_good))} all give it",
                evidence={"tag": number.tag, "formulas": [number.formula, *number.as_good]},
                hint=number.separated_by,
            )
    weak = [number.tag for number in numbers if number.also_fit >= 5]
    if weak:
        yield Finding(
            check="weak_evidence",
            severity="note",
            message=f"{', '.join(weak)}: many other formulas lie as near",
            evidence={"tags": weak},
            hint="evaluate more samples, or the very data of the log",
        )
