"""A logged number with everything that it may be: the formulas of its tag's losses, recomputed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganloss_cli.evaluators.catalogue import Convention, Loss, Selected, find_loss
from ganloss_cli.evaluators.known_tags import Meaning
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.log.allowance import RELATIVE, Allowance, Circumstances, float_bound
from ganloss_cli.pipeline.number.candidates import ConventionValue, Formula, formulas_for, is_doubled, reduced
from ganloss_cli.records.outcomes import REPRODUCED
from ganloss_cli.records.report import RecipeTerm, Report, Result
from ganloss_cli.records.request import Request, StatedNumber

# Of two computations in one dtype; float64 is held to what float32 leaves, since the log may be of float32.
PRECISION = {"float64": RELATIVE, "float32": RELATIVE, "float16": 2e-3, "bfloat16": 2e-2}


@dataclass(frozen=True, kw_only=True)
class LoggedSeries:
    """One tag of one file, and what it may be.

    Args:
        file: the file's place in the list.
        log: the file.
        series: the tag's values.
        meaning: None for a tag that is no loss of the catalogue.
        wanted: whether its numbers are told.
        mapped: whether the user said what it is.
    """

    file: int
    log: Log
    series: Series
    meaning: Meaning | None
    wanted: bool = True
    mapped: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """One logged number with all formulas that it may be.

    Args:
        entry: its tag.
        index: of it in the series; None where the log has no value at the step.
        number: with its digits.
        values: of the conventions that it may be.
        formulas: these with every factor.
        circumstances: what is known of its making; None where there is no number.
        term: of the recipe that it is held against; None without one.
    """

    entry: LoggedSeries
    index: int | None
    number: StatedNumber
    values: Sequence[ConventionValue] = ()
    formulas: Sequence[Formula] = ()
    circumstances: Circumstances | None = None
    term: RecipeTerm | None = None

    @property
    def at(self) -> int | None:
        """The step or the epoch that it was logged for."""
        series = self.entry.series
        if self.index is None:
            return None
        return series.epochs[self.index] if series.steps[self.index] is None else series.steps[self.index]

    def allowance(self, formula: Formula) -> Allowance:
        """How far the number may lie from a formula of it, and still be its.

        Args:
            formula: one of those above.
        """
        named = formula.candidate
        if self.circumstances is None:
            return Allowance(bound=formula.bound)
        key = (named.loss, named.convention, named.domain, named.weights)
        result = next(value.result for value in self.values if _key(value) == key)
        factor = 1.0 if self.term else abs(named.factor)  # a recipe's value has it already
        error = None if result.standard_error is None else factor * result.standard_error
        scaled = replace(result, value=named.value, standard_error=error)
        return self.circumstances.allowance(find_loss(named.loss), scaled, formula.bound)

    def agrees(self, formula: Formula) -> bool:
        """Whether the number is a formula's, to the digits or within the interval."""
        return self.allowance(formula).outcome(formula.candidate.difference) in REPRODUCED


def held(
    entry: LoggedSeries,
    meaning: Meaning,
    step: int | None,
    report: Report,
    selected: Sequence[Selected],
    request: Request,
    batch: int | None,
) -> Held:
    """The number of a step with every convention of every loss that its tag may be.

    Args:
        entry: the tag.
        meaning: of it.
        step: of the checkpoint; None for the last number.
        report: of the recomputation.
        selected: the conventions that were computed.
        request: that was recomputed.
        batch: how many samples one logged number is a mean of.
    """
    blank = _blank(entry, step, report, request, batch)
    by_name = {chosen.typed: chosen for chosen in selected}
    values = [
        _value(blank, chosen.loss, chosen.convention, part, is_doubled(result, report.results))
        for result in report.results
        if (part := part_of(result, meaning)) is not None
        and (chosen := by_name[result.typed])
        and meaning.convention in (None, chosen.convention.name)
    ]
    return replace(
        blank, values=values, formulas=formulas_for(blank.number, values, 0.0) if blank.circumstances else ()
    )


def held_by_recipe(
    entry: LoggedSeries, name: str, step: int | None, report: Report, request: Request, batch: int | None
) -> Held:
    """The number of a step with the one term that a recipe logs under its name.

    Args:
        entry: the tag.
        name: the same as the recipe has it.
        step: of the checkpoint; None for the last number.
        report: of the recipe.
        request: that was recomputed.
        batch: how many samples one logged number is a mean of.
    """
    blank = _blank(entry, step, report, request, batch)
    result = next(result for result in report.results if result.typed == name)
    blank = replace(blank, term=result.recipe)
    if result.value is None or result.recipe is None or blank.circumstances is None:
        return blank
    loss = find_loss(result.loss)
    value = _value(blank, loss, loss.convention(result.convention), result, doubled=False)
    formula = formulas_for(blank.number, [value], 0.0)[0]
    factor = result.recipe.factor or 1.0
    meaning = None if factor == 1 else f"the weight of recipe {result.recipe.recipe}"
    candidate = replace(formula.candidate, factor=factor, factor_meaning=meaning, departures=0)
    return replace(blank, values=[value], formulas=[replace(formula, candidate=candidate)])


def _blank(entry: LoggedSeries, step: int | None, report: Report, request: Request, batch: int | None) -> Held:
    """The number of a step, with nothing that it may be yet."""
    series, index = entry.series, _index(entry.series, step)
    if index is None:
        nothing = StatedNumber(name=series.tag, text="", value=math.nan, tolerance=0.0)
        return Held(entry=entry, index=None, number=nothing)
    value, digits, error = series.values[index], series.roundings[index], series.errors[index] or 0.0
    return Held(
        entry=entry,
        index=index,
        number=StatedNumber(
            name=series.tag, text=repr(value), value=value, tolerance=digits, spread=math.hypot(digits, error)
        ),
        circumstances=Circumstances(
            log=entry.log, series=series, index=index, meaning=entry.meaning or Meaning(losses=()), report=report,
            request=request, batch=batch,
        ),
    )  # fmt: skip


def _value(held: Held, loss: Loss, convention: Convention, part: Result, doubled: bool) -> ConventionValue:
    """One convention with what its distances are measured in."""
    made = held.circumstances
    own, batch = part.standard_error or 0.0, made.batch if made else None
    together = math.hypot(own, own * math.sqrt(part.count / batch) if batch else 0.0)
    logged = made is not None and made.series.errors[made.index]
    precision = PRECISION[made.request.dtype] if made else RELATIVE
    return ConventionValue(
        loss=loss, convention=convention, result=part, unit=together if together or logged else None,
        bound=float_bound(loss, part, precision), doubled=doubled,
    )  # fmt: skip


def _key(value: ConventionValue) -> tuple[str, str, str | None, str | None]:
    return value.loss.name, value.convention.name, value.result.domain, value.result.weights


def _index(series: Series, step: int | None) -> int | None:
    """The last value logged for a step or an epoch; without one, or where only one was logged, the last of all."""
    last = len(series.values) - 1
    if step is None or (last == 0 and series.steps[0] is None and series.epochs[0] is None):
        return last
    for places in (series.steps, series.epochs):
        found = [k for k, place in enumerate(places) if place == step]
        if found:
            return found[-1]
    return None


def part_of(result: Result, meaning: Meaning) -> Result | None:
    """The part of a result that was logged; None where it has none, or is of another loss or domain.

    Args:
        result: of one convention.
        meaning: of the tag.
    """
    if result.loss not in meaning.losses or meaning.domain not in (None, result.domain):
        return None
    if meaning.term is None:
        return result
    terms = [term for name, term in result.terms.items() if name.partition(".")[0] == meaning.term]
    values = [term.value for term in terms if term.value is not None]
    if not terms or len(values) < len(terms):
        return None
    errors = [term.standard_error for term in terms if term.standard_error is not None]
    whole = find_loss(result.loss).shown_term
    error = whole * math.hypot(*errors) if len(errors) == len(terms) else None
    return replace(reduced(result, whole * sum(values), error), count=max(term.count for term in terms))
