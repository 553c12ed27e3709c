"""Findings and gates: in words, the same in every format, and as what passed and failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.records import evidence
from ganloss_cli.records.severity import SEVERITIES, Severity, reaches
from ganloss_cli.reporters.changes import named, told, word
from ganloss_cli.reporters.document import Case, Grid, Points
from ganloss_cli.reporters.figures import Shown, count, number, verdict_mark

if TYPE_CHECKING:
    from typing import TypeGuard

    from ganloss_cli.records.checkpoint import CheckRun
    from ganloss_cli.records.report import BaselineGate, Finding, Gate


HEADING = "Findings"


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
        name = named(gate) if is_against_baseline(gate) else gate.expression
        yield Case.held("gate", name, observation(gate), passed=not gate.failed)


def observation(gate: Gate) -> str:
    """A gate and what was observed: "ssim<0.9: ssim is 0.871234"."""
    if is_against_baseline(gate):
        return told(gate)
    # six digits: four would show 0.9000 for a value that failed ssim<0.9 by a hair
    value = f"has no value ({gate.reason})" if gate.observed is None else f"is {number(gate.observed)}"
    return f"{gate.expression}: {gate.loss} {value}"


def came_of(gate: Gate) -> str:
    """What came of a gate in a word: "failed", "passed"; of one against a baseline "waived" and "cannot tell" too."""
    return word(gate) if is_against_baseline(gate) else "failed" if gate.failed else "passed"


def counted(findings: Sequence[Finding]) -> str:
    """How many there are of each severity, the worst first: "1 error, 2 warnings, 0 notes"."""
    kinds = reversed(SEVERITIES)
    return ", ".join(count(sum(finding.severity == kind for finding in findings), kind) for kind in kinds)


def place(finding: Finding) -> str:
    """Where in a file a finding is: "losses.py:12"; empty where it is in none."""
    file, line = finding.evidence.get(evidence.FILE), finding.evidence.get(evidence.LINE)
    return "" if file is None else f"{file}:{line}" if line else str(file)


def gate_line(gate: Gate) -> Shown:
    """Whether it passed, and what was observed: "gate passed: ssim<0.9: ssim is 0.971234"."""
    return Shown(f"gate {came_of(gate)}: {observation(gate)}", mark=verdict_mark(not gate.failed))


def points(findings: Sequence[Finding]) -> Points:
    """A line a finding, without its hint."""
    lines = [Shown(f"{finding.severity}: {finding.message}", mark=finding.severity) for finding in findings]
    return Points(lines=lines, heading=HEADING)


def grid(findings: Sequence[Finding]) -> Grid:
    """A row a finding, with the check that it is of, what to do, and its place where any has one."""
    rows = [
        [Shown(f.severity, mark=f.severity), f.check, f.message + (f" → {f.hint}" if f.hint else ""), place(f)]
        for f in findings
    ]
    heads = ["severity", "check", "finding", "where"]
    placed = any(row[-1] for row in rows)
    if not placed:
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return Grid(heads=heads, rows=rows, heading=HEADING)


def sentence(finding: Finding) -> Shown:
    """A finding on one line: its severity, what it says, and what to do."""
    hint = f" ({finding.hint})" if finding.hint else ""
    return Shown(f"{finding.severity}: {' '.join(finding.message.splitlines())}{hint}", mark=finding.severity)


def is_against_baseline(gate: Gate) -> TypeGuard[BaselineGate]:
    """Whether a gate holds a run against a baseline."""
    from ganloss_cli.records.report import BaselineGate  # a command without gates does not wait for it

    return isinstance(gate, BaselineGate)
