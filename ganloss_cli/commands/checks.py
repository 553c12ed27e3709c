"""`ganloss audit checks`: what an audit looks for, from the checks' own docstrings."""

from __future__ import annotations

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_rows import argument
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import entry_of, show
from ganloss_cli.errors import ExitStatus
from ganloss_cli.reporters.checks.document import ChecksDocument, ExplainedChecks


@takes(
    argument("name", metavar="NAME", required=False, help="Explain this check."),
    options.output(ChecksDocument),
)
def checks_command(given: Given) -> int:
    """List the checks of `ganloss audit checkpoint`; with a name, explain what it means and how it decides.

    Example: ganloss audit checks identical_networks
    """
    from ganloss_cli.evaluators.checks import checks, find_check

    name = given["name"]
    entries = [find_check(name)] if name else list(checks().values())
    names = ("name", "severity", "subject", "summary", "explanation")
    listed = [entry_of(names, entry) for entry in entries]
    show((ExplainedChecks if name else ChecksDocument)(listed), given["format"])
    return ExitStatus.DONE
