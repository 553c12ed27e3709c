"""`ganloss audit number`: which published convention produced a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import several
from ganloss_cli.commands.option_rows import argument
from ganloss_cli.commands.option_values import stated_numbers
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus
from ganloss_cli.progress import Progress
from ganloss_cli.reporters.number.document import NumberDocument

if TYPE_CHECKING:
    from ganloss_cli.records.number import NumberReport


@takes(
    argument("numbers", metavar="NAME=VALUE", kind=several(stated_numbers), help="A loss, and its number as logged."),
    options.NETWORKS,
    options.DATA,
    options.LOSSES.without("losses", "recipe"),
    options.RUN.without("dry_run"),
    options.output(NumberDocument, "output", "quiet", "no_progress"),
)
def number_command(given: Given) -> int:
    """Find the published convention that produced a number; without data, what can be said of the number alone.

    Example: ganloss audit number d_bce=0.876 -c G.pth -d D.pth --data imgs/

    Exit status:
      0    reproduced: one formula gives these digits
      1    ambiguous, or closest but not reproduced
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    the data hold no samples
    """
    request = given.request()

    def work(progress: Progress) -> NumberReport:
        from ganloss_cli.pipeline.number.audit import trace_numbers

        return trace_numbers(given["numbers"], request, progress)

    report = run(given, work, NumberDocument)
    return ExitStatus.DONE if report.verdict == "reproduced" else ExitStatus.FAILED
