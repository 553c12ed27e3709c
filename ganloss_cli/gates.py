"""Gates: conditions such as 'ssim<0.9' under which a run counts as failed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.records.report import Gate, Report, Result
from ganloss_cli.records.request import GateCondition


@dataclass(frozen=True, kw_only=True)
class Gateable:
    """A loss that will be evaluated, and everything that a gate may call it.

    Args:
        typed: the loss as typed in `--losses`, which its results carry.
        names: other spellings: "ssim:wang2004" where "ssim" was typed, and the other way round.
        terms: the named parts it has: "real.0", "fake.0"; "real" then is the sum of all that begin so.
    """

    typed: str
    names: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    def part_called(self, name: str) -> str | None:
        """What follows one of its names and a dot: "real.0" of "d_lsgan.real.0"; None where nothing does."""
        return next((name[len(own) + 1 :] for own in (self.typed, *self.names) if name.startswith(f"{own}.")), None)

    def parts(self) -> tuple[str, ...]:
        """Its terms, and their first words where these are not terms themselves."""
        return tuple(dict.fromkeys((*self.terms, *(term.partition(".")[0] for term in self.terms))))


@dataclass(frozen=True, kw_only=True)
class AimedGate:
    """A condition and what it is held against: a loss, or a part of one."""

    condition: GateCondition
    typed: str
    part: str | None = None


def aim_gates(conditions: Iterable[GateCondition], losses: Sequence[Gateable]) -> tuple[AimedGate, ...]:
    """Find what every condition names, and refuse one that names nothing: such a gate could never fail.

    Args:
        conditions: of `--fail-if`.
        losses: every loss that will be evaluated.

    Raises:
        UsageError: a condition names none of `losses` and none of their terms; the message lists what can be named.
    """
    return tuple(_aimed(condition, losses) for condition in conditions)


def _aimed(condition: GateCondition, losses: Sequence[Gateable]) -> AimedGate:
    name = condition.loss
    for called in ({loss.typed: loss for loss in losses}, {own: loss for loss in losses for own in loss.names}):
        if name in called:
            return AimedGate(condition=condition, typed=called[name].typed)
    for loss in losses:
        part = loss.part_called(name)
        if part is not None and part in loss.parts():
            return AimedGate(condition=condition, typed=loss.typed, part=part)
        if part is not None:
            had = f"only {', '.join(loss.parts())}" if loss.terms else "nor any other"
            raise UsageError(f"--fail-if {condition.expression!r}: {loss.typed} has no term {part!r}, {had}")
    raise _not_evaluated(condition, [loss.typed for loss in losses])


def _not_evaluated(condition: GateCondition, losses: Sequence[str]) -> UsageError:
    family = [typed for typed in losses if typed.partition(":")[0] == condition.loss.partition(":")[0]]
    advice = f"gate on {' or '.join(family)}" if family else f"add {condition.loss.partition('.')[0]} to --losses"
    known = ", ".join(losses) or "none"
    return UsageError(
        f"--fail-if {condition.expression!r}: {condition.loss!r} is not among the losses evaluated ({known})",
        hint=advice,
    )


def evaluate_gates(gates: Iterable[AimedGate], results: Iterable[Result]) -> tuple[Gate, ...]:
    """Hold every gate against every result of its loss, of both domains and both kinds of weights.

    A result without a value fails its gate: NaN never passes.

    Args:
        gates: what `aim_gates` returned.
        results: what was evaluated.

    Returns:
        one a gate, with the value that decided: the first that failed, else the first of all.

    Raises:
        UsageError: a gate is on a loss without a result.
    """
    by_loss: dict[str, list[Result]] = {}
    for result in results:
        by_loss.setdefault(result.typed, []).append(result)
    gates = list(gates)
    for gate in gates:
        if gate.typed not in by_loss:
            raise _not_evaluated(gate.condition, list(by_loss))
    return tuple(_gate(gate, by_loss[gate.typed]) for gate in gates)


def exit_status(report: Report) -> ExitStatus:
    """What a finished run ends with: a failed gate before a loss that is not finite before nothing evaluated.

    A part of a run is judged where all parts are merged.
    """
    if any(gate.failed for gate in report.gates):
        return ExitStatus.FAILED
    if report.part is not None or report.plan is not None:
        return ExitStatus.DONE
    if any(result.reason in ("nan", "infinite") for result in report.results):
        return ExitStatus.NON_FINITE
    if all(result.value is None for result in report.results):
        return ExitStatus.NOTHING
    return ExitStatus.DONE


def _gate(gate: AimedGate, results: Sequence[Result]) -> Gate:
    observed = [(result, _observed(result, gate.part)) for result in results]
    failing = [pair for pair in observed if pair[1] is None or gate.condition.holds(pair[1])]
    result, value = (failing or observed)[0]
    return Gate(
        expression=gate.condition.expression,
        loss=gate.condition.loss,
        observed=value,
        failed=bool(failing),
        reason=None if value is not None else result.reason or "unavailable",
    )


def _observed(result: Result, part: str | None) -> float | None:
    """The value of a result, of one of its terms, or of all terms that begin with one word."""
    if part is None:
        return result.value
    terms = [term for name, term in result.terms.items() if name == part or name.startswith(f"{part}.")]
    values = [term.value for term in terms if term.value is not None]
    return math.fsum(values) if terms and len(values) == len(terms) else None
