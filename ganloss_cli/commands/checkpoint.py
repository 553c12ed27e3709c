"""`ganloss audit checkpoint`: whether a checkpoint is healthy, and with data whether what it does is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import FORMATS, checkpoints, one_of, request_from, words
from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.progress import progress_on_stderr
from ganloss_cli.records.checkpoint import SEVERITIES, AuditReport, AuditRequest
from ganloss_cli.records.request import Request

_CHECKS = "Checks"


def _check_option(*names: str, metavar: str, help: str) -> Any:  # noqa: A002  Typer's word
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=_CHECKS)


def checkpoint_command(
    context: typer.Context,
    paths: options.Checkpoints = None,
    only: Annotated[
        list[str] | None, _check_option("--only", metavar="CHECKS", help="Run these checks; repeatable.")
    ] = None,
    skip: Annotated[
        list[str] | None, _check_option("--skip", metavar="CHECKS", help="Leave these checks out; repeatable.")
    ] = None,
    fail_on: Annotated[
        str, _check_option("--fail-on", metavar="|".join(SEVERITIES), help="Exit with 1 from this severity on.")
    ] = "error",
    holdout: Annotated[
        Path | None,
        _check_option("--holdout", metavar="PATH", help="Reals that the discriminator was not trained on."),
    ] = None,
    ckpt: options.Ckpt = None,
    disc: options.Disc = None,
    network: options.Network = None,
    arch: options.Arch = None,
    arch_args: options.ArchArgs = None,
    network_range: options.NetworkRange = None,
    channel_order: options.ChannelOrder = None,
    scores: options.Scores = None,
    naming: options.Naming = None,
    features: options.Features = None,
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
    rename: options.Map = None,
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
    max_pixels: options.MaxPixels = None,
    modcrop: options.Modcrop = None,
    channels: options.Channels = "keep",
    sample_rate: options.SampleRate = None,
    segment: options.Segment = None,
    losses: options.Losses = None,
    backbone: options.Backbone = None,
    settings: options.Set = None,
    batch_size: options.BatchSize = None,
    num_workers: options.NumWorkers = "2",
    device: options.Device = "auto",
    seed: options.Seed = "0",
    tile: options.Tile = None,
    format_: options.Format = "table",
    output: options.Output = None,
    quiet: options.Quiet = False,
    no_progress: options.NoProgressBar = False,
    help_: options.Help = False,
) -> int:
    """Findings on a checkpoint or a pair: the file alone, and with data what its networks say and make.

    Example: ganloss audit checkpoint G.pth D.pth --data imgs/

    Exit status:
      0    no finding reaches --fail-on
      1    a finding does
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
    """
    given = dict(locals())
    streams.require_stdout()
    one_of(FORMATS, "--format", format_)
    every = checkpoints(paths, ckpt)
    request = request_from({**given, "ckpt": every}, command=("ganloss", *context.obj), needs_data=False)
    if holdout is not None and not holdout.exists():
        raise InputError(f"{holdout}: no such file or folder (--holdout)")
    if holdout is not None and not (request.data or request.roles):
        raise UsageError("--holdout is compared with training data, and there are none", hint="give --data PATH")
    if holdout is not None and holdout.resolve() in {Path(place).resolve() for place in _training(request)}:
        raise UsageError(
            f"--holdout {holdout}: these are the training data themselves",
            hint="give reals that the discriminator was not trained on",
        )
    audit = AuditRequest(
        request=request,
        only=words("--only", only or ()),
        skip=words("--skip", skip or ()),
        fail_on=one_of(SEVERITIES, "--fail-on", fail_on),  # type: ignore[arg-type]  # one of the literals
        holdout=holdout,
    )
    with documents.opened(output) as written:
        report = _run(audit, quiet=quiet, bar=not no_progress)
        from ganloss_cli.reporters.checkpoint.formats import render

        written.write(partial(render, report), format_)
    return ExitStatus.DONE if report.passed else ExitStatus.FAILED


def _training(request: Request) -> tuple[str, ...]:
    return tuple(str(place) for place in (request.data, request.roles.get("real")) if place is not None)


def _run(audit: AuditRequest, *, quiet: bool, bar: bool) -> AuditReport:
    progress = progress_on_stderr(wanted=bar and not quiet)
    with streams.nothing_on_stdout(quiet=quiet):
        from ganloss_cli.pipeline.checkpoint.audit import audit_checkpoints

        try:
            return audit_checkpoints(audit, progress)
        finally:
            progress.stop()
