"""What a gate asks of a baseline: which losses it names there, and what could never be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.worsening import Aim
from ganloss_cli.pipeline.baseline.measured import Measured, apart
from ganloss_cli.records.listing import listed
from ganloss_cli.records.request import WorseCondition

_MAKE_ALIKE = "give this run the options of the baseline, or make the baseline anew"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A gate and one loss of the baseline that it names: of each domain and kind of weights there is one."""

    condition: WorseCondition
    before: Measured

    @property
    def aim(self) -> Aim:
        """What it asks."""
        row, condition = self.before.row, self.condition
        return Aim(
            higher_is_better=None if condition.from_equilibrium else row["higher_is_better"],
            equilibrium=row["equilibrium"] if condition.from_equilibrium else 0.0,
            allowed=condition.allowed,
            relative=condition.relative,
        )

    def refused(self, why: str, hint: str | None = None) -> UsageError:
        """The error that it cannot be asked."""
        return UsageError(f"--fail-if-worse {self.condition.expression!r}: {why}", hint=hint)


def aimed(condition: WorseCondition, losses: Sequence[Measured], path: Path) -> list[Question]:
    """A gate with all results of the loss that it names: as typed, else with its convention, else without.

    Args:
        condition: the gate.
        losses: of the baseline.
        path: of it.

    Raises:
        UsageError: it names none, or several, or asks what no run could answer.
    """
    named = [
        [each for each in losses if condition.loss in names(each)]
        for names in (
            lambda each: (each.typed,),
            lambda each: (f"{each.row['loss']}:{each.row.get('convention')}",),
            lambda each: (each.row["loss"], each.typed.rpartition("/")[2]),
        )
    ]
    found = next(filter(None, named), [])
    typed = list(dict.fromkeys(each.typed for each in losses))
    expression = condition.expression
    if not found:
        raise UsageError(
            f"--fail-if-worse {expression!r}: {path} holds no {condition.loss!r}, but {listed(typed, 12)}",
            hint="name one of these, or make a baseline that holds it",
        )
    if len(kinds := dict.fromkeys(each.typed for each in found)) > 1:
        raise UsageError(
            f"--fail-if-worse {expression!r}: {condition.loss!r} may be {' or '.join(map(repr, kinds))}",
            hint=f"name {next(iter(kinds))!r}, or each",
        )
    questions = [Question(condition=condition, before=each) for each in found]
    for question in questions:
        _require_answer(question, losses)
    return questions


def _require_answer(question: Question, losses: Sequence[Measured]) -> None:
    """Refuse what no run could answer."""
    condition, before = question.condition, question.before
    equilibrium = before.row.get("equilibrium")
    if before.value is None:
        return  # which fails whatever is asked
    if condition.from_equilibrium and equilibrium is None:
        raise question.refused(f"{before.called} has no equilibrium")
    if not condition.from_equilibrium and before.row.get("higher_is_better") is None:
        from_there = None if equilibrium is None else f"--fail-if-worse '{condition.loss} from equilibrium by 0.1'"
        raise question.refused(
            f"of {before.called} neither higher nor lower is better{_because(before, losses)}",
            f"{from_there} fails where it moves away from {equilibrium:.4g}" if from_there else None,
        )
    if condition.relative and before.value == 0:
        raise question.refused(f"{before.called} is 0 in the baseline, and so is any share of it", "allow a number")
    if not before.samples and before.mean is None and before.redrawn is None:
        raise without_spread(question)


def _because(total: Measured, losses: Sequence[Measured]) -> str:
    """The terms without a better side that a recipe's total adds."""
    places = ((each, each.row.get("recipe") or {}) for each in losses if each is not total)
    terms = [
        each.called
        for each, place in places
        if place.get("total") == total.typed and place.get("weight") and each.row.get("higher_is_better") is None
    ]
    return f", for it adds {listed(terms)}" if terms else ""


def refuse_other_circumstances(question: Question, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse a run whose number is another quantity.

    Args:
        question: which is asked of it.
        before: what the quantity depends on, in the baseline.
        now: the same, in the run.
    """
    if told := apart(before, now):
        differences = "; ".join(f"{name} {told[name]}" for name in told)
        raise question.refused(f"not the quantity of the baseline: {differences}", _MAKE_ALIKE)


def refuse_other_kinds(question: Question, losses: Sequence[Measured]) -> None:
    """Refuse the loss of the baseline in another convention, of other weights, or outside its recipe."""
    row = question.before.row
    for theirs in (other.row for other in losses):
        if row["loss"] == "total" or (row.get("recipe") and theirs.get("recipe")):
            continue  # a recipe may hold one loss several times
        if (theirs["loss"], theirs.get("domain")) == (row["loss"], row.get("domain")):
            names = [name for name in ("convention", "weights") if theirs.get(name) != row.get(name)]
            pairs = [f"{name} {row.get(name)} and {theirs.get(name)}" for name in names]
            told = ", ".join(pairs) or "a recipe's term and the loss alone"
            raise question.refused(f"not the quantity of the baseline: {told}", _MAKE_ALIKE)


def without_spread(question: Question) -> UsageError:
    """The error that nothing tells how far chance moves a loss."""
    before = question.before
    return question.refused(
        f"{before.called} is one number of a whole set, of which nothing tells how far chance moves it",
        f"make the baseline anew, if an older version did, or hold it against a number, as --fail-if"
        f" '{before.typed}>{before.value:.4g}' does",
    )
