"""The checks for people: a line each, or all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from ganloss_cli.reporters.document import Entry
from ganloss_cli.reporters.screen import Screen, apart, column, indented, prose, ruled, text


def render(checks: Sequence[Entry], screen: Screen) -> str:
    """A line a check."""
    columns = [
        column("check", (check["name"] for check in checks), "bold"),
        column("severity", (check["severity"] for check in checks)),
        column("looks at", (check["subject"] for check in checks), "dim"),
        column("what is wrong", (check["summary"] for check in checks)),
    ]
    return screen.draw(
        apart([ruled(columns), text("ganloss audit checks NAME tells how a check decides and what to do", "dim")])
    )


def render_explained(checks: Sequence[Entry], screen: Screen) -> str:
    """The whole documentation of each."""
    parts: list[RenderableType] = []
    for check in checks:
        facts = text(f"{check['severity']}, looks at: {check['subject']}", "dim")
        parts += [Text.assemble(text(check["name"], "bold"), "  ", facts), text(check["summary"]), Text()]
        parts.append(indented(prose(check["explanation"])))
    return screen.draw(parts)
