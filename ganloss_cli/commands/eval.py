"""`ganloss eval`: losses of checkpoints and data, or of data alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.launching import together, with_note
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.findings import observation

if TYPE_CHECKING:
    from ganloss_cli.pipeline.run.processes import Processes
    from ganloss_cli.records.report import Report, SamplePicture
    from ganloss_cli.records.request import Request


@takes(
    options.CHECKPOINTS,
    options.NETWORKS,
    options.DATA,
    options.LOSSES,
    options.RUN,
    options.DIVIDED,
    options.output(
        EvalDocument,
        *("output", "per_sample", "save_statistics", "worst", "pictures", "quiet", "no_progress", "print_schema"),
    ),
    options.GATES,
)
def eval_command(given: Given) -> int:
    """Compute losses of checkpoints and data, or of data alone.

    Example: ganloss eval --ckpt g.pt --data imgs/ --losses ssim,psnr,fm

    Exit status:
      0    done, every gate passed
      1    a gate failed, also where its loss is not finite, or gone since the
           baseline
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    nothing was evaluated
      6    a loss is not finite
      70   internal error
      130  interrupted
    """
    return together(given, partial(_evaluate, given))


def _evaluate(given: Given, processes: Processes | None) -> int:
    _refuse_data(given["paths"])
    drawn = "html" in (given["format"], *(format_ for _, format_ in given["output"])) or _shows_pictures(given)
    request = given.request(needs_data=True, patterns=given["each"])
    if request.shard is not None:
        _check_part(given)

    def work(progress: Progress) -> Report | None:
        if request.each:
            from ganloss_cli.pipeline.rank.ranking import Choices, rank_request, rank_together

            if processes is not None:
                return rank_together(request, Choices(), progress, processes)
            return with_note(given, rank_request(request, progress=progress))
        if (report := None if drawn or processes else _evaluated_without_torch(request, progress)) is not None:
            return with_note(given, report)
        from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request

        if processes is not None:
            return evaluate_request(request, progress, processes=processes, draw=drawn)
        return with_note(given, evaluate_request(request, progress, draw=drawn))

    return reported(given, work, _document, failures, processes)


def reported(
    given: Given,
    work: Callable[[Progress], Report | None],
    document: Callable[[Report], Document],
    failed: Callable[[Report], Iterable[str]],
    processes: Processes | None,
) -> int:
    """Do the work, which several processes may share, and let the first of them write the report.

    Args:
        given: the command's options.
        work: gives the report, in other processes than the first also none.
        document: of the report.
        failed: what failed, a line each.
        processes: that share the work.
    """
    if processes is not None and processes.rank > 0:
        run(given, work, _written_by_the_first, speaks=False)
        return ExitStatus.DONE

    def whole(progress: Progress) -> Report:
        if (report := work(progress)) is None:
            raise AssertionError("the first process, or the only one, has the report")
        return report

    report = run(given, whole, document, failed)
    if given.values.get("pictures") and report.pictures is not None and _shows_pictures(given):
        _show(report.pictures, quiet=given["quiet"])
    return ended(report)


def _shows_pictures(given: Given) -> bool:
    """Whether a terminal is to show the worst samples.

    Raises:
        UsageError: none are asked for, or the library that shows them is missing.
    """
    if not given["pictures"]:
        return False
    if given["worst"] is None:
        raise UsageError("--pictures: of no samples", hint="give --worst K as well")
    from ganloss_cli.commands import pictures as terminal  # Pillow and rich, which nothing else here needs

    terminal.require()
    return given["format"] == "table" and terminal.is_able()


def _show(pictures: Collection[SamplePicture], *, quiet: bool) -> None:
    """One after the other, behind the table; what networks print meanwhile stays off standard output."""
    from ganloss_cli.commands.pictures import drawn

    texts = drawn(pictures)
    while True:
        with streams.nothing_on_stdout(quiet=quiet):
            text = next(texts, None)
        if text is None:
            return
        streams.write_document(text)


def _written_by_the_first(_: Report | None) -> Document:
    raise AssertionError("another process writes the report")


def _evaluated_without_torch(request: Request, progress: Progress) -> Report | None:
    """What pairs of image files come to, before torch could be imported; None where the request needs it."""
    from ganloss_cli.without_torch import without_torch
    from ganloss_cli.without_torch.requests import is_of_pixels

    def evaluate() -> Report:
        from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request

        return evaluate_request(request, progress)

    return without_torch(evaluate) if is_of_pixels(request) else None


def _document(report: Report) -> Document:
    if report.ranking is None:
        return EvalDocument(report)
    from ganloss_cli.reporters.rank.document import RankDocument

    return RankDocument(report)


def _check_part(given: Given) -> None:
    """Refuse to compute what would be lost."""
    if given["format"] != "json" and not any(format_ == "json" for _, format_ in given["output"]):
        raise UsageError("--shard: nothing would keep the part", hint="give -o part.json")


def _refuse_data(paths: Sequence[Path]) -> None:
    """Refuse images, or other data, where checkpoints are named without an option."""
    if not paths:
        return
    from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data

    for path in paths:
        if hint := hint_for_data(path):
            raise UsageError(f"{path}: holds data; expected a checkpoint", hint=hint)


def ended(report: Report) -> int:
    """What a report ends with; that nothing was evaluated is said."""
    from ganloss_cli.gates import exit_status  # with the records of a report, for which a mistyped option does not wait

    status = exit_status(report)
    if status is ExitStatus.NOTHING:
        streams.say("error", "nothing was evaluated: no loss has a value")
    return status


def failures(report: Report) -> Iterator[str]:
    """The gates that failed, a line each."""
    return (f"gate failed: {observation(gate)}" for gate in report.gates if gate.failed)
