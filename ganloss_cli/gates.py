"""Gates: conditions such as 'ssim<0.9' under which a run counts as failed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.records.listing import grouped
from ganloss_cli.records.report import Finding, Gate, Report, Result
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


Advice = Callable[[str], str]


def to_be_added(name: str) -> str:
    """What to do about a name that is not evaluated, where nothing else is known."""
    return f"add {name.partition('.')[0]} to --losses"


def aim_gates(
    conditions: Iterable[GateCondition], losses: Sequence[Gateable], advice: Advice = to_be_added
) -> tuple[AimedGate, ...]:
    """Find what every condition names, and refuse one that names nothing: such a gate could never fail.

    Args:
        conditions: of `--fail-if`.
        losses: every loss that will be evaluated.
        advice: what to do about a name that is none of theirs; it must not lead to another refusal.

    Raises:
        UsageError: a condition names none of `losses` and none of their terms; the message lists what can be named.
    """
    return tuple(_aimed(condition, losses, advice) for condition in conditions)


def _aimed(condition: GateCondition, losses: Sequence[Gateable], advice: Advice) -> AimedGate:
    name = condition.loss
    called = [loss.typed for loss in losses if loss.typed == name] or [
        loss.typed for loss in losses if name in loss.names
    ]
    if len(set(called)) > 1:
        raise UsageError(
            f"--fail-if {condition.expression!r}: {name!r} may be {' or '.join(map(repr, called))}",
            hint=f"gate on {called[0]!r}, or on each",
        )
    if called:
        return AimedGate(condition=condition, typed=called[0])
    for loss in losses:
        part = loss.part_called(name)
        if part is not None and part in loss.parts():
            return AimedGate(condition=condition, typed=loss.typed, part=part)
        if part is not None:
            had = f"only {', '.join(loss.parts())}" if loss.terms else "nor any other"
            raise UsageError(f"--fail-if {condition.expression!r}: {loss.typed} has no term {part!r}, {had}")
    raise _not_evaluated(condition, [loss.typed for loss in losses], advice)


def _not_evaluated(condition: GateCondition, losses: Sequence[str], advice: Advice) -> UsageError:
    family = [typed for typed in losses if typed.partition(":")[0] == condition.loss.partition(":")[0]]
    known = ", ".join(losses) or "none"
    return UsageError(
        f"--fail-if {condition.expression!r}: {condition.loss!r} is not among the losses evaluated ({known})",
        hint=f"gate on {' or '.join(family)}" if family else advice(condition.loss),
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
    by_loss, gates = grouped((result.typed, result) for result in results), list(gates)
    for gate in gates:
        if gate.typed not in by_loss:
            raise _not_evaluated(gate.condition, list(by_loss), to_be_added)
    return tuple(_gate(gate, by_loss[gate.typed]) for gate in gates)


def judged(report: Report, gates: Sequence[AimedGate]) -> Report:
    """The report with its gates, a warning of those against a loss's direction, and what the run ends with."""
    found = replace(
        report,
        gates=evaluate_gates(gates, report.results),
        findings=(*report.findings, *against_direction(gates, report.results)),
    )
    return replace(found, exit_status=exit_status(found))


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


def against_direction(gates: Iterable[AimedGate], results: Sequence[Result]) -> Iterator[Finding]:
    """A warning for every gate on a whole loss that fails where the loss is good, and passes where it is bad.

    Args:
        gates: what `aim_gates` returned.
        results: what was evaluated.
    """
    better = {result.typed: result.higher_is_better for result in results}
    for gate in gates:
        upwards, condition = better.get(gate.typed), gate.condition
        if gate.part is None and upwards is not None and condition.comparison[0] == ("><"[not upwards]):
            turned = condition.comparison.translate(str.maketrans("<>", "><"))
            yield Finding(
                check="gate_against_direction",
                severity="warning",
                message=f"--fail-if {condition.expression!r} fails the better values: of {gate.typed}"
                f" {'higher' if upwards else 'lower'} is better",
                evidence={"gate": condition.expression, "higher_is_better": upwards},
                hint=f"--fail-if '{condition.loss}{turned}{condition.bound:g}' fails the worse ones",
            )


def _observed(result: Result, part: str | None) -> float | None:
    """The value of a result, of one of its terms, or of all terms that begin with one word."""
    if part is None:
        return result.value
    terms = [term for name, term in result.terms.items() if name == part or name.startswith(f"{part}.")]
    values = [term.value for term in terms if term.value is not None]
    return math.fsum(values) if terms and len(values) == len(terms) else None
