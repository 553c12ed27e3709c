"""`ganloss losses`: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_rows import argument, flag
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import entry_of, show
from ganloss_cli.errors import ExitStatus
from ganloss_cli.reporters.document import Entry
from ganloss_cli.reporters.losses.document import ExplainedLoss, ExplainedRecipe, LossesDocument, RecipesDocument

if TYPE_CHECKING:
    from ganloss_cli.evaluators.catalogue import Loss
    from ganloss_cli.evaluators.recipes.terms import Recipe

# what JSON says of each, in its order
_CONVENTION = ("name", "settings", "source", "relation", "factor", "mistake", "alias_of", "example")
_LOSS = (
    "name", "family", "summary", "formula", "needs", "optional", "one_of", "paired", "equal_counts", "settings", "unit",
    "higher_is_better", "span", "equilibrium", "no_equilibrium", "batch_dependent", "tells", "reference", "conventions",
)  # fmt: skip
_TERM = ("logged", "loss", "sub", "part", "domain", "factor", "weight", "total", "unavailable")
_RECIPE = ("name", "source", "terms", "totals", "settings", "batch", "caveats")


@takes(
    argument("name", metavar="NAME", required=False, help="Explain this loss, or else the recipe of this name."),
    flag("--recipes", help="List the published trainings for `ganloss eval --recipe`."),
    options.output(LossesDocument),
)
def losses_command(given: Given) -> int:
    """List the losses; with a name its formula, what it needs, and every convention with its source.

    Example: ganloss losses ssim
    """
    name, format_ = given["name"], given["format"]
    from ganloss_cli.evaluators.catalogue import catalogue, find_loss
    from ganloss_cli.evaluators.recipes.published import RECIPES

    if given["recipes"] or (name in RECIPES and name not in catalogue()):
        return _recipes_command(name, format_)
    entries = [find_loss(name)] if name else catalogue().values()
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


def _listed(entry: Loss, *, on_example: bool) -> Entry:
    """A loss with its conventions, each with its value on the shared example where that is asked for."""
    from ganloss_cli.evaluators.example import example_value

    usable = entry.usable if on_example else ()
    conventions = [
        entry_of(_CONVENTION, row, example=example_value(entry, row) if row in usable else None)
        for row in entry.conventions
    ]
    equilibrium = entry.equilibrium_at(1, entry.settings)
    return entry_of(_LOSS, entry, equilibrium=equilibrium, tells=entry.interpretation, conventions=conventions)


def _listed_recipe(recipe: Recipe) -> Entry:
    """A recipe with its terms; what they are multiplied by is with the recipe's own settings."""
    terms = [
        entry_of(
            _TERM,
            term,
            loss=term.typed or None,
            factor=term.logged_factor(recipe.settings),
            weight=term.total_weight(recipe.settings) if term.total else None,
        )
        for term in recipe.terms
    ]
    totals = {total.logged: total.side for total in recipe.totals}
    return entry_of(_RECIPE, recipe, terms=terms, totals=totals)
