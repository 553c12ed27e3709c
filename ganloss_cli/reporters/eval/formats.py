"""The output formats by name: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ganloss_cli.records.report import Report
from ganloss_cli.reporters.eval import cases, csv, json, markdown

if TYPE_CHECKING:
    from ganloss_cli.reporters.screen import Screen


def _table(report: Report, screen: Screen | None = None) -> str:
    from ganloss_cli.reporters.eval import table  # rich, which only a table needs

    return table.render(report, screen)


REPORTERS: Mapping[str, Callable[[Report], str]] = {
    "table": _table,
    "json": json.render,
    "csv": csv.render,
    "markdown": markdown.render,
    "github": cases.render_github,
    "junit": cases.render_junit,
}


def render(report: Report, format_: str, screen: Screen | None = None) -> str:
    """The report as text.

    Args:
        report: what was evaluated.
        format_: a key of `REPORTERS`.
        screen: what a table is drawn for; by default plain text of any width.
    """
    return _table(report, screen) if format_ == "table" else REPORTERS[format_](report)
