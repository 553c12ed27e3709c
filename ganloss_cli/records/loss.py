"""What `ganloss audit loss` is asked and what it has to say. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganloss_cli.records.outcomes import REPRODUCED, AuditOutcome
from ganloss_cli.records.report import SCHEMA_VERSION, Finding
from ganloss_cli.records.severity import Severity, reaches

LossVerdict = Literal["exact", "up to a factor", "a known mistake", "departs", "not evaluated"]
How = Literal["by name", "by position", "as told"]
# What images may hold that a function takes.
SPANS: tuple[tuple[float, float], ...] = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))


@dataclass(frozen=True, kw_only=True)
class LossAuditRequest:
    """A user's own loss function and what it is held against.

    Args:
        function: "FILE.py:FUNCTION".
        loss: the name in the catalogue, with or without a convention.
        mapping: their parameter, or name in their file -> our input.
        keywords: arguments for the constructor of a class, or for each call.
        span: what images hold that the function takes; None to find out.
        seconds_per_call: after which a call counts as endless.
        seconds: for all of it.
        memory: bytes that a call may allocate.
        fail_on: the severity from which a finding fails the audit.
        command: the command line.
    """

    function: str
    loss: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, Any] = field(default_factory=dict)
    span: tuple[float, float] | None = None
    seconds_per_call: float = 10.0
    seconds: float = 120.0
    memory: int = 4 << 30
    fail_on: Severity = "error"
    command: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MatchedParameter:
    """One parameter of the function and the input it was given.

    Args:
        theirs: its name.
        ours: the input, in product.md's words where it has one.
        how: what told it.
    """

    theirs: str
    ours: str
    how: How


@dataclass(frozen=True, kw_only=True)
class ProbedValue:
    """What the function gave on one probing input.

    Args:
        probe: the input's name.
        value: of the function; None where it gave none.
        expected: of the convention named, with its factor; None where that has none.
        agrees: whether they are one up to rounding.
        remark: why there is no value, or what else.
    """

    probe: str
    value: float | None
    expected: float | None
    agrees: bool
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class NearConvention:
    """A convention and how far the function is from it.

    Args:
        departure: largest relative difference on the regular probes.
        mistake: what is wrong with the convention, where it is one that people make.
    """

    convention: str
    departure: float | None
    relation: str
    source: str
    mistake: str | None = None


@dataclass(frozen=True, kw_only=True)
class LossAudit:
    """Everything one run of `ganloss audit loss` has to say.

    Args:
        function: as it was named.
        file: it lies in.
        line: of its definition.
        loss: the name in the catalogue.
        verdict: how it relates to the loss.
        outcome: the same in the words of all audits.
        convention: the closest one, "psnr:half".
        wanted: whether that is the convention asked for, where one was.
        factor: what the function multiplies it by.
        offset: what it adds: 1 where it turned a similarity into a loss.
        meaning: of factor and offset, in words.
        same: other names of it, and conventions that no probe tells from it.
        of_one_sample: another that a batch of one does not tell from it.
        mistake: what is wrong with the convention, where it is a known mistake.
        source: of the convention.
        form: how it wants its inputs.
        parameters: as they were matched.
        probes: one after the other.
        nearest: conventions by their distance.
        elsewhere: another loss that it computes instead.
        rules: what each check found means.
        fail_on: the severity from which a finding fails the audit.
    """

    function: str
    file: str
    line: int | None
    loss: str
    verdict: LossVerdict
    outcome: AuditOutcome = "not computed"
    convention: str | None = None
    wanted: bool = True
    factor: float = 1.0
    offset: float = 0.0
    meaning: str = ""
    same: tuple[str, ...] = ()
    of_one_sample: str | None = None
    mistake: str | None = None
    source: str = ""
    form: str = ""
    parameters: tuple[MatchedParameter, ...] = ()
    probes: tuple[ProbedValue, ...] = ()
    nearest: tuple[NearConvention, ...] = ()
    elsewhere: str | None = None
    findings: tuple[Finding, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    fail_on: Severity = "error"
    tool: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    timing: Mapping[str, Any] = field(default_factory=dict)
    schema_version: str = SCHEMA_VERSION

    @property
    def passed(self) -> bool:
        """Whether it computes a convention of the loss, and no finding is as severe as `fail_on`."""
        severe = any(reaches(finding.severity, self.fail_on) for finding in self.findings)
        return self.outcome in REPRODUCED and not severe
