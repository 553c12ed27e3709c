"""Findings and what failed as GitHub workflow commands: one annotation a line, shown beside the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.figures import printable
from ganloss_cli.reporters.findings.cases import Case

_LEVELS = {"note": "notice", "warning": "warning", "error": "error"}
# our word for a place in a file -> the property of an annotation
_PLACES = {"line": "line", "column": "col"}


def render(findings: Sequence[Finding], cases: Iterable[Case] = (), *, notices: Mapping[str, str] | None = None) -> str:
    """Lines like "::error title=identical_networks::MESSAGE"; what passed is left out.

    Args:
        findings: each becomes a notice, a warning or an error, on the line of the file that it names.
        cases: each that failed becomes an error, unless it is a check, whose findings say it.
        notices: title -> text of further notices.

    Convention: actions/toolkit@a944251 packages/core/src/command.ts, which encodes %, CR and LF, in properties also
    colon and comma; the properties are those of its utils.ts. GitHub shows ten of a kind a step, so what failed comes
    first.
    """
    return "".join(f"{line}\n" for line in _lines(findings, cases, notices or {}))


def _lines(findings: Sequence[Finding], cases: Iterable[Case], notices: Mapping[str, str]) -> Iterator[str]:
    for case in cases:
        if case.failure is not None and case.kind != "check":
            yield _command("error", {"title": f"{case.kind} {case.name}"}, case.failure)
    for finding in findings:
        told = finding.message + (f"\n{finding.hint}" if finding.hint else "")
        yield _command(_LEVELS[finding.severity], {"title": finding.check, **_place(finding.evidence)}, told)
    for title, told in notices.items():
        yield _command("notice", {"title": title}, told)


def _place(evidence: Mapping[str, Any]) -> dict[str, str]:
    """Where in a file a finding points: what a code host shows it beside."""
    if not (evidence.get("file") and evidence.get("line")):
        return {}
    places = {theirs: str(evidence[ours]) for ours, theirs in _PLACES.items() if evidence.get(ours)}
    return {"file": PurePath(evidence["file"]).as_posix(), **places}


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _data(value: str) -> str:
    shown = printable(value, keep="\n\r")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
