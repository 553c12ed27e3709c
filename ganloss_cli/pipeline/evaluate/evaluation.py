"""From a request to a report: open everything, plan, send the data through the networks once, reduce."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.gates import AimedGate, against_direction, aim_gates, evaluate_gates
from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.pipeline.data.batching import chunks, first_samples
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.data.scale import loaded_at_scale
from ganloss_cli.pipeline.data.segments import uncut
from ganloss_cli.pipeline.data.trained_with import as_trained
from ganloss_cli.pipeline.evaluate.gates import advice, gateable, gateable_in_recipe
from ganloss_cli.pipeline.evaluate.pictures import pictures
from ganloss_cli.pipeline.evaluate.recipes import ChosenRecipe, chosen_recipe, default_recipe, in_recipe
from ganloss_cli.pipeline.evaluate.results import describe_plan, results, sample_values
from ganloss_cli.pipeline.evaluate.trainings import about_training
from ganloss_cli.pipeline.evaluate.unused_options import Facts, options_without_effect
from ganloss_cli.pipeline.evaluate.worst import without_worst, worst_samples
from ganloss_cli.pipeline.networks.backbones import want_layers
from ganloss_cli.pipeline.networks.devices import choose_device, choose_dtype
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.networks.opening import open_files
from ganloss_cli.pipeline.networks.tiling import MARGIN
from ganloss_cli.pipeline.run.facts import prepare
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.losses import LossValues
from ganloss_cli.pipeline.run.plan import Plan, make_plan, select_losses
from ganloss_cli.pipeline.run.provenance import environment, fingerprint, inputs, sample_shapes
from ganloss_cli.pipeline.run.steps import Steps
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Finding, Report
from ganloss_cli.records.request import Request
from ganloss_cli.records.tool import tool

SHOWN = 3  # worst, median and best samples of each loss on a page, where --worst says no other number
Change = Callable[[Model, DataSet], DataSet]


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """What is to be computed."""

    selected: Sequence[Selected]
    explicit: bool
    recipe: ChosenRecipe | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """Everything that is known before the first batch."""

    gates: tuple[AimedGate, ...]
    data: DataSet
    forward: Forward
    plan: Plan
    recipe: ChosenRecipe | None
    findings: tuple[Finding, ...]
    seconds: float


def evaluate_request(
    request: Request,
    progress: Progress | None = None,
    change: Change | None = None,
    kept: Kept | None = None,
    *,
    draw: bool = False,
) -> Report:
    """Compute what is asked for.

    Args:
        request: every choice.
        progress: is told how far the work is.
        change: is handed the networks, which it may alter, and the data before anything is planned.
        kept: files and data that earlier runs have read.
        draw: keep what a page draws.

    Returns:
        the report; with `dry_run`, its plan alone.

    Raises:
        GanlossError: the user's mistake, with the exit status it ends with.
    """
    given = chosen_recipe(request) if request.recipe is not None else None
    selected, explicit = (given.selected, False) if given else select_losses(request)

    def choose(model: Model) -> _Choice:
        recipe = given or default_recipe(model, request)
        findings = about_training(model, request, recipe.recipe if recipe else None)
        if recipe is None:
            return _Choice(selected=selected, explicit=explicit, findings=findings)
        return _Choice(selected=recipe.selected, explicit=False, recipe=recipe, findings=findings)

    return _evaluate(request, choose, progress, change, kept, draw=draw)


def evaluate_selected(
    request: Request,
    selected: Sequence[Selected],
    explicit: bool,
    progress: Progress | None = None,
    kept: Kept | None = None,
    change: Change | None = None,
) -> Report:
    """The same for losses that are chosen already, whatever the request says of them.

    Args:
        request: every other choice.
        selected: the losses with their conventions.
        explicit: whether one that cannot be computed is a mistake of the user's; otherwise it is left out, and
            `not_applicable` of the report says why.
        progress: is told how far the work is.
        kept: files and data that earlier runs have read.
        change: is handed the networks and the data before anything is planned.
    """
    return _evaluate(request, lambda _: _Choice(selected=selected, explicit=explicit), progress, change, kept)


def _evaluate(
    request: Request,
    choose: Callable[[Model], _Choice],
    progress: Progress | None,
    change: Change | None = None,
    kept: Kept | None = None,
    *,
    draw: bool = False,
) -> Report:
    planned = _planned(request, choose, change, kept)
    values = LossValues(forward=planned.forward, plan=planned.plan)
    steps = Steps(forward=planned.forward, consumers=[values])
    started = time.perf_counter()
    if not request.dry_run:
        steps.run(
            progress,
            "evaluating",
            spaces=values.spaces,
            batch_size=values.batch_size(),
            chunks=kept.chunks if kept else chunks,
        )
        values.finish()
    return _report(planned, values, steps, time.perf_counter() - started, draw=draw)


def _planned(
    request: Request, choose: Callable[[Model], _Choice], change: Change | None, kept: Kept | None
) -> _Planned:
    """Open and check everything, in the order in which a mistake is cheapest to tell."""
    started = time.perf_counter()
    device = choose_device(request.device)
    dtype = choose_dtype(request.dtype, device)
    opened = (lambda asked: kept.data(asked, _open)) if kept else _open
    files = kept.files if kept else open_files
    model, scaled = loaded_at_scale(request, lambda asked: load_model(asked, device, dtype, files), opened)
    choice = choose(model)
    request, data = as_trained(request, opened(request), model, opened)
    data = uncut(request, data, model, opened)
    if change is not None:
        data = change(model, data)
    prepared, findings = prepare(model, data, request, device, dtype)
    plan = make_plan(choice.selected, choice.explicit, prepared)
    forward = replace(prepared, want_features=plan.reads_features)
    layers = want_layers(forward.model, [run.selected for run in plan.runs])
    recipe = choice.recipe.recipe if choice.recipe else None
    named = (
        gateable_in_recipe(recipe, plan, forward, request.fail_if)
        if recipe
        else gateable(plan, forward, request.fail_if)
    )
    gates = aim_gates(request.fail_if, named, advice(named, prepared, recipe))
    forward.model.forget_calls()
    facts = Facts(data=data, forward=forward, plan=plan)
    return _Planned(
        gates=gates,
        forward=forward,
        plan=plan,
        recipe=choice.recipe,
        data=data,
        findings=(
            *model.findings,
            *scaled,
            *findings,
            *choice.findings,
            *_about_tiles(facts),
            *layers,
            *options_without_effect(facts),
        ),
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
            return DataSet(groups=(), findings=())  # a generator that takes latents needs no data
        raise UsageError("nothing to evaluate on", hint="give --data PATH, or roles such as --real and --fake")
    return open_data(request)


def _report(planned: _Planned, values: LossValues, steps: Steps, seconds: float, *, draw: bool) -> Report:
    forward, plan = planned.forward, planned.plan
    request, groups = forward.request, forward.groups
    computed, more = results(plan, values.series, forward, steps.largest_batch)
    of_samples = sample_values(plan, values.series, groups) if request.per_sample or request.worst or draw else ()
    changed = () if request.dry_run else planned.data.changes.findings(request)
    worst = worst_samples(plan, of_samples, request.worst) if request.worst and computed else None
    missing = () if worst is None else without_worst(plan, values.series, worst)
    report = Report(
        tool=tool(),
        environment=environment(forward.device),
        command=request.command,
        seed=request.seed,
        device=str(forward.device),
        dtype=request.dtype,
        inputs=inputs(groups, steps.shapes or sample_shapes(first_samples(groups)), request),
        fingerprint=fingerprint(steps.digests),
        checkpoints=tuple(forward.model.records),
        results=computed,
        samples=of_samples if request.per_sample and computed else None,
        worst=worst,
        each=of_samples if draw and computed else (),
        pictures=pictures(plan, forward, of_samples, request.worst or SHOWN) if draw and computed else None,
        findings=(*planned.findings, *changed, *values.findings.values(), *more, *missing),
        not_applicable=plan.not_applicable,
        plan=describe_plan(plan, forward) if request.dry_run else None,
        timing={
            "preparation_seconds": planned.seconds,
            "evaluation_seconds": seconds,
            "forward_passes": forward.model.calls(),
        },
    )
    if request.dry_run:
        return report
    if planned.recipe is not None:
        report = in_recipe(report, planned.recipe)
    findings = (*report.findings, *against_direction(planned.gates, report.results))
    return replace(report, gates=evaluate_gates(planned.gates, report.results), findings=findings)
