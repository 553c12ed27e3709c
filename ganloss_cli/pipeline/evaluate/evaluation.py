"""From a request to a report: plan, send the data through the networks once, reduce."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.gates import judged
from ganloss_cli.pipeline.baseline.gates import Baseline, open_baseline
from ganloss_cli.pipeline.data.batching import first_samples
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.dry_run import describe_plan
from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.evaluate.parts import partial_finding
from ganloss_cli.pipeline.evaluate.pictures import pictures
from ganloss_cli.pipeline.evaluate.planned import Change, Choice, Planned, plan_run
from ganloss_cli.pipeline.evaluate.recipes import as_trained, chosen_recipe, default_recipe
from ganloss_cli.pipeline.evaluate.reduction import report_of, results_beforehand, with_shapes
from ganloss_cli.pipeline.evaluate.saved_statistics import save_statistics
from ganloss_cli.pipeline.evaluate.stepping import Ran, part_of, send_through
from ganloss_cli.pipeline.evaluate.trainings import about_training
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.run.plan import select_losses
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.pipeline.run.provenance import sample_shapes
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request

Seen = Callable[[Outline, Tally], None]


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
    choose = choice_of(request)
    if baseline is None:
        return _evaluate(request, choose, progress, change, kept, processes, seen=seen, draw=draw)
    by_sample = replace(request, per_sample=True)
    report = _evaluate(by_sample, choose, progress, change, kept, processes, baseline, seen=seen, draw=draw)
    return report if request.dry_run or (processes and processes.rank > 0) else baseline.judged(report)


def choice_of(request: Request) -> Callable[[Model], Choice]:
    """What says which losses a request means, once the networks are known.

    Raises:
        UsageError: an unknown recipe, loss, convention or setting.
    """
    given = chosen_recipe(request) if request.recipe is not None else None
    selected, explicit = (given.selected, False) if given else select_losses(request)

    def choose(model: Model) -> Choice:
        recipe = as_trained(given, model, request) if given else default_recipe(model, request)
        findings = about_training(model, request, recipe.recipe if recipe else None)
        if recipe is None:
            return Choice(selected=selected, explicit=explicit, findings=findings)
        return Choice(selected=recipe.selected, explicit=False, recipe=recipe, findings=findings)

    return choose


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
    return _evaluate(request, lambda _: Choice(selected=selected, explicit=explicit), progress, change, kept, seen=seen)


def _evaluate(
    request: Request,
    choose: Callable[[Model], Choice],
    progress: Progress | None,
    change: Change | None = None,
    kept: Kept | None = None,
    processes: Processes | None = None,
    baseline: Baseline | None = None,
    *,
    seen: Seen | None = None,
    draw: bool = False,
) -> Report:
    planned = plan_run(request, choose, change, kept)
    if baseline is not None:
        baseline.require_same(results_beforehand(planned.outline))
    started = time.perf_counter()
    if request.dry_run:
        return _timed(_described(planned), planned, planned.forward.model.calls(), started)
    ran = send_through(planned, progress, kept, processes)
    if processes and processes.rank > 0:
        return planned.outline.report
    if seen is not None:
        seen(planned.outline, ran.share.tally)
    report = report_of(
        planned.outline, ran.share.tally, planned.names, planned.changes(),
        per_sample=request.per_sample, worst=request.worst, draw=draw, partial=request.shard is not None,
    )  # fmt: skip
    report = _with_what_else_is_kept(
        replace(report, findings=(*report.findings, *ran.elsewhere)), planned, ran, progress
    )
    report = _timed(judged(report, planned.gates), planned, ran.share.passes, started)
    return replace(report, timing={**report.timing, "journal_steps": ran.share.found}) if request.journal else report


def _with_what_else_is_kept(report: Report, planned: Planned, ran: Ran, progress: Progress | None) -> Report:
    """Pictures for a page, statistics in a file of their own, and what a part holds for the whole run."""
    request = planned.forward.request
    if report.each:
        drawn = pictures(planned.plan, planned.forward, report.each, request.worst, planned.logged, progress)
        report = replace(report, pictures=drawn, about_pictures=drawn.about if drawn else "")
    if request.save_statistics is not None:
        saved = save_statistics(request, ran.share.tally)
        report = replace(report, findings=(*report.findings, saved))
    if request.shard is not None:
        part = part_of(planned, ran)
        report = replace(report, part=part, findings=(*report.findings, partial_finding(part)))
    return report


def _described(planned: Planned) -> Report:
    """What a dry run has to say."""
    report = replace(planned.outline.report, plan=describe_plan(planned.plan, planned.forward))
    return with_shapes(report, sample_shapes(first_samples(planned.forward.groups)))


def _timed(report: Report, planned: Planned, passes: Mapping[str, int], started: float) -> Report:
    timing = {
        "preparation_seconds": planned.seconds,
        "evaluation_seconds": time.perf_counter() - started,
        "forward_passes": passes,
    }
    return replace(report, timing=timing)
