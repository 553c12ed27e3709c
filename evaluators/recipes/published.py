"""Published training totals by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.recipes.audio import AUDIO
from ganloss_cli.evaluators.recipes.images import IMAGES
from ganloss_cli.evaluators.recipes.synthesis import SYNTHESIS
from ganloss_cli.evaluators.recipes.terms import Recipe
from ganloss_cli.evaluators.recipes.translation import TRANSLATION
from ganloss_cli.evaluators.recipes.vocoders import VOCODERS

_ALL = (*IMAGES, *SYNTHESIS, *TRANSLATION, *AUDIO, *VOCODERS)
RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
if len(RECIPES) != len(_ALL):
    raise RuntimeError("two recipes have one name")


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`; an unknown one is a usage error that lists them all."""
    key = name.lower().replace("-", "_")
    if key in RECIPES:
        return RECIPES[key]
    near = [known for known in RECIPES if known.startswith(key)] or difflib.get_close_matches(key, RECIPES, n=1)
    hint = f"did you mean {' or '.join(near)}?" if near else None
    raise UsageError(f"unknown recipe {name!r}, expected one of {', '.join(RECIPES)}", hint=hint)


def recipe_of(repositories: Iterable[str], *, two_domains: bool = False) -> Recipe | None:
    """The one recipe of a repository that some network is recognised to be from; None where several fit.

    Args:
        repositories: what architectures say their choices were taken from, such as "SKTBrain/DiscoGAN".
        two_domains: whether there are generators both ways: of two recipes of one repository, CycleGAN's and not
            pix2pix's.
    """
    named = {part.strip().partition(" ")[0] for text in repositories for part in text.split(",")}
    fitting = [recipe for recipe in RECIPES.values() if recipe.repository in named]
    if two_domains and len(fitting) > 1:
        fitting = [recipe for recipe in fitting if any(term.domain for term in recipe.terms)]
    return fitting[0] if len(fitting) == 1 else None


def documented_weights(loss: str) -> Mapping[float, str]:
    """The weights that recipes give a loss, with whose each is.

    Args:
        loss: its name in the catalogue.
    """
    found: dict[float, str] = {}
    for recipe in RECIPES.values():
        for term in recipe.terms:
            if term.loss == loss:
                logged = term.logged_factor(recipe.settings)
                for weight in (logged, logged * term.total_weight(recipe.settings)):
                    found.setdefault(weight, f"the weight of recipe {recipe.name}")
    found.pop(1.0, None)
    return found


def losses_logged_as(name: str) -> tuple[str, ...]:
    """The losses that some training code logs under a name.

    Args:
        name: as it stands in a log.
    """
    terms = (term for recipe in RECIPES.values() for term in recipe.terms)
    return tuple(dict.fromkeys(term.loss for term in terms if term.logged.lower() == name.lower() and term.loss))
