"""`ganloss audit checks`: what an audit looks for, from the checks' own docstrings."""

from __future__ import annotations

from typing import Annotated

import typer

from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import shown_format
from ganloss_cli.errors import ExitStatus
from ganloss_cli.reporters.checks.document import ChecksDocument, ExplainedChecks, ListedCheck


def checks_command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", show_default=False, help="Tell all about this check.")
    ] = None,
    format_: Annotated[str, options.format_of(ChecksDocument)] = "table",
    help_: options.Help = False,
) -> int:
    """The checks of `ganloss audit checkpoint`; with a name, what it means and how it decides.

    Example: ganloss audit checks identical_networks
    """
    shown_format(ChecksDocument, format_)
    from ganloss_cli.evaluators.checks import checks, find_check

    entries = [find_check(name)] if name else list(checks().values())
    listed = [documents.listed_as(ListedCheck, entry) for entry in entries]
    documents.show((ExplainedChecks if name else ChecksDocument)(listed), format_)
    return ExitStatus.DONE
