"""Findings and what failed as GitHub workflow commands: one annotation a line, shown beside the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from ganloss_cli.records import evidence
from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.document import WithCases
from ganloss_cli.reporters.figures import printable

_LEVELS = {"note": "notice", "warning": "warning", "error": "error"}


def render(document: WithCases) -> str:
    """Lines like "::error title=identical_networks::MESSAGE"; what passed is left out.

    A case that failed becomes an error, unless it is a check, whose findings say it; a finding becomes a notice, a
    warning or an error, on the line of the file that it names.

    Convention: actions/toolkit@a944251 packages/core/src/command.ts, which encodes %, CR and LF, in properties also
    colon and comma; the properties are those of its utils.ts. GitHub shows ten of a kind a step, so what failed comes
    first.
    """
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: WithCases) -> Iterator[str]:
    for case in document.cases():
        if case.failure is not None and case.kind != "check":
            yield _command("error", {"title": f"{case.kind} {case.name}"}, case.failure)
    for finding in document.findings():
        told = finding.message + (f"\n{finding.hint}" if finding.hint else "")
        yield _command(_LEVELS[finding.severity], {"title": finding.check, **_place(finding)}, told)
    for title, told in document.notices().items():
        yield _command("notice", {"title": title}, told)


def _place(finding: Finding) -> dict[str, str]:
    """Where in a file a finding points: what a code host shows it beside."""
    file, line = finding.evidence.get(evidence.FILE), finding.evidence.get(evidence.LINE)
    if not (file and line):
        return {}
    column = finding.evidence.get(evidence.COLUMN)
    return {"file": PurePath(file).as_posix(), "line": str(line), **({"col": str(column)} if column else {})}


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _data(value: str) -> str:
    shown = printable(value, keep="\n\r")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
