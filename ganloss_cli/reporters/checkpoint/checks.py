"""The list of checks, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.screen import Screen, indented, prose, ruled, text


@dataclass(frozen=True, kw_only=True)
class ListedCheck:
    """One check; see `ganloss_cli.evaluators.checks.Check`."""

    name: str
    severity: str
    subject: str
    summary: str
    explanation: str


def render_json(checks: Sequence[ListedCheck]) -> str:
    """{"checks": [...]}, with the fields of the records."""
    return dumps({"checks": as_data(checks)})


def render_table(checks: Sequence[ListedCheck], screen: Screen, *, in_full: bool) -> str:
    """A line a check, or the whole documentation of each."""
    if in_full:
        return screen.draw([part for check in checks for part in _in_full(check)])
    columns = [
        [Text("check"), *(text(check.name, "bold") for check in checks)],
        [Text("severity"), *(text(check.severity) for check in checks)],
        [Text("looks at"), *(text(check.subject, "dim") for check in checks)],
        [Text("what is wrong"), *(text(check.summary) for check in checks)],
    ]
    closing = text("ganloss audit checks NAME tells how a check decides and what to do", "dim")
    return screen.draw([ruled(columns), Text(), closing])


def _in_full(check: ListedCheck) -> list[RenderableType]:
    title = Text.assemble(text(check.name, "bold"), "  ", text(f"{check.severity}, looks at: {check.subject}", "dim"))
    return [title, text(check.summary), Text(), indented(prose(check.explanation))]
