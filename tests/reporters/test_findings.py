"""What passed and failed as GitHub annotations and JUnit XML: the structure their readers rely on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ganloss_cli.records.checkpoint import CheckRun
from ganloss_cli.records.report import Finding, Gate, Report
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.document import Case, WithCases
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.findings import of_checks, of_gates

NAN = Finding(check="non_finite_weights", severity="error", message="g.pt: 50% NaN,\nor more", hint="go back")
FRESH = Finding(check="untrained_layers", severity="warning", message="g.pt: <b>layers</b> & \x1b[31m more")
FAILED = Gate(expression="ssim<0.9", loss="ssim", observed=0.5, failed=True)
PASSED = Gate(expression="l1>1", loss="l1", observed=0.5, failed=False)
RUNS = (
    CheckRun(check="non_finite_weights", subjects=1, findings=1),
    CheckRun(check="untrained_layers", subjects=1, findings=1),
    CheckRun(check="dead_channels", subjects=1, findings=0),
    CheckRun(check="inverted_polarity", subjects=0, findings=0, not_run="needs a discriminator"),
)


@dataclass(frozen=True)
class Scratch(WithCases):
    """Any findings, cases and values."""

    record: Sequence[Finding]
    held: Sequence[Case] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    command = "s"

    def findings(self) -> Sequence[Finding]:
        return self.record

    def cases(self) -> Iterator[Case]:
        yield from self.held

    def values(self) -> Mapping[str, float | None]:
        return self.numbers


def github(findings: Sequence[Finding], cases: Sequence[Case] = ()) -> str:
    return registry.render(Scratch(findings, cases), "github")


def junit(cases: Sequence[Case], **values: float) -> str:
    return registry.render(Scratch((), cases, values), "junit")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as actions/runner@079cdb1 src/Runner.Common/ActionCommand.cs, TryParseV2, reads it."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, listed = head.partition(" ")
    properties = dict(part.split("=", 1) for part in listed.split(",") if part)

    def decoded(text: str, *codes: str) -> str:
        for code in (*codes, "%25"):
            text = text.replace(code, chr(int(code[1:], 16)))
        return text

    unescaped = {key: decoded(value, "%0D", "%0A", "%3A", "%2C") for key, value in properties.items()}
    return name, unescaped, decoded(data, "%0D", "%0A")


def valid(text: str) -> ElementTree.Element:
    """The root, once the document is valid under the schema of jenkinsci/xunit-plugin."""
    schema = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit-10.xsd")))
    schema.assertValid(etree.fromstring(text.encode()))
    return ElementTree.fromstring(text)


def suite(text: str) -> ElementTree.Element:
    root = valid(text)
    assert root.tag == "testsuites"
    (found,) = root
    return found


def cases(*findings: Finding, gates: tuple[Gate, ...] = (), **more: Any) -> list[Case]:
    return [*of_gates(gates), *of_checks(findings, **more)]


def test_every_annotation_says_what_it_was_made_of() -> None:
    gates = (FAILED, PASSED)

    lines = github([NAN, FRESH], cases(NAN, FRESH, gates=gates)).splitlines()

    assert [parsed(line) for line in lines] == [
        ("error", {"title": "gate ssim<0.9"}, "ssim<0.9: ssim is 0.5"),
        ("error", {"title": "non_finite_weights"}, "g.pt: 50% NaN,\nor more\ngo back"),
        ("warning", {"title": "untrained_layers"}, "g.pt: <b>layers</b> & \\x1b[31m more"),
    ]


def test_a_finding_in_a_file_is_shown_on_its_line() -> None:
    finding = Finding(check="a", severity="note", message="b", evidence={"file": "a,b/c.py", "line": 7, "column": 3})

    (line,) = github([finding]).splitlines()

    assert parsed(line) == ("notice", {"title": "a", "file": "a,b/c.py", "line": "7", "col": "3"}, "b")


@given(st.text(st.characters(categories=["L", "N", "P", "S"], include_characters=" \n\r")))
def test_no_message_breaks_an_annotation(text: str) -> None:
    finding = Finding(check="a", severity="error", message=text)
    case = Case(kind="gate", name=text, failure="no")

    failed, told = github([finding], [case]).splitlines()

    assert parsed(told)[2] == text
    assert parsed(failed)[1]["title"] == f"gate {text}"


def test_nothing_to_say_is_no_line() -> None:
    assert github([], list(of_gates([PASSED]))) == ""


def test_junit_counts_what_it_holds() -> None:
    found = suite(junit(cases(NAN, FRESH, gates=(FAILED, PASSED), runs=RUNS)))

    counts = {key: int(found.attrib[key]) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 6, "failures": 2, "errors": 0, "skipped": 1}
    assert len(found.findall("testcase")) == 6


def test_junit_keeps_messages_without_control_characters_and_markup() -> None:
    found = suite(junit(cases(NAN, FRESH, runs=RUNS)))

    assert found.findtext("testcase[@name='untrained_layers']/system-out") == (
        "warning: g.pt: <b>layers</b> & \\x1b[31m more"
    )
    failure = found.find("testcase[@name='non_finite_weights']/failure")
    assert failure is not None
    assert failure.attrib["type"] == "error"


@given(st.text())
def test_no_text_breaks_the_xml(text: str) -> None:
    case = Case(kind="gate", name=text, failure=f"no\n{text}", told=text)

    found = suite(junit([case], **{text: 0.1}))

    assert found.attrib["failures"] == "1"


@pytest.mark.parametrize(("fail_on", "failures"), [("note", 2), ("warning", 2), ("error", 1), (None, 0)])
def test_junit_fails_from_the_chosen_severity_on(fail_on: Any, failures: int) -> None:
    found = suite(junit(cases(NAN, FRESH, runs=RUNS, fail_on=fail_on)))

    assert found.attrib["failures"] == str(failures)


def test_a_report_has_a_test_case_a_gate_a_loss_and_a_check(image_report: Report) -> None:
    found = suite(registry.render(EvalDocument(image_report), "junit"))

    assert [(case.attrib["classname"], case.attrib["name"]) for case in found.findall("testcase")] == [
        ("ganloss eval.gate", "ssim<0.9"),
        ("ganloss eval.loss", "ssim, ema"),
        ("ganloss eval.loss", "psnr:half, ema"),
        ("ganloss eval.loss", "d_lsgan"),
        ("ganloss eval.check", "assumed_range"),
    ]
    assert found.attrib["failures"] == "0"
    values = {one.attrib["name"]: float(one.attrib["value"]) for one in found.findall("properties/property")}
    assert values == {"ssim, ema": 0.98123456789, "psnr:half, ema": 31.2345, "d_lsgan": 0.4721}


def test_a_loss_that_is_not_finite_fails_without_a_gate(troubled_report: Report) -> None:
    found = suite(registry.render(EvalDocument(troubled_report), "junit"))

    failed = [case.attrib["name"] for case in found.findall("testcase") if case.find("failure") is not None]
    assert failed == ["psnr<20", "d_bce > 1", "psnr of A"]


def test_the_annotations_of_a_report_end_with_its_values(image_report: Report) -> None:
    *_, last = findings = registry.render(EvalDocument(image_report), "github").splitlines()

    assert len(findings) == 2
    level, properties, told = parsed(last)
    assert (level, properties) == ("notice", {"title": "ganloss eval"})
    assert told.splitlines()[1] == "psnr:half, ema 31.23 ± 0.41 dB, 8 samples"
