"""What travels between the layers: results, findings and the report that holds them. Standard library only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from ganloss_cli.records.finding import SCHEMA_VERSION, Finding, Weights
from ganloss_cli.records.ranking import Ranking
from ganloss_cli.records.separation import Separation

__all__ = ["SCHEMA_VERSION", "Finding", "Weights"]  # with which a report's other records are named elsewhere
# of a field that only pages draw: no data format has it
DRAWN = MappingProxyType({"drawn": True})

Mode = Literal["eval", "train"]
Reason = Literal["nan", "infinite", "unavailable"]
Verdict = Literal["worse", "not worse", "cannot tell"]
Which = Literal["worst", "best", "median", "highest", "lowest"]


@dataclass(frozen=True, kw_only=True)
class Term:
    """One named part of a loss, such as the real side of one sub-discriminator."""

    value: float | None
    count: int
    standard_error: float | None


@dataclass(frozen=True, kw_only=True)
class RecipeTerm:
    """What a result is in a recipe: value = factor x loss, and the total adds weight x value.

    Args:
        recipe: its name.
        repository: that it was published in, as owner/name.
        side: whose total it belongs to; None where it is only watched.
        total: the total it belongs to, or that it is.
        factor: None for a total.
        weight: None for a total, and where it is only watched.
        part: which named terms of the loss it is; None for all of it.
        sub: the sub-discriminators it is of, as "mpd"; None for all.
        unavailable: why it has no value.
    """

    recipe: str
    repository: str
    side: Literal["generator", "discriminator"] | None = None
    total: str | None = None
    factor: float | None = None
    weight: float | None = None
    part: str | None = None
    sub: str | None = None
    unavailable: str | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """One loss of one convention, with everything needed to say what the number is."""

    loss: str
    convention: str
    value: float | None
    reason: Reason | None = None
    count: int
    standard_error: float | None = None
    minimum: float | None = None
    median: float | None = None
    maximum: float | None = None
    distribution: tuple[int, ...] = ()  # samples in bins of equal width from minimum to maximum, where each has a value
    non_finite: int = 0
    non_finite_samples: tuple[str, ...] = ()
    higher_is_better: bool | None = None
    equilibrium: float | None = None
    unit: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    batch_dependent: bool = False
    batch_dependent_because: str | None = None
    over: Literal["all", "batch"] = "all"
    terms: Mapping[str, Term] = field(default_factory=dict)
    sub_discriminators: int | None = None  # how many, where the loss reads their outputs
    checkpoint: int | None = None
    network: str | None = None
    domain: str | None = None
    weights: Weights | None = None
    mode: Mode | None = None
    range: tuple[float, float] | None = None
    reference: str = ""
    mistake: str | None = None  # what is wrong with the convention, where it is a mistake that people make
    logs: str | None = None  # what the recognised architecture's own training logs, where that is another convention
    logs_mistake: str | None = None  # what is wrong with that one
    library: str | None = None  # what computed it, with its version, where that is none of our own code
    recipe: RecipeTerm | None = None
    typed: str = ""  # the name as the user typed it: "ssim", "ssim:piq"; in a recipe, the name in its log


@dataclass(frozen=True, kw_only=True)
class Input:
    """One role of the data: where it came from and what it holds."""

    role: str
    path: str
    count: int
    kind: Literal["image", "audio", "tensor", "moments"]
    shape: tuple[int, ...] | None = None  # of one sample, where all are equal
    sample_rate: int | None = None
    range: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class CheckpointRecord:
    """One network of one checkpoint file."""

    path: str
    sha256: str | None
    role: str
    name_in_file: str
    architecture: str | None = None
    weights: Weights = "raw"
    step: int | None = None
    parameters: int | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A condition under which the run counts as failed, and what was observed."""

    expression: str
    loss: str
    observed: float | None
    failed: bool
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a loss differs from what it was, and whether that is more than chance.

    Args:
        before: its value there, over the samples that are compared.
        now: its value here, over the same.
        difference: now - before.
        standard_error: of the difference; None where one sample is all there is.
        count: how many samples; of the smaller side where they are not paired.
        paired: whether each sample was held against itself.
        allowed: how much worse it may be, in the unit of the loss.
        higher_is_better: None where neither side is better.
        outcome: whether it is worse by more than is allowed; None where neither side is better.
        chance: corrected p-value of the outcome's opposite; where nobody can tell, of "not worse".
        level: that the chance is held against.
        power: the smallest worsening beyond what is allowed that 80 of 100 such runs would have found.
        count_to_tell: how many samples would tell in 80 of 100 runs, where these do not.
    """

    before: float
    now: float
    difference: float
    standard_error: float | None
    count: int
    paired: bool
    allowed: float = 0.0
    higher_is_better: bool | None = None
    outcome: Verdict | None = None
    chance: float | None = None
    level: float
    power: float | None = None
    count_to_tell: int | None = None


@dataclass(frozen=True, kw_only=True)
class BaselineGate(Gate):
    """A gate against a baseline.

    Args:
        change: what became of the loss; None where one side has no value.
        failures: why it failed.
        missing: samples that only the baseline holds.
        waived: why it may be worse for now, and until when.
    """

    change: Change | None = None
    failures: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    waived: str | None = None


@dataclass(frozen=True, kw_only=True)
class SampleValues:
    """One sample.

    Args:
        name: of it.
        values: its value for each loss as typed; None where a loss has no value for a single sample.
        sha256: role -> that of the bytes which were read for it.
        group: which group of samples it is of; None where nobody knows. No document has it.
    """

    name: str
    values: Mapping[str, float | None]
    sha256: Mapping[str, str] = field(default_factory=dict)
    group: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Redrawn:
    """What a number of a whole set is on samples drawn anew from the set, with replacement, by the seed of the run.

    Args:
        result: its place among the results.
        values: one a drawing; of the same samples in every run of the same seed and as many samples.
    """

    result: int
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Error:
    """What ended a run, and which of its processes it met."""

    message: str
    hint: str | None
    rank: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which share of a run a report is of, with all that `ganloss merge` needs of it.

    Args:
        index: of the share, from 1.
        of: how many shares there are.
        steps: its first step, and the one behind its last.
        n_steps: of the whole run.
        data: what tells the data of one run from those of another.
        conditions: every choice that changes a number.
        outline: what is known before any sample goes through.
        columns: what the samples of the share came to: values by sample and statistics of sets, as arrays.
    """

    index: int
    of: int
    steps: tuple[int, int]
    n_steps: int
    data: Mapping[str, Any]
    conditions: Mapping[str, Any]
    outline: Any
    columns: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SampleRank:
    """Why a sample is shown: it is the `place`-th of the worst, the best or the median samples of a loss.

    Of a loss that has no better side it is one of the highest or the lowest.
    """

    loss: str
    which: Which
    place: int
    value: float


@dataclass(frozen=True, kw_only=True)
class SampleView:
    """One picture of a sample.

    Args:
        called: what it shows: "real", "difference", "local SSIM".
        image: a JPEG or WebP file.
        mean: of what is drawn; None where that is the sample itself.
        low: the least value that is drawn; None where it is no news.
        high: the largest; None likewise.
        wide: whether it is as wide as a sound is long.
    """

    called: str
    image: bytes
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    wide: bool = False


@dataclass(frozen=True, kw_only=True)
class SampleSound:
    """A part of a recording, to be listened to.

    Args:
        side: "real" or "fake".
        ogg: an Ogg file.
        start: of the part, in seconds.
        end: of the part.
        length: of the whole.
    """

    side: str
    ogg: bytes
    start: float
    end: float
    length: float


@dataclass(frozen=True, kw_only=True)
class SamplePicture:
    """One sample, to be looked at and listened to.

    Args:
        name: of it.
        ranks: why it is shown.
        views: of it, and of where its losses come from.
        sounds: of it.
    """

    name: str
    ranks: tuple[SampleRank, ...]
    views: tuple[SampleView, ...]
    sounds: tuple[SampleSound, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything one run of `ganloss eval` has to say."""

    tool: Mapping[str, Any]
    environment: Mapping[str, Any]
    command: tuple[str, ...]
    seed: int
    device: str
    dtype: str
    inputs: tuple[Input, ...] = ()
    fingerprint: str | None = None
    checkpoints: tuple[CheckpointRecord, ...] = ()
    results: tuple[Result, ...] = ()
    samples: tuple[SampleValues, ...] | None = None
    redrawn: tuple[Redrawn, ...] | None = None  # beside `samples`, of what has no value for a single sample
    worst: Mapping[str, tuple[SampleValues, ...]] | None = None
    findings: tuple[Finding, ...] = ()
    gates: tuple[Gate, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)  # loss -> what it lacks
    plan: Mapping[str, Any] | None = None  # of --dry-run
    timing: Mapping[str, Any] = field(default_factory=dict)
    part: Part | None = None  # of --shard
    ranking: Ranking | None = None  # of many checkpoints
    separation: tuple[Separation, ...] | None = None  # of discriminators whose scores of both sides some loss reads
    error: Error | None = None  # of a run over several processes that failed
    exit_status: int = 0
    each: tuple[SampleValues, ...] = field(default=(), metadata=DRAWN)  # every sample, where a page is written
    pictures: Collection[SamplePicture] | None = field(default=None, metadata=DRAWN)  # drawn when they are looked at
    about_pictures: str = field(default="", metadata=DRAWN)  # how to read them, or what they lack
    schema_version: str = SCHEMA_VERSION
