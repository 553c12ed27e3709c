"""Findings and gates as JUnit XML: a test case a check and a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # only written here, never parsed

from ganloss_cli.audited import CheckRun, reaches
from ganloss_cli.records import Finding, Gate, Severity
from ganloss_cli.reporters.figures import printable
from ganloss_cli.reporters.wording import observation


def render(
    findings: Sequence[Finding],
    gates: Sequence[Gate] = (),
    runs: Sequence[CheckRun] = (),
    *,
    suite: str = "ganloss",
    fail_on: Severity = "error",
) -> str:
    """One test suite.

    Args:
        findings: those that reach `fail_on` fail the test case of their check; the others are its output.
        gates: one test case each.
        runs: the checks that were asked for; one without anything to look at is skipped.
        suite: the name of the suite.
        fail_on: the severity from which a finding is a failure.

    Convention: the structure of Ant's JUnit report as Jenkins and GitLab read it: testsuites / testsuite / testcase
    with failure, skipped and system-out.
    """
    by_check: dict[str, list[Finding]] = {run.check: [] for run in runs}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    reasons = {run.check: run.not_run for run in runs if run.not_run}
    root = Element("testsuites")
    parent = SubElement(root, "testsuite")
    for check, of_check in by_check.items():
        _case(parent, suite, check, of_check, reasons.get(check), fail_on)
    for gate in gates:
        case = SubElement(parent, "testcase", {"classname": f"{suite}.gate", "name": printable(gate.expression)})
        if gate.failed:
            _told(SubElement(case, "failure", {"type": "gate"}), observation(gate))
    _count(root, parent, {"name": suite})
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _case(
    parent: Element, suite: str, check: str, findings: Sequence[Finding], not_run: str | None, fail_on: Severity
) -> None:
    case = SubElement(parent, "testcase", {"classname": f"{suite}.check", "name": printable(check)})
    failing = [finding for finding in findings if reaches(finding.severity, fail_on)]
    if failing:
        worst = SubElement(case, "failure", {"type": failing[0].severity})
        _told(worst, "\n".join(_lines(failing)))
    elif not_run and not findings:
        SubElement(case, "skipped", {"message": printable(not_run)})
    others = [finding for finding in findings if finding not in failing]
    if others:
        SubElement(case, "system-out").text = "\n".join(_lines(others))


def _lines(findings: Sequence[Finding]) -> list[str]:
    return [
        printable(f"{finding.severity}: {finding.message}" + (f" ({finding.hint})" if finding.hint else ""))
        for finding in findings
    ]


def _told(element: Element, message: str) -> None:
    element.set("message", printable(message.splitlines()[0]))
    element.text = printable(message, keep="\n")


def _count(root: Element, suite: Element, named: Mapping[str, str]) -> None:
    counts = {
        "tests": len(suite),
        "failures": len(suite.findall("testcase/failure")),
        "errors": 0,
        "skipped": len(suite.findall("testcase/skipped")),
    }
    for element in (root, suite):
        for key, value in {**named, **{key: str(n) for key, n in counts.items()}}.items():
            element.set(key, value)
