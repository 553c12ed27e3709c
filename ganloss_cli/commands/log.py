"""`ganloss audit log`: what a log holds, whether its terms add up, and whether a checkpoint gives its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import renames, request_from, shown_format, whole
from ganloss_cli.errors import ExitStatus, InputError
from ganloss_cli.progress import progress_on_stderr
from ganloss_cli.records.log import LogAudit
from ganloss_cli.records.request import Request
from ganloss_cli.reporters.log.document import LogDocument, TagsDocument
from ganloss_cli.reporters.registry import FORMATS

_LOG = "The log"
_OF_A_RUN = ("ckpt", "disc", "networks", "data", "roles")


def log_command(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", show_default=False, help="A log, or a folder of logs.")],
    tags: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="TAG=LOSS",
            help="What a tag is, such as my_d=d_bce:discogan or err_r=d_lsgan.real; repeatable.",
            rich_help_panel=_LOG,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PATTERN", help="Tags such as 'Set5/*'; repeatable.", rich_help_panel=_LOG),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", metavar="", help="Show what was read, and no more.", rich_help_panel=_LOG)
    ] = False,
    step: Annotated[
        str | None,
        typer.Option(
            "--step",
            metavar="N",
            help="The step or epoch of the checkpoint, where it does not say.",
            rich_help_panel=_LOG,
        ),
    ] = None,
    log_batch: Annotated[
        str | None,
        typer.Option(
            "--log-batch",
            metavar="N",
            help="How many samples one logged number is a mean of.",
            rich_help_panel=_LOG,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", metavar="", help="Fail where nothing tells checkpoints apart.", rich_help_panel=_LOG),
    ] = False,
    no_reasons: Annotated[
        bool,
        typer.Option(
            "--no-reasons", metavar="", help="Do not recompute what may make a number differ.", rich_help_panel=_LOG
        ),
    ] = False,
    ckpt: options.Ckpt = None,
    disc: options.Disc = None,
    network: options.Network = None,
    network_range: options.NetworkRange = None,
    channel_order: options.ChannelOrder = None,
    scores: options.Scores = None,
    naming: options.Naming = None,
    features: options.Features = None,
    backbone: options.Backbone = None,
    arch: options.Arch = None,
    arch_args: options.ArchArgs = None,
    weights: options.NetworkWeights = None,
    mode: options.NetworkMode = "eval",
    latent_shape: options.LatentShape = None,
    samples: options.Samples = None,
    allow_code: options.AllowCode = False,
    rescue: options.Rescue = False,
    data: options.Data = None,
    real: options.Real = None,
    fake: options.Fake = None,
    input_: options.Input = None,
    latents: options.Latents = None,
    label: options.Label = None,
    pitch: options.Pitch = None,
    mixture: options.Mixture = None,
    target: options.Target = None,
    estimate: options.Estimate = None,
    residual: options.Residual = None,
    mask: options.Mask = None,
    real_a: options.RealA = None,
    real_b: options.RealB = None,
    fake_a: options.FakeA = None,
    fake_b: options.FakeB = None,
    range_: options.Range = None,
    pair_by: options.PairBy = None,
    unpaired: options.Unpaired = False,
    split: options.Split = None,
    direction: options.Direction = None,
    aligned: options.Aligned = None,
    stem: options.Stem = None,
    limit: options.Limit = None,
    alpha: options.Alpha = None,
    resize: options.Resize = None,
    modcrop: options.Modcrop = None,
    channels: options.Channels = "keep",
    sample_rate: options.SampleRate = None,
    segment: options.Segment = None,
    settings: options.Set = None,
    over: options.Over = "all",
    quantize: options.Quantize = False,
    batch_size: options.BatchSize = None,
    num_workers: options.NumWorkers = "2",
    device: options.Device = "auto",
    dtype: options.Dtype = "float32",
    seed: options.Seed = "0",
    tile: options.Tile = None,
    format_: Annotated[str, options.format_of(LogDocument)] = "table",
    output: Annotated[list[Path] | None, options.output_of(LogDocument)] = None,
    quiet: options.Quiet = False,
    no_progress: options.NoProgressBar = False,
    help_: options.Help = False,
) -> int:
    """What a training log holds, whether its terms add up, and whether a checkpoint gives its numbers.

    Example: ganloss audit log runs/1/ --ckpt G.pth --disc D.pth --data train/

    Exit status:
      0    every sum holds, every number is reproduced, up to a known factor, or consistent, or nothing tells
      1    a sum does not hold, or a number is not reproducible; with --strict, nothing tells checkpoints apart
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    no number could be computed
    """
    given = dict(locals())
    streams.require_stdout()
    shown_format(LogDocument, format_)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    request = request_from(given, command=("ganloss", *context.obj), needs_data=False)
    chosen = {
        "mapping": renames("--map", tags or ()),
        "only": tuple(only or ()),
        "step": None if step is None else whole(0, "--step", step),
        "batch": None if log_batch is None else whole(1, "--log-batch", log_batch),
        "strict": strict,
        "reasons": not no_reasons,
    }
    asked = None if list_ or not _has_run(request) else request
    with documents.opened(LogDocument, output) as written:
        audit = _audited(path, chosen, asked, context.obj, quiet=quiet, bar=not no_progress)
        written.write((TagsDocument if list_ else LogDocument)(audit), format_)
    if not FORMATS[format_].for_people and not quiet:
        _echo(audit)
    return ExitStatus.DONE if audit.passed or list_ else ExitStatus.FAILED


def _has_run(request: Request) -> bool:
    return any(getattr(request, name) for name in _OF_A_RUN)


def _audited(
    path: Path, chosen: dict[str, Any], request: Request | None, command: Sequence[str], *, quiet: bool, bar: bool
) -> LogAudit:
    progress = progress_on_stderr(wanted=bar and not quiet)
    with streams.nothing_on_stdout(quiet=quiet):
        from ganloss_cli.pipeline.log.audit import LogRequest, audit_log

        try:
            return audit_log(LogRequest(path=path, **chosen), request, ("ganloss", *command), progress)
        finally:
            progress.stop()


def _echo(audit: LogAudit) -> None:
    """Tell on standard error what a document for programs holds, but a person might not look up."""
    for finding in audit.findings:
        if finding.severity != "note":
            streams.say("error" if finding.severity == "error" else "warning", finding.message)
    failed = [found.total for found in audit.sums if not found.holds]
    if failed:
        streams.say("error", f"sums do not hold: {', '.join(failed)}")
    lost = [number.tag for number in audit.numbers if number.outcome == "no match"]
    if lost:
        streams.say("error", f"not reproducible: {', '.join(lost)}")
    if audit.outcome == "cannot tell":
        streams.say("warning", "the numbers cannot tell this checkpoint from others")
