"""What `ganloss inspect` has to say. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.records.finding import SCHEMA_VERSION, Finding, Weights


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
