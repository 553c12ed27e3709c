"""Findings as SARIF 2.1.0, which code hosts show beside the lines of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from ganloss_cli.records import evidence
from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.document import WithRules
from ganloss_cli.reporters.formats.json import as_data, dumps

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PLACE = (evidence.FILE, evidence.LINE, evidence.COLUMN)


def render(document: WithRules) -> str:
    """One document with one run: findings in a file are results with a location, at its line and column if known.

    Convention: OASIS SARIF 2.1.0; severities are its levels, and a hint is the second sentence of the message.
    """
    rules, tool = document.record.rules, document.record.tool
    names = sorted(rules)
    driver = {
        "name": str(tool.get("name", "ganloss")),
        **({"version": str(tool["version"])} if tool.get("version") else {}),
        "rules": [{"id": name, "shortDescription": {"text": rules[name]}} for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names) for finding in document.findings()],
        "properties": as_data(document.properties()),
    }
    return dumps({"$schema": SCHEMA, "version": VERSION, "runs": [run]})


def _result(finding: Finding, names: Sequence[str]) -> dict[str, Any]:
    told = finding.message[:1].upper() + finding.message[1:] + "."
    if finding.hint:
        told += f" {finding.hint[:1].upper()}{finding.hint[1:]}."
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": names.index(finding.check),
        "level": finding.severity,
        "message": {"text": told},
    }
    if finding.evidence.get(evidence.FILE):
        result["locations"] = [{"physicalLocation": _location(finding)}]
    others = {key: value for key, value in finding.evidence.items() if key not in _PLACE}
    if others:
        result["properties"] = as_data(others)
    return result


def _location(finding: Finding) -> dict[str, Any]:
    path = PurePath(finding.evidence[evidence.FILE])
    # a reference that starts "a:b" would be one of the scheme "a"
    uri = Path(path).as_uri() if path.is_absolute() else quote(path.as_posix())
    location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    line, column = finding.evidence.get(evidence.LINE), finding.evidence.get(evidence.COLUMN)
    if line:
        location["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    return location
