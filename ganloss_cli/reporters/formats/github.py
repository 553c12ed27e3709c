"""Findings and what failed as GitHub workflow commands: one annotation a line, shown beside the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from ganloss_cli.records import evidence
from ganloss_cli.reporters.document import WithCases
from ganloss_cli.reporters.figures import printable

_LEVELS = {"note": "notice", "warning": "warning", "error": "error"}
# the key of a place in a file -> the property of an annotation
_PLACES = {evidence.LINE: "line", evidence.COLUMN: "col"}


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
        yield _command(_LEVELS[finding.severity], {"title": finding.check, **_place(finding.evidence)}, told)
    for title, told in document.notices().items():
        yield _command("notice", {"title": title}, told)


def _place(known: Mapping[str, Any]) -> dict[str, str]:
    """Where in a file a finding points: what a code host shows it beside."""
    if not (known.get(evidence.FILE) and known.get(evidence.LINE)):
        return {}
    places = {theirs: str(known[ours]) for ours, theirs in _PLACES.items() if known.get(ours)}
    return {"file": PurePath(known[evidence.FILE]).as_posix(), **places}


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _data(value: str) -> str:
    shown = printable(value, keep="\n\r")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
