import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.document import Case, WithRules
from ganloss_cli.reporters.formats import sarif

# The schema itself, as OASIS publishes it; its notice lies beside it.
SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
# RFC 3986, appendix A: what a reference may hold, and that a relative one has no colon in its first segment.
URI_REFERENCE = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/]*:))(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
)
RULES = {"labels_swapped": "Reals that are labelled 0.", "prints": "The function prints."}
TOOL = {"name": "ganloss", "version": "0.1.0"}


@dataclass(frozen=True)
class Audited:
    findings: Sequence[Finding]
    rules: Mapping[str, str]
    tool: Mapping[str, Any]


@dataclass(frozen=True)
class Scratch(WithRules):
    record: Audited
    looked_at: Mapping[str, Any] = field(default_factory=dict)

    def cases(self) -> Iterator[Case]:
        return iter(())

    def properties(self) -> Mapping[str, Any]:
        return self.looked_at


def render(findings: Sequence[Finding], properties: Mapping[str, Any], rules: Mapping[str, str] = RULES) -> str:
    return sarif.render(Scratch(Audited(findings, rules, TOOL), properties))


formats = jsonschema.FormatChecker(())


@formats.checks("uri-reference")
@formats.checks("uri")
def is_reference(value: object) -> bool:
    return not isinstance(value, str) or URI_REFERENCE.fullmatch(value) is not None


def validated(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    jsonschema.Draft4Validator(SCHEMA, format_checker=formats).validate(document)
    return document


def found(**evidence: Any) -> Finding:
    return Finding(check="labels_swapped", severity="error", message="reals are 0", evidence=evidence, hint="swap them")


def test_findings_are_valid_sarif_with_rule_place_and_evidence() -> None:
    findings = [
        found(file="losses.py", line=7, column=12, within="d_loss", departure=float("nan")),
        Finding(check="prints", severity="note", message="it prints"),
    ]

    run = validated(render(findings, {"loss": "d_bce", "factor": float("inf")}))["runs"][0]

    swapped, prints = run["results"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["labels_swapped", "prints"]
    assert (swapped["ruleIndex"], swapped["level"]) == (0, "error")
    assert swapped["message"]["text"] == "Reals are 0. Swap them."
    assert swapped["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "losses.py"}, "region": {"startLine": 7, "startColumn": 12}
    }  # fmt: skip
    assert swapped["properties"] == {"within": "d_loss", "departure": None}
    assert "locations" not in prints


def test_no_finding_is_valid_sarif_with_an_empty_list_of_results() -> None:
    assert validated(render([], {}, rules={}))["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("my losses.py", "my%20losses.py"),
        ("a:b.py", "a%3Ab.py"),
        ("Verluste/größe#1.py", "Verluste/gr%C3%B6%C3%9Fe%231.py"),
        ("../losses.py", "../losses.py"),
        ("/tmp/my losses.py", "file:///tmp/my%20losses.py"),
    ],
)
def test_names_of_files_become_references(file: str, uri: str) -> None:
    (result,) = validated(render([found(file=file, line=1)], {}))["runs"][0]["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_what_is_no_sarif_is_refused_by_the_schema() -> None:
    document = json.loads(render([found(file="losses.py", line=7)], {}))
    document["runs"][0]["results"][0]["level"] = "fatal"

    with pytest.raises(jsonschema.ValidationError, match="fatal"):
        validated(json.dumps(document))
