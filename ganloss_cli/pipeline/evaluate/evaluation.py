"""From a request to a report: open everything, plan, send the data through the networks once, reduce."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.gates import AimedGate, aim_gates, judged
from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.io.journal import Journal
from ganloss_cli.pipeline.baseline.gates import Baseline, open_baseline
from ganloss_cli.pipeline.data.batching import chunks, first_samples
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.data.scale import loaded_at_scale
from ganloss_cli.pipeline.data.segments import uncut
from ganloss_cli.pipeline.data.trained_with import as_trained
from ganloss_cli.pipeline.evaluate.dry_run import describe_plan
from ganloss_cli.pipeline.evaluate.gates import advice, gateable, gateable_in_recipe, terms_of_runs
from ganloss_cli.pipeline.evaluate.gathering import Share, gather
from ganloss_cli.pipeline.evaluate.outline import Outline, outline_of
from ganloss_cli.pipeline.evaluate.parts import columns, partial_finding
from ganloss_cli.pipeline.evaluate.pictures import pictures
from ganloss_cli.pipeline.evaluate.recipes import ChosenRecipe, chosen_recipe, default_recipe
from ganloss_cli.pipeline.evaluate.reduction import report_of, with_shapes
from ganloss_cli.pipeline.evaluate.results import Names
from ganloss_cli.pipeline.evaluate.trainings import about_training
from ganloss_cli.pipeline.evaluate.unused_options import Facts, options_without_effect
from ganloss_cli.pipeline.networks.backbones import want_layers
from ganloss_cli.pipeline.networks.devices import choose_device, choose_dtype
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.networks.opening import open_files
from ganloss_cli.pipeline.networks.tiling import MARGIN
from ganloss_cli.pipeline.run.conditions import conditions, identity, key_of
from ganloss_cli.pipeline.run.facts import prepare
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.grid import Grid
from ganloss_cli.pipeline.run.losses import LossValues
from ganloss_cli.pipeline.run.plan import Plan, make_plan, select_losses
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.pipeline.run.provenance import environment, inputs, sample_shapes
from ganloss_cli.pipeline.run.resuming import Counted, Resumed
from ganloss_cli.pipeline.run.steps import Steps
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.progress import Progress
from ganloss_cli.records.plain import as_data
from ganloss_cli.records.report import Finding, Part, Report
from ganloss_cli.records.request import Request
from ganloss_cli.records.tool import tool

Change = Callable[[Model, DataSet], DataSet]
Seen = Callable[[Outline, Tally], None]


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
    outline: Outline
    seconds: float
    logged: Mapping[str, str]  # loss -> what the log of a recipe calls it

    @property
    def names(self) -> Names:
        """Of the samples of every group."""
        return [group.names for group in self.forward.groups]

    def checkpoints(self) -> list[list[str | None]]:
        """What tells the networks of one run from those of another."""
        return [[each.role, each.weights, each.sha256] for each in self.outline.report.checkpoints]

    def changes(self) -> tuple[Finding, ...]:
        """What options changed about the samples, as far as they were read."""
        return tuple(self.data.changes.findings(self.forward.request))


def evaluate_request(
    request: Request,
    progress: Progress | None = None,
    change: Change | None = None,
    kept: Kept | None = None,
    seen: Seen | None = None,
    processes: Processes | None = None,
    *,
    draw: bool = False,
) -> Report:
    """Compute what is asked for.

    Args:
        request: every choice.
        progress: is told how far the work is.
        change: is handed the networks, which it may alter, and the data before anything is planned.
        kept: files and data that earlier runs have read.
        seen: is handed what the report is made of.
        processes: that share the steps.
        draw: keep what a page draws.

    Returns:
        the report; with `dry_run`, its plan alone; in all but the first of several processes, its beginning.

    Raises:
        GanlossError: the user's mistake, with the exit status it ends with.
    """
    if request.shard is not None and (request.fail_if or request.fail_if_worse):
        option = "--fail-if" if request.fail_if else "--fail-if-worse"
        raise UsageError(f"{option}: a part of a run is not judged", hint="give it to ganloss merge")
    baseline = open_baseline(request)
    if baseline is not None:
        baseline.require_alike(request.seed, request.dtype)
    given = chosen_recipe(request) if request.recipe is not None else None
    selected, explicit = (given.selected, False) if given else select_losses(request)

    def choose(model: Model) -> _Choice:
        recipe = given or default_recipe(model, request)
        findings = about_training(model, request, recipe.recipe if recipe else None)
        if recipe is None:
            return _Choice(selected=selected, explicit=explicit, findings=findings)
        return _Choice(selected=recipe.selected, explicit=False, recipe=recipe, findings=findings)

    if baseline is None:
        return _evaluate(request, choose, progress, change, kept, processes, seen=seen, draw=draw)
    by_sample = replace(request, per_sample=True)
    report = _evaluate(by_sample, choose, progress, change, kept, processes, baseline, draw=draw)
    return report if request.dry_run or (processes and processes.rank > 0) else baseline.judged(report)


def evaluate_selected(
    request: Request,
    selected: Sequence[Selected],
    explicit: bool,
    progress: Progress | None = None,
    kept: Kept | None = None,
    change: Change | None = None,
    seen: Seen | None = None,
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
        seen: is handed what the report is made of.
    """
    return _evaluate(
        request, lambda _: _Choice(selected=selected, explicit=explicit), progress, change, kept, seen=seen
    )


def _evaluate(
    request: Request,
    choose: Callable[[Model], _Choice],
    progress: Progress | None,
    change: Change | None = None,
    kept: Kept | None = None,
    processes: Processes | None = None,
    baseline: Baseline | None = None,
    *,
    seen: Seen | None = None,
    draw: bool = False,
) -> Report:
    planned = _planned(request, choose, change, kept)
    if baseline is not None and planned.outline.recipe is None:
        baseline.require_same([entry.result for entry in planned.outline.entries])
    started = time.perf_counter()
    if request.dry_run:
        return _timed(_described(planned), planned, planned.forward.model.calls(), started)
    ran = _ran(planned, progress, kept, processes)
    if processes and processes.rank > 0:
        return planned.outline.report
    if seen is not None:
        seen(planned.outline, ran.share.tally)
    report = report_of(
        planned.outline, ran.share.tally, planned.names, planned.changes(),
        per_sample=request.per_sample, worst=request.worst, draw=draw, partial=request.shard is not None,
    )  # fmt: skip
    report = replace(report, findings=(*report.findings, *ran.elsewhere))
    if report.each:
        drawn = pictures(planned.plan, planned.forward, report.each, request.worst, planned.logged, progress)
        report = replace(report, pictures=drawn, undrawn=drawn.lacking if drawn else "")
    if request.shard is not None:
        part = _part(planned, ran)
        report = replace(report, part=part, findings=(*report.findings, partial_finding(part)))
    report = _timed(judged(report, planned.gates), planned, ran.share.passes, started)
    return replace(report, timing={**report.timing, "journal_steps": ran.share.found}) if request.journal else report


@dataclass(frozen=True, kw_only=True)
class _Ran:
    """What came of the steps: of all processes, in the first of them."""

    grid: Grid
    steps: range
    share: Share
    elsewhere: tuple[Finding, ...] = ()


def _ran(planned: _Planned, progress: Progress | None, kept: Kept | None, processes: Processes | None) -> _Ran:
    """Send the samples through, but those that a journal has or that other processes take."""
    forward, request = planned.forward, planned.forward.request
    values = LossValues(forward=forward, plan=planned.plan)
    steps = Steps(forward=forward, consumers=[values], spaces=values.spaces, batch_size=values.batch_size())
    grid = steps.grid()
    index, of = request.shard or (1, 1)
    whole = grid.dealt(index - 1, of)
    mine = processes.share(whole) if processes else whole
    resumed = _resumed(planned, steps, grid) if request.journal else None
    counted = Counted(values=values, share=mine, resumed=resumed, processes=processes)
    reads = kept.chunks if kept else chunks
    steps.run(progress, "evaluating", grid=grid, only=counted.missing, chunks=reads, ended=counted.ended)
    counted.finish()
    share = Share(
        tally=values.tally,
        changes=planned.data.changes,
        passes=dict(forward.model.calls()),
        found=resumed.n_found if resumed else 0,
        environment=planned.outline.report.environment,
    )
    if processes is None:
        return _Ran(grid=grid, steps=whole, share=share)
    run = key_of(data=identity(forward.groups, grid), conditions=conditions(request), checkpoints=planned.checkpoints())
    elsewhere = gather(share, processes, run, over_batches=planned.outline.over_batches)
    return _Ran(grid=grid, steps=whole, share=share, elsewhere=elsewhere)


def _described(planned: _Planned) -> Report:
    """What a dry run has to say."""
    report = replace(planned.outline.report, plan=describe_plan(planned.plan, planned.forward))
    return with_shapes(report, sample_shapes(first_samples(planned.forward.groups)))


def _timed(report: Report, planned: _Planned, passes: Mapping[str, int], started: float) -> Report:
    timing = {
        "preparation_seconds": planned.seconds,
        "evaluation_seconds": time.perf_counter() - started,
        "forward_passes": passes,
    }
    return replace(report, timing=timing)


def _resumed(planned: _Planned, steps: Steps, grid: Grid) -> Resumed:
    """The steps that a journal has; its key holds all that decides what a step comes to, but its samples."""
    forward, plan = planned.forward, describe_plan(planned.plan, planned.forward)
    held = [[group.roles, group.kinds, group.sample_rates, group.ranges] for group in forward.groups]
    networks = [{name: value for name, value in network.items() if name != "file"} for network in plan["networks"]]
    chosen = conditions(forward.request)
    return Resumed(
        journal=Journal(forward.request.journal),
        run=as_data({
            "conditions": {name: value for name, value in chosen.items() if name not in ("limit", "samples")},
            "networks": networks,
            "losses": plan["losses"],
            "data": held,
            "batch_size": steps.batch_size,
            "checkpoints": planned.checkpoints(),
        }),
        forward=forward,
        grid=grid,
        changes=planned.data.changes,
        over_batches=planned.outline.over_batches,
    )  # fmt: skip


def _part(planned: _Planned, ran: _Ran) -> Part:
    """A share of the run as a document holds it."""
    request, groups, grid = planned.forward.request, planned.forward.groups, ran.grid
    index, of = request.shard or (1, 1)
    held = [[group.names[k] for step in ran.steps for k in grid.block(step, space)]
            for space, group in enumerate(groups)]  # fmt: skip
    return Part(
        index=index,
        of=of,
        steps=(ran.steps.start, ran.steps.stop),
        n_steps=len(grid),
        data=identity(groups, grid),
        conditions=conditions(request),
        outline=planned.outline,
        columns=columns(ran.share.tally, ran.share.changes, held),
    )


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
        gateable_in_recipe(recipe, terms_of_runs(plan, forward), request.fail_if)
        if recipe
        else gateable(plan, forward, request.fail_if)
    )
    gates = aim_gates(request.fail_if, named, advice(named, prepared, recipe))
    forward.model.forget_calls()
    facts = Facts(data=data, forward=forward, plan=plan)
    noticed = (
        *model.findings,
        *scaled,
        *findings,
        *choice.findings,
        *_about_tiles(facts),
        *layers,
        *options_without_effect(facts),
    )
    return _Planned(
        gates=gates,
        forward=forward,
        plan=plan,
        data=data,
        outline=outline_of(_beforehand(forward, plan, noticed), plan, forward, choice.recipe),
        logged=choice.recipe.logged() if choice.recipe else {},
        seconds=time.perf_counter() - started,
    )


def _beforehand(forward: Forward, plan: Plan, findings: tuple[Finding, ...]) -> Report:
    """The report, as far as it is known before any sample goes through."""
    request = forward.request
    return Report(
        tool=tool(),
        environment=environment(forward.device),
        command=request.command,
        seed=request.seed,
        device=str(forward.device),
        dtype=request.dtype,
        inputs=inputs(forward.groups, {}, request),
        checkpoints=tuple(forward.model.records),
        findings=findings,
        not_applicable=dict(plan.not_applicable),
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
