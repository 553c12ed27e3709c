"""What an audit with data hands to its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.records.checkpoint import Measurement
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.report import Input
from ganloss_cli.records.separation import Separation


@dataclass(kw_only=True)
class Subjects:
    """What checks of data look at, by kind, and what else came out."""

    of: dict[str, Sequence[Any]] = field(default_factory=dict)
    measurements: list[Measurement] = field(default_factory=list)
    separation: tuple[Separation, ...] = ()
    findings: tuple[Finding, ...] = ()
    inputs: tuple[Input, ...] = ()
