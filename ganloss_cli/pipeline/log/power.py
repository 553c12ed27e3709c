"""What a comparison could have noticed: which other checkpoints of the training would have passed it as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.records.log import LoggedNumber, LogVerdict
from ganloss_cli.records.outcomes import REPRODUCED, AuditOutcome, worst


@dataclass(frozen=True, kw_only=True)
class Power:
    """Numbers with what they could have noticed.

    Args:
        numbers: each with the steps at which it would have passed.
        others: the steps of other checkpoints that the log has numbers for.
        passing: those of them at which all numbers would have passed.
    """

    numbers: tuple[LoggedNumber, ...]
    others: tuple[int, ...]
    passing: tuple[int, ...]


def with_power(numbers: Sequence[LoggedNumber], logged: Sequence[Mapping[int, float]]) -> Power:
    """Numbers that any other checkpoint would pass as well cannot tell; nor can digits that another one shares.

    Args:
        numbers: with the outcome that each has on its own.
        logged: for each, what the log has at the steps of other checkpoints.
    """
    passing_each = [_passing(number, beside) for number, beside in zip(numbers, logged, strict=True)]
    others = sorted({step for beside in logged for step in beside})
    passing = tuple(
        step for step in others
        if all(step in found for found, beside in zip(passing_each, logged, strict=True) if step in beside)
    )  # fmt: skip
    shown = [
        _with_passing(number, found, beside, shared=bool(passing))
        for number, found, beside in zip(numbers, passing_each, logged, strict=True)
    ]
    return Power(numbers=tuple(shown), others=tuple(others), passing=passing)


def overall(outcomes: Iterable[AuditOutcome]) -> AuditOutcome:
    """The worst of all that could tell; where none could, that."""
    found = list(outcomes)
    able = [outcome for outcome in found if outcome != "cannot tell"]
    return worst(able if any(outcome != "not computed" for outcome in able) else found)


def verdict_of(outcome: AuditOutcome, factor_meaning: str | None) -> LogVerdict:
    """The older word for an outcome, which the documents keep.

    Args:
        outcome: of a number that was recomputed.
        factor_meaning: whose factor it has.
    """
    if outcome == "no match":
        return "not reproducible"
    if outcome == "cannot tell":
        return "not computed"
    return "reproduced" if factor_meaning is None else "off by a factor"


def _passing(number: LoggedNumber, beside: Mapping[int, float]) -> tuple[int, ...]:
    """The steps whose logged value would not have been told from the recomputed one."""
    if number.recomputed is None or number.power is None:
        return tuple(beside)
    return tuple(step for step, value in beside.items() if abs(value - number.recomputed) <= number.power)


def _with_passing(
    number: LoggedNumber, passing: tuple[int, ...], beside: Mapping[int, float], *, shared: bool
) -> LoggedNumber:
    every = bool(beside) and len(passing) == len(beside)
    blind = every if number.outcome == "consistent" else bool(passing) and (every or shared)
    if number.outcome not in REPRODUCED or not blind:
        return replace(number, would_pass=passing if number.recomputed is not None else ())
    verdict = verdict_of("cannot tell", None)
    return replace(number, outcome="cannot tell", verdict=verdict, exact=None, would_pass=passing)
