"""What travels between the layers: results, findings and the report that holds them. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = "1.0"

Severity = Literal["note", "warning", "error"]
Weights = Literal["raw", "ema"]
Mode = Literal["eval", "train"]
Reason = Literal["nan", "infinite", "unavailable"]
Verdict = Literal["reproduced", "ambiguous", "closest, not reproduced"]


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
        side: whose total it belongs to; None where it is only watched.
        total: the total it belongs to, or that it is.
        factor: None for a total.
        weight: None for a total, and where it is only watched.
        part: which named terms of the loss it is; None for all of it.
        unavailable: why it has no value.
    """

    recipe: str
    side: Literal["generator", "discriminator"] | None = None
    total: str | None = None
    factor: float | None = None
    weight: float | None = None
    part: str | None = None
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
    sub_discriminators: int | None = None  # how many judged, where the loss reads what they said
    checkpoint: int | None = None
    network: str | None = None
    domain: str | None = None
    weights: Weights | None = None
    mode: Mode | None = None
    range: tuple[float, float] | None = None
    reference: str = ""
    logs: str | None = None  # what the recognised architecture's own training logs, where that is another convention
    recipe: RecipeTerm | None = None
    typed: str = ""  # the name as the user typed it: "ssim", "ssim:piq"; in a recipe, the name in its log


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something worth knowing about an input or a number; `check` is named for what is wrong."""

    check: str
    severity: Severity
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Input:
    """One role of the data: where it came from and what it holds."""

    role: str
    path: str
    count: int
    kind: Literal["image", "audio", "tensor"]
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
class SampleValues:
    """One sample and its value for each loss as typed; None where a loss has no value for a single sample."""

    name: str
    values: Mapping[str, float | None]


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
    worst: Mapping[str, tuple[SampleValues, ...]] | None = None
    findings: tuple[Finding, ...] = ()
    gates: tuple[Gate, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)  # loss -> what it lacks
    plan: Mapping[str, Any] | None = None  # of --dry-run
    timing: Mapping[str, Any] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One formula that might have made a number, and what it gives on the data at hand.

    Args:
        factor: what the convention's value is multiplied by.
        factor_meaning: whose factor that is; None for the convention itself.
        conditions: what differs from the run as it was asked for, such as {"mode": "train"}.
        value: the convention's value times the factor.
        difference: the value less the number.
        standard_errors: the difference in standard errors of the value; None where one sample, or the loss, has none.
        departures: how many of factor and conditions differ from the plain convention.
        same: other names of the same formula, or of one with the same value on every sample of these data.
    """

    loss: str
    convention: str
    factor: float = 1.0
    factor_meaning: str | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    domain: str | None = None
    weights: Weights | None = None
    value: float
    difference: float
    standard_errors: float | None = None
    within_rounding: bool = False
    departures: int = 0
    source: str = ""
    relation: str = ""
    mistake: str | None = None
    same: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TracedNumber:
    """A number of unknown origin, and what might have made it.

    Args:
        name: the loss as it was typed.
        text: the number as it was typed; its digits decide what rounding may hide.
        tolerance: half a unit of the last digit, or the rounding of the computation where that is more.
        candidates: the best ones, ranked; without data, what is known to have this value.
        tried: how many candidates were compared with it.
        formulas: how many of them differ on these data.
        chance_hits: how many would agree with an unrelated number of this size and these digits.
        separated_by: what would tell the candidates of an ambiguous number apart.
        remarks: what the number alone tells.
    """

    name: str
    text: str
    value: float
    tolerance: float
    verdict: Verdict
    candidates: tuple[Candidate, ...]
    tried: int
    formulas: int
    chance_hits: float | None
    separated_by: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NumberReport:
    """Everything one run of `ganloss audit number` has to say."""

    verdict: Verdict
    numbers: tuple[TracedNumber, ...]
    tool: Mapping[str, Any]
    environment: Mapping[str, Any]
    command: tuple[str, ...]
    seed: int
    device: str | None
    dtype: str
    inputs: tuple[Input, ...] = ()
    fingerprint: str | None = None
    checkpoints: tuple[CheckpointRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    timing: Mapping[str, Any] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION


@dataclass(frozen=True, kw_only=True)
class TensorRow:
    """One tensor of a network that was not read; `shared_with` is the earlier one whose numbers are its own."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    shared_with: str | None = None


@dataclass(frozen=True, kw_only=True)
class ModuleBranch:
    """One module of a network, by the names of its tensors."""

    name: str
    parameters: int
    modules: tuple[ModuleBranch, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InspectedNetwork:
    """One network of a file that was looked at and not read.

    Args:
        role: product.md's word for it, or "network" where nothing tells.
        name_in_file: what the file calls it; empty for a raw state dict.
        weights: "ema" for a moving average of others.
        architecture: as recognised, or None.
        hyperparameters: of the architecture.
        origins: hyper-parameter -> "shape", "recipe" or "config".
        recipe: the training code whose choices were assumed, as owner/name.
        parameters: how many numbers are trained; buffers are not. Tied weights count once, here and in `bytes`.
        buffers: how many numbers are not: statistics, counters, filters.
        bytes: of all its tensors.
        dtypes: dtype -> how many tensors have it.
        tensor_count: how many tensors it has.
        shared_count: how many of them are tied to an earlier one.
        tensors: each of them, where asked for.
        tree: its modules, where asked for.
    """

    role: str
    name_in_file: str
    weights: Weights
    architecture: str | None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    recipe: str | None = None
    parameters: int
    buffers: int
    bytes: int
    dtypes: Mapping[str, int]
    tensor_count: int
    shared_count: int = 0
    tensors: tuple[TensorRow, ...] | None = None
    tree: ModuleBranch | None = None


@dataclass(frozen=True, kw_only=True)
class InspectedFile:
    """One checkpoint file that was looked at and not read.

    Args:
        path: the file.
        format: by its first bytes: "torch zip", "safetensors" ...
        holds: what kind of thing it is: "state dict", "training state", "Lightning checkpoint" ...
        bytes: of the file.
        sha256: where asked for.
        step: the training step, from the file or its name.
        networks: in the file's order.
        optimizers: name -> settings of its first group.
        config: settings in the file and beside it.
        config_origins: of the latter, setting -> name of the file that gives it.
        left_over: names of what is none of these.
        globals: everything its pickles would import.
        refused: those of them for which `eval` and `audit` refuse the file.
    """

    path: str
    format: str
    holds: str
    bytes: int
    sha256: str | None = None
    step: int | None = None
    networks: tuple[InspectedNetwork, ...] = ()
    optimizers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    config_origins: Mapping[str, str] = field(default_factory=dict)
    left_over: tuple[str, ...] = ()
    globals: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OtherFile:
    """A checkpoint of a folder that was passed over."""

    name: str
    role: str | None
    step: int | None
    bytes: int


@dataclass(frozen=True, kw_only=True)
class InspectedFolder:
    """A folder of checkpoints: which would be opened, and which not."""

    path: str
    chosen: tuple[str, ...]
    others: tuple[OtherFile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Everything one run of `ganloss inspect` has to say."""

    tool: Mapping[str, Any]
    command: tuple[str, ...]
    files: tuple[InspectedFile, ...] = ()
    folders: tuple[InspectedFolder, ...] = ()
    findings: tuple[Finding, ...] = ()
    schema_version: str = SCHEMA_VERSION
