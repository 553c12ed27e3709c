"""The catalogue of losses and the published training totals, as documents."""

from __future__ import annotations

from ganloss_cli.reporters.document import Listing, Rows, WithRows


class LossesDocument(Listing, WithRows):
    """Losses, a line each, beneath their families."""

    command = "ganloss losses"
    entries = "losses"
    table = "ganloss_cli.reporters.losses.table:render_all"

    def rows(self) -> Rows:
        """A row a convention, the default first."""
        columns = (
            "loss", "convention", "family", "needs", "higher_is_better", "equilibrium", "unit", "relation", "factor",
            "settings", "mistake", "alias_of", "example", "source", "reference",
        )  # fmt: skip
        rows = (
            {**loss, **row, "loss": loss["name"], "convention": row["name"], "needs": " ".join(loss["needs"])}
            for loss in self.record
            for row in loss["conventions"]
        )
        return Rows(columns=columns, rows=([row[name] for name in columns] for row in rows))


class ExplainedLoss(LossesDocument):
    """One loss with its formula and every convention."""

    table = "ganloss_cli.reporters.losses.table:render_one"


class RecipesDocument(Listing, WithRows):
    """Recipes, a line each."""

    command = "ganloss losses"
    entries = "recipes"
    table = "ganloss_cli.reporters.losses.recipes_table:render_all"

    def rows(self) -> Rows:
        """A row a term."""
        columns = (
            "recipe", "term", "loss", "part", "domain", "factor", "weight", "total", "unavailable", "source", "sub",
        )  # fmt: skip
        rows = (
            {**recipe, **term, "recipe": recipe["name"], "term": term["logged"]}
            for recipe in self.record
            for term in recipe["terms"]
        )
        return Rows(columns=columns, rows=([row[name] for name in columns] for row in rows))


class ExplainedRecipe(RecipesDocument):
    """One recipe with its terms and their weights."""

    table = "ganloss_cli.reporters.losses.recipes_table:render_one"
