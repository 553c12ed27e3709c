"""What a run of `ganloss eval` is asked for: the options of the command and the arguments of `evaluate`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Range = tuple[float, float]  # the lower end and the upper one
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class StatedNumber:
    """A number that a log, a paper or a person states for a loss.

    Args:
        name: what it is called there.
        text: its digits as they stand there.
        value: the number.
        tolerance: half a unit of its last digit.
        spread: its own standard error, of a mean over few samples; 0 where it has none.
    """

    name: str
    text: str
    value: float
    tolerance: float
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True)
class UserNetwork:
    """A network class of the user's own.

    Args:
        text: as it was typed, "ROLE=FILE.py:Class(ngf=64)".
        role: which network it is.
        file: where it is.
        name: what it is called there.
        arguments: by position.
        keywords: by name.
    """

    text: str
    role: str
    file: Path
    name: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StatedPlace:
    """Where a network lies in a checkpoint, as the user says.

    Args:
        text: as it was typed, "ROLE=[CKPT:]dotted.path".
        role: which network it is.
        place: keys, positions in lists and beginnings of tensors' names, with dots between.
        ckpt: the checkpoint; None for whichever has such a place.
    """

    text: str
    role: str
    place: str
    ckpt: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """A network that losses look through, such as "vgg16", or "features" for any, and the file of its weights."""

    name: str
    file: Path


@dataclass(frozen=True, kw_only=True)
class SettingChange:
    """A setting as `--set` changes it.

    Args:
        text: as it was typed, "psnr:sr.border=2".
        target: whose it is: a loss "psnr", one convention of it "psnr:sr", or a recipe "discogan".
        setting: its name there, "border".
        value: its text, "2"; what it is as a value, the setting's own type decides.
    """

    text: str
    target: str
    setting: str
    value: str

    @property
    def loss(self) -> str:
        """The target without the convention."""
        return self.target.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class GateCondition:
    """A gate as typed: the run fails where `loss comparison bound` holds.

    Args:
        expression: what the user typed.
        loss: what it names: "ssim", "ssim:piq", "d_lsgan.real.0".
        comparison: one of `COMPARISONS`.
        bound: a finite number.
    """

    expression: str
    loss: str
    comparison: str
    bound: float

    def holds(self, value: float) -> bool:
        """Whether `value` fails the gate."""
        return COMPARISONS[self.comparison](value, self.bound)


@dataclass(frozen=True, kw_only=True)
class WorseCondition:
    """A gate against a baseline as typed: the run fails where the loss is worse there by more than is allowed.

    Args:
        expression: what the user typed.
        loss: what it names, as the baseline calls it.
        allowed: how much worse it may be.
        relative: whether that is a share of |baseline|.
        from_equilibrium: whether it is the distance from the loss's equilibrium that must not grow.
    """

    expression: str
    loss: str
    allowed: float = 0.0
    relative: bool = False
    from_equilibrium: bool = False


@dataclass(frozen=True, kw_only=True)
class Request:
    """Every choice that changes what is evaluated; how it is printed is not part of it.

    Args:
        ckpt: checkpoint files or folders; the parts make one model.
        disc: the same, for discriminators.
        networks: classes of the user's own.
        state: where networks lie in their checkpoints.
        data: what `--data` points at.
        roles: role -> path, for roles named directly; they win over `data`.
        losses: "ssim", "ssim:piq", "ssim:all", or "all", one word each; empty for all that apply.
        recipe: a published training total instead of losses: "hifigan".
        settings: of losses and of the recipe, as they are changed.
        rename: their name in a tensor file -> our role.
        range: what image tensors in files hold.
        network_range: role -> the range that its images are in, under None for all others.
        channel_order: the order of colour channels that networks eat and make; None for the recipe's, else RGB.
        scores: whether a discriminator returns logits or probabilities.
        naming: whose names G_A, D_A ... are, with two domains.
        features: a pattern of module names whose outputs are the features.
        backbone: the networks that losses look through.
        arch: role -> architecture, where the weights leave several open; under None for all others.
        arch_args: role -> hyper-parameters that cannot be inferred from the weights, as typed; under None for all.
        allow_code: TorchScript and exported programs may run.
        rescue: recover the tensors of pickled modules, importing and running nothing.
        alpha: what to do with an alpha channel; None refuses one that is not opaque everywhere.
        channels: "mono" averages the channels of audio.
        sample_rate: resample audio to this many Hz.
        segment: cut the middle of audio, in seconds.
        resize: the short side, then a centre crop; or width and height.
        tile: side of tiles in pixels, for images too large for one forward pass.
        max_pixels: that an image may have; by default Pillow's limit against decompression bombs.
        modcrop: crop images to a multiple of this many pixels.
        quantize: clamp the generator's images and round them to 8 bits.
        pair_by: its first group, or the whole match, is the name that pairs.
        unpaired: never pair.
        split: "train" or "test", where both lie in one folder.
        direction: "AtoB" or "BtoA", for one generator between two domains.
        aligned: "AB" or "BA": each image holds both, side by side.
        stem: which source of a separation folder is the target.
        mode: "eval", or "train" with buffers copied back.
        weights: "raw", "ema", "both"; None chooses by loss.
        samples: how many fakes to draw from latents; None for as many as reals, at most 10 000.
        latent_shape: shape of one latent, where the generator does not tell.
        limit: use the first N samples only.
        over: "all" evaluates losses over sets on the whole data, "batch" on each batch, as training does.
        batch_size: None chooses by the size of a sample.
        workers: threads that decode.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: the dtype of networks and losses.
        seed: of latents, noise and mixing coefficients.
        per_sample: report each sample's values.
        worst: report the K worst samples of each loss.
        fail_if: the gates.
        baseline: a report that this run is held against.
        fail_if_worse: the gates against the baseline.
        level: the chance, at most, that any of them fails although nothing is worse.
        allow_missing: samples that only the baseline holds are a note.
        waivers: a file that says what may be worse for now.
        dry_run: plan, evaluate nothing.
        shard: which share of the run to compute, from 1, and of how many.
        each: evaluate every checkpoint that is named, or that lies in a folder that is.
        journal: where steps are kept; all are read, the first is written.
        save_statistics: where mean and covariance of the reals' features are kept.
    """

    ckpt: tuple[Path, ...] = ()
    disc: tuple[Path, ...] = ()
    networks: tuple[UserNetwork, ...] = ()
    state: tuple[StatedPlace, ...] = ()
    data: Path | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    recipe: str | None = None
    settings: tuple[SettingChange, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    range: Range | None = None
    network_range: Mapping[str | None, Range] = field(default_factory=dict)
    channel_order: Literal["RGB", "BGR"] | None = None
    scores: Literal["logits", "probabilities"] | None = None
    naming: Literal["cyclegan", "discogan"] | None = None
    features: tuple[str, ...] = ()
    backbone: tuple[Backbone, ...] = ()
    arch: Mapping[str | None, str] = field(default_factory=dict)
    arch_args: Mapping[str | None, Mapping[str, str]] = field(default_factory=dict)
    allow_code: bool = False
    rescue: bool = False
    alpha: Literal["drop", "white", "black", "keep"] | None = None
    channels: Literal["mono", "keep"] = "keep"
    sample_rate: int | None = None
    segment: float | None = None
    resize: int | tuple[int, int] | None = None
    tile: int | None = None
    max_pixels: int | None = None
    modcrop: int | None = None
    quantize: bool = False
    pair_by: re.Pattern[str] | None = None
    unpaired: bool = False
    split: Literal["train", "test"] | None = None
    direction: Literal["AtoB", "BtoA"] | None = None
    aligned: Literal["AB", "BA"] | None = None
    stem: str | None = None
    mode: Literal["eval", "train"] = "eval"
    weights: Literal["raw", "ema", "both"] | None = None
    samples: int | None = None
    latent_shape: tuple[int, ...] | None = None
    limit: int | None = None
    over: Literal["all", "batch"] = "all"
    batch_size: int | None = None
    workers: int = 2
    device: str = "auto"
    dtype: Literal["float32", "float64", "bfloat16", "float16"] = "float32"
    seed: int = 0
    per_sample: bool = False
    worst: int | None = None
    fail_if: tuple[GateCondition, ...] = ()
    baseline: Path | None = None
    fail_if_worse: tuple[WorseCondition, ...] = ()
    level: float = 0.05
    allow_missing: bool = False
    waivers: Path | None = None
    dry_run: bool = False
    shard: tuple[int, int] | None = None
    each: bool = False
    journal: tuple[Path, ...] = ()
    save_statistics: Path | None = None
    command: tuple[str, ...] = ()
