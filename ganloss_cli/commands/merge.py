"""`ganloss merge`: one report of all parts of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.commands import options
from ganloss_cli.commands.eval import ended, failures
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import PATHS
from ganloss_cli.commands.option_rows import argument
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.progress import Progress
from ganloss_cli.reporters.eval.document import EvalDocument

if TYPE_CHECKING:
    from ganloss_cli.records.report import Report


@takes(
    argument("paths", metavar="PART", kind=PATHS, help="All parts of one run, in any order."),
    options.output(EvalDocument, "output", "per_sample", "worst", "quiet"),
    options.GATES,
)
def merge_command(given: Given) -> int:
    """Make one report of the parts that ganloss eval --shard wrote: that of the undivided run.

    Example: ganloss merge part-1.json part-2.json part-3.json --fail-if 'ssim<0.9'

    Exit status:
      0    done, every gate passed
      1    a gate failed, also where its loss is not finite, or gone since the
           baseline
      2    usage
      3    a part is missing, there twice, damaged, or of another run
      5    nothing was evaluated
      6    a loss is not finite
    """

    def work(_: Progress) -> Report:
        from ganloss_cli.pipeline.baseline.gates import open_baseline
        from ganloss_cli.pipeline.evaluate.parts import merge

        asked = {name: given[name] for name in ("per_sample", "worst", "fail_if")}
        drawn = "html" in (given["format"], *(format_ for _, format_ in given["output"]))
        return merge(given["paths"], **asked, baseline=open_baseline(given.gates()), draw=drawn)

    return ended(run(given, work, EvalDocument, failures))
