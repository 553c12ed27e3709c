"""`ganloss eval`: losses of checkpoints and data, or of data alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import FORMATS, SHOWN_FORMATS, one_of, request_from
from ganloss_cli.errors import ExitStatus
from ganloss_cli.progress import progress_on_stderr
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request
from ganloss_cli.reporters.eval.wording import observation


def eval_command(
    context: typer.Context,
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
    losses: options.Losses = None,
    recipe: options.RecipeName = None,
    settings: options.Set = None,
    over: options.Over = "all",
    quantize: options.Quantize = False,
    batch_size: options.BatchSize = None,
    num_workers: options.NumWorkers = "2",
    device: options.Device = "auto",
    dtype: options.Dtype = "float32",
    seed: options.Seed = "0",
    tile: options.Tile = None,
    dry_run: options.DryRun = False,
    format_: options.Format = "table",
    output: options.Output = None,
    per_sample: options.PerSample = False,
    worst: options.Worst = None,
    quiet: options.Quiet = False,
    no_progress: options.NoProgressBar = False,
    print_schema: options.Schema = False,
    help_: options.Help = False,
    fail_if: options.FailIf = None,
) -> int:
    """Losses of checkpoints and data, or of data alone.

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
    given = dict(locals())  # the options by name; writing sixty of them out once more would only hide mistakes
    if print_schema:
        streams.write_document(Path(__file__).parent.with_name("report.schema.json").read_text("utf-8"))
        return ExitStatus.DONE
    streams.require_stdout()
    one_of(FORMATS, "--format", format_)
    request = request_from(given, command=("ganloss", *context.obj))
    with documents.opened(output) as written:
        report = _run(request, quiet=quiet, bar=not no_progress)
        from ganloss_cli.reporters.eval.formats import render  # a mistyped option must not wait for it

        written.write(partial(render, report), format_)
    _echo(report, format_, quiet=quiet)
    status = exit_status(report)
    if status is ExitStatus.NOTHING:
        streams.say("error", "nothing was evaluated: no loss has a value")
    return status


def _run(request: Request, *, quiet: bool, bar: bool) -> Report:
    progress = progress_on_stderr(wanted=bar and not quiet)
    with streams.nothing_on_stdout(quiet=quiet):
        from ganloss_cli.pipeline import evaluate_request

        try:
            return evaluate_request(request, progress)
        finally:
            progress.stop()


def _echo(report: Report, format_: str, *, quiet: bool) -> None:
    """Tell on standard error what a document for programs holds, but a person might not look up."""
    if format_ in SHOWN_FORMATS:
        return  # these show it themselves
    for finding in report.findings:
        if finding.severity == "error" or (finding.severity == "warning" and not quiet):
            streams.say(finding.severity, finding.message)
            if finding.hint:
                streams.say("hint", finding.hint)
    for gate in report.gates:
        if gate.failed:
            streams.say("error", f"gate failed: {observation(gate)}")


def exit_status(report: Report) -> ExitStatus:
    """What a finished run ends with: a failed gate before a loss that is not finite before nothing evaluated."""
    if any(gate.failed for gate in report.gates):
        return ExitStatus.FAILED
    if any(result.reason in ("nan", "infinite") for result in report.results):
        return ExitStatus.NON_FINITE
    if report.plan is None and all(result.value is None for result in report.results):
        return ExitStatus.NOTHING
    return ExitStatus.DONE
