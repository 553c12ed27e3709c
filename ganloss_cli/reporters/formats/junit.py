"""What passed and failed as JUnit XML: a test case a check, a gate, a checkpoint, a sum, a number or a key."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # only written here, never parsed

from ganloss_cli.reporters.document import Case, WithCases
from ganloss_cli.reporters.figures import printable


def render(document: WithCases) -> str:
    """One test suite, called what the command is: a test case a case, a property a value that there is.

    Convention: the structure of Ant's JUnit report as Jenkins and GitLab read it: testsuites / testsuite / properties,
    testcase with failure, skipped and system-out; valid under junit-10.xsd of jenkinsci/xunit-plugin@8c515de.
    """
    root = Element("testsuites")
    parent = SubElement(root, "testsuite")
    values = document.values().items()
    if known := {name: value for name, value in values if value is not None and math.isfinite(value)}:
        properties = SubElement(parent, "properties")
        for name, value in known.items():
            SubElement(properties, "property", {"name": printable(name), "value": repr(float(value))})
    for case in document.cases():
        _add(parent, document.command, case)
    _count(root, parent, document.command)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add(parent: Element, suite: str, case: Case) -> None:
    element = SubElement(parent, "testcase", {"classname": f"{suite}.{case.kind}", "name": printable(case.name)})
    if case.failure is not None:
        kind = case.severity if case.kind == "check" else case.kind
        failure = SubElement(element, "failure", {"type": kind, "message": printable(case.failure.splitlines()[0])})
        failure.text = printable(case.failure, keep="\n")
    elif case.skipped is not None:
        SubElement(element, "skipped", {"message": printable(case.skipped)})
    if case.told:
        SubElement(element, "system-out").text = printable(case.told, keep="\n")


def _count(root: Element, suite: Element, name: str) -> None:
    counts = {
        "name": name,
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": "0",
    }
    for element in (root, suite):
        for key, value in counts.items():
            element.set(key, value)
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
