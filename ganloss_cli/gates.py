"""Gates: conditions such as 'ssim<0.9' under which a run counts as failed."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ganloss_cli.errors import UsageError
from ganloss_cli.records import Gate, Result

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
# in a recipe, losses have the names of its log: "loss/g/total", "D(G(z))"
_CONDITION = re.compile(r"\s*(?P<loss>\w[^\s<>=!]*)\s*(?P<comparison><=|>=|==|!=|<|>)\s*(?P<bound>\S+)\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A gate as typed: the run fails where `loss comparison bound` holds.

    Args:
        expression: what the user typed.
        loss: the loss as typed in `--losses`: "ssim", "ssim:piq".
        comparison: one of <, <=, >, >=, ==, !=.
        bound: a finite number.
    """

    expression: str
    loss: str
    comparison: str
    bound: float

    def holds(self, value: float) -> bool:
        """Whether `value` fails the gate."""
        return _COMPARISONS[self.comparison](value, self.bound)


def parse_gates(expressions: Iterable[str]) -> tuple[Condition, ...]:
    """The conditions of `--fail-if`, in the order given.

    Args:
        expressions: "ssim<0.9", "ssim:piq <= 0.9".

    Raises:
        UsageError: an expression is not LOSS, a comparison and a finite number.
    """
    return tuple(_parse(expression) for expression in expressions)


def _parse(expression: str) -> Condition:
    match = _CONDITION.fullmatch(expression)
    if match is None:
        wanted = f"expected LOSS, one of {' '.join(_COMPARISONS)}, and a number"
        raise UsageError(f"--fail-if {expression!r}: {wanted}", hint="for example --fail-if 'ssim<0.9'")
    try:
        bound = float(match["bound"])
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise UsageError(f"--fail-if {expression!r}: expected a finite number, got {match['bound']!r}")
    return Condition(expression=expression, loss=match["loss"], comparison=match["comparison"], bound=bound)


def check_gates(conditions: Iterable[Condition], losses: Sequence[str]) -> None:
    """Refuse a gate on a loss that nobody evaluates: such a gate could never fail.

    Args:
        conditions: what `parse_gates` returned.
        losses: every loss that will be evaluated, as typed.

    Raises:
        UsageError: a condition names none of `losses`.
    """
    for condition in conditions:
        if condition.loss in losses:
            continue
        family = [typed for typed in losses if typed.partition(":")[0] == condition.loss.partition(":")[0]]
        advice = f"gate on {' or '.join(family)}" if family else f"add {condition.loss} to --losses"
        known = ", ".join(losses) or "none"
        raise UsageError(
            f"--fail-if {condition.expression!r}: {condition.loss!r} is not among the losses evaluated ({known})",
            hint=advice,
        )


def evaluate_gates(conditions: Iterable[Condition], results: Iterable[Result]) -> tuple[Gate, ...]:
    """Hold every condition against every result of its loss, of both domains and both kinds of weights.

    A result without a value fails its gate: NaN never passes.

    Args:
        conditions: what `parse_gates` returned.
        results: what was evaluated.

    Returns:
        one gate a condition, with the value that decided: the first that failed, else the first of all.

    Raises:
        UsageError: a condition names a loss without a result.
    """
    results, conditions = list(results), list(conditions)
    check_gates(conditions, list(dict.fromkeys(result.typed for result in results)))
    return tuple(_gate(condition, [r for r in results if r.typed == condition.loss]) for condition in conditions)


def _gate(condition: Condition, results: Sequence[Result]) -> Gate:
    failing = [result for result in results if result.value is None or condition.holds(result.value)]
    shown = (failing or results)[0]
    return Gate(
        expression=condition.expression,
        loss=condition.loss,
        observed=shown.value,
        failed=bool(failing),
        reason=None if shown.value is not None else shown.reason or "unavailable",
    )
