"""From a request to a report: open everything, plan, send the data through the networks once, reduce."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from ganloss_cli.errors import NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.gates import AimedGate, Gateable, aim_gates, evaluate_gates, parse_gates
from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.pipeline.data.batching import chunks
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.data.inputs import Arranged, arrange
from ganloss_cli.pipeline.evaluate.gates import gateable
from ganloss_cli.pipeline.evaluate.recipes import ChosenRecipe, chosen_recipe, default_recipe, in_recipe
from ganloss_cli.pipeline.evaluate.results import describe_plan, results, sample_values
from ganloss_cli.pipeline.evaluate.unused_options import Facts, options_without_effect
from ganloss_cli.pipeline.evaluate.worst import without_worst, worst_samples
from ganloss_cli.pipeline.networks.backbones import want_layers
from ganloss_cli.pipeline.networks.devices import choose_device, choose_dtype
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.networks.tiling import MARGIN
from ganloss_cli.pipeline.run.facts import first_samples, probe
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, make_plan, select_losses
from ganloss_cli.pipeline.run.provenance import environment, fingerprint, inputs, sample_shapes, tool
from ganloss_cli.pipeline.run.roles import Graph
from ganloss_cli.pipeline.run.steps import Work
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Finding, Report
from ganloss_cli.records.request import Request

Change = Callable[[Model, DataSet], DataSet]


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """What is to be computed."""

    selected: Sequence[Selected]
    explicit: bool
    recipe: ChosenRecipe | None = None

    def names(self) -> list[str]:
        """What results of a recipe are called; nothing without one."""
        return self.recipe.names() if self.recipe else []


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """Everything that is known before the first batch."""

    request: Request
    device: torch.device
    gates: tuple[AimedGate, ...]
    data: DataSet
    arranged: Arranged
    forward: Forward
    plan: Plan
    recipe: ChosenRecipe | None
    findings: tuple[Finding, ...]
    mixing: dict[str, str]  # network -> why its results depend on the batch
    seconds: float


def evaluate_request(request: Request, progress: Progress | None = None, change: Change | None = None) -> Report:
    """Compute what is asked for.

    Args:
        request: every choice.
        progress: is told how far the work is.
        change: is handed the networks, which it may alter, and the data before anything is planned.

    Returns:
        the report; with `dry_run`, its plan alone.

    Raises:
        GanlossError: the user's mistake, with the exit status it ends with.
    """
    if request.recipe is not None:
        recipe = chosen_recipe(request)
        choice = _Choice(selected=recipe.selected, explicit=False, recipe=recipe)
        return _evaluate(request, lambda _: choice, progress, change)
    selected, explicit = select_losses(request)

    def choose(model: Model) -> _Choice:
        recipe = default_recipe(model, request)
        if recipe is None:
            return _Choice(selected=selected, explicit=explicit)
        return _Choice(selected=recipe.selected, explicit=False, recipe=recipe)

    return _evaluate(request, choose, progress, change)


def evaluate_selected(
    request: Request,
    selected: Sequence[Selected],
    explicit: bool,
    progress: Progress | None = None,
    kept: Kept | None = None,
) -> Report:
    """The same for losses that are chosen already, whatever the request says of them.

    Args:
        request: every other choice.
        selected: the losses with their conventions.
        explicit: whether one that cannot be computed is a mistake of the user's; otherwise it is left out, and
            `not_applicable` of the report says why.
        progress: is told how far the work is.
        kept: data that earlier runs have read.
    """
    return _evaluate(request, lambda _: _Choice(selected=selected, explicit=explicit), progress, kept=kept)


def _evaluate(
    request: Request,
    choose: Callable[[Model], _Choice],
    progress: Progress | None,
    change: Change | None = None,
    kept: Kept | None = None,
) -> Report:
    prepared = _prepare(request, choose, change, kept)
    work = Work(
        forward=prepared.forward,
        plan=prepared.plan,
        arranged=prepared.arranged,
        request=request,
        chunks=kept.chunks if kept else chunks,
    )
    started = time.perf_counter()
    if not request.dry_run:
        work.run(progress)
    return _report(prepared, work, time.perf_counter() - started)


def _prepare(
    request: Request, choose: Callable[[Model], _Choice], change: Change | None, kept: Kept | None
) -> _Prepared:
    """Open and check everything, in the order in which a mistake is cheapest to tell."""
    started = time.perf_counter()
    conditions = parse_gates(request.fail_if)
    device = choose_device(request.device)
    dtype = choose_dtype(request.dtype, device)
    model = load_model(request, device, dtype)
    choice = choose(model)
    data = kept.data(request, _open) if kept else _open(request)
    if change is not None:
        data = change(model, data)
    arranged = arrange(data, model, request)
    if not any(group.names for group in arranged.groups):
        raise NothingEvaluatedError("no samples")
    graph = Graph(arranged.spaces(), model.roles(), frozenset())
    forward = Forward(model=model, graph=graph, request=request, device=device, dtype=dtype)
    learnt, mixing = probe(forward, arranged.groups)
    plan = make_plan(choice.selected, choice.explicit, graph, arranged.groups, model, request)
    layers = want_layers(model, [run.selected for run in plan.runs])
    forward.want_features = any("real_features" in run.origins or "fake_features" in run.origins for run in plan.runs)
    logged = tuple(Gateable(typed=name) for name in choice.names())
    gates = aim_gates(conditions, logged or gateable(plan, forward, arranged.groups, conditions))
    model.forget_calls()
    facts = Facts(request=request, data=data, arranged=arranged, model=model, plan=plan)
    return _Prepared(
        request=request,
        device=device,
        gates=gates,
        arranged=arranged,
        forward=forward,
        plan=plan,
        recipe=choice.recipe,
        data=data,
        findings=(
            *model.findings,
            *arranged.findings,
            *learnt,
            *_about_tiles(facts),
            *layers,
            *options_without_effect(facts),
        ),
        mixing=mixing,
        seconds=time.perf_counter() - started,
    )


def _about_tiles(facts: Facts) -> tuple[Finding, ...]:
    """Tiles change the number of a network that normalises over the image or sees further than their margin."""
    if facts.request.tile is None or not facts.runs_on_images:
        return ()
    message = f"the generator ran in tiles of {facts.request.tile} pixels that see {MARGIN} beyond their edge"
    hint = "a network that sees further, or normalises over the image, gives another number without --tile"
    return (Finding(check="tiled_generator", severity="warning", message=message, hint=hint),)


def _open(request: Request) -> DataSet:
    if request.data is None and not request.roles:
        if request.ckpt and request.samples:
            return DataSet(groups=(), findings=())  # a generator that eats latents needs no data
        raise UsageError("nothing to evaluate on", hint="give --data PATH, or roles such as --real and --fake")
    return open_data(request)


def _report(prepared: _Prepared, work: Work, seconds: float) -> Report:
    request, forward, plan, groups = prepared.request, prepared.forward, prepared.plan, prepared.arranged.groups
    computed, more = results(plan, work.series, forward, groups, prepared.mixing, request)
    values = sample_values(plan, work.series, groups) if request.per_sample or request.worst else ()
    changed = () if request.dry_run else prepared.data.changes.findings(request)
    worst = worst_samples(plan, values, request.worst) if request.worst and computed else None
    missing = () if worst is None else without_worst(plan, work.series, worst)
    report = Report(
        tool=tool(),
        environment=environment(prepared.device),
        command=request.command,
        seed=request.seed,
        device=str(prepared.device),
        dtype=request.dtype,
        inputs=inputs(groups, work.shapes or sample_shapes(first_samples(groups)), request),
        fingerprint=fingerprint(work.digests),
        checkpoints=tuple(forward.model.records),
        results=computed,
        samples=values if request.per_sample and computed else None,
        worst=worst,
        findings=(*prepared.findings, *changed, *work.findings.values(), *more, *missing),
        not_applicable=plan.not_applicable,
        plan=describe_plan(plan, forward, groups) if request.dry_run else None,
        timing={
            "preparation_seconds": prepared.seconds,
            "evaluation_seconds": seconds,
            "forward_passes": forward.model.calls(),
        },
    )
    if request.dry_run:
        return report
    if prepared.recipe is not None:
        report = in_recipe(report, prepared.recipe)
    return replace(report, gates=evaluate_gates(prepared.gates, report.results))
