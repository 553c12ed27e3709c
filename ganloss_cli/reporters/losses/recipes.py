"""Published training totals as plain records, and as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.reporters.document import Rows, WithRows


@dataclass(frozen=True, kw_only=True)
class ListedTerm:
    """One term of a recipe; see `ganloss_cli.evaluators.recipes.terms.Term`.

    Args:
        loss: as `--losses` takes it; None for what cannot be computed here.
        part: which named terms of the loss it is; None for all of it.
        domain: of two, the one it is about.
        factor: what the loss is multiplied by before it is logged, with the recipe's own settings.
        weight: what the logged number is multiplied by in the total; None where it is only watched.
    """

    logged: str
    loss: str | None
    part: str | None
    domain: str | None
    factor: float
    weight: float | None
    total: str | None
    unavailable: str | None


@dataclass(frozen=True, kw_only=True)
class ListedRecipe:
    """One recipe; see `ganloss_cli.evaluators.recipes.terms.Recipe`.

    Args:
        totals: name in the log -> "generator" or "discriminator".
    """

    name: str
    source: str
    terms: tuple[ListedTerm, ...]
    totals: Mapping[str, str]
    settings: Mapping[str, float]
    batch: int | None
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class RecipesDocument(WithRows):
    """Recipes, a line each."""

    record: Sequence[ListedRecipe]
    command = "ganloss losses"
    table = "ganloss_cli.reporters.losses.recipes_table:render_all"

    def data(self) -> Mapping[str, Any]:
        """The records."""
        return {"recipes": self.record}

    def rows(self) -> Rows:
        """A row a term."""
        columns = ("recipe", "term", "loss", "part", "domain", "factor", "weight", "total", "unavailable", "source")
        rows = (
            (recipe.name, term.logged, term.loss, term.part, term.domain, term.factor, term.weight, term.total,
             term.unavailable, recipe.source)
            for recipe in self.record for term in recipe.terms
        )  # fmt: skip
        return Rows(columns=columns, rows=rows)


class ExplainedRecipe(RecipesDocument):
    """One recipe with its terms and their weights."""

    table = "ganloss_cli.reporters.losses.recipes_table:render_one"
