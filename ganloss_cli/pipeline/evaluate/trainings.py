"""Which published training made the networks: one is named wherever its totals are, and none of several is picked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ganloss_cli.evaluators.recipes.published import namesakes, recipes_of
from ganloss_cli.evaluators.recipes.terms import Recipe
from ganloss_cli.pipeline.networks.models import Model, is_discriminator, is_generator
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

_MOST_NAMES = 6


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What recognised networks say of their training.

    Args:
        repositories: that the choices of their architectures were taken from.
        names: of the architectures.
        two_domains: whether there are generators both ways.
    """

    repositories: tuple[str, ...]
    names: tuple[str, ...]
    two_domains: bool


def of_architectures(model: Model) -> Recognised:
    """What the networks of a model say of their training."""
    known = [network for network in model.networks.values() if network.task is not None]
    return Recognised(
        repositories=tuple(each.task.recipe for each in known if each.task and each.task.recipe),
        names=tuple(each.architecture for each in known if each.architecture),
        two_domains={"generator_AB", "generator_BA"} <= model.roles(),
    )


def is_pair(model: Model) -> bool:
    """Whether there are a generator and a discriminator."""
    return any(map(is_generator, model.roles())) and any(map(is_discriminator, model.roles()))


def about_training(model: Model, request: Request, recipe: Recipe | None) -> tuple[Finding, ...]:
    """What is to be said of the training whose terms are computed, or of those that might have been meant.

    Args:
        model: the networks.
        request: every choice.
        recipe: the training, named or recognised; None where losses are computed on their own.
    """
    known = of_architectures(model)
    fitting = recipes_of(known.repositories, architectures=known.names, two_domains=known.two_domains)
    if request.recipe is not None and recipe is not None:
        return tuple(_about_named(recipe, fitting))
    if recipe is not None:
        return (_recognised(recipe),)
    unnamed = not request.losses and not request.settings
    return (_several(fitting),) if unnamed and is_pair(model) and len(fitting) > 1 else ()


def _about_named(recipe: Recipe, fitting: Sequence[Recipe]) -> Iterator[Finding]:
    if recipe in fitting:
        return
    alike = namesakes(recipe)
    if fitting:
        meant = any(each in alike for each in fitting)
        yield Finding(
            check="recipe_of_another_training",
            severity="warning" if meant else "note",
            message=f"the networks are recognised as those of {_listed(fitting)}; the terms are those of {recipe.told}",
            evidence={"recipe": recipe.name, "recognised": [each.name for each in fitting]},
            hint=f"--recipe {fitting[0].name}" if len(fitting) == 1 else None,
        )
    elif alike:
        yield Finding(
            check="recipes_of_one_name",
            severity="note",
            message=f"several trainings are called so: this is {recipe.told}; there is {_listed(alike)} as well",
            evidence={"recipe": recipe.name, "alike": [each.name for each in alike]},
        )


def _recognised(recipe: Recipe) -> Finding:
    return Finding(
        check="recipe_recognised",
        severity="note",
        message=f"no losses are named: these are the terms and totals of {recipe.told}, whose networks these are",
        evidence={"recipe": recipe.name, "repository": recipe.repository},
        hint="--recipe NAME chooses another training, --losses NAMES single losses",
    )


def _several(fitting: Sequence[Recipe]) -> Finding:
    return Finding(
        check="several_trainings_fit",
        severity="note",
        message=f"no losses are named, and several trainings may have made the networks: {_listed(fitting)}; none is"
        " chosen, and all losses that apply are computed",
        evidence={"recipes": [each.name for each in fitting]},
        hint="give the terms and totals of one with --recipe NAME",
    )


def _listed(recipes: Sequence[Recipe]) -> str:
    return listed((each.told for each in recipes), _MOST_NAMES)
