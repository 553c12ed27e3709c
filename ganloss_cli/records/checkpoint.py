"""What `ganloss audit checkpoint` is asked for, and what it has to say. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganloss_cli.records.report import SCHEMA_VERSION, CheckpointRecord, Finding, Input
from ganloss_cli.records.request import Request
from ganloss_cli.records.separation import Separation
from ganloss_cli.records.severity import Severity


@dataclass(frozen=True, kw_only=True)
class AuditRequest:
    """One audit.

    Args:
        request: the files, and how networks and data are read; its losses are those whose precision is checked.
        only: names of the checks to run; empty for all.
        skip: names of checks to leave out.
        fail_on: the severity from which a finding fails the audit.
        holdout: real samples that the discriminator was not trained on.
    """

    request: Request
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_on: Severity = "error"
    holdout: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number about a discriminator or a generator; no verdict.

    Args:
        subject: whose it is.
        name: what it is.
        value: None where it could not be had.
        low: lower end of its 95 % interval.
        high: upper end.
        count: how many samples it rests on.
        verdict: what it says, where a check draws a conclusion from it: whether that many samples can tell.
    """

    subject: str
    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    verdict: str | None = None


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """One check of an audit: how many things it looked at and how many findings it had, or why it did not run."""

    check: str
    subjects: int
    findings: int
    not_run: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """Everything one run of `ganloss audit checkpoint` has to say."""

    passed: bool
    fail_on: Severity
    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]
    checks: tuple[CheckRun, ...]
    checkpoints: tuple[CheckpointRecord, ...]
    inputs: tuple[Input, ...]
    separation: tuple[Separation, ...] = ()  # one a discriminator whose scores were read
    gates: tuple[()] = ()  # of the JSON's fields; an audit of a checkpoint has none
    tool: Mapping[str, Any]
    environment: Mapping[str, Any]
    command: tuple[str, ...]
    seed: int
    device: str
    dtype: str
    timing: Mapping[str, Any] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION
