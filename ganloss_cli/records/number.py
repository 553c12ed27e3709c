"""What `ganloss audit number` has to say. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganloss_cli.records.outcomes import AuditOutcome
from ganloss_cli.records.report import SCHEMA_VERSION, CheckpointRecord, Finding, Input, Weights

NumberVerdict = Literal["reproduced", "ambiguous", "closest, not reproduced"]


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
        mistake: what is wrong with the convention, where it is one that people make.
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

    @property
    def formula(self) -> str:
        """The convention, the factor before it, the conditions behind it: "2 × d_lsgan:vits of A, mode train"."""
        factor = "" if self.factor_meaning is None else f"{self.factor:.6g} × "
        where = f" of {self.domain}" if self.domain and len(self.domain) == 1 else ""
        words = "".join(f", {name} {value}" for name, value in self.conditions.items())
        return f"{factor}{self.loss}:{self.convention}{where}{words}"


@dataclass(frozen=True, kw_only=True)
class TracedNumber:
    """A number of unknown origin, and what might have made it.

    Args:
        name: the loss as it was typed.
        text: the number as it was typed; its digits decide what rounding may hide.
        tolerance: half a unit of the last digit, or the rounding of the computation where that is more.
        outcome: the verdict in the words of all audits.
        candidates: the best ones, ranked; without data, what is known to have this value.
        tried: how many candidates were compared with it.
        formulas: how many of them differ on these data.
        chance_hits: how many would agree with an unrelated number of this size and these digits.
        separated_by: what would tell the candidates of an ambiguous number apart.
        remarks: what the number alone tells.
        values: of all formulas that differ on these data, ascending.
    """

    name: str
    text: str
    value: float
    tolerance: float
    verdict: NumberVerdict
    outcome: AuditOutcome = "no match"
    candidates: tuple[Candidate, ...]
    tried: int
    formulas: int
    chance_hits: float | None
    separated_by: str | None = None
    remarks: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NumberReport:
    """Everything one run of `ganloss audit number` has to say."""

    verdict: NumberVerdict
    outcome: AuditOutcome = "no match"
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
