"""The options of every command, a row each, spelled and explained once; commands name the groups that they take.

A help text is one sentence; that an option is repeatable is added. What is wrong with a value is said in our words,
whichever version of Typer is installed: Typer sees texts and flags only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ganloss_cli import streams
from ganloss_cli.commands import option_kinds as kinds
from ganloss_cli.commands.help import HELP
from ganloss_cli.commands.option_rows import CHOICES, Group, argument, field, flag, group, own, role
from ganloss_cli.commands.option_values import one_of
from ganloss_cli.errors import UsageError
from ganloss_cli.io.roles import DATA_ROLES
from ganloss_cli.records.severity import SEVERITIES
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.registry import by_suffix, offered


def _show_schema(_: Any) -> None:
    streams.write_document(Path(__file__).parent.with_name("report.schema.json").read_text("utf-8"))


# fmt: off
CHECKPOINTS = argument(
    "paths", metavar="PATH", kind=kinds.PATHS, required=False,
    help="Checkpoint files or folders, with or without --ckpt.",
)
NETWORKS = group(
    "Networks",
    field("ckpt", "--ckpt", "-c", metavar="PATH", kind=kinds.PATHS, help="Checkpoint file or folder."),
    field("disc", "--disc", "-d", metavar="PATH", kind=kinds.PATHS, help="Checkpoint of a discriminator."),
    field("networks", "--network", metavar="ROLE=FILE.py:CLASS", kind=kinds.USER_NETWORKS,
          help="Your own network class, such as G=net.py:Net(ngf=64); runs its code."),
    field("state", metavar="ROLE=[CKPT:]PLACE", kind=kinds.PLACES,
          help="Where in a checkpoint a network's weights lie, such as G=best_state.model."),
    field("network_range", metavar="[ROLE=]LOW,HIGH", kind=kinds.NETWORK_RANGES,
          help="Pixel range the network expects and produces, e.g. -1,1."),
    field("channel_order", help="Order of colour channels the network expects and produces."),
    field("scores", help="What the discriminator outputs."),
    field("naming", help="Which naming G_A and D_A follow, with two domains."),
    field("features", metavar="PATTERN", kind=kinds.TEXTS,
          help="Discriminator modules whose outputs are the features, such as 'layer*'."),
    field("backbone", metavar="NAME=FILE", kind=kinds.BACKBONES,
          help="Weights that losses look through: vgg19, vgg16, alexnet or squeezenet of torchvision, inception of"
               " pytorch-fid, or features, any network that is called on the samples."),
    field("arch", metavar="[ROLE:]NAME", kind=kinds.ARCHITECTURES,
          help="Architecture, where several fit the weights."),
    field("arch_args", metavar="[ROLE:]K=V,...", kind=kinds.ARCHITECTURE_ARGUMENTS,
          help="Hyper-parameters that cannot be inferred from the weights, such as upsample_rates=8x8x2x2."),
    field("weights", help="Which weights of the generator to use; by default those that suit each loss."),
    field("mode", help="Mode of the networks; in train mode results depend on the batch."),
    field("latent_shape", metavar="SHAPE", kind=kinds.SHAPE, help="Shape of one latent, such as 128 or 128x1x1."),
    field("samples", metavar="N", kind=kinds.COUNT,
          help="How many fakes to generate from latents; by default as many as reals, at most 10000."),
    field("allow_code", help="Allow TorchScript and exported programs to run."),
    field("rescue", help="Recover the tensors of pickled modules; nothing is imported or run."),
)

DATA = group(
    "Data",
    field("data", metavar="PATH", kind=kinds.PATH,
          help="Folder, ZIP, tar shards, tensor file, a pattern of files in quotes, or a manifest: a table whose header"
               " names roles (real,fake), or a training's filelist (wav|text); its layout determines the roles."),
    role("real", "Real samples."),
    role("fake", "Generated samples."),
    role("input", "Input of an image-to-image generator."),
    role("latents", "Latents for the generator."),
    role("label", "Labels for conditional networks."),
    role("pitch", "Pitch of the real audio, in Hz, one value a frame."),
    role("mixture", "Mixture to separate."),
    role("target", "Source to be separated from the mixture."),
    role("estimate", "The separator's estimate of the target."),
    role("residual", "Magnitudes of the mixture minus those of the target."),
    role("mask", "The separator's mask."),
    role("real_A", "Real samples of domain A."),
    role("real_B", "Real samples of domain B."),
    role("fake_A", "Generated samples of domain A, translated from B."),
    role("fake_B", "Generated samples of domain B, translated from A."),
    field("rename", "--map", metavar="THEIRS=OURS", kind=kinds.ROLES,
          help="Role of a tensor, column or folder in --data, such as fmap_r=real_features."),
    field("range", metavar="LOW,HIGH", kind=kinds.RANGE, help="Value range of image tensors in files."),
    field("pair_by", metavar="REGEX", kind=kinds.PATTERN,
          help="Pair files by the first group of this expression, or by its whole match."),
    field("unpaired", help="Do not pair samples, whatever their names."),
    field("split", help="Which split to use, where there are both."),
    field("direction", help="Which domain a single generator translates to which."),
    field("aligned", help="Each image holds both domains side by side, in this order."),
    field("stem", metavar="NAME", help="Source that is the target of a separation."),
    field("limit", metavar="N", kind=kinds.COUNT, help="Use only the first N samples."),
    field("alpha", help="Drop an alpha channel, blend it with white or black, or keep it as a channel."),
    field("resize", metavar="SIZE", kind=kinds.SIZE,
          help="64: resize the short side, then centre-crop; 64x48: width x height."),
    field("max_pixels", metavar="N", kind=kinds.COUNT,
          help="Decode images of up to N pixels; by default up to Pillow's limit."),
    field("modcrop", metavar="N", kind=kinds.COUNT, help="Crop images to a multiple of N pixels."),
    field("channels", help="Average the channels of audio, or keep them."),
    field("sample_rate", metavar="HZ", kind=kinds.COUNT, help="Resample audio to this rate."),
    field("segment", metavar="SECONDS", kind=kinds.POSITIVE, help="Use only the middle of each recording, this long."),
)

LOSSES = group(
    "Losses",
    field("losses", "--losses", "-l", metavar="NAMES", kind=kinds.WORDS,
          help="Losses to compute, such as ssim,psnr:half,fm:all, or all; by default all that apply."),
    field("recipe", metavar="NAME",
          help="Terms and totals of a published training, as it logs them, such as hifigan or cyclegan."),
    field("settings", "--set", metavar="LOSS.SETTING=VALUE", kind=kinds.SETTINGS,
          help="Change a setting of a loss or of one convention, such as fm.scale=1 or psnr:sr.border=2."),
    field("over", help="Compute losses over sets on all samples, or on each batch as in training."),
    field("quantize", help="Clamp generated images and round them to 8 bits."),
)

RUN = group(
    "How it runs",
    field("batch_size", "--batch-size", "-b", metavar="N", kind=kinds.COUNT,
          help="Samples in a batch; by default chosen by their size."),
    field("workers", "--num-workers", metavar="N", kind=kinds.THREADS, help="Threads that decode files."),
    field("device", metavar="auto|cpu|cuda[:N]|mps", kind=kinds.DEVICE, help="Device of networks and losses."),
    field("dtype", metavar="DTYPE", help=f"Type of networks and losses: {', '.join(CHOICES['dtype'])}."),
    field("seed", metavar="N", kind=kinds.NATURAL, help="Seed of latents, noise and mixing coefficients."),
    field("tile", metavar="PIXELS", kind=kinds.COUNT, help="Run the generator on tiles with sides of this length."),
    field("dry_run", help="Show roles, pairs, networks and ranges; evaluate nothing."),
)

DIVIDED = group(
    "How it runs",
    field("shard", metavar="I/N", kind=kinds.SHARE,
          help="Compute part I of N, with -o part.json; ganloss merge makes one report of all parts."),
    field("each", help="Evaluate every checkpoint of the folders and patterns named, a row each; ganloss rank compares"
                       " them."),
    field("journal", metavar="FILE.jsonl", kind=kinds.PATHS,
          help="Keep every step in this file, and compute none again that it holds; the first one is written"),
    own("--join-timeout", metavar="SECONDS", kind=kinds.POSITIVE, default=60.0,
        help="How long the processes of torchrun or accelerate launch wait for one another."),
    flag("--no-distributed", help="Evaluate in this process alone, whatever torchrun's variables say."),
)

_OUTPUT = group(
    "Output",
    field("per_sample", help="Report the values of each sample."),
    field("save_statistics", metavar="FILE.npz", kind=kinds.PATH,
          help="Keep mean and covariance of the reals' features, as --real FILE.npz and pytorch-fid read them."),
    field("worst", metavar="K", kind=kinds.COUNT, help="Report the K worst samples of each loss."),
    flag("--pictures", help="Show the samples of --worst as pictures beneath the table, where the terminal can."),
    flag("--quiet", "-q", help="Print nothing but errors on standard error."),
    flag("--no-progress", help="Show no progress bar."),
    flag("--schema", key="print_schema", help="Print the JSON Schema of --format json and exit.", answer=_show_schema),
    HELP,
)

GATES = group(
    "Gates",
    field("fail_if", metavar="'LOSS<NUMBER'", kind=kinds.GATES,
          help="Exit with 1 if this holds, such as 'fm:melgan>3' or, of a term, 'd_lsgan.real.0<0.3'; a loss without"
               " a value fails."),
    field("baseline", metavar="REPORT.json", kind=kinds.PATH,
          help="Report of an earlier run with --per-sample, which --fail-if-worse holds this one against."),
    field("fail_if_worse", metavar="'LOSS [by X]'", kind=kinds.WORSE,
          help="Exit with 1 if the loss is worse than in the baseline by more than chance and more than is allowed,"
               " such as ssim, 'ssim by 0.002', 'mel by 2%' or 'd_lsgan from equilibrium by 0.1'."),
    field("level", metavar="P", kind=kinds.LEVEL,
          help="Chance of a false alarm, at most, of all --fail-if-worse together."),
    field("allow_missing", help="Let samples be missing that only the baseline holds."),
    field("waivers", metavar="FILE.toml", kind=kinds.PATH,
          help="What may be worse for now: tables called waiver with what, why and until, a date."),
)
FAIL_ON = own(
    "--fail-on", metavar="|".join(SEVERITIES), kind=kinds.one_of(SEVERITIES), default="error",
    help="Exit with 1 if a finding is at least this severe.",
)
# fmt: on


def output(document: type[Document], *keys: str) -> Group:
    """Where a kind of document goes and in which format, and what else a command says of its output.

    Args:
        document: its formats are offered.
        keys: of the options beside --format and --help; "output" for files.
    """
    formats, suffixes = offered(document), by_suffix(document)
    format_ = own(
        "--format", "-f", kind=kinds.parsed(partial(_shown, document)), default=formats[0],
        metavar="FORMAT",  # the words as a metavar would be broken in their middle at 80 columns
        help=f"Format of standard output: {', '.join(formats)}.",
    )  # fmt: skip
    files = own(
        "--output", "-o", kind=kinds.several(partial(_files, document)), metavar="FILE",
        help=f"Also write a file, in the format of its suffix: {' '.join(suffixes)}.",
    )  # fmt: skip
    return group("Output", format_, *([files] if "output" in keys else ()), *_OUTPUT.only(*keys, "help"))


def _shown(document: type[Document], option: str, text: str) -> str:
    return one_of(offered(document), option, text)


def _files(document: type[Document], option: str, texts: Sequence[str]) -> tuple[tuple[Path, str], ...]:
    """Files, each with the format of this kind of document that its suffix stands for."""
    known = by_suffix(document)
    paths = [Path(text) for text in texts]
    for path in paths:
        if path.suffix.lower() not in known:
            raise UsageError(f"{option} {path}: expected a suffix of {', '.join(known)}; got {path.suffix!r}")
    return tuple((path, known[path.suffix.lower()]) for path in paths)


_OF_EVAL = (
    *NETWORKS, *DATA, *LOSSES, *RUN, *DIVIDED.only("shard", "journal"),
    *_OUTPUT.only("per_sample", "save_statistics", "worst"), *GATES,
)  # fmt: skip
_OF_PYTHON = (*(role(name, "") for name in DATA_ROLES), field("command", kind=kinds.TEXTS, help=""))
# the arguments of `evaluate` by name: the options of `eval` that say what is evaluated, and what only Python can give
ARGUMENTS = {option.key: option for option in (*_OF_EVAL, *_OF_PYTHON)}
