"""`ganloss compare`: two reports, tensor files or reprod_log files, key by key."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import NOT_NEGATIVE, PATH, RENAMES, one_of
from ganloss_cli.commands.option_rows import argument, flag, group, own
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.records.comparison import PROFILES, Comparison, Tolerance
from ganloss_cli.reporters.compare.document import CompareDocument


@takes(
    argument("a", metavar="A", kind=PATH, help="The reference."),
    argument("b", metavar="B", kind=PATH, help="What is compared with it."),
    group(
        "Comparison",
        own(
            "--profile",
            metavar="|".join(PROFILES),
            kind=one_of(tuple(PROFILES)),
            default="loss",
            help="How far two numbers may differ.",
        ),
        own("--rtol", metavar="X", kind=NOT_NEGATIVE, help="Relative tolerance, instead of the profile's."),
        own("--atol", metavar="X", kind=NOT_NEGATIVE, help="Absolute tolerance, instead of the profile's."),
        flag("--either-way", help="Fail a value of B that is beyond the tolerance and better, too."),
        options.GATES.reworded("level", "Chance, at most, that samples call any loss of B worse although none is."),
    ),
    group("Data", own("--map", key="mapping", metavar="THEIRS=OURS", kind=RENAMES, help="Rename a key.")),
    group(
        "Sensitivity",
        flag(
            "--sensitivity", help="Show which mistakes this comparison would have noticed, by making them on purpose."
        ),
        own(
            "--as",
            key="recipe",
            metavar="RECIPE",
            help="Recipe of ganloss eval that computed the numbers; discogan without --data checks its conversion.",
        ),
        options.NETWORKS.reworded(
            "ckpt", "Weights to compute with; without --data freshly initialised networks by default."
        ),
        *options.NETWORKS.only("disc", "state"),
        options.DATA.reworded("data", "Data to compute with."),
        *options.DATA.only("limit"),
        options.RUN.reworded("seed", "Seed of what is drawn at random."),
    ),
    options.output(CompareDocument, "output", "quiet"),
)
def compare_command(given: Given) -> int:
    """Compare two reports, tensor files or reprod_log files, key by key.

    Example: ganloss compare torch.npy paddle.npy --sensitivity --as discogan

    Exit status:
      0    every key is within the tolerance, or better in B where the loss has a
           better side
      1    a key is not, is missing on one side, or is not finite
      2    usage
      3    an input cannot be read
      4    an unsafe pickle was refused
      5    there is nothing to compare
    """
    for path in (given["a"], given["b"]):
        if path.is_dir():
            raise InputError(f"{path}: is a folder; expected a file")
        if not path.exists():
            from ganloss_cli.io.patterns import hint_for_missing  # only where something is wrong

            raise InputError(f"{path}: no such file", hint=hint_for_missing(path))
    _check_sensitivity(given)
    request = given.request()

    def work(_: Progress) -> Comparison:
        from ganloss_cli.pipeline.compare.files import compare

        tolerance, rename = _tolerance(given), given["mapping"]
        comparison = compare(
            given["a"],
            given["b"],
            tolerance,
            rename=rename,
            either_way=given["either_way"],
            level=given["level"],
            command=given.command,
        )
        if not given["sensitivity"]:
            return comparison
        from ganloss_cli.pipeline.compare.sensitivity import with_sensitivity

        return with_sensitivity(comparison, request)

    return ExitStatus.DONE if run(given, work, CompareDocument, _failures).passed else ExitStatus.FAILED


def _check_sensitivity(given: Given) -> None:
    if given["sensitivity"] and given["recipe"] is None:
        raise UsageError("--sensitivity: nothing says whose computation it is", hint="give --as RECIPE")
    if not given["sensitivity"] and any(given[name] for name in ("recipe", "ckpt", "disc", "state", "data", "limit")):
        raise UsageError(
            "--as, --ckpt, --disc, --state, --data, --limit: only --sensitivity computes anything",
            hint="give --sensitivity as well",
        )


def _tolerance(given: Given) -> Tolerance:
    named, rtol, atol = PROFILES[given["profile"]], given["rtol"], given["atol"]
    if rtol is None and atol is None:
        return named
    rtol, atol = named.rtol if rtol is None else rtol, named.atol if atol is None else atol
    return Tolerance(profile="custom", rtol=rtol, atol=atol)


def _failures(comparison: Comparison) -> Iterator[str]:
    if failed := [key.key for key in comparison.keys if not key.passed]:
        yield f"{len(failed)} of {len(comparison.keys)} keys failed: {', '.join(failed[:8])}"
