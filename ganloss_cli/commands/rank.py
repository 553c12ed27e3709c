"""`ganloss rank`: every checkpoint of a training on the same data, and which are best."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.eval import reported
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.launching import together, with_note
from ganloss_cli.commands.option_kinds import COUNT, PATHS, parsed
from ganloss_cli.commands.option_rows import argument, flag, group, own
from ganloss_cli.commands.option_values import level
from ganloss_cli.commands.parameters import takes
from ganloss_cli.errors import UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.reporters.rank.document import RankDocument

if TYPE_CHECKING:
    from ganloss_cli.pipeline.run.processes import Processes
    from ganloss_cli.records.report import Report


@takes(
    argument(
        "paths", metavar="RUN...", kind=PATHS, required=False,
        help="Folders of checkpoints, patterns in quotes, or files, with or without --ckpt.",
    ),
    options.NETWORKS.reworded("ckpt", "The same as RUN."),
    options.NETWORKS.reworded("disc", "One discriminator for all checkpoints, instead of that of each step."),
    options.NETWORKS.without("ckpt", "disc"),
    options.DATA,
    options.LOSSES,
    group(
        "Ranking",
        own("--by", metavar="LOSS", help="The loss that decides, where several are computed; 'd_lsgan from equilibrium'"
                                         " for one that is best near a value."),
        own("--level", metavar="P", kind=parsed(level), default=0.05,
            help="Chance, at most, that equal checkpoints are told apart, over all pairs of a loss."),
        flag("--follow", help="Wait for new checkpoints of a training that runs, until --until or Ctrl-C, which ends"
                              " with the table and 0."),
        own("--until", metavar="STEP", kind=COUNT, help="End --follow once this step, or a later one, is there."),
    ),
    options.RUN.without("dry_run"),
    options.DIVIDED.without("shard", "each"),
    options.output(RankDocument, "output", "quiet", "no_progress", "print_schema"),
)  # fmt: skip
def rank_command(given: Given) -> int:
    """Compare all checkpoints of a training on the same data: the best, and those that cannot be told from it.

    Example: ganloss rank runs/a --data imgs/ --losses ssim,lpips --by ssim

    Exit status:
      0    done, also where several tie
      2    usage; --by names a loss without a better side
      3    the data, or a checkpoint named by itself, cannot be read; one in a
           folder is a row with its reason
      4    an unsafe checkpoint, named by itself, was refused
      5    no checkpoint has a value
      6    the loss of --by is finite nowhere
    """
    if given["until"] is not None and not given["follow"]:
        raise UsageError("--until: nothing is awaited", hint="give --follow as well")
    given.checkpoints("RUN")
    return _rank(given, None) if given["follow"] else together(given, partial(_rank, given))


def _rank(given: Given, processes: Processes | None) -> int:
    request = given.request(patterns=True)

    def work(progress: Progress) -> Report | None:
        from ganloss_cli.pipeline.rank.ranking import Choices, rank_request, rank_together

        choices = Choices(**{name: given[name] for name in ("by", "level", "follow", "until")})
        if processes is not None:
            return rank_together(request, choices, progress, processes)
        told = (lambda _: None) if given["quiet"] else streams.say_as_is
        return with_note(given, rank_request(request, choices, progress, told))

    return reported(given, work, RankDocument, lambda _: (), processes)
