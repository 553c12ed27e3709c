"""From a request to a report: open everything, plan, send the data through the networks once, reduce."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from ganloss_cli.errors import NothingEvaluatedError, UsageError
from ganloss_cli.gates import Condition, check_gates, evaluate_gates, parse_gates
from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.pipeline.arranging import Arranged, arrange
from ganloss_cli.pipeline.devices import choose_device, choose_dtype
from ganloss_cli.pipeline.forward import Forward
from ganloss_cli.pipeline.loading import load_model
from ganloss_cli.pipeline.planning import Plan, make_plan, select_losses
from ganloss_cli.pipeline.probing import first_samples, probe
from ganloss_cli.pipeline.provenance import environment, fingerprint, inputs, tool
from ganloss_cli.pipeline.results import describe_plan, results, sample_values, worst_samples
from ganloss_cli.pipeline.roles import Graph
from ganloss_cli.pipeline.running import Work
from ganloss_cli.progress import Progress
from ganloss_cli.records import Finding, Report
from ganloss_cli.request import Request


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """Everything that is known before the first batch."""

    request: Request
    device: torch.device
    gates: tuple[Condition, ...]
    arranged: Arranged
    forward: Forward
    plan: Plan
    findings: tuple[Finding, ...]
    mixing: dict[str, str]  # network -> why its results depend on the batch
    seconds: float


def evaluate_request(request: Request, progress: Progress | None = None) -> Report:
    """Compute what is asked for.

    Args:
        request: every choice.
        progress: is told how far the work is.

    Returns:
        the report; with `dry_run`, its plan alone.

    Raises:
        GanlossError: the user's mistake, with the exit status it ends with.
    """
    prepared = _prepare(request)
    work = Work(forward=prepared.forward, plan=prepared.plan, arranged=prepared.arranged, request=request)
    started = time.perf_counter()
    if not request.dry_run:
        work.run(progress)
    return _report(prepared, work, time.perf_counter() - started)


def _prepare(request: Request) -> _Prepared:
    """Open and check everything, in the order in which a mistake is cheapest to tell."""
    started = time.perf_counter()
    selected, explicit = select_losses(request)
    gates = parse_gates(request.fail_if)
    device = choose_device(request.device)
    dtype = choose_dtype(request.dtype, device)
    model = load_model(request, device, dtype)
    arranged = arrange(_open(request), model, request)
    if not any(group.names for group in arranged.groups):
        raise NothingEvaluatedError("no samples")
    graph = Graph(arranged.spaces(), model.roles(), frozenset())
    forward = Forward(model=model, graph=graph, request=request, device=device, dtype=dtype)
    learnt, mixing = probe(forward, arranged.groups)
    plan = make_plan(selected, explicit, graph, arranged.groups, model, request)
    check_gates(gates, [run.selected.typed for run in plan.runs])
    forward.want_features = any("real_features" in run.origins or "fake_features" in run.origins for run in plan.runs)
    model.forget_calls()
    return _Prepared(
        request=request,
        device=device,
        gates=gates,
        arranged=arranged,
        forward=forward,
        plan=plan,
        findings=(*model.findings, *arranged.findings, *learnt),
        mixing=mixing,
        seconds=time.perf_counter() - started,
    )


def _open(request: Request) -> DataSet:
    if request.data is None and not request.roles:
        if request.ckpt and request.samples:
            return DataSet(groups=(), findings=())  # a generator that eats latents needs no data
        raise UsageError("nothing to evaluate on", hint="give --data PATH, or roles such as --real and --fake")
    return open_data(request)


def _report(prepared: _Prepared, work: Work, seconds: float) -> Report:
    request, forward, plan, groups = prepared.request, prepared.forward, prepared.plan, prepared.arranged.groups
    computed, more = results(plan, work.series, forward, groups, prepared.mixing, request)
    values = sample_values(plan, work.series, groups)
    return Report(
        tool=tool(),
        environment=environment(prepared.device),
        command=request.command,
        seed=request.seed,
        device=str(prepared.device),
        dtype=request.dtype,
        inputs=inputs(groups, first_samples(groups), request),
        fingerprint=fingerprint(work.digests),
        checkpoints=tuple(forward.model.records),
        results=computed,
        samples=values if request.per_sample and computed else None,
        worst=worst_samples(plan, values, request.worst) if request.worst and computed else None,
        findings=(*prepared.findings, *work.findings.values(), *more),
        gates=evaluate_gates(prepared.gates, computed) if not request.dry_run else (),
        not_applicable=plan.not_applicable,
        plan=describe_plan(plan, forward, groups) if request.dry_run else None,
        timing={
            "preparation_seconds": prepared.seconds,
            "evaluation_seconds": seconds,
            "forward_passes": forward.model.calls(),
        },
    )
