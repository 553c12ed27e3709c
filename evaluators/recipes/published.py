"""Published training totals by name, and what their logs say of single losses."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.recipes.audio import AUDIO
from ganloss_cli.evaluators.recipes.autoencoders import AUTOENCODERS
from ganloss_cli.evaluators.recipes.images import IMAGES
from ganloss_cli.evaluators.recipes.synthesis import SYNTHESIS
from ganloss_cli.evaluators.recipes.terms import Recipe
from ganloss_cli.evaluators.recipes.translation import TRANSLATION
from ganloss_cli.evaluators.recipes.vocoders import VOCODERS

_ALL = (*IMAGES, *SYNTHESIS, *TRANSLATION, *AUDIO, *VOCODERS, *AUTOENCODERS)
RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
_MOST_NEAR = 6  # names that a hint suggests
if len(RECIPES) != len(_ALL):
    raise RuntimeError("two recipes have one name")


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`; an unknown one is a usage error with the nearest, and where all are listed."""
    key = name.lower().replace("-", "_")
    if key in RECIPES:
        return RECIPES[key]
    near = _near(key)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"unknown recipe {name!r}", hint=f"{meant}ganloss losses --recipes lists all {len(RECIPES)}")


def _near(key: str) -> list[str]:
    """Recipes whose name holds the word or is spelled much like it, or whose repository is called so."""
    plain = key.replace("_", "")
    holding = [name for name in RECIPES if plain and plain in name.replace("_", "")]
    words = {word: None for name in RECIPES for word in (name, name.partition("_")[0])}  # of applio_32k: applio
    alike = difflib.get_close_matches(key, words, n=1, cutoff=0.8)
    spelled = [name for name in RECIPES if alike and (name == alike[0] or name.startswith(f"{alike[0]}_"))]
    repositories = [name for name, recipe in RECIPES.items() if plain in _letters(recipe.repository).split("/")]
    return (holding or spelled or repositories)[:_MOST_NEAR]


def _letters(repository: str) -> str:
    return repository.lower().replace("-", "").replace("_", "")


def recipe_of(
    repositories: Iterable[str], *, architectures: Collection[str] = (), two_domains: bool = False
) -> Recipe | None:
    """The one recipe that networks are recognised to be from; None where several fit, as `recipes_of` lists them."""
    fitting = recipes_of(repositories, architectures=architectures, two_domains=two_domains)
    return fitting[0] if len(fitting) == 1 else None


def recipes_of(
    repositories: Iterable[str], *, architectures: Collection[str] = (), two_domains: bool = False
) -> tuple[Recipe, ...]:
    """The recipes whose training may have made some networks.

    Args:
        repositories: what architectures say their choices were taken from, such as "SKTBrain/DiscoGAN"; a name behind
            it that is a recipe's is that recipe.
        architectures: names of those of the networks.
        two_domains: whether there are generators both ways: of two recipes of one repository, CycleGAN's and not
            pix2pix's.
    """
    parts = [part.strip().partition(" ") for text in repositories for part in text.split(",")]
    if exact := dict.fromkeys(name for _, _, name in parts if name in RECIPES):
        return tuple(RECIPES[name] for name in exact)
    named = {repository for repository, _, _ in parts}
    fitting = [
        recipe for recipe in RECIPES.values()
        if (set(architectures) <= set(recipe.networks) if recipe.networks and architectures
            else recipe.repository in named)
    ]  # fmt: skip
    if two_domains and len(fitting) > 1:
        fitting = [recipe for recipe in fitting if any(term.domain for term in recipe.terms)]
    return tuple(fitting)


def namesakes(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipes of other repositories that are called as this recipe or its repository is, but for "pytorch"."""
    own = {_plain(recipe.name), _plain(recipe.repository.partition("/")[2])}
    others = (each for each in RECIPES.values() if each.repository != recipe.repository)
    return tuple(each for each in others if _plain(each.repository.partition("/")[2]) in own)


def _plain(name: str) -> str:
    return _letters(name).replace("pytorch", "")


def documented_weights(loss: str) -> Mapping[float, str]:
    """The weights that recipes give a loss, with whose each is.

    Args:
        loss: its name in the catalogue.
    """
    found: dict[float, str] = {}
    for recipe in RECIPES.values():
        for term in recipe.terms:
            if term.loss == loss and term.sub is None:  # a part's weight is none of the whole
                logged = term.logged_factor(recipe.settings)
                for weight in (logged, logged * term.total_weight(recipe.settings)):
                    found.setdefault(weight, f"the weight of recipe {recipe.name}")
    found.pop(1.0, None)
    return found


def catalogued_factors(loss: Loss) -> dict[float, str]:
    """Every factor but 1 that is catalogued for a loss, with whose it is. A scale is never fitted.

    Halves and doubles are anybody's; then come the factors of conventions that are no mistake, and the weights of
    totals. Of equal factors the first is named.

    Args:
        loss: of the catalogue.
    """
    known = {0.5: "half", 2.0: "twice"}
    for row in loss.conventions:
        if row.factor is not None and row.mistake is None:
            known.setdefault(row.factor, f"the factor of {loss.name}:{row.name}")
    for weight, meaning in {**loss.usual_weights, **documented_weights(loss.name)}.items():
        known.setdefault(weight, meaning)
    return known


def shown_at_most(loss: str) -> Mapping[float, str]:
    """The largest value that some training code shows of a loss in its log, with that code.

    Args:
        loss: its name in the catalogue.
    """
    terms = ((recipe, term) for recipe in RECIPES.values() for term in recipe.terms if term.loss == loss)
    return {term.at_most: recipe.repository for recipe, term in terms if term.at_most is not None}


def losses_logged_as(name: str) -> tuple[str, ...]:
    """The losses that some training code logs under a name.

    Args:
        name: as it stands in a log.
    """
    terms = (term for recipe in RECIPES.values() for term in recipe.terms)
    return tuple(dict.fromkeys(term.loss for term in terms if term.logged.lower() == name.lower() and term.loss))
