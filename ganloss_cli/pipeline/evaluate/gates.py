"""What a gate may name: the losses of a plan by every name they have, and the terms of those a gate asks about."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.catalogue import select
from ganloss_cli.evaluators.recipes.terms import Recipe, Term
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.evaluators.statistics import SetStatistic
from ganloss_cli.gates import Advice, Gateable, to_be_added
from ganloss_cli.pipeline.data.batching import first_samples
from ganloss_cli.pipeline.run.arguments import batch_for, context_for
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, Run, make_plan
from ganloss_cli.records.request import GateCondition


def gateable(plan: Plan, forward: Forward, conditions: Sequence[GateCondition]) -> tuple[Gateable, ...]:
    """Every loss of the plan, each once.

    Args:
        plan: what will be run.
        forward: the networks; two samples go through them where a condition names a term.
        conditions: of the gates.
    """
    found: dict[str, Gateable] = {}
    for run in plan.runs:
        named = Gateable(typed=run.selected.typed, names=other_names(run))
        asked = any(named.part_called(condition.loss) for condition in conditions)
        terms = _terms(run, forward) if asked else ()
        found.setdefault(named.typed, Gateable(typed=named.typed, names=named.names, terms=terms))
    return tuple(found.values())


TermsOf = Callable[[Term], Sequence[str]]


def terms_of_runs(plan: Plan, forward: Forward) -> TermsOf:
    """Tells the terms that the loss of a recipe's term has; two samples go through the networks for it."""
    runs = {run.selected.typed: run for run in plan.runs}

    def terms_of(term: Term) -> Sequence[str]:
        found = _terms(runs[term.key], forward) if term.key in runs else ()
        return [name for name in found if term.part in (None, name.partition(".")[0])]

    return terms_of


def gateable_in_recipe(recipe: Recipe, terms_of: TermsOf, conditions: Sequence[GateCondition]) -> tuple[Gateable, ...]:
    """Every term and total of a recipe by its name in the log, by the end of that name, and by what the report says.

    Args:
        recipe: whose terms are computed.
        terms_of: tells the terms of a term; it is asked where a condition names one.
        conditions: of the gates.
    """
    names = {total.logged: ("total", f"total:{recipe.name}") for total in recipe.totals}
    names |= {term.logged: (term.loss, term.typed) for term in recipe.terms if term.loss}
    typed = dict.fromkeys((*(term.logged for term in recipe.terms), *(total.logged for total in recipe.totals)))
    terms = {term.logged: term for term in recipe.terms}
    found = []
    for logged in typed:
        named = Gateable(typed=logged, names=(*names.get(logged, ()), logged.rpartition("/")[2]))
        if logged in terms and any(named.part_called(condition.loss) for condition in conditions):
            named = replace(named, terms=tuple(terms_of(terms[logged])))
        found.append(named)
    return tuple(found)


def advice(losses: Sequence[Gateable], forward: Forward, recipe: Recipe | None) -> Advice:
    """What to do about a gate on a name that is not evaluated: what helps, or why nothing does.

    Args:
        losses: that are evaluated.
        forward: the networks and the data, which tell whether the named one could be.
        recipe: whose terms are computed, if any; nothing can be added to them.
    """

    def advise(name: str) -> str:
        if recipe is not None:
            return logged_names(losses, recipe, name)
        base = name.partition(".")[0]
        try:
            make_plan(select([base]), True, forward)
        except GanlossError as error:
            return f"{error.message}: {error.hint}" if error.hint else error.message
        return to_be_added(base)

    return advise


def logged_names(losses: Sequence[Gateable], recipe: Recipe, name: str) -> str:
    """The names of a recipe's log that are most like one that is none."""
    known = [word for loss in losses for word in (loss.typed, *loss.names)]
    alone = [word for word, n in Counter(known).items() if n == 1]
    near = difflib.get_close_matches(name, alone, n=3, cutoff=0.0)
    return f"gate on a name that {recipe.told} logs, such as {' or '.join(map(repr, near))}"


def other_names(run: Run) -> tuple[str, ...]:
    """The bare name means the default convention, and the default convention's name the bare one."""
    name, row = run.loss.name, run.selected.convention
    full = f"{name}:{row.name}"
    return tuple(word for word in ((name, full) if row is run.loss.default else (full,)) if word != run.selected.typed)


def _terms(run: Run, forward: Forward) -> tuple[str, ...]:
    """The terms that a loss has on the first two samples."""
    if run.loss.row is not None:
        return ()
    step = forward.step(first_samples(forward.groups))
    try:
        with shared_computations():
            value = run.loss(batch_for(run, step), run.selected.settings(context_for(run, forward)))
    except GanlossError:
        return ()  # the run itself tells why, with the sample
    if isinstance(value, SetStatistic):
        value = value.compute()  # type: ignore[assignment]  # a number, or terms
    return tuple(value) if isinstance(value, Mapping) else ()
