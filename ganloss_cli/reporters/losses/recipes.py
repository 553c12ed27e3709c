"""Published training totals as plain records: for people, and as JSON and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.reporters.eval.csv import table
from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.figures import number
from ganloss_cli.reporters.losses.table import settings, told
from ganloss_cli.reporters.screen import Screen, figures, ruled, text


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


def render_json(recipes: Sequence[ListedRecipe]) -> str:
    """{"recipes": [...]}, with the fields of the records."""
    return dumps({"recipes": as_data(recipes)})


def render_csv(recipes: Sequence[ListedRecipe]) -> str:
    """One row a term."""
    columns = ("recipe", "term", "loss", "part", "domain", "factor", "weight", "total", "unavailable", "source")
    rows = (
        (recipe.name, term.logged, term.loss, term.part, term.domain, term.factor, term.weight, term.total,
         term.unavailable, recipe.source)
        for recipe in recipes for term in recipe.terms
    )  # fmt: skip
    return table(columns, rows)


def render_all(recipes: Sequence[ListedRecipe], screen: Screen) -> str:
    """Every recipe on a line, with the losses in it and where it is from."""
    columns = [
        [Text("recipe"), *(text(recipe.name, "bold") for recipe in recipes)],
        [Text("losses in it"), *(text(_losses(recipe)) for recipe in recipes)],
    ]
    origins = [Text("from"), *(text(recipe.source.partition("@")[0].partition(" ")[0], "dim") for recipe in recipes)]
    if screen.holds(ruled([*columns, origins])):
        columns.append(origins)
    closing = "ganloss losses --recipes NAME shows terms and weights; ganloss eval --recipe NAME computes them"
    return screen.draw([ruled(columns), Text(), text(closing, "dim")])


def render_one(recipe: ListedRecipe, screen: Screen) -> str:
    """One recipe: its terms with their weights, what they add up to, and what training does otherwise."""
    parts: list[RenderableType] = [text(recipe.name, "bold"), text(recipe.source, "dim"), Text()]
    return screen.draw([*parts, _terms(recipe), Text(), _facts(recipe)])


def _losses(recipe: ListedRecipe) -> str:
    names = (term.loss.partition(":")[0] for term in recipe.terms if term.loss)
    return ", ".join(dict.fromkeys(names))


def _terms(recipe: ListedRecipe) -> Table:
    terms = recipe.terms
    columns = [[Text("term"), *(text(term.logged, "bold") for term in terms)]]
    if any(term.factor != 1 for term in terms):
        columns.append(figures("factor", [Text(number(term.factor)) for term in terms]))
    columns += [
        figures("weight", [Text("—" if term.weight is None else number(term.weight)) for term in terms]),
        [Text("in"), *(text(term.total or "") for term in terms)],
        [Text("loss"), *(text(_loss(term)) for term in terms)],
    ]
    return ruled(columns)


def _loss(term: ListedTerm) -> str:
    if term.loss is None:
        return f"not computed: {term.unavailable}"
    part = f", its part {term.part}" if term.part else ""
    return f"{term.loss}{part}{f', domain {term.domain}' if term.domain else ''}"


def _facts(recipe: ListedRecipe) -> Table:
    facts = {
        "totals": ", ".join(f"{name} ({side})" for name, side in recipe.totals.items()),
        "settings": settings(recipe.settings),
        "batch": "" if recipe.batch is None else str(recipe.batch),
        "training": "; ".join(recipe.caveats),
    }
    return told(facts)
