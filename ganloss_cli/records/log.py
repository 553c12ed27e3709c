"""What `ganloss audit log` has to say: records. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ganloss_cli.records.outcomes import AuditOutcome
from ganloss_cli.records.report import DRAWN, SCHEMA_VERSION, CheckpointRecord, Finding, Input

LogVerdict = Literal["reproduced", "off by a factor", "not reproducible", "not computed"]


@dataclass(frozen=True, kw_only=True)
class LoggedFile:
    """One file of a log.

    Args:
        path: of it.
        format: what it is.
        tags: how many it holds.
        sessions: how many runs of the training wrote into it.
        run: the name of the training, where the form has one.
    """

    path: str
    format: str
    tags: int
    sessions: int
    run: str = ""


@dataclass(frozen=True, kw_only=True)
class LoggedTag:
    """One tag of a log, as it was read.

    Args:
        tag: as the file has it.
        file: its place in the list of files.
        count: how many values it has.
        non_finite: how many of them are NaN or infinite.
        first: where the first one stands: its step, else its epoch, else None.
        last: where the last one stands.
        counted_in: what `first` and `last` count.
        last_value: the last one; None where it is not finite.
        may_be: the losses of the catalogue that it may be; empty for none.
        equilibria: loss -> the value at which neither network can gain, of one discriminator; one of each value.
    """

    tag: str
    file: int
    count: int
    non_finite: int
    first: int | None
    last: int | None
    counted_in: Literal["steps", "epochs", "rows"]
    last_value: float | None
    may_be: tuple[str, ...]
    equilibria: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoggedSum:
    """Terms that should add up.

    Args:
        total: the tag of the sum.
        parts: the tags of its terms, each with its weight.
        file: the file's place in the list.
        rows: how many rows hold them all.
        skipped: how many rows were left out because a display clip shows less than the loss.
        holds: whether they add up in every row, within the digits of the log.
        largest_difference: between the total and the weighted sum; None where one is not finite.
        allowed: the difference that rounding may make in that row.
        worst_at: the step or the epoch of that row.
        tried: of a sum that was searched for, how many were tried; None for one that published code has.
        expected_by_chance: how many of those would fit all rows by chance.
        constant: what is added to the terms.
        solved: the tag of the term whose weight was solved for; None for a sum of known weights.
        weight_meaning: whose weight that is; None where no known code has it.
    """

    total: str
    parts: Mapping[str, float]
    file: int
    rows: int
    skipped: int
    holds: bool
    largest_difference: float | None
    allowed: float | None
    worst_at: int | None
    tried: int | None = None
    expected_by_chance: float | None = None
    constant: float = 0.0
    solved: str | None = None
    weight_meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class TriedReason:
    """One thing that may make a logged number differ, done differently.

    Args:
        what: it is, such as "train mode (dropout)".
        before: the number recomputed without it, on the same samples; None where it was not tried.
        after: the number with it.
        towards: whether that is nearer to the log.
        remaining: how far it then still is.
        failed: why it could not be run; None where it was, or where nobody tried.
    """

    what: str
    before: float | None = None
    after: float | None = None
    towards: bool = False
    remaining: float | None = None
    failed: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoggedNumber:
    """One logged number held against what the checkpoint gives.

    Args:
        tag: whose it is.
        file: the file's place in the list.
        at: the step or the epoch that it was logged for.
        logged: the number.
        verdict: what came of it.
        outcome: the same in the words of all audits.
        exact: whether it agrees to the digits of both; None where it is not reproduced.
        loss: the loss that comes closest, of those that the tag may be.
        convention: its convention.
        factor: what that is multiplied by.
        factor_meaning: whose factor it is; None for 1.
        term: the part of the loss that was compared, such as "real".
        recomputed: the value with its factor.
        difference: the logged number less that.
        equilibrium: what the recomputed value would be where neither network can gain; None where that says nothing.
        standard_error: what the difference is measured in: of the recomputed value and of the logged number together.
        standard_errors: the difference in these units; None where there is none.
        also_fit: how many other formulas lie within the same bound.
        reasons: what may make a logged number differ from that of the checkpoint, as far as it applies here.
        source: of the convention.
        mistake: what is wrong with the convention, where it is one that people make.
        same: other names of the same formula, or of one with the same value on every sample of these data.
        as_good: other formulas that give it as well, where it is ambiguous.
        tried: how many candidates were compared with it.
        formulas: how many of them differ on these data.
        chance_hits: how many would agree with an unrelated number of this size and these digits.
        separated_by: what would tell the formulas of an ambiguous number apart.
        bound: up to which it is the same number: the digits logged, or float32 and another device.
        interval: the recomputed values that would have agreed, where more than that comes in; None where nothing does.
        because: what comes in.
        power: the smallest difference that would have been noticed.
        would_pass: the steps of other checkpoints in the folder that it would not have been told from.
        recipe: the training whose term it was held against; None for every convention.
        tried_reasons: what was recomputed otherwise, that which moves it towards the log first.
    """

    tag: str
    file: int
    at: int | None
    logged: float | None
    verdict: LogVerdict
    outcome: AuditOutcome = "not computed"
    exact: bool | None = None
    loss: str | None = None
    convention: str | None = None
    factor: float | None = None
    factor_meaning: str | None = None
    term: str | None = None
    recomputed: float | None = None
    difference: float | None = None
    equilibrium: float | None = None
    standard_error: float | None = None
    standard_errors: float | None = None
    also_fit: int = 0
    reasons: tuple[str, ...] = ()
    source: str = ""
    mistake: str | None = None
    same: tuple[str, ...] = ()
    as_good: tuple[str, ...] = ()
    tried: int = 0
    formulas: int = 0
    chance_hits: float | None = None
    separated_by: str | None = None
    bound: float | None = None
    interval: tuple[float, float] | None = None
    because: tuple[str, ...] = ()
    power: float | None = None
    would_pass: tuple[int, ...] = ()
    recipe: str | None = None
    tried_reasons: tuple[TriedReason, ...] = ()

    @property
    def formula(self) -> str:
        """What was computed: "0.5 × d_bce:dcgan, real"; empty where nothing was."""
        if self.loss is None:
            return ""
        factor = "" if self.factor in (None, 1.0) else f"{self.factor:.6g} × "
        return f"{factor}{self.loss}:{self.convention}{f', {self.term}' if self.term else ''}"


@dataclass(frozen=True, kw_only=True)
class LoggedCurve:
    """The values of one tag, one after the other.

    Args:
        tag: whose they are.
        file: the file's place in the list.
        places: the step or the epoch of each, as `counted_in` of the tag says; None for what has neither.
        values: the numbers, NaN and infinities included.
        sessions: which run of the training wrote each, from 0.
    """

    tag: str
    file: int
    places: Sequence[int | None]
    values: Sequence[float]
    sessions: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class LogAudit:
    """Everything one run of `ganloss audit log` has to say.

    Args:
        passed: whether nothing failed; with --strict, whether nothing was left open either.
        outcome: the worst of the numbers', of those that could tell this checkpoint from another one if any could.
        other_steps: of checkpoints beside the one evaluated that the log has numbers for.
        steps_not_logged: of the other checkpoints there.
        would_pass: those of the former whose numbers would all have passed as well.
    """

    tool: Mapping[str, Any]
    command: tuple[str, ...]
    passed: bool
    files: tuple[LoggedFile, ...]
    tags: tuple[LoggedTag, ...]
    sums: tuple[LoggedSum, ...]
    numbers: tuple[LoggedNumber, ...] = ()
    outcome: AuditOutcome = "not computed"
    step: int | None = None
    other_steps: tuple[int, ...] = ()
    steps_not_logged: tuple[int, ...] = ()
    would_pass: tuple[int, ...] = ()
    inputs: tuple[Input, ...] = ()
    checkpoints: tuple[CheckpointRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)  # loss -> what it lacks
    curves: tuple[LoggedCurve, ...] = field(default=(), metadata=DRAWN)
    plotted: tuple[str, ...] = field(default=(), metadata=DRAWN)  # tags that a table draws
    schema_version: str = SCHEMA_VERSION
