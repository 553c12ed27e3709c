"""A run before its first batch: everything opened, checked and planned."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.gates import AimedGate, aim_gates
from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.data.scale import loaded_at_scale
from ganloss_cli.pipeline.data.segments import uncut
from ganloss_cli.pipeline.data.trained_with import as_trained
from ganloss_cli.pipeline.evaluate.gates import advice, gateable, gateable_in_recipe, terms_of_runs
from ganloss_cli.pipeline.evaluate.outline import Outline, outline_of
from ganloss_cli.pipeline.evaluate.recipes import ChosenRecipe
from ganloss_cli.pipeline.evaluate.results import Names
from ganloss_cli.pipeline.evaluate.unused_options import Facts, options_without_effect
from ganloss_cli.pipeline.networks.backbones import want_layers
from ganloss_cli.pipeline.networks.devices import choose_device, choose_dtype
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.networks.opening import open_files
from ganloss_cli.pipeline.networks.tiling import MARGIN
from ganloss_cli.pipeline.run.facts import prepare
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, make_plan
from ganloss_cli.pipeline.run.provenance import environment, inputs
from ganloss_cli.records.report import Finding, Report
from ganloss_cli.records.request import Request
from ganloss_cli.records.tool import tool

Change = Callable[[Model, DataSet], DataSet]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is to be computed."""

    selected: Sequence[Selected]
    explicit: bool
    recipe: ChosenRecipe | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Networks and data that fit each other.

    Args:
        choice: what is to be computed.
        data: as they were found.
        forward: sends them through the networks.
        findings: what is worth reporting of both.
    """

    choice: Choice
    data: DataSet
    forward: Forward
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Planned:
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


def plan_run(request: Request, choose: Callable[[Model], Choice], change: Change | None, kept: Kept | None) -> Planned:
    """Open and check everything, in the order in which a mistake is cheapest to tell.

    Args:
        request: every choice.
        choose: says what is computed, once the networks are known.
        change: is handed the networks, which it may alter, and the data before anything is planned.
        kept: files and data that earlier runs have read.

    Raises:
        GanlossError: the user's mistake.
    """
    started = time.perf_counter()
    opened = open_run(request, choose, change, kept)
    choice, prepared, request = opened.choice, opened.forward, opened.forward.request
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
    facts = Facts(data=opened.data, forward=forward, plan=plan)
    noticed = (*opened.findings, *_about_tiles(facts), *layers, *options_without_effect(facts))
    return Planned(
        gates=gates,
        forward=forward,
        plan=plan,
        data=opened.data,
        outline=outline_of(_beforehand(forward, plan, noticed), plan, forward, choice.recipe),
        logged=choice.recipe.logged() if choice.recipe else {},
        seconds=time.perf_counter() - started,
    )


def open_run(
    request: Request, choose: Callable[[Model], Choice], change: Change | None = None, kept: Kept | None = None
) -> Opened:
    """Open networks and data, and give the networks their inputs; for the arguments see `plan_run`."""
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
    forward, findings = prepare(model, data, request, device, dtype)
    found = (*model.findings, *scaled, *findings, *choice.findings)
    return Opened(choice=choice, data=data, forward=forward, findings=found)


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
