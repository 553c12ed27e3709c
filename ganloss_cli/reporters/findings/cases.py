"""What passes or fails in a run, whatever the command: a check, a gate, a loss, a sum, a number, a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ganloss_cli.records.checkpoint import CheckRun, reaches
from ganloss_cli.records.report import Finding, Gate, Severity
from ganloss_cli.reporters.eval.wording import observation

Kind = Literal["check", "gate", "loss", "sum", "number", "key"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing that a run held against a bound.

    Args:
        kind: what sort of thing it is.
        name: which one.
        failure: why it failed; None where it did not.
        severity: of the failure.
        skipped: why nothing can be said of it; None where it was looked at.
        told: what else is to be said of it.
    """

    kind: Kind
    name: str
    failure: str | None = None
    severity: Severity = "error"
    skipped: str | None = None
    told: str = ""


def of_checks(
    findings: Sequence[Finding], runs: Sequence[CheckRun] = (), fail_on: Severity | None = "error"
) -> Iterator[Case]:
    """One case a check: those that were asked for, in their order, then those that only have findings.

    Args:
        findings: of all checks.
        runs: the checks that were asked for; one without anything to look at is skipped.
        fail_on: the severity from which a finding fails its check; None where findings never do.
    """
    by_check: dict[str, list[Finding]] = {run.check: [] for run in runs}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    not_run = {run.check: run.not_run for run in runs}
    for check, of_check in by_check.items():
        failing = [f for f in of_check if fail_on is not None and reaches(f.severity, fail_on)]
        yield Case(
            kind="check",
            name=check,
            failure="\n".join(map(sentence, failing)) or None,
            severity=failing[0].severity if failing else "error",
            skipped=None if of_check else not_run.get(check),
            told="\n".join(sentence(finding) for finding in of_check if finding not in failing),
        )


def of_gates(gates: Iterable[Gate]) -> Iterator[Case]:
    """One case a gate."""
    for gate in gates:
        observed = observation(gate)
        yield Case(
            kind="gate",
            name=gate.expression,
            failure=observed if gate.failed else None,
            told="" if gate.failed else observed,
        )


def sentence(finding: Finding) -> str:
    """A finding on one line: its severity, what it says, and what to do."""
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{finding.severity}: {' '.join(finding.message.splitlines())}{hint}"
