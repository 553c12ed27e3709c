"""The options of every command, each spelled and explained once. Help texts are one sentence.

Typer sees texts, paths and flags only: `option_values` checks and parses them, so that what is wrong with one is told
in our words, whichever version of Typer is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ganloss_cli import streams
from ganloss_cli.commands.option_values import CHOICES, FORMATS, FORMATS_BY_SUFFIX

INSPECTION = "What is shown"
NETWORKS, DATA, LOSSES, RUN, OUTPUT, GATES = "Networks", "Data", "Losses", "How it runs", "Output", "Gates"


def _option(panel: str, *names: str, metavar: str, help: str) -> Any:  # noqa: A002  Typer's word
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=panel)


def _flag(panel: str, *names: str, help: str) -> Any:  # noqa: A002
    return typer.Option(*names, metavar="", help=help, rich_help_panel=panel)


def _choice(panel: str, *names: str, field: str, help: str) -> Any:  # noqa: A002
    return _option(panel, *names, metavar="|".join(CHOICES[field]), help=help)


def show_help(context: typer.Context) -> None:
    """Print the help of the command that `context` is of."""
    text = context.get_help()  # empty where rich has printed it
    streams.write_document(f"{text}\n" if text else "")


def _show_help_and_exit(context: typer.Context, wanted: bool) -> None:
    if wanted:
        show_help(context)
        raise typer.Exit


def help_option(panel: str | None) -> Any:
    """`--help` in one of our panels; Typer's own would stand alone above them all."""
    return typer.Option(
        "--help", "-h", metavar="", help="Show this and exit.", is_eager=True, callback=_show_help_and_exit,
        rich_help_panel=panel,
    )  # fmt: skip


# Networks

Ckpt = Annotated[
    list[Path] | None, _option(NETWORKS, "--ckpt", "-c", metavar="PATH", help="Checkpoint file or folder; repeatable.")
]
Checkpoints = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", show_default=False, help="Checkpoint files or folders, with or without --ckpt."),
]
Disc = Annotated[
    list[Path] | None, _option(NETWORKS, "--disc", "-d", metavar="PATH", help="The same, for discriminators.")
]
Network = Annotated[
    list[str] | None,
    _option(
        NETWORKS,
        "--network",
        metavar="ROLE=FILE.py:CLASS",
        help="A network of your own, such as G=net.py:Net(ngf=64); runs its code; repeatable.",
    ),
]
NetworkRange = Annotated[
    list[str] | None,
    _option(
        NETWORKS,
        "--network-range",
        metavar="[ROLE=]LOW,HIGH",
        help="The range of images that a network eats and makes.",
    ),
]
ChannelOrder = Annotated[
    str | None,
    _choice(NETWORKS, "--channel-order", field="channel_order", help="The order of colours that networks eat."),
]
Scores = Annotated[str | None, _choice(NETWORKS, "--scores", field="scores", help="What the discriminator returns.")]
Naming = Annotated[
    str | None, _choice(NETWORKS, "--naming", field="naming", help="Whose names G_A and D_A are, with two domains.")
]
Features = Annotated[
    list[str] | None,
    _option(
        NETWORKS,
        "--features",
        metavar="PATTERN",
        help="Modules whose outputs are the features, such as 'layer*'; repeatable.",
    ),
]
Backbone = Annotated[
    str | None,
    _option(
        NETWORKS,
        "--backbone",
        metavar="NAME=FILE",
        help="What perceptual losses look through: vgg19=FILE or vgg16=FILE, with torchvision's names.",
    ),
]
Arch = Annotated[
    list[str] | None,
    _option(
        NETWORKS, "--arch", metavar="[ROLE=]NAME", help="The architecture, where several fit the weights; repeatable."
    ),
]
ArchArgs = Annotated[
    list[str] | None,
    _option(
        NETWORKS,
        "--arch-args",
        metavar="[ROLE:]K=V,...",
        help="What its shapes do not tell, such as upsample_rates=8x8x2x2; repeatable.",
    ),
]
NetworkWeights = Annotated[
    str | None,
    _choice(NETWORKS, "--weights", field="weights", help="Which generator; by default what suits each loss."),
]
NetworkMode = Annotated[
    str,
    _choice(NETWORKS, "--mode", field="mode", help="Mode of the networks; in train mode results depend on the batch."),
]
LatentShape = Annotated[
    str | None,
    _option(NETWORKS, "--latent-shape", metavar="SHAPE", help="Shape of one latent, such as 128 or 128x1x1."),
]
Samples = Annotated[
    str | None,
    _option(
        NETWORKS,
        "--samples",
        metavar="N",
        help="How many fakes to draw from latents; by default as many as reals, at most 10 000.",
    ),
]
AllowCode = Annotated[bool, _flag(NETWORKS, "--allow-code", help="Let TorchScript and exported programs run.")]
Rescue = Annotated[
    bool, _flag(NETWORKS, "--rescue", help="Recover the tensors of pickled modules, importing and running nothing.")
]

# What is shown of a checkpoint

Tree = Annotated[bool, _flag(INSPECTION, "--tree", help="Show the modules of each network.")]
Tensors = Annotated[bool, _flag(INSPECTION, "--tensors", help="List names, shapes, types and sizes of tensors.")]
Hash = Annotated[
    bool, _flag(INSPECTION, "--hash", help="Read the files once, for their SHA-256 and for identical networks.")
]

# Data

Data = Annotated[
    Path | None,
    _option(DATA, "--data", metavar="PATH", help="Folder, manifest or tensor file; its layout tells the roles."),
]
Real = Annotated[str | None, _option(DATA, "--real", metavar="PATH", help="Samples of the data.")]
Fake = Annotated[str | None, _option(DATA, "--fake", metavar="PATH", help="What the generator made.")]
Input = Annotated[str | None, _option(DATA, "--input", metavar="PATH", help="What the generator eats.")]
Latents = Annotated[str | None, _option(DATA, "--latents", metavar="PATH", help="Latents for the generator.")]
Label = Annotated[str | None, _option(DATA, "--label", metavar="PATH", help="Labels of conditional networks.")]
Pitch = Annotated[str | None, _option(DATA, "--pitch", metavar="PATH", help="Pitch of real, in Hz, one a frame.")]
Mixture = Annotated[str | None, _option(DATA, "--mixture", metavar="PATH", help="The mixture to separate.")]
Target = Annotated[str | None, _option(DATA, "--target", metavar="PATH", help="The source to be found in it.")]
Estimate = Annotated[str | None, _option(DATA, "--estimate", metavar="PATH", help="What the separator made.")]
Residual = Annotated[str | None, _option(DATA, "--residual", metavar="PATH", help="Magnitudes of mixture less target.")]
Mask = Annotated[str | None, _option(DATA, "--mask", metavar="PATH", help="The separator's mask.")]
RealA = Annotated[str | None, _option(DATA, "--real-A", metavar="PATH", help="Data of domain A.")]
RealB = Annotated[str | None, _option(DATA, "--real-B", metavar="PATH", help="Data of domain B.")]
FakeA = Annotated[str | None, _option(DATA, "--fake-A", metavar="PATH", help="Fakes of domain A, made from B.")]
FakeB = Annotated[str | None, _option(DATA, "--fake-B", metavar="PATH", help="Fakes of domain B, made from A.")]
Map = Annotated[
    list[str] | None, _option(DATA, "--map", metavar="THEIRS=OURS", help="Rename what a file holds; repeatable.")
]
Range = Annotated[str | None, _option(DATA, "--range", metavar="LOW,HIGH", help="What image tensors in files hold.")]
PairBy = Annotated[
    str | None,
    _option(DATA, "--pair-by", metavar="REGEX", help="Pair files by its first group, or by its whole match."),
]
Unpaired = Annotated[bool, _flag(DATA, "--unpaired", help="Do not pair, whatever the names say.")]
Split = Annotated[str | None, _choice(DATA, "--split", field="split", help="Which split, where both lie there.")]
Direction = Annotated[
    str | None, _choice(DATA, "--direction", field="direction", help="Which domain one generator makes from the other.")
]
Aligned = Annotated[
    str | None,
    _choice(DATA, "--aligned", field="aligned", help="Each image holds both domains side by side, in this order."),
]
Stem = Annotated[
    str | None, _option(DATA, "--stem", metavar="NAME", help="Which source of a separation is the target.")
]
Limit = Annotated[str | None, _option(DATA, "--limit", metavar="N", help="Use the first N samples.")]
Alpha = Annotated[
    str | None, _choice(DATA, "--alpha", field="alpha", help="Drop an alpha channel, or blend it with white or black.")
]
Resize = Annotated[
    str | None,
    _option(DATA, "--resize", metavar="SIZE", help="64: the short side, then a centre crop; 64x48: width x height."),
]
MaxPixels = Annotated[
    str | None,
    _option(DATA, "--max-pixels", metavar="N", help="Decode images of up to N pixels, instead of Pillow's limit."),
]
Modcrop = Annotated[str | None, _option(DATA, "--modcrop", metavar="N", help="Crop images to a multiple of N pixels.")]
Channels = Annotated[
    str, _choice(DATA, "--channels", field="channels", help="Average the channels of audio, or keep them.")
]
SampleRate = Annotated[str | None, _option(DATA, "--sample-rate", metavar="HZ", help="Resample audio to this rate.")]
Segment = Annotated[str | None, _option(DATA, "--segment", metavar="SECONDS", help="Use the middle of each recording.")]

# Losses

Losses = Annotated[
    list[str] | None,
    _option(
        LOSSES,
        "--losses",
        "-l",
        metavar="NAMES",
        help="Such as ssim,psnr:half,fm:all, or all; by default all that apply.",
    ),
]
RecipeName = Annotated[
    str | None,
    _option(
        LOSSES,
        "--recipe",
        metavar="NAME",
        help="A published training's terms and totals, as it logs them, such as hifigan or cyclegan.",
    ),
]
Set = Annotated[
    list[str] | None,
    _option(LOSSES, "--set", metavar="LOSS.SETTING=VALUE", help="Change a setting, such as fm.scale=1; repeatable."),
]
Over = Annotated[
    str,
    _choice(LOSSES, "--over", field="over", help="What losses of sets are computed over; batch is what training does."),
]
Quantize = Annotated[bool, _flag(LOSSES, "--quantize", help="Clamp the generator's images and round them to 8 bits.")]

# How it runs

BatchSize = Annotated[
    str | None, _option(RUN, "--batch-size", "-b", metavar="N", help="Samples in one step; by default by their size.")
]
NumWorkers = Annotated[str, _option(RUN, "--num-workers", metavar="N", help="Threads that decode files.")]
Device = Annotated[
    str, _option(RUN, "--device", metavar="auto|cpu|cuda[:N]|mps", help="Where networks and losses run.")
]
Dtype = Annotated[str, _choice(RUN, "--dtype", field="dtype", help="Of networks and losses.")]
Seed = Annotated[str, _option(RUN, "--seed", metavar="N", help="Of latents, noise and mixing coefficients.")]
Tile = Annotated[str | None, _option(RUN, "--tile", metavar="PIXELS", help="Run the generator on tiles of this side.")]
DryRun = Annotated[bool, _flag(RUN, "--dry-run", help="Show roles, pairs, networks and ranges; evaluate nothing.")]

# Output

Format = Annotated[
    str,
    # the words as a metavar would be broken in their middle at 80 columns
    _option(OUTPUT, "--format", "-f", metavar="FORMAT", help=f"Of standard output: {', '.join(FORMATS)}."),
]
Output = Annotated[
    list[Path] | None,
    _option(
        OUTPUT,
        "--output",
        "-o",
        metavar="FILE",
        help=f"Write a file as well, its format by its suffix: {' '.join(FORMATS_BY_SUFFIX)}; repeatable.",
    ),
]
PerSample = Annotated[bool, _flag(OUTPUT, "--per-sample", help="Report each sample's values.")]
Worst = Annotated[str | None, _option(OUTPUT, "--worst", metavar="K", help="Report the K worst samples of each loss.")]
Quiet = Annotated[bool, _flag(OUTPUT, "--quiet", "-q", help="Nothing but errors on standard error.")]
NoProgressBar = Annotated[bool, _flag(OUTPUT, "--no-progress", help="No progress bar.")]
Schema = Annotated[bool, _flag(OUTPUT, "--schema", help="Print the JSON Schema of --format json and exit.")]
Help = Annotated[bool, help_option(OUTPUT)]

# Gates

FailIf = Annotated[
    list[str] | None,
    _option(
        GATES,
        "--fail-if",
        metavar="'LOSS<NUMBER'",
        help="Exit with 1 where it holds, such as 'fm:melgan>3' or, of a term, 'd_lsgan.real.0<0.3'; a loss without"
        " a value fails; repeatable.",
    ),
]
