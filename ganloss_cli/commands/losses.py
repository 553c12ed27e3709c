"""`ganloss losses`: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_rows import argument, flag
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import listed_as, show
from ganloss_cli.errors import ExitStatus
from ganloss_cli.reporters.losses.document import ExplainedLoss, ListedConvention, ListedLoss, LossesDocument
from ganloss_cli.reporters.losses.recipes import ExplainedRecipe, ListedRecipe, ListedTerm, RecipesDocument

if TYPE_CHECKING:
    from ganloss_cli.evaluators.catalogue import Loss
    from ganloss_cli.evaluators.recipes.terms import Recipe


@takes(
    argument("name", metavar="NAME", required=False, help="Explain this loss or recipe."),
    flag("--recipes", help="List the published trainings for `ganloss eval --recipe`."),
    options.output(LossesDocument),
)
def losses_command(given: Given) -> int:
    """List the losses; with a name its formula, what it needs, and every convention with its source.

    Example: ganloss losses ssim
    """
    name, format_ = given["name"], given["format"]
    if given["recipes"]:
        return _recipes_command(name, format_)
    from ganloss_cli.evaluators.catalogue import Family, catalogue, find_loss

    families = get_args(Family)
    entries = [find_loss(name)] if name else sorted(catalogue().values(), key=lambda loss: families.index(loss.family))
    # the whole catalogue on the example would take longer than anyone waits for a list
    losses = [_listed(entry, on_example=name is not None) for entry in entries]
    show((ExplainedLoss if name else LossesDocument)(losses), format_)
    return ExitStatus.DONE


def _recipes_command(name: str | None, format_: str) -> int:
    from ganloss_cli.evaluators.recipes.published import RECIPES, find_recipe

    chosen = [find_recipe(name)] if name else sorted(RECIPES.values(), key=lambda recipe: recipe.name)
    listed = [_listed_recipe(recipe) for recipe in chosen]
    show((ExplainedRecipe if name else RecipesDocument)(listed), format_)
    return ExitStatus.DONE


def _listed(entry: Loss, *, on_example: bool) -> ListedLoss:
    from ganloss_cli.evaluators.example import example_value

    conventions = (
        listed_as(ListedConvention, row, example=example_value(entry, row) if on_example else None)
        for row in entry.conventions
    )
    return listed_as(
        ListedLoss,
        entry,
        equilibrium=entry.equilibrium_at(1, entry.settings),
        tells=entry.interpretation,
        conventions=tuple(conventions),
    )


def _listed_recipe(recipe: Recipe) -> ListedRecipe:
    terms = (
        listed_as(
            ListedTerm,
            term,
            loss=term.typed or None,
            factor=term.logged_factor(recipe.settings),
            weight=term.total_weight(recipe.settings) if term.total else None,
        )
        for term in recipe.terms
    )
    totals = {total.logged: total.side for total in recipe.totals}
    return listed_as(ListedRecipe, recipe, terms=tuple(terms), totals=totals)
