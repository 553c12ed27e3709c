"""The runs that logged numbers are held against: that of the training's recipe, and that of every convention."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ganloss_cli.errors import NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.evaluators.recipes.published import find_recipe
from ganloss_cli.io.datasets import DataSet
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request, evaluate_selected
from ganloss_cli.pipeline.log.held import Held, LoggedSeries, held, held_by_recipe
from ganloss_cli.pipeline.log.one_training import named_in, of_one_family, recipe_for
from ganloss_cli.pipeline.log.unknown import map_hint
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.number.names import conventions_of
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request


@dataclass(kw_only=True)
class Pass:
    """One run with the numbers that are held against it; it is handed the model.

    Args:
        request: that is recomputed.
        batch: how many samples one logged number is a mean of.
        selected: the conventions computed.
        recipe: the training whose terms are computed instead.
        kept: what it reads.
    """

    request: Request
    batch: int | None
    selected: Sequence[Selected] = ()
    recipe: str | None = None
    kept: Kept = field(default_factory=Kept)
    model: Model = field(default_factory=Model)
    seconds: float = 0.0
    step: int | None = None
    held: Sequence[Held] = ()
    report: Report = field(init=False)

    def run(self, step: int | None, progress: Progress | None) -> None:
        """Compute everything once.

        Args:
            step: of the checkpoint; None takes it from the file.
            progress: is told how far the work is.
        """
        started = time.perf_counter()
        self.report = self.evaluate(self.request, self.selected, progress)
        self.seconds = time.perf_counter() - started
        self.step = _step(self.report, self.model, step)

    def evaluate(self, request: Request, selected: Sequence[Selected], progress: Progress | None) -> Report:
        """The same losses under another request; of a recipe, all of them."""
        if self.recipe is None:
            return evaluate_selected(request, selected, False, progress, self.kept, self._look)
        return evaluate_request(replace(request, recipe=self.recipe, losses=()), progress, self._look, self.kept)

    def _look(self, model: Model, data: DataSet) -> DataSet:
        self.model = model
        return data


def run_passes(
    tagged: Sequence[LoggedSeries], request: Request, step: int | None, batch: int | None, progress: Progress | None
) -> list[Pass]:
    """The runs that the wanted tags need, each with its numbers.

    Args:
        tagged: the tags of the log, those not wanted among them.
        request: checkpoint and data.
        step: of the checkpoint.
        batch: how many samples one logged number is a mean of.
        progress: is told how far the work is.
    """
    known, kept = [entry for entry in tagged if entry.meaning], Kept()
    if request.recipe is None and not any(entry.wanted for entry in known):
        raise NothingEvaluatedError(
            "no tag of the log is known as a loss",
            hint=f"{map_hint([entry.series.tag for entry in tagged if entry.wanted])}; --list shows the tags",
        )
    # those not wanted as well: what a number is must not depend on which others are told
    every = Pass(request=request, batch=batch, kept=kept)
    if request.recipe is None:
        _hold_every(every, known, step, progress)
    tags = [entry.series.tag for entry in tagged if not entry.mapped]
    recipe = recipe_for(every.model, request, tags)
    names = [term.logged for term in find_recipe(recipe).terms] if recipe else []
    own = named_in(dict.fromkeys(names), tags)
    if recipe is None or not own:
        if request.recipe is not None:
            raise UsageError(f"--recipe {recipe}: the log has none of {', '.join(names)}")
        return [_only_wanted(every)]
    of_recipe = Pass(request=request, batch=batch, recipe=recipe, kept=kept)
    of_recipe.run(step, progress)
    of_recipe.held = [
        held_by_recipe(entry, own[entry.series.tag], of_recipe.step, of_recipe.report, request, batch)
        for entry in tagged if entry.series.tag in own
    ]  # fmt: skip
    if request.recipe is None and _explains_less(of_recipe.held, every.held):
        return [_only_wanted(every)]
    rest = [entry for entry in known if entry.series.tag not in own]
    if request.recipe is not None and any(entry.wanted for entry in rest):
        _hold_rest(every, of_recipe, rest, step, progress)
    every.held = [one for one in every.held if one.entry in rest]
    return [each for each in map(_only_wanted, (of_recipe, every)) if each.held] or [of_recipe]


def _hold_rest(
    every: Pass, of_recipe: Pass, rest: Sequence[LoggedSeries], step: int | None, progress: Progress | None
) -> None:
    """What no term of the recipe is; where none of it can be computed, that is no reason to lose the recipe's."""
    # the recipe's own settings are no loss's
    losses = {name for entry in rest if entry.meaning for name in entry.meaning.losses}
    settings = tuple(change for change in every.request.settings if change.loss in losses)
    every.request = replace(every.request, settings=settings)
    try:
        _hold_every(every, rest, step, progress)
    except NothingEvaluatedError:
        nothing = replace(of_recipe.report, results=())
        lost = [
            held(entry, entry.meaning, of_recipe.step, nothing, (), every.request, every.batch)
            for entry in rest if entry.meaning
        ]  # fmt: skip
        of_recipe.held = [*of_recipe.held, *lost]


def _hold_every(every: Pass, entries: Sequence[LoggedSeries], step: int | None, progress: Progress | None) -> None:
    """Every convention of every loss that the tags may be."""
    losses = dict.fromkeys(name for entry in entries if entry.meaning for name in entry.meaning.losses)
    every.selected = conventions_of(losses, every.request)
    every.run(step, progress)
    every.held = of_one_family([
        held(entry, entry.meaning, every.step, every.report, every.selected, every.request, every.batch)
        for entry in entries if entry.meaning
    ])  # fmt: skip


def _only_wanted(run: Pass) -> Pass:
    run.held = [one for one in run.held if one.entry.wanted]
    return run


def _explains_less(of_recipe: Sequence[Held], every: Sequence[Held]) -> bool:
    """Whether the numbers are all some convention's where the recipe has not all of them, or has none at all."""
    if not any(one.formulas for one in of_recipe):
        return True
    beside = [one for one in every if any(one.entry is other.entry for other in of_recipe)]
    return not all(map(_is_explained, of_recipe)) and bool(beside) and all(map(_is_explained, beside))


def _is_explained(held: Held) -> bool:
    return any(held.agrees(formula) for formula in held.formulas if held.term or not formula.only_exact)


def _step(report: Report, model: Model, step: int | None) -> int | None:
    if step is not None:
        return step
    logged = (model.logged_steps.get(record.path, record.step) for record in report.checkpoints)
    steps = sorted({step for step in logged if step is not None})
    if len(steps) > 1:
        raise UsageError(
            f"the checkpoints are of steps {', '.join(map(str, steps))}; a log has one number a step",
            hint="give the one to compare with --step N",
        )
    return steps[0] if steps else None
