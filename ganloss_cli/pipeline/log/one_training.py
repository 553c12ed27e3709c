"""A log is one training: its adversarial terms are of one family, and a recipe explains its terms together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.known_tags import Meaning, losses_of, words_of
from ganloss_cli.evaluators.recipes.published import RECIPES, find_recipe
from ganloss_cli.evaluators.recipes.terms import Recipe
from ganloss_cli.pipeline.evaluate.recipes import default_recipe
from ganloss_cli.pipeline.log.held import Held
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.request import Request

_FEWEST_NAMES = 4  # of a recipe, which tell it from any code that logs a g_loss and a d_loss


def of_one_family(held: Sequence[Held]) -> list[Held]:
    """The same numbers, the adversarial ones with formulas of one family alone.

    Args:
        held: all numbers of the log.
    """
    kind = _adversarial_kind(held)
    return [
        replace(one, formulas=[each for each in one.formulas if _kind(each.candidate.loss) in (None, kind)])
        if _is_open(one.entry.meaning) else one
        for one in held
    ]  # fmt: skip


def recipe_for(model: Model, request: Request, tags: Sequence[str]) -> str | None:
    """The recipe that a log is of: the one asked for, else that of the recognised networks if its names are there.

    Args:
        model: the networks.
        request: that was recomputed.
        tags: of the log.
    """
    if request.recipe is not None:
        return find_recipe(request.recipe).name
    chosen = default_recipe(model, request)
    if chosen is None or not named_in(dict.fromkeys(chosen.names()), tags):
        return None
    return chosen.recipe.name


def meanings_of_recipe(tags: Sequence[str]) -> tuple[str, dict[str, Meaning]]:
    """What tags mean in the log of a recipe where their names alone say another loss.

    R3GAN's Loss/scores/real is a difference, StyleGAN's a score. A log is of a recipe if it has all names of it, at
    least four, and more than of any other.

    Args:
        tags: of the log.

    Returns:
        the recipe, and the meanings; "" and none where it is of no recipe.
    """
    fitting: dict[int, list[Recipe]] = {}
    for recipe in RECIPES.values():
        names = dict.fromkeys(term.logged for term in recipe.terms if term.loss)
        if len(names) >= _FEWEST_NAMES and len(set(named_in(names, tags).values())) == len(names):
            fitting.setdefault(len(names), []).append(recipe)
    best = fitting[max(fitting)] if fitting else []
    if len(best) != 1:
        return "", {}
    terms = {term.logged: term for term in best[0].terms if term.loss}
    found = {tag: terms[name] for tag, name in named_in(terms, tags).items()}
    return best[0].name, {
        tag: Meaning(losses=(term.loss,), convention=term.convention, term=term.part, domain=term.domain)
        for tag, term in found.items() if term.loss not in losses_of(tag)
    }  # fmt: skip


def named_in(names: Mapping[str, object], tags: Sequence[str]) -> dict[str, str]:
    """Which tags are names of a recipe's log: tag -> name. Neither case nor a leading folder matters.

    Args:
        names: of the recipe.
        tags: of the log.
    """
    known = {words_of(name): name for name in names}
    found = {tag: known.get(words_of(tag)) or known.get(words_of(tag.rpartition("/")[2])) for tag in tags}
    return {tag: name for tag, name in found.items() if name is not None}


def _is_open(meaning: Meaning | None) -> bool:
    """Whether a tag may be of several adversarial families."""
    return meaning is not None and len({_kind(name) for name in meaning.losses} - {None}) > 1


def _adversarial_kind(held: Sequence[Held]) -> str | None:
    """The kind of adversarial loss, as d_bce, that explains all adversarial numbers of the log best.

    One training has one kind: a number of D's that some other kind happens to match proves nothing where G's excludes
    it. It has something for every number; the kind that gives most of them exactly comes first; then the sum of the
    relative residuals of the best conventions decides, none of them a known mistake. Relativistic kinds, which few
    trainings have, must fit.
    """
    scores: dict[str, list[float]] = {}
    n_open = 0
    for one in held:
        plain = [formula for formula in one.formulas if formula.candidate.factor_meaning is None]
        if len({_kind(formula.candidate.loss) for formula in plain} - {None}) < 2:
            continue
        n_open += 1
        of_kind: dict[str, float] = {}
        for formula in plain:
            candidate = formula.candidate
            kind = _kind(candidate.loss)
            unlikely = find_loss(candidate.loss).equal_counts and not one.agrees(formula)
            if kind and candidate.mistake is None and not unlikely:
                residual = abs(candidate.difference) / max(abs(one.number.value), 1e-12)
                residual = 0.0 if candidate.within_rounding else residual
                of_kind[kind] = min(residual, of_kind.get(kind, math.inf))
        for kind, residual in of_kind.items():
            scores.setdefault(kind, []).append(residual)

    def rank(kind: str) -> tuple[int, int, float]:
        residuals = scores[kind]
        return n_open - len(residuals), sum(residual > 0 for residual in residuals), sum(residuals)

    return min(scores, key=rank) if scores else None


def _kind(name: str) -> str | None:
    """The discriminator's loss of its game; a saturating generator goes with the same one."""
    return find_loss(name).plays_against
