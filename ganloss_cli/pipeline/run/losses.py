"""What every loss of a plan yields at each step of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES, Batch, Features
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.evaluators.statistics import SetStatistic, Unreduced, Weighted
from ganloss_cli.evaluators.streams import Row, sweep
from ganloss_cli.pipeline.data.batching import Chunk, automatic_batch_size
from ganloss_cli.pipeline.networks.streaming import release
from ganloss_cli.pipeline.run.arguments import (
    batch_for,
    context_for,
    score_extremes,
    scores_matter,
    without_infinite_scores,
)
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.roles import side_of
from ganloss_cli.pipeline.run.series import Series
from ganloss_cli.pipeline.run.tally import GivenUp, Note, Tally
from ganloss_cli.records.report import Finding


@dataclass(kw_only=True)
class LossValues:
    """Reads steps, and counts up what every loss of a plan yields.

    Args:
        forward: the networks and the data.
        plan: the losses to compute; what turns out not to apply is entered in it.
        tally: of the steps so far.
        step: of the one that is going through.
    """

    forward: Forward
    plan: Plan
    tally: Tally = field(init=False)
    step: Tally = field(init=False)
    _notes: dict[str, Finding] = field(default_factory=dict)
    _given_up: dict[str, GivenUp] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tally, self.step = self._empty(), self._empty()

    def _empty(self) -> Tally:
        losses = [run.selected.typed for run in self.plan.computed]
        return Tally.empty(losses, over_batches=self.forward.request.over == "batch")

    def __call__(self, step: Step, pieces: tuple[Chunk, ...]) -> Callable[[], None]:
        """Compute every loss that a forward pass holds samples for."""
        updates: list[tuple[int, Run, Unreduced, str]] = []
        with shared_computations():
            self._sweep_features(step)
            for k, (run, series) in enumerate(zip(self.plan.computed, self.step.series, strict=True)):
                value = self._value(run, step, series, pieces)
                if value is not None:
                    updates.append((k, run, value, _first_sample(run, step)))
        places = [piece.indices for piece in pieces]

        def keep() -> None:
            self.step.saw(pieces)
            for k, run, value, sample in updates:
                with self._given_up_where_refused(run, sample):
                    if isinstance(value, SetStatistic):
                        self.tally.series[k].check_beside(value)
                    self.step.series[k].update(value, _spaces(run, value), places)

        return keep

    def end_step(self, number: int, halved: bool) -> Tally:
        """Count a step in, now that all of it has gone through.

        Args:
            number: which step it is.
            halved: whether memory ran out.

        Returns:
            what it came to.
        """
        ended, self.step = self.step, self._empty()
        ended.halved = [number] if halved else []
        ended.notes = {key: Note(step=number, finding=finding) for key, finding in self._notes.items()}
        ended.given_up = {typed: replace(why, step=number) for typed, why in self._given_up.items()}
        self._notes.clear()
        self._given_up.clear()
        ended.settle(number)
        self.count(ended)
        return ended

    def count(self, ended: Tally) -> None:
        """Count in the step that follows, wherever it was computed."""
        self.tally.extend(ended)
        for typed, reason in self.tally.given_up.items():
            self.plan.not_applicable.setdefault(typed, reason.message)

    @property
    def spaces(self) -> set[int]:
        """The groups of samples that some loss reads."""
        return {origin.space for run in self.plan.runs for origin in run.origins.values()}

    def batch_size(self) -> int | None:
        """One size for all groups where samples of several are held against each other by their order."""
        spaces = {origin.space for run in self.plan.runs if run.by_order for origin in run.origins.values()}
        if self.forward.request.batch_size is not None or not spaces:
            return self.forward.request.batch_size
        return min(automatic_batch_size(self.forward.groups[k].read(0)) for k in spaces)

    def _sweep_features(self, step: Step) -> None:
        """Read feature maps that are made in turn once, for all losses, before any of them asks for the logits."""
        readers: dict[int, tuple[Features, dict[int, tuple[Features, list[Row[Any]]]]]] = {}
        for run in self.plan.runs:
            if run.loss.row is None or not self._is_due(run, step):
                continue
            real, fake = (step.produce(run.origins[role], run.domain, run.forward_weights()) for role in FEATURE_ROLES)
            rows = readers.setdefault(id(real), (real, {}))[1].setdefault(id(fake), (fake, []))[1]
            if run.loss.row not in rows:
                rows.append(run.loss.row)
        for real, fakes in readers.values():
            sweep(real, list(fakes.values()), release)

    def _is_due(self, run: Run, step: Step) -> bool:
        """Whether a step holds samples for a loss that is not given up."""
        given_up = run.selected.typed in self.plan.not_applicable
        return not given_up and any(step.count(origin.space) for origin in run.origins.values())

    def _value(self, run: Run, step: Step, series: Series, pieces: tuple[Chunk, ...]) -> Unreduced | None:
        if not self._is_due(run, step):
            return None
        batch = batch_for(run, step)
        series.sub_discriminators = _sub_discriminators(batch)
        settings = run.selected.settings(context_for(run, self.forward))
        self._note(run, batch, settings)
        batch, infinite = without_infinite_scores(batch)
        series.infinite |= {
            (run.origins[role].space, pieces[run.origins[role].space].indices[k])
            for role, of in infinite.items()
            for k in of
        }
        with self._given_up_where_refused(run, _first_sample(run, step)):
            _check_order(run, pieces)
            value = run.loss(batch, settings)
            self._watch_scores(run, batch, settings)
            complete = all(step.count(origin.space) for origin in run.origins.values())
            # a batch whose fakes have run out says nothing of what is compared between sets
            return None if series.over_batches and isinstance(value, SetStatistic) and not complete else value
        return None

    @contextlib.contextmanager
    def _given_up_where_refused(self, run: Run, sample: str) -> Iterator[None]:
        """A loss that cannot take these samples, alone or beside those before, is an error where asked for by name."""
        try:
            yield
        except (InputError, UsageError) as error:
            message = error.message.removeprefix(f"{run.loss.name}: ")
            if run.explicit and not self._has_company(run):
                raise type(error)(f"{run.label}: {sample}{message}", hint=error.hint) from error
            self.plan.not_applicable[run.selected.typed] = message
            self._given_up[run.selected.typed] = GivenUp(
                step=0, message=message, sample=sample, hint=error.hint, usage=isinstance(error, UsageError)
            )

    def _has_company(self, run: Run) -> bool:
        """Whether another convention of a loss, of which all were asked for, has not been given up."""
        others = (other for other in self.plan.runs if other.loss is run.loss)
        left = {other.selected.typed for other in others} - {run.selected.typed, *self.plan.not_applicable}
        return run.beside_others and bool(left)

    def _watch_scores(self, run: Run, batch: Batch, settings: dict[str, Any]) -> None:
        """Watch the scores that a loss takes for logits: if all lie in [0, 1] they may be probabilities."""
        for low, high in score_extremes(run, batch):
            self.step.saw_scores(run.label, low, high)
        tallies = (self.tally, self.step)
        seen = [tally.scores[run.label] for tally in tallies if run.label in tally.scores]
        doubtful = bool(seen) and all(low >= 0 and high <= 1 for low, high in seen)
        if doubtful and not any(run.label in tally.decisive for tally in tallies):
            self.step.decisive |= {run.label} if scores_matter(run, batch, settings) else set()

    def _note(self, run: Run, batch: Batch, settings: dict[str, Any]) -> None:
        if run.loss.findings is None:
            return
        for finding in run.loss.findings(batch, settings):
            if (key := f"{run.label} {finding.check}") not in self.tally.notes:
                self._notes.setdefault(key, finding)


def known_beforehand(plan: Plan, forward: Forward) -> dict[str, Finding]:
    """What is worth knowing of the runs of a plan before any sample goes through, by label and what it is about."""
    found = {}
    for run in plan.runs:
        if run.by_order and not run.loss.batch_dependent:
            found[f"{run.label} held_by_order"] = _held_by_order(run)
        for name, value in forward.model.running.items():
            if name in run.loss.settings.keys() - run.selected.convention.settings - run.selected.chosen.keys():
                found[f"{run.label} {name}"] = _held_by_checkpoint(run, name, value)
    return found


def _held_by_order(run: Run) -> Finding:
    return Finding(
        check="held_by_order",
        severity="note",
        message=f"{run.label}: reals and fakes are unpaired; the first real is held against the first fake, and so on",
    )


def _held_by_checkpoint(run: Run, name: str, value: float) -> Finding:
    what = "the running mean that" if "mean" in name else "which"
    return Finding(
        check="held_by_checkpoint",
        severity="note",
        message=f"{run.label}: {name} is {value:.6g}, {what} the checkpoint holds",
        evidence={name: value},
        hint=f"--set {run.loss.name}.{name}=VALUE gives another one",
    )


def _check_order(run: Run, pieces: tuple[Chunk, ...]) -> None:
    """Refuse what would hold other samples against each other in other batches: samples of mixed sizes."""
    if run.by_order and len({pieces[origin.space].indices for origin in run.origins.values()}) > 1:
        raise InputError(
            "unpaired samples of several sizes cannot be held against each other by their order",
            hint="--resize makes them equal, or pair them",
        )


def _sub_discriminators(batch: Batch) -> int | None:
    """How many the discriminator of this batch has; None where no loss reads its output."""
    outputs = (getattr(batch, role) for role in (*LOGIT_ROLES, *FEATURE_ROLES))
    return next((len(of_each) for of_each in outputs if of_each is not None), None)


def _first_sample(run: Run, step: Step) -> str:
    names = step.chunks[next(iter(run.origins.values())).space].names
    return f"sample {names[0]}: " if names else ""


def _spaces(run: Run, value: Unreduced) -> dict[str, int]:
    """Term, or side of a set -> the group of samples it is about."""
    if isinstance(value, SetStatistic):
        return {side_of(role): origin.space for role, origin in run.origins.items()}
    if isinstance(value, (torch.Tensor, Weighted)):
        return {"": next(iter(run.origins.values())).space}
    return {term: run.space(term) for term in value}
