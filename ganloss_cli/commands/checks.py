"""`ganloss audit checks`: what an audit looks for, from the checks' own docstrings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.option_values import one_of
from ganloss_cli.errors import ExitStatus

if TYPE_CHECKING:
    from ganloss_cli.evaluators.checks import Check

_FORMATS = ("table", "json")


def checks_command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", show_default=False, help="Tell all about this check.")
    ] = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(_FORMATS),
            help="Format of standard output.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = "table",
    help_: options.Help = False,
) -> int:
    """The checks of `ganloss audit checkpoint`; with a name, what it means and how it decides.

    Example: ganloss audit checks identical_networks
    """
    one_of(_FORMATS, "--format", format_)
    from ganloss_cli.evaluators.checks import checks, find_check

    entries = [find_check(name)] if name else list(checks().values())
    streams.write_document(_rendered(entries, format_, one=name is not None))
    return ExitStatus.DONE


def _rendered(entries: Sequence[Check], format_: str, *, one: bool) -> str:
    from ganloss_cli.reporters.checkpoint import checks as findings_checks
    from ganloss_cli.reporters.screen import this_screen

    listed = [
        findings_checks.ListedCheck(
            name=entry.name,
            severity=entry.severity,
            subject=entry.subject,
            summary=entry.summary,
            explanation=entry.explanation,
        )
        for entry in entries
    ]
    if format_ == "json":
        return findings_checks.render_json(listed)
    return findings_checks.render_table(listed, this_screen(), in_full=one)
