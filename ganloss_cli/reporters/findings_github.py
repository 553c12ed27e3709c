"""Findings and gates as GitHub workflow commands: one annotation a line, shown beside the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ganloss_cli.records import Finding, Gate
from ganloss_cli.reporters.figures import printable
from ganloss_cli.reporters.wording import observation

_LEVELS = {"note": "notice", "warning": "warning", "error": "error"}


def render(findings: Sequence[Finding], gates: Sequence[Gate] = ()) -> str:
    """Lines like "::error title=identical_networks::MESSAGE"; passed gates are left out.

    Args:
        findings: each becomes a notice, a warning or an error.
        gates: each that failed becomes an error.

    Convention: docs.github.com, "Workflow commands for GitHub Actions": %, CR and LF are percent-encoded, in
    properties also colon and comma.
    """
    return "".join(f"{line}\n" for line in _lines(findings, gates))


def _lines(findings: Sequence[Finding], gates: Sequence[Gate]) -> Iterator[str]:
    for finding in findings:
        told = finding.message + (f"\n{finding.hint}" if finding.hint else "")
        yield f"::{_LEVELS[finding.severity]} title={_property(finding.check)}::{_data(told)}"
    for gate in gates:
        if gate.failed:
            yield f"::error title={_property(f'gate {gate.expression}')}::{_data(observation(gate))}"


def _data(value: str) -> str:
    shown = printable(value, keep="\n\r")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
