"""`--recipe`: a published training's terms and totals, under the names that its log gives them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Selected, find_loss, select
from ganloss_cli.evaluators.recipes.published import find_recipe, recipe_of
from ganloss_cli.evaluators.recipes.terms import Recipe, Term, Total
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.pipeline.evaluate.log_words import WordsOfTheLog
from ganloss_cli.pipeline.evaluate.trainings import is_pair, of_architectures
from ganloss_cli.pipeline.networks.models import Model, is_generator
from ganloss_cli.records.report import Finding, RecipeTerm, Report, Result
from ganloss_cli.records.report import Term as ResultTerm
from ganloss_cli.records.request import Request, SettingChange

_UNLESS_BATCHES = "unless --over batch"  # in a caveat that is not true over batches


@dataclass(frozen=True, kw_only=True)
class ChosenRecipe:
    """A recipe with its settings, and the losses that it needs.

    Args:
        recipe: as published.
        settings: its own, with what --set changed.
        selected: one a loss with its convention and settings, however many terms read it.
        changes: what --set changed.
    """

    recipe: Recipe
    settings: Mapping[str, float]
    selected: tuple[Selected, ...]
    changes: tuple[SettingChange, ...]

    def names(self) -> list[str]:
        """What its log calls its terms and totals."""
        return [*(term.logged for term in self.recipe.terms), *(total.logged for total in self.recipe.totals)]

    def logged(self) -> dict[str, str]:
        """What its log calls each loss that is a term as a whole."""
        whole = [term for term in self.recipe.terms if term.part is None and term.domain is None]
        return {term.key: term.logged for term in whole}


def chosen_recipe(request: Request) -> ChosenRecipe:
    """The recipe that a request asks for.

    Raises:
        UsageError: an unknown recipe or setting, or losses named beside it.
    """
    if request.losses:
        raise UsageError("--losses and --recipe: a recipe names its losses", hint="give one of the two")
    return recipe_called(request.recipe or "", request.settings)


def recipe_called(name: str, changes: Sequence[SettingChange]) -> ChosenRecipe:
    """A published recipe, with what --set changed of it.

    Raises:
        UsageError: an unknown recipe or setting.
    """
    return with_settings(find_recipe(name), changes)


def with_settings(recipe: Recipe, changes: Sequence[SettingChange]) -> ChosenRecipe:
    """A recipe with some settings changed.

    Args:
        recipe: as published.
        changes: of its settings, and of the settings of losses and conventions in it.

    Raises:
        UsageError: a change that is none of these.
    """
    settings = dict(recipe.settings)
    losses = {target for term in recipe.terms for target in _targets(term)}
    of_losses = []
    for change in changes:
        if change.target in losses:
            of_losses.append(change)
        elif change.target != recipe.name or change.setting not in settings:
            known = ", ".join(f"{recipe.name}.{each}" for each in settings)
            raise UsageError(
                f"--set {change.text}: neither a setting of recipe {recipe.name} nor of one of its losses",
                hint=f"it has {known}" if known else None,
            )
        else:
            settings[change.setting] = _finite(change)
    selected = {term.key: _selected(term, of_losses) for term in recipe.terms if term.loss}
    return ChosenRecipe(recipe=recipe, settings=settings, selected=tuple(selected.values()), changes=tuple(changes))


def default_recipe(model: Model, request: Request) -> ChosenRecipe | None:
    """The recipe of recognised architectures, where no losses are named; None where there is none to add up."""
    if request.losses or request.settings or not is_pair(model):
        return None
    known = of_architectures(model)
    recipe = recipe_of(known.repositories, architectures=known.names, two_domains=known.two_domains)
    return with_settings(recipe, tuple(_of_training(recipe, model))) if recipe else None


def as_trained(chosen: ChosenRecipe, model: Model, request: Request) -> ChosenRecipe:
    """A recipe with the settings of losses that the networks were trained with, where --set says no others."""
    return with_settings(chosen.recipe, (*_losses_of_training(chosen.recipe, model), *request.settings))


def _of_training(recipe: Recipe, model: Model) -> Iterator[SettingChange]:
    """What the networks and the config beside them say otherwise than a recipe."""
    found = ((name, model.training.get(name)) for name in recipe.settings)
    told = {name: float(value) for name, value in found if isinstance(value, int | float)}
    yield from (_change(recipe.name, name, value) for name, value in told.items() if value != recipe.settings[name])
    yield from _losses_of_training(recipe, model)


def _losses_of_training(recipe: Recipe, model: Model) -> Iterator[SettingChange]:
    """The settings of its losses that are others for these networks, as the sample rate, frames and bands of mel."""
    tasks = (network.task for (role, _), network in model.networks.items() if is_generator(role))
    told = next((task.loss_settings for task in tasks if isinstance(task, AudioTask)), {})
    for term in recipe.terms:
        if own := told.get(term.loss):
            usual = _selected(term, ()).settings({})
            changed = {name: value for name, value in own.items() if _plain(usual[name]) != _plain(value)}
            yield from (_change(term.loss, name, value) for name, value in changed.items())


def _plain(value: Any) -> Any:
    """A setting of one scale as the number that it holds."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _change(target: str, setting: str, value: Any) -> SettingChange:
    return SettingChange(text=f"{target}.{setting}={value}", target=target, setting=setting, value=str(value))


def in_recipe(report: Report, chosen: ChosenRecipe) -> Report:
    """The report with the recipe's terms and totals as its results.

    Args:
        report: of the recipe's losses.
        chosen: the recipe.
    """
    computed = _weighed([(term, _term(term, chosen, report)) for term in chosen.recipe.terms])
    results: list[Result] = []
    for total in chosen.recipe.totals:
        own = [(term, result) for term, result in computed if term.total == total.logged]
        results += [_shown(result, term.at_most) for term, result in own]
        if total.logged not in [result.typed for _, result in own]:
            results.append(_total(total, chosen, own))
    results += [result for term, result in computed if term.total is None]
    in_batches = any(result.over == "batch" for result in report.results)
    caveats = tuple(
        Finding(check="recipe_differs_from_training", severity="note", message=f"{chosen.recipe.name}: {caveat}")
        for caveat in chosen.recipe.caveats
        if not (in_batches and _UNLESS_BATCHES in caveat)
    )
    limits = tuple(_limit(term, result) for term, result in computed if _shown(result, term.at_most) != result)
    words = WordsOfTheLog(recipe=chosen.recipe, settings=chosen.settings)
    return replace(
        report,
        results=tuple(results),
        findings=(*words.findings(report.findings), *limits, *caveats),
        samples=None if report.samples is None else words.samples(report.samples),
        worst=None if report.worst is None else words.worst(report.worst),
        each=words.samples(report.each),
        not_applicable={},
    )


def _weighed(computed: Sequence[tuple[Term, Result]]) -> list[tuple[Term, Result]]:
    """The terms with the weights that others of them are; one without its weight is unavailable."""
    values = {term.logged: result.value for term, result in computed}
    found = []
    for term, result in computed:
        place = result.recipe
        if term.weight_of is not None and place is not None and place.weight:
            measured = values[term.weight_of]
            weight = None if measured is None else place.weight * measured
            result = replace(result, recipe=replace(place, weight=weight))
        found.append((term, result))
    return found


def _targets(term: Term) -> tuple[str, ...]:
    """What --set may call the loss of a term, where it has one."""
    return select([term.typed])[0].targets if term.loss else ()


def _selected(term: Term, changes: Sequence[SettingChange]) -> Selected:
    own = [change for change in changes if change.target in _targets(term)]
    (entry,) = select([term.typed], own)
    return replace(entry, typed=term.key, chosen={**term.settings, **entry.chosen}, as_trained=True, sub=term.sub)


def _term(term: Term, chosen: ChosenRecipe, report: Report) -> Result:
    """A term's result: the loss's figures as the log scales them."""
    factor, weight = term.logged_factor(chosen.settings), term.total_weight(chosen.settings)
    place = RecipeTerm(
        recipe=chosen.recipe.name,
        repository=chosen.recipe.repository,
        side=next((total.side for total in chosen.recipe.totals if total.logged == term.total), None),
        total=term.total,
        factor=factor if term.loss else None,
        weight=weight if term.total and term.loss else None,
        part=term.part,
        sub=term.sub,
    )
    if term.constant:
        return replace(_absent(term, place), value=factor, reason=None, count=1)
    found = [r for r in report.results if r.typed == term.key and (term.domain is None or r.domain == term.domain)]
    if term.unavailable or not found:
        lacking = term.unavailable or report.not_applicable.get(term.key) or "nothing to compute it from"
        return _absent(term, replace(place, unavailable=lacking))
    result = _part(found[0], term.part)
    if result.value is None and not result.non_finite:
        place = replace(place, unavailable=f"{term.typed} has no term {term.part} here")
    return replace(_scaled(result, factor), typed=term.logged, recipe=place, logs=None, logs_mistake=None)


def _absent(term: Term, place: RecipeTerm) -> Result:
    loss = find_loss(term.loss) if term.loss else None
    return Result(
        loss=term.loss or "none",
        convention=term.convention or (loss.default.name if loss else "none"),
        value=None,
        reason="unavailable",
        count=0,
        domain=term.domain,
        reference=loss.reference if loss else "",
        mistake=loss.convention(term.convention or loss.default.name).mistake if loss else None,
        recipe=place,
        typed=term.logged,
    )


def _part(result: Result, part: str | None) -> Result:
    """Only the named terms of a result, "real" for real.0, real.1 ..."""
    if part is None:
        return result
    terms = {name: term for name, term in result.terms.items() if name.partition(".")[0] == part}
    values = [term.value for term in terms.values()]
    if not terms or None in values:
        return replace(result, value=None, reason=result.reason or "unavailable", terms=terms)
    errors = [term.standard_error for term in terms.values()]
    error = math.hypot(*(e for e in errors if e is not None)) if None not in errors and len(errors) == 1 else None
    return replace(
        result,
        value=math.fsum(value for value in values if value is not None),
        count=max(term.count for term in terms.values()),
        standard_error=error,
        minimum=None,
        median=None,
        maximum=None,
        distribution=(),
        equilibrium=None,
        terms=terms,
    )


def _scaled(result: Result, factor: float) -> Result:
    def times(value: float | None) -> float | None:
        return None if value is None else value * factor

    better = result.higher_is_better
    low, high = (result.minimum, result.maximum) if factor >= 0 else (result.maximum, result.minimum)
    error = times(result.standard_error)
    return replace(
        result,
        value=times(result.value),
        standard_error=None if error is None else abs(error),
        minimum=times(low),
        median=times(result.median),
        maximum=times(high),
        distribution=result.distribution if factor >= 0 else result.distribution[::-1],
        equilibrium=times(result.equilibrium),
        higher_is_better=better if better is None or factor > 0 else not better,
        terms={
            name: ResultTerm(value=times(term.value), count=term.count, standard_error=times(term.standard_error))
            for name, term in result.terms.items()
        },
    )


def _shown(result: Result, at_most: float | None) -> Result:
    """What the log shows where it cuts off; the total is of the number itself."""
    if at_most is None or result.value is None:
        return result
    return replace(result, value=min(result.value, at_most))


def _limit(term: Term, result: Result) -> Finding:
    """What the log does not show; the totals hold all of it."""
    message = f"{term.logged} is {result.value or 0:.6g}; the log shows {term.at_most:g} at most, totals take all of it"
    evidence = {"loss": term.logged, "value": result.value, "at_most": term.at_most}
    return Finding(check="shown_at_most", severity="note", message=message, evidence=evidence)


def _total(total: Total, chosen: ChosenRecipe, own: Sequence[tuple[Term, Result]]) -> Result:
    """The sum of what belongs to it; without one of them there is none."""
    results = [result for _, result in own]
    weights = {term.logged: _weight_in_total(term, result, chosen.settings) for term, result in own}
    needed = [(term, result) for term, result in own if weights[term.logged] != 0]
    unweighed = [term.weight_of for term, _ in needed if weights[term.logged] is None]
    missing = [result for _, result in needed if result.value is None]
    lacking = [*(result.typed for result in missing), *(name for name in unweighed if name)]
    value = math.fsum((weights[term.logged] or 0.0) * (result.value or 0.0) for term, result in own)
    return Result(
        loss="total",
        convention=chosen.recipe.name,
        value=None if lacking else value,
        reason=next((result.reason for result in missing if result.non_finite), "unavailable") if lacking else None,
        count=max((result.count for result in results), default=0),
        higher_is_better=_better_side(own, chosen.settings),
        settings=dict(chosen.settings),
        batch_dependent=any(result.batch_dependent for result in results),
        weights=next((result.weights for result in results if result.weights), None),
        mode=next((result.mode for result in results if result.mode), None),
        reference=chosen.recipe.source,
        recipe=RecipeTerm(
            recipe=chosen.recipe.name,
            repository=chosen.recipe.repository,
            side=total.side,
            total=total.logged,
            unavailable=f"without {', '.join(lacking)}" if lacking else None,
        ),
        typed=total.logged,
    )


def _better_side(own: Sequence[tuple[Term, Result]], settings: Mapping[str, float]) -> bool | None:
    """That of a sum all of whose terms have the same; a total with an adversarial term, say, has none."""
    sides = {
        None if result.higher_is_better is None else result.higher_is_better == (weight > 0)
        for term, result in own
        if (weight := term.total_weight(settings)) != 0
    }
    return sides.pop() if len(sides) == 1 else None


def _weight_in_total(term: Term, result: Result, settings: Mapping[str, float]) -> float | None:
    """What the logged number is multiplied by; 0 where the loss weighs nothing, None where its weight is unknown."""
    if term.logged_factor(settings) == 0:
        return 0.0
    if term.weight_of is None or result.recipe is None:
        return term.total_weight(settings)
    return result.recipe.weight


def _finite(change: SettingChange) -> float:
    try:
        value = float(change.value)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"--set {change.text}: expected a number, got {change.value!r}")
    return value
