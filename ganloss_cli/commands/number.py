"""`ganloss audit number`: which published convention produced a number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import FORMATS, one_of, request_from, stated_number
from ganloss_cli.errors import ExitStatus
from ganloss_cli.progress import progress_on_stderr
from ganloss_cli.records.number import NumberReport
from ganloss_cli.records.request import Request, StatedNumber


def number_command(
    context: typer.Context,
    numbers: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE", show_default=False, help="A loss and what a log says.")
    ],
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
    settings: options.Set = None,
    over: options.Over = "all",
    quantize: options.Quantize = False,
    batch_size: options.BatchSize = None,
    num_workers: options.NumWorkers = "2",
    device: options.Device = "auto",
    dtype: options.Dtype = "float32",
    seed: options.Seed = "0",
    tile: options.Tile = None,
    format_: options.Format = "table",
    output: options.Output = None,
    quiet: options.Quiet = False,
    no_progress: options.NoProgressBar = False,
    help_: options.Help = False,
) -> int:
    """Which published convention produced a number; without data, what the number alone tells.

    Example: ganloss audit number d_bce=0.876 -c G.pth -d D.pth --data imgs/

    Exit status:
      0    reproduced: one formula gives these digits
      1    ambiguous, or closest but not reproduced
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
    """  # fmt: skip
    given = dict(locals())
    streams.require_stdout()
    one_of(FORMATS, "--format", format_)
    stated = [stated_number(word) for word in numbers]
    request = request_from(given, command=("ganloss", *context.obj), needs_data=False)
    with documents.opened(output) as written:
        report = _traced(stated, request, quiet=quiet, bar=not no_progress)
        from ganloss_cli.reporters.number.formats import render

        written.write(partial(render, report), format_)
    return ExitStatus.DONE if report.verdict == "reproduced" else ExitStatus.FAILED


def _traced(numbers: Sequence[StatedNumber], request: Request, *, quiet: bool, bar: bool) -> NumberReport:
    progress = progress_on_stderr(wanted=bar and not quiet)
    with streams.nothing_on_stdout(quiet=quiet):
        from ganloss_cli.pipeline.number.audit import trace_numbers

        try:
            return trace_numbers(numbers, request, progress)
        finally:
            progress.stop()
