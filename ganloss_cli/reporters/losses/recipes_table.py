"""Published training totals for people: all of them, or one with its terms."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table

from ganloss_cli.reporters.document import Entry
from ganloss_cli.reporters.figures import ABSENT, number
from ganloss_cli.reporters.losses.table import facts_grid, settings
from ganloss_cli.reporters.screen import Screen, apart, column, figures, ruled, text


def render_all(recipes: Sequence[Entry], screen: Screen) -> str:
    """Every recipe on a line, with the losses in it and where it is from."""
    columns = [
        column("recipe", (recipe["name"] for recipe in recipes), "bold"),
        column("losses in it", map(_losses, recipes)),
    ]
    origins = column("from", (recipe["source"].partition("@")[0].partition(" ")[0] for recipe in recipes), "dim")
    if screen.holds(ruled([*columns, origins])):
        columns.append(origins)
    closing = "ganloss losses --recipes NAME shows terms and weights; ganloss eval --recipe NAME computes them"
    return screen.draw(apart([ruled(columns), text(closing, "dim")]))


def render_one(recipes: Sequence[Entry], screen: Screen) -> str:
    """One recipe: its terms with their weights, what they add up to, and what training does otherwise."""
    (recipe,) = recipes
    title = Group(text(recipe["name"], "bold"), text(recipe["source"], "dim"))
    return screen.draw(apart([title, _terms(recipe), _facts(recipe)]))


def _losses(recipe: Entry) -> str:
    names = (term["loss"].partition(":")[0] for term in recipe["terms"] if term["loss"])
    return ", ".join(dict.fromkeys(names))


def _terms(recipe: Entry) -> Table:
    terms = recipe["terms"]
    columns = [column("term", (term["logged"] for term in terms), "bold")]
    if any(term["factor"] != 1 for term in terms):
        columns.append(figures("factor", (number(term["factor"]) for term in terms)))
    columns += [
        figures("weight", (ABSENT if term["weight"] is None else number(term["weight"]) for term in terms)),
        column("in", (term["total"] or "" for term in terms)),
        column("loss", map(_loss, terms)),
    ]
    return ruled(columns)


def _loss(term: Entry) -> str:
    if term["loss"] is None:
        return f"not computed: {term['unavailable']}"
    part = f", its part {term['part']}" if term["part"] else ""
    domain = f", domain {term['domain']}" if term["domain"] else ""
    sub = f" of {term['sub']}" if term["sub"] else ""
    return f"{term['loss']}{sub}{part}{domain}"


def _facts(recipe: Entry) -> Table:
    facts = {
        "totals": ", ".join(f"{name} ({side})" for name, side in recipe["totals"].items()),
        "settings": settings(recipe["settings"]),
        "batch": "" if recipe["batch"] is None else str(recipe["batch"]),
        "training": "; ".join(recipe["caveats"]),
    }
    return facts_grid(facts)
