"""`ganloss audit log`: what a log holds, whether its terms add up, and whether a checkpoint gives its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import COUNT, NATURAL, PATH, RENAMES, TEXT, TEXTS
from ganloss_cli.commands.option_rows import argument, flag, group, own
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, InputError
from ganloss_cli.progress import Progress
from ganloss_cli.reporters.log.document import LogDocument, TagsDocument

if TYPE_CHECKING:
    from ganloss_cli.records.log import LogAudit


@takes(
    argument(
        "path",
        metavar="PATH",
        kind=PATH,
        help="Log, or folder of logs: TensorBoard, wandb, trackio, MLflow, JSON, CSV, .npy or text.",
    ),
    group(
        "The log",
        own(
            "--map",
            key="mapping",
            metavar="TAG=LOSS",
            kind=RENAMES,
            help="Loss that a tag holds, such as my_d=d_bce:discogan or err_r=d_lsgan.real.",
        ),
        own("--only", metavar="PATTERN", kind=TEXTS, help="Read only these tags, such as 'Set5/*'."),
        own("--run", metavar="NAME", kind=TEXT, help="Training to read, where the log holds several."),
        flag("--list", help="List the tags that were read, and stop."),
        own("--plot", metavar="TAG", kind=TEXTS, help="Draw this tag over its steps beneath the table."),
        own("--step", metavar="N", kind=NATURAL, help="Step or epoch of the checkpoint, if it does not say."),
        own(
            "--log-batch",
            key="batch",
            metavar="N",
            kind=COUNT,
            help="Number of samples that one logged number averages.",
        ),
        flag("--strict", help="Fail if the numbers cannot tell the checkpoint from others."),
        flag("--no-reasons", help="Skip recomputing what may make a number differ."),
    ),
    options.NETWORKS,
    options.DATA.without("rename"),
    options.LOSSES.without("losses"),
    options.RUN.without("dry_run"),
    options.output(LogDocument, "output", "quiet", "no_progress"),
)
def log_command(given: Given) -> int:
    """Verify a training log: what it holds, whether its terms add up, whether a checkpoint reproduces its numbers.

    Example: ganloss audit log runs/1/ --ckpt G.pth --disc D.pth --data train/

    Exit status:
      0    every sum holds, every number is reproduced, up to a known factor, or
           consistent, or cannot tell
      1    a sum does not hold, or a number is not reproducible; with --strict,
           the numbers cannot tell
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    no number could be computed
    """
    path = given["path"]
    if not path.exists():
        from ganloss_cli.io.patterns import hint_for_missing  # only where something is wrong

        raise InputError(f"{path}: no such file or folder", hint=hint_for_missing(path))
    request = given.request()
    has_run = request.ckpt or request.disc or request.networks or request.data or request.roles
    asked = request if has_run and not given["list"] else None

    def work(progress: Progress) -> LogAudit:
        from ganloss_cli.pipeline.log.audit import LogRequest, audit_log

        chosen = {name: given[name] for name in ("path", "mapping", "only", "step", "batch", "strict", "run", "plot")}
        return audit_log(LogRequest(**chosen, reasons=not given["no_reasons"]), asked, given.command, progress)

    audit = run(given, work, TagsDocument if given["list"] else LogDocument, _failures)
    return ExitStatus.DONE if audit.passed or given["list"] else ExitStatus.FAILED


def _failures(audit: LogAudit) -> Iterator[str]:
    if failed := [found.total for found in audit.sums if not found.holds]:
        yield f"sums do not hold: {', '.join(failed)}"
    if lost := [number.tag for number in audit.numbers if number.outcome == "no match"]:
        yield f"not reproducible: {', '.join(lost)}"
    if audit.outcome == "cannot tell" and not audit.passed:
        yield "the numbers cannot tell this checkpoint from another one"
