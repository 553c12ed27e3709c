"""The options of every command, a row each, spelled and explained once; commands name the groups that they take.

A help text is one sentence. What is wrong with a value is told in our words, whichever version of Typer is installed:
Typer sees texts and flags only.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ganloss_cli import streams
from ganloss_cli.commands import option_values
from ganloss_cli.commands.help import HELP
from ganloss_cli.commands.option_kinds import (
    PATH,
    PATHS,
    RANGE,
    SECONDS,
    SHAPE,
    TEXTS,
    WORDS,
    one_of,
    parsed,
    several,
    whole,
)
from ganloss_cli.commands.option_rows import Group, argument, field, flag, group, own, role
from ganloss_cli.io.roles import DATA_ROLES
from ganloss_cli.records.report import SEVERITIES
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.registry import by_suffix, offered


def _show_schema(_: Any) -> None:
    streams.write_document(Path(__file__).parent.with_name("report.schema.json").read_text("utf-8"))


CHECKPOINTS = argument(
    "paths", metavar="PATH", kind=PATHS, required=False, help="Checkpoint files or folders, with or without --ckpt."
)

NETWORKS = group(
    "Networks",
    field("ckpt", "--ckpt", "-c", metavar="PATH", kind=PATHS, help="Checkpoint file or folder."),
    field("disc", "--disc", "-d", metavar="PATH", kind=PATHS, help="The same, for discriminators."),
    field(
        "networks",
        "--network",
        metavar="ROLE=FILE.py:CLASS",
        kind=TEXTS,
        help="A network of your own, such as G=net.py:Net(ngf=64); runs its code.",
    ),
    field(
        "network_range",
        metavar="[ROLE=]LOW,HIGH",
        kind=several(option_values.network_ranges),
        help="The range of images that a network eats and makes.",
    ),
    field("channel_order", help="The order of colours that networks eat."),
    field("scores", help="What the discriminator returns."),
    field("naming", help="Whose names G_A and D_A are, with two domains."),
    field("features", metavar="PATTERN", kind=TEXTS, help="Modules whose outputs are the features, such as 'layer*'."),
    field(
        "backbone",
        metavar="NAME=FILE",
        kind=parsed(option_values.named_file),
        help="What perceptual losses look through: vgg19=FILE or vgg16=FILE, with torchvision's names.",
    ),
    field("arch", metavar="[ROLE=]NAME", kind=TEXTS, help="The architecture, where several fit the weights."),
    field(
        "arch_args",
        metavar="[ROLE:]K=V,...",
        kind=TEXTS,
        help="What its shapes do not tell, such as upsample_rates=8x8x2x2.",
    ),
    field("weights", help="Which generator; by default what suits each loss."),
    field("mode", help="Mode of the networks; in train mode results depend on the batch."),
    field("latent_shape", metavar="SHAPE", kind=SHAPE, help="Shape of one latent, such as 128 or 128x1x1."),
    field(
        "samples",
        metavar="N",
        kind=whole(1),
        help="How many fakes to draw from latents; by default as many as reals, at most 10 000.",
    ),
    field("allow_code", help="Let TorchScript and exported programs run."),
    field("rescue", help="Recover the tensors of pickled modules, importing and running nothing."),
)

DATA = group(
    "Data",
    field("data", metavar="PATH", kind=PATH, help="Folder, manifest or tensor file; its layout tells the roles."),
    role("real", "Samples of the data."),
    role("fake", "What the generator made."),
    role("input", "What the generator eats."),
    role("latents", "Latents for the generator."),
    role("label", "Labels of conditional networks."),
    role("pitch", "Pitch of real, in Hz, one a frame."),
    role("mixture", "The mixture to separate."),
    role("target", "The source to be found in it."),
    role("estimate", "What the separator made."),
    role("residual", "Magnitudes of mixture less target."),
    role("mask", "The separator's mask."),
    role("real_A", "Data of domain A."),
    role("real_B", "Data of domain B."),
    role("fake_A", "Fakes of domain A, made from B."),
    role("fake_B", "Fakes of domain B, made from A."),
    field("rename", "--map", metavar="THEIRS=OURS", kind=TEXTS, help="Rename what a file holds."),
    field("range", metavar="LOW,HIGH", kind=RANGE, help="What image tensors in files hold."),
    field(
        "pair_by",
        metavar="REGEX",
        kind=parsed(option_values.pattern),
        help="Pair files by its first group, or by its whole match.",
    ),
    field("unpaired", help="Do not pair, whatever the names say."),
    field("split", help="Which split, where both lie there."),
    field("direction", help="Which domain one generator makes from the other."),
    field("aligned", help="Each image holds both domains side by side, in this order."),
    field("stem", metavar="NAME", help="Which source of a separation is the target."),
    field("limit", metavar="N", kind=whole(1), help="Use the first N samples."),
    field("alpha", help="Drop an alpha channel, or blend it with white or black."),
    field(
        "resize",
        metavar="SIZE",
        kind=parsed(option_values.size, "int | str"),
        help="64: the short side, then a centre crop; 64x48: width x height.",
    ),
    field("modcrop", metavar="N", kind=whole(1), help="Crop images to a multiple of N pixels."),
    field("channels", help="Average the channels of audio, or keep them."),
    field("sample_rate", metavar="HZ", kind=whole(1), help="Resample audio to this rate."),
    field("segment", metavar="SECONDS", kind=SECONDS, help="Use the middle of each recording."),
)

LOSSES = group(
    "Losses",
    field(
        "losses",
        "--losses",
        "-l",
        metavar="NAMES",
        kind=WORDS,
        help="Such as ssim,psnr:half,fm:all, or all; by default all that apply.",
    ),
    field(
        "recipe",
        metavar="NAME",
        help="A published training's terms and totals, as it logs them, such as hifigan or cyclegan.",
    ),
    field(
        "settings",
        "--set",
        metavar="LOSS.SETTING=VALUE",
        kind=TEXTS,
        help="Change a setting, such as fm.scale=1.",
    ),
    field("over", help="What losses of sets are computed over; batch is what training does."),
    field("quantize", help="Clamp the generator's images and round them to 8 bits."),
)

RUN = group(
    "How it runs",
    field(
        "batch_size",
        "--batch-size",
        "-b",
        metavar="N",
        kind=whole(1),
        help="Samples in one step; by default by their size.",
    ),
    field("workers", "--num-workers", metavar="N", kind=whole(0), help="Threads that decode files."),
    field(
        "device",
        metavar="auto|cpu|cuda[:N]|mps",
        kind=parsed(option_values.device),
        help="Where networks and losses run.",
    ),
    field("dtype", help="Of networks and losses."),
    field("seed", metavar="N", kind=whole(0), help="Of latents, noise and mixing coefficients."),
    field("tile", metavar="PIXELS", kind=whole(1), help="Run the generator on tiles of this side."),
    field("dry_run", help="Show roles, pairs, networks and ranges; evaluate nothing."),
)

FAIL_ON = own(
    "--fail-on", key="fail_on", metavar="|".join(SEVERITIES), kind=one_of(SEVERITIES), default="error",
    help="Exit with 1 from this severity on.",
)  # fmt: skip
_OUTPUT = group(
    "Output",
    field("per_sample", help="Report each sample's values."),
    field("worst", metavar="K", kind=whole(1), help="Report the K worst samples of each loss."),
    flag("--quiet", "-q", key="quiet", help="Nothing but errors on standard error."),
    flag("--no-progress", key="no_progress", help="No progress bar."),
    flag("--schema", key="print_schema", help="Print the JSON Schema of --format json and exit.", answer=_show_schema),
    HELP,
)

GATES = group(
    "Gates",
    field(
        "fail_if",
        metavar="'LOSS<NUMBER'",
        kind=several(option_values.gates),
        help="Exit with 1 where it holds, such as 'fm:melgan>3' or, of a term, 'd_lsgan.real.0<0.3'; a loss without"
        " a value fails.",
    ),
)


def output(document: type[Document], *keys: str) -> Group:
    """Where a kind of document goes and in which format, and what else a command says of its output.

    Args:
        document: its formats are offered.
        keys: of the options beside --format, --help and what must be there for files: "output" among them.
    """
    formats, suffixes = offered(document), by_suffix(document)
    format_ = own(
        "--format", "-f", key="format", kind=one_of(formats), default=formats[0],
        metavar="FORMAT",  # the words as a metavar would be broken in their middle at 80 columns
        help=f"Of standard output: {', '.join(formats)}.",
    )  # fmt: skip
    files = own(
        "--output", "-o", key="output", kind=several(partial(option_values.outputs, suffixes)), metavar="FILE",
        help=f"Write a file as well, its format by its suffix: {' '.join(suffixes)}.",
    )  # fmt: skip
    return group("Output", format_, *([files] if "output" in keys else ()), *_OUTPUT.only(*keys, "help"))


_OF_EVAL = (*NETWORKS, *DATA, *LOSSES, *RUN, *_OUTPUT.only("per_sample", "worst"), *GATES)
_OF_PYTHON = (*(role(name, "") for name in DATA_ROLES), field("command", kind=TEXTS, help=""))
# the arguments of `evaluate` by name: the options of `eval` that say what is evaluated, and what only Python can give
ARGUMENTS = {option.key: option for option in (*_OF_EVAL, *_OF_PYTHON)}
