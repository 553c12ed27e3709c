"""What every loss of a plan yields at each step of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES, Batch, Features
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.evaluators.statistics import SetStatistic, Unreduced, Weighted
from ganloss_cli.evaluators.streams import Row, sweep
from ganloss_cli.pipeline.data.batching import Chunk, automatic_batch_size
from ganloss_cli.pipeline.networks.streaming import release
from ganloss_cli.pipeline.run.arguments import ScoreRange, batch_for, context_for, without_infinite_scores
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.series import Series
from ganloss_cli.records.report import Finding


@dataclass(kw_only=True)
class LossValues:
    """Reads steps, and holds what every loss of a plan has yielded so far.

    Args:
        forward: the networks and the data.
        plan: the losses to compute.
        series: what came out so far, one a run of the plan.
        findings: about batches and settings, each once.
        score_range: watches scores that may be probabilities.
    """

    forward: Forward
    plan: Plan
    series: list[Series] = field(init=False)
    findings: dict[str, Finding] = field(default_factory=dict)
    score_range: ScoreRange = field(default_factory=ScoreRange)

    def __post_init__(self) -> None:
        self.series = [Series(self.forward.request.over == "batch") for _ in self.plan.runs]
        for run in self.plan.runs:
            if run.by_order and not run.loss.batch_dependent:
                self.findings[f"{run.label} held_by_order"] = _held_by_order(run)
            for name, value in self.forward.model.running.items():
                if name in run.loss.settings.keys() - run.selected.convention.settings - run.selected.chosen.keys():
                    self.findings[f"{run.label} {name}"] = _held_by_checkpoint(run, name, value)

    def __call__(self, step: Step, pieces: tuple[Chunk, ...]) -> Callable[[], None]:
        """Compute every loss that a step holds samples for."""
        updates: list[tuple[Series, Run, Unreduced, str]] = []
        with shared_computations():
            self._sweep_features(step)
            for run, series in zip(self.plan.runs, self.series, strict=True):
                value = self._value(run, step, series, pieces)
                if value is not None:
                    updates.append((series, run, value, _first_sample(run, step)))
        places = [piece.indices for piece in pieces]

        def keep() -> None:
            for series, run, value, sample in updates:
                with self._given_up_where_refused(run, sample):
                    series.update(value, _spaces(run, value), places)

        return keep

    def finish(self) -> None:
        """Refuse scores that may be probabilities, and forget what was noted about losses that were given up.

        Raises:
            UsageError: a loss asked for by name took scores for logits that all lie in [0, 1].
        """
        self.score_range.check(self.plan, self.forward)
        given_up = {run.label for run in self.plan.runs if run.selected.typed in self.plan.not_applicable}
        kept = {key: finding for key, finding in self.findings.items() if key.rpartition(" ")[0] not in given_up}
        self.findings = kept  # `not_applicable` says why they were

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
            self.score_range.see(run, batch, settings)
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

    def _has_company(self, run: Run) -> bool:
        """Whether another convention of a loss, of which all were asked for, has not been given up."""
        others = (other for other in self.plan.runs if other.loss is run.loss)
        left = {other.selected.typed for other in others} - {run.selected.typed, *self.plan.not_applicable}
        return run.beside_others and bool(left)

    def _note(self, run: Run, batch: Batch, settings: dict[str, Any]) -> None:
        if run.loss.findings is None:
            return
        for finding in run.loss.findings(batch, settings):
            self.findings.setdefault(f"{run.label} {finding.check}", finding)


def _held_by_order(run: Run) -> Finding:
    return Finding(
        check="held_by_order",
        severity="note",
        message=f"{run.label}: reals and fakes are unpaired; the first real is held against the first fake, and so on",
    )


def _held_by_checkpoint(run: Run, name: str, value: float) -> Finding:
    return Finding(
        check="held_by_checkpoint",
        severity="note",
        message=f"{run.label}: {name} is {value:.6g}, the running mean that the checkpoint holds",
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
    """Term -> the group of samples it is about."""
    if isinstance(value, (torch.Tensor, Weighted, SetStatistic)):
        return {"": next(iter(run.origins.values())).space}
    return {term: run.space(term) for term in value}
