"""Findings and gates as GitHub annotations and JUnit XML: the structure their readers rely on."""

import re
from xml.etree import ElementTree

import pytest

from ganloss_cli.audited import CheckRun
from ganloss_cli.records import Finding, Gate
from ganloss_cli.reporters import findings_github, findings_junit

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
# docs.github.com, workflow commands: ::COMMAND PROPERTY=VALUE,...::DATA, with %, CR, LF and in values : , encoded
ANNOTATION = re.compile(
    r"::(notice|warning|error) title=(?:[^:,\r\n%]|%25|%0D|%0A|%3A|%2C)+::(?:[^\r\n%]|%25|%0D|%0A)+"
)


def test_every_annotation_is_one_line_of_the_published_form() -> None:
    lines = findings_github.render([NAN, FRESH], [FAILED, PASSED]).splitlines()

    assert all(ANNOTATION.fullmatch(line) for line in lines)
    assert lines == [
        "::error title=non_finite_weights::g.pt: 50%25 NaN,%0Aor more%0Ago back",
        "::warning title=untrained_layers::g.pt: <b>layers</b> & \\x1b[31m more",
        "::error title=gate ssim<0.9::ssim<0.9: ssim is 0.5",
    ]


def test_nothing_to_say_is_no_line() -> None:
    assert findings_github.render([], [PASSED]) == ""


def suite(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    (found,) = root
    assert found.tag == "testsuite"
    return found


def test_junit_counts_what_it_holds() -> None:
    found = suite(findings_junit.render([NAN, FRESH], [FAILED, PASSED], RUNS))

    counts = {key: int(found.attrib[key]) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 6, "failures": 2, "errors": 0, "skipped": 1}
    assert len(found.findall("testcase")) == 6
    assert {case.tag for case in found} == {"testcase"}
    assert all(set(case.attrib) == {"classname", "name"} for case in found)
    assert {child.tag for case in found for child in case} <= {"failure", "skipped", "system-out"}


def test_junit_keeps_messages_without_control_characters_and_markup() -> None:
    found = suite(findings_junit.render([NAN, FRESH], [], RUNS))

    assert found.findtext("testcase[@name='untrained_layers']/system-out") == (
        "warning: g.pt: <b>layers</b> & \\x1b[31m more"
    )
    failure = found.find("testcase[@name='non_finite_weights']/failure")
    assert failure is not None
    assert failure.attrib["type"] == "error"


@pytest.mark.parametrize(("fail_on", "failures"), [("note", 2), ("warning", 2), ("error", 1)])
def test_junit_fails_from_the_chosen_severity_on(fail_on: str, failures: int) -> None:
    found = suite(findings_junit.render([NAN, FRESH], [], RUNS, fail_on=fail_on))  # type: ignore[arg-type]

    assert found.attrib["failures"] == str(failures)


def test_junit_of_eval_has_gates_alone() -> None:
    found = suite(findings_junit.render([], [FAILED, PASSED], suite="ganloss eval"))

    assert [case.attrib["name"] for case in found] == ["ssim<0.9", "l1>1"]
    assert found.find("testcase[@name='ssim<0.9']/failure").attrib["message"] == "ssim<0.9: ssim is 0.5"  # type: ignore[union-attr]
