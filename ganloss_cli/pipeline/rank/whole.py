"""The report of many checkpoints: their results with all that is needed to believe them, and what it ends with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ganloss_cli.gates import exit_status
from ganloss_cli.pipeline.evaluate.parts import different_environments
from ganloss_cli.pipeline.networks.devices import choose_device
from ganloss_cli.pipeline.rank.each import Evaluated
from ganloss_cli.pipeline.rank.rows import Row
from ganloss_cli.pipeline.run.provenance import environment
from ganloss_cli.records.listing import grouped, listed
from ganloss_cli.records.ranking import Ranking
from ganloss_cli.records.report import Finding, Gate, Report, Result
from ganloss_cli.records.request import Request
from ganloss_cli.records.tool import tool

_OF_ONE = "non_finite_loss"  # says which samples; of which checkpoint, its row does


def whole_report(
    request: Request, found: Sequence[Evaluated], rows: Sequence[Row], results: Sequence[Result], ranking: Ranking
) -> Report:
    """The report; what all of them share is taken from the newest.

    Args:
        request: every choice.
        found: what each state came to.
        rows: in their order.
        results: of all rows.
        ranking: which of them are best.
    """
    reports = [each.report for each in found if each.report is not None]
    newest = reports[-1] if reports else None
    device = choose_device(request.device)
    whole = Report(
        tool=tool(),
        environment=newest.environment if newest else environment(device),
        command=request.command,
        seed=request.seed,
        device=str(device),
        dtype=request.dtype,
        inputs=newest.inputs if newest else (),
        fingerprint=newest.fingerprint if newest else None,
        checkpoints=tuple(record for report in reports for record in report.checkpoints),
        results=tuple(results),
        findings=(
            *_findings(found),
            *different_environments([report.environment for report in reports]),
            *_about_rows(rows, ranking),
            *_features_of_their_own(found),
        ),
        gates=_gates(reports),
        not_applicable=_lacking(reports, ranking),
        timing=_timing(request, reports),
        ranking=ranking,
    )
    return replace(whole, exit_status=exit_status(whole))


def _findings(found: Sequence[Evaluated]) -> Iterator[Finding]:
    """Each once, however many checkpoints it is about: the paths in it apart."""
    alike = grouped(
        (_without_files(finding, each), (finding, each))
        for each in reversed(found)
        if each.report is not None
        for finding in each.report.findings
        if finding.check != _OF_ONE
    )
    n_reports = sum(each.report is not None for each in found)
    for (_, message), same in alike.items():
        (first, its), others = same[0], len(same) - 1
        names_it = message != first.message
        about_some = others and (len(same) < n_reports or names_it)
        more = f" (and so of {others} other checkpoint{'s' if others > 1 else ''})" if about_some else ""
        about = "" if names_it or len(same) == n_reports else f"{its.state.files[0].name}: "
        yield replace(first, message=about + first.message + more)


def _without_files(finding: Finding, each: Evaluated) -> tuple[str, str]:
    message = finding.message
    for file in each.state.files:
        message = message.replace(str(file), "")
    return finding.check, message


def _about_rows(rows: Sequence[Row], ranking: Ranking) -> Iterator[Finding]:
    for row in rows:
        if row.evaluated.error is not None:
            message = row.evaluated.error.message
            names_it = any(str(file) in message for file in row.evaluated.state.files)
            yield Finding(
                check="checkpoint_not_evaluated",
                severity="warning",
                message=message if names_it else f"{row.evaluated.state.files[0].name}: {message}",
                evidence={"checkpoint": row.called},
                hint=row.evaluated.error.hint,
            )
        elif row.not_finite:
            yield Finding(
                check=_OF_ONE,
                severity="warning",
                message=f"{row.called}: {listed(row.not_finite)} {'is' if len(row.not_finite) == 1 else 'are'} not"
                " finite; it is last, and never the best",
                evidence={"checkpoint": row.called, "losses": list(row.not_finite)},
            )
    if ranking.ordered_by == "name":
        lacking = [row.called for row in rows if row.evaluated.step is None and row.evaluated.report is not None]
        if lacking:
            yield Finding(
                check="checkpoints_without_step",
                severity="note",
                message=f"neither file nor name tells the step of {listed(lacking)}: ordered by name",
                evidence={"checkpoints": lacking},
            )


def _features_of_their_own(found: Sequence[Evaluated]) -> Iterator[Finding]:
    """Of sets in features of the discriminator that each checkpoint was trained with: no measure of all of them."""
    seen = [each.seen.outline.entries for each in found if each.seen is not None]
    names = list(dict.fromkeys(entry.typed for entries in seen for entry in entries if entry.through_discriminator))
    discriminators = {
        tuple(record.sha256 for record in each.report.checkpoints if record.role.startswith("discriminator"))
        for each in found
        if each.report is not None
    }
    if names and len(discriminators) > 1:
        yield Finding(
            check="features_of_each_checkpoint",
            severity="warning",
            message=f"{listed(names)} {'is' if len(names) == 1 else 'are'} seen through the discriminator of each"
            " checkpoint: rows of different features do not compare",
            evidence={"losses": names},
            hint="--disc FILE looks through one for all; that of another training is the judge, for a discriminator"
            " knows the faults of the generators that it was trained against",
        )


def _gates(reports: Sequence[Report]) -> tuple[Gate, ...]:
    """Each once: the first that failed, else the first of all."""
    by_expression = grouped((gate.expression, gate) for report in reports for gate in report.gates)
    return tuple(next((gate for gate in same if gate.failed), same[0]) for same in by_expression.values())


def _lacking(reports: Sequence[Report], ranking: Ranking) -> dict[str, str]:
    """What no checkpoint has a value of."""
    computed = {loss.name for loss in ranking.losses}
    lacking = {name: why for report in reports for name, why in report.not_applicable.items()}
    return {name: why for name, why in lacking.items() if name not in computed}


def _timing(request: Request, reports: Sequence[Report]) -> Mapping[str, Any]:
    """Seconds, forward passes and steps that a journal had, of all of them."""
    passes: Counter[str] = Counter()
    for report in reports:
        passes.update(report.timing["forward_passes"])
    names = ["preparation_seconds", "evaluation_seconds", *(["journal_steps"] if request.journal else [])]
    return {**{name: sum(report.timing[name] for report in reports) for name in names}, "forward_passes": dict(passes)}
