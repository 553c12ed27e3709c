"""Calls that gave no number: what was raised, and what ended the process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ganloss_cli.evaluators.test_inputs.kinds import probes_for
from ganloss_cli.pipeline.loss.comparison import CallResult, FunctionCalls, FunctionComparison
from ganloss_cli.records.evidence import FILE, LINE
from ganloss_cli.records.listing import grouped
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import Severity


@dataclass(frozen=True, kw_only=True)
class SourcePlace:
    """Where the function is: what findings about it point at."""

    file: str
    line: int | None

    def finding(
        self,
        check: str,
        severity: Severity,
        message: str,
        *,
        hint: str | None = None,
        line: int | None = None,
        **evidence: Any,
    ) -> Finding:
        """A finding at the function, or at another line of its file."""
        place = {FILE: self.file, LINE: line or self.line}
        return Finding(check=check, severity=severity, message=message, evidence={**place, **evidence}, hint=hint)


def failure(outcome: CallResult) -> tuple[str, str]:
    """The check that a call without a number is a finding of, and what happened."""
    if outcome.died is not None:
        return outcome.died.trouble, outcome.died.message
    if outcome.raised is None:
        return "returns_nothing", f"it returns a {outcome.answer.get('returned', 'NoneType')}, no number"
    message = f"it raises {outcome.raised}"
    if outcome.raised.startswith("SystemExit"):
        return "exits", message
    if (
        outcome.raised.startswith("MemoryError")
        or "allocate memory" in outcome.raised
        or "not enough memory" in outcome.raised
    ):
        return "allocates_too_much", message
    return "raises", message


def failure_findings(calls: FunctionCalls, comparison: FunctionComparison, place: SourcePlace) -> Iterator[Finding]:
    """One finding a kind of failure, with the probes that met it.

    Args:
        calls: whose loss has the probes.
        comparison: with the outcome of each.
        place: of the function.
    """
    probes = {probe.name: probe for probe in probes_for(calls.loss)}
    failed = (
        (failure(outcome), outcome)
        for name, outcome in comparison.outcomes.items()
        if outcome.value is None and not outcome.impossible and not probes[name].optional
    )
    for (check, message), outcomes in grouped(failed).items():
        names = ", ".join(outcome.probe for outcome in outcomes)
        # what kills the process is an error wherever it happens; a refusal of an edge may be meant
        harmless = check == "raises" and not any(probes[outcome.probe].regular for outcome in outcomes)
        severity: Severity = "note" if check == "given_up" else "warning" if harmless else "error"
        line = next((outcome.line for outcome in outcomes if outcome.line), None)
        yield place.finding(check, severity, f"{names}: {message}", line=line, probes=names)
