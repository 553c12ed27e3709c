"""`ganloss compare`: two reports, tensor files or reprod_log files, key by key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import not_negative, one_of, renames, shown_format, whole
from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.records.comparison import PROFILES, Comparison, Tolerance
from ganloss_cli.records.request import Request
from ganloss_cli.reporters.compare.document import CompareDocument
from ganloss_cli.reporters.registry import FORMATS

_COMPARISON, _SENSITIVITY = "Comparison", "Sensitivity"


def compare_command(
    context: typer.Context,
    a: Annotated[Path, typer.Argument(metavar="A", show_default=False, help="The reference.")],
    b: Annotated[Path, typer.Argument(metavar="B", show_default=False, help="What is held against it.")],
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="|".join(PROFILES),
            help="How far two numbers may be apart.",
            rich_help_panel=_COMPARISON,
        ),
    ] = "loss",
    rtol: Annotated[
        str | None,
        typer.Option("--rtol", metavar="X", help="Relative tolerance instead.", rich_help_panel=_COMPARISON),
    ] = None,
    atol: Annotated[
        str | None,
        typer.Option("--atol", metavar="X", help="Absolute tolerance instead.", rich_help_panel=_COMPARISON),
    ] = None,
    rename: options.Map = None,
    sensitivity: Annotated[
        bool,
        typer.Option(
            "--sensitivity",
            metavar="",
            help="Tell what this check could have noticed: compute the keys wrong on purpose.",
            rich_help_panel=_SENSITIVITY,
        ),
    ] = False,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="RECIPE",
            help="Whose computation it is: a recipe of ganloss eval; discogan without --data is the check of its"
            " conversion to Paddle.",
            rich_help_panel=_SENSITIVITY,
        ),
    ] = None,
    ckpt: Annotated[
        list[Path] | None,
        typer.Option(
            "--ckpt",
            "-c",
            metavar="PATH",
            help="Its weights, repeatable; without --data freshly initialised networks by default.",
            rich_help_panel=_SENSITIVITY,
        ),
    ] = None,
    disc: Annotated[
        list[Path] | None,
        typer.Option("--disc", "-d", metavar="PATH", help="A discriminator's weights.", rich_help_panel=_SENSITIVITY),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="PATH", help="What it is computed on.", rich_help_panel=_SENSITIVITY),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option("--limit", metavar="N", help="On the first N samples only.", rich_help_panel=_SENSITIVITY),
    ] = None,
    seed: Annotated[
        str,
        typer.Option("--seed", metavar="N", help="Of what is drawn at random.", rich_help_panel=_SENSITIVITY),
    ] = "0",
    format_: Annotated[str, options.format_of(CompareDocument)] = "table",
    output: Annotated[list[Path] | None, options.output_of(CompareDocument)] = None,
    quiet: options.Quiet = False,
    help_: options.Help = False,
) -> int:
    """Two reports, tensor files or reprod_log files, key by key.

    Example: ganloss compare torch.npy paddle.npy --sensitivity --as discogan

    Exit status:
      0    every key is within the tolerance
      1    a key is not, is missing on one side, or is not finite
      2    usage
      3    an input cannot be read
      4    an unsafe pickle was refused
      5    there is nothing to compare
    """
    streams.require_stdout()
    shown_format(CompareDocument, format_)
    tolerance = _tolerance(profile, rtol, atol)
    mapping = renames("--map", rename or ())
    for path in (a, b):
        if path.is_dir():
            raise InputError(f"{path}: is a folder; expected a file")
        if not path.exists():
            raise InputError(f"{path}: no such file")
    given = {"ckpt": tuple(ckpt or ()), "disc": tuple(disc or ()), "data": data}
    _check_sensitivity(wanted=sensitivity, recipe=recipe, given=any(given.values()) or limit is not None)
    most = None if limit is None else whole(1, "--limit", limit)
    request = Request(**given, recipe=recipe, limit=most, seed=whole(0, "--seed", seed))  # type: ignore[arg-type]
    with documents.opened(CompareDocument, output) as written:
        with streams.nothing_on_stdout(quiet=quiet):
            from ganloss_cli.pipeline.compare.files import compare

            comparison = compare(a, b, tolerance, rename=mapping, command=("ganloss", *context.obj))
            if sensitivity:
                from ganloss_cli.pipeline.compare.sensitivity import with_sensitivity

                comparison = with_sensitivity(comparison, request)
        written.write(CompareDocument(comparison), format_)
    if not FORMATS[format_].for_people and not quiet:
        _echo(comparison)
    return ExitStatus.DONE if comparison.passed else ExitStatus.FAILED


def _check_sensitivity(*, wanted: bool, recipe: str | None, given: bool) -> None:
    if wanted and recipe is None:
        raise UsageError("--sensitivity: nothing says whose computation it is", hint="give --as RECIPE")
    if not wanted and (recipe is not None or given):
        raise UsageError(
            "--as, --ckpt, --disc, --data, --limit: only --sensitivity computes anything",
            hint="give --sensitivity as well",
        )


def _tolerance(profile: str, rtol: str | None, atol: str | None) -> Tolerance:
    named = PROFILES[one_of(tuple(PROFILES), "--profile", profile)]
    if rtol is None and atol is None:
        return named
    return Tolerance(
        profile="custom",
        rtol=named.rtol if rtol is None else not_negative("--rtol", rtol),
        atol=named.atol if atol is None else not_negative("--atol", atol),
    )


def _echo(comparison: Comparison) -> None:
    """Tell on standard error what a document for programs holds, but a person might not look up."""
    for finding in comparison.findings:
        if finding.severity == "warning":
            streams.say("warning", finding.message)
    failed = [key.key for key in comparison.keys if not key.passed]
    if failed:
        streams.say("error", f"{len(failed)} of {len(comparison.keys)} keys failed: {', '.join(failed[:8])}")
