"""`ganloss losses`: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.option_values import one_of
from ganloss_cli.errors import ExitStatus

if TYPE_CHECKING:
    from ganloss_cli.evaluators.catalogue import Convention, Loss
    from ganloss_cli.evaluators.recipes.terms import Recipe
    from ganloss_cli.reporters.losses.list import ListedConvention, ListedLoss
    from ganloss_cli.reporters.losses.recipes import ListedRecipe

_FORMATS = ("table", "json", "csv")


def losses_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", show_default=False, help="Tell all about this loss, or recipe."),
    ] = None,
    recipes: Annotated[
        bool,
        typer.Option("--recipes", help="List the published trainings that `ganloss eval --recipe` takes."),
    ] = False,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(_FORMATS),
            help="Format of standard output.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = "table",
    help_: options.Help = False,
) -> int:
    """The catalogue of losses; with a name its formula, what it needs, and every convention with its source.

    Example: ganloss losses ssim
    """
    one_of(_FORMATS, "--format", format_)
    if recipes:
        return _recipes_command(name, format_)
    from ganloss_cli.evaluators.catalogue import Family, catalogue, find_loss

    families = get_args(Family)
    entries = [find_loss(name)] if name else sorted(catalogue().values(), key=lambda loss: families.index(loss.family))
    # the whole catalogue on the example would take longer than anyone waits for a list
    losses = [_listed(entry, on_example=name is not None) for entry in entries]
    streams.write_document(_rendered(losses, format_, one=name is not None))
    return ExitStatus.DONE


def _recipes_command(name: str | None, format_: str) -> int:
    from ganloss_cli.evaluators.recipes.published import RECIPES, find_recipe
    from ganloss_cli.reporters.losses import recipes as reporter
    from ganloss_cli.reporters.screen import this_screen

    chosen = [find_recipe(name)] if name else sorted(RECIPES.values(), key=lambda recipe: recipe.name)
    listed = [_listed_recipe(recipe) for recipe in chosen]
    if format_ == "table":
        document = reporter.render_one(listed[0], this_screen()) if name else reporter.render_all(listed, this_screen())
    else:
        document = {"json": reporter.render_json, "csv": reporter.render_csv}[format_](listed)
    streams.write_document(document)
    return ExitStatus.DONE


def _rendered(losses: list[ListedLoss], format_: str, *, one: bool) -> str:
    from ganloss_cli.reporters.losses.list import render_csv, render_json

    if format_ == "json":
        return render_json(losses)
    if format_ == "csv":
        return render_csv(losses)
    from ganloss_cli.reporters.losses.table import render_all, render_one
    from ganloss_cli.reporters.screen import this_screen

    return render_one(losses[0], this_screen()) if one else render_all(losses, this_screen())


def _listed(entry: Loss, *, on_example: bool) -> ListedLoss:
    from ganloss_cli.reporters.losses.list import ListedLoss

    return ListedLoss(
        name=entry.name,
        family=entry.family,
        summary=entry.summary,
        formula=entry.formula,
        needs=entry.needs,
        optional=entry.optional,
        one_of=entry.one_of,
        paired=entry.paired,
        equal_counts=entry.equal_counts,
        settings=entry.settings,
        unit=entry.unit,
        higher_is_better=entry.higher_is_better,
        span=entry.span,
        equilibrium=entry.equilibrium_at(1, entry.settings),
        no_equilibrium=entry.no_equilibrium,
        batch_dependent=entry.batch_dependent,
        tells=entry.interpretation,
        reference=entry.reference,
        conventions=tuple(_listed_convention(entry, row, on_example=on_example) for row in entry.conventions),
    )


def _listed_convention(entry: Loss, row: Convention, *, on_example: bool) -> ListedConvention:
    from ganloss_cli.evaluators.example import example_value
    from ganloss_cli.reporters.losses.list import ListedConvention

    return ListedConvention(
        name=row.name,
        settings=row.settings,
        source=row.source,
        relation=row.relation,
        factor=row.factor,
        mistake=row.mistake,
        alias_of=row.alias_of,
        example=example_value(entry, row) if on_example else None,
    )


def _listed_recipe(recipe: Recipe) -> ListedRecipe:
    from ganloss_cli.reporters.losses.recipes import ListedRecipe, ListedTerm

    terms = (
        ListedTerm(
            logged=term.logged,
            loss=term.typed or None,
            part=term.part,
            domain=term.domain,
            factor=term.logged_factor(recipe.settings),
            weight=term.total_weight(recipe.settings) if term.total else None,
            total=term.total,
            unavailable=term.unavailable,
        )
        for term in recipe.terms
    )
    return ListedRecipe(
        name=recipe.name,
        source=recipe.source,
        terms=tuple(terms),
        totals={total.logged: total.side for total in recipe.totals},
        settings=recipe.settings,
        batch=recipe.batch,
        caveats=recipe.caveats,
    )
