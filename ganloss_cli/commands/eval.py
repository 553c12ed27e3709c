"""`ganloss eval`: losses of checkpoints and data, or of data alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.findings import observation

if TYPE_CHECKING:
    from ganloss_cli.records.report import Report


@takes(
    options.CHECKPOINTS,
    options.NETWORKS,
    options.DATA,
    options.LOSSES,
    options.RUN,
    options.output(EvalDocument, "output", "per_sample", "worst", "quiet", "no_progress", "print_schema"),
    options.GATES,
)
def eval_command(given: Given) -> int:
    """Compute losses of checkpoints and data, or of data alone.

    Example: ganloss eval --ckpt g.pt --data imgs/ --losses ssim,psnr,fm

    Exit status:
      0    done, every gate passed
      1    a gate failed, also where its loss is not finite
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    nothing was evaluated
      6    a loss is not finite
      70   internal error
      130  interrupted
    """
    _refuse_data(given["paths"])
    drawn = "html" in (given["format"], *(format_ for _, format_ in given["output"]))
    request = given.request(needs_data=True)

    def work(progress: Progress) -> Report:
        from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request

        return evaluate_request(request, progress, draw=drawn)

    status = exit_status(run(given, work, EvalDocument, _failures))
    if status is ExitStatus.NOTHING:
        streams.say("error", "nothing was evaluated: no loss has a value")
    return status


def _refuse_data(paths: Sequence[Path]) -> None:
    """Refuse images, or other data, where checkpoints are named without an option."""
    if not paths:
        return
    from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data

    for path in paths:
        if hint := hint_for_data(path):
            raise UsageError(f"{path}: holds data; expected a checkpoint", hint=hint)


def _failures(report: Report) -> Iterator[str]:
    return (f"gate failed: {observation(gate)}" for gate in report.gates if gate.failed)


def exit_status(report: Report) -> ExitStatus:
    """What a finished run ends with: a failed gate before a loss that is not finite before nothing evaluated."""
    if any(gate.failed for gate in report.gates):
        return ExitStatus.FAILED
    if any(result.reason in ("nan", "infinite") for result in report.results):
        return ExitStatus.NON_FINITE
    if report.plan is None and all(result.value is None for result in report.results):
        return ExitStatus.NOTHING
    return ExitStatus.DONE
