"""What a gate may name: the losses of a plan by every name they have, and the terms of those a gate asks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.evaluators.statistics import SetStatistic
from ganloss_cli.gates import Gateable
from ganloss_cli.pipeline.data.batching import first_samples
from ganloss_cli.pipeline.run.arguments import batch_for, context_for
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, Run
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


def other_names(run: Run) -> tuple[str, ...]:
    """The bare name means the default convention, and the default convention's name the bare one."""
    name, row = run.loss.name, run.selected.convention
    full = f"{name}:{row.name}"
    return tuple(word for word in ((name, full) if row is run.loss.default else (full,)) if word != run.selected.typed)


def _terms(run: Run, forward: Forward) -> tuple[str, ...]:
    """The terms that a loss has on the first two samples; none where it is taken over batches as a whole."""
    if run.loss.row is not None or forward.request.over == "batch":
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
