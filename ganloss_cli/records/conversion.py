"""What `ganloss convert` has to say. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.records.report import SCHEMA_VERSION, Finding, Weights


@dataclass(frozen=True, kw_only=True)
class ConvertedNetwork:
    """One network that became a file of its own.

    Args:
        file: its name; its configuration has the same with .json.
        role: product.md's word for it, or "network" where nothing tells.
        weights: "ema" for a moving average of others.
        path: the checkpoint that it was in.
        sha256: of that, and of others that it has tensors of; None of a plan.
        name_in_file: what it was called there.
        architecture: as recognised, or None.
        step: of the training.
        tensors: how many names it has.
        bytes: of what is written.
        dtypes: dtype -> how many tensors have it.
        tied: name that is kept in the header alone -> the tensor whose numbers are its own.
    """

    file: str
    role: str
    weights: Weights
    path: str
    sha256: str | None = None
    name_in_file: str
    architecture: str | None
    step: int | None
    tensors: int
    bytes: int
    dtypes: Mapping[str, int]
    tied: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What was not converted of a checkpoint: names of what is no network, or the whole file."""

    path: str
    names: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Everything one run of `ganloss convert` has to say; `written` is false of a plan."""

    tool: Mapping[str, Any]
    command: tuple[str, ...]
    folder: str
    written: bool
    networks: tuple[ConvertedNetwork, ...]
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()
    schema_version: str = SCHEMA_VERSION
