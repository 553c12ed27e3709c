"""What may make a logged number differ from that of the checkpoint, tried: what moves it towards the log?"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from torch import nn

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.pipeline.log.held import Held, part_of
from ganloss_cli.pipeline.log.passes import Pass
from ganloss_cli.pipeline.networks.ranges import RANGES
from ganloss_cli.progress import Progress
from ganloss_cli.records.log import LoggedNumber, TriedReason
from ganloss_cli.records.report import Report, Weights
from ganloss_cli.records.request import Request

MOST_SAMPLES = 1000
MOST_TIMES = 2.0  # of the first pass
BATCHES = (16, 64)  # where nothing says what the training's was


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """One thing done differently."""

    what: str
    request: Request


def with_tried(
    numbers: Sequence[LoggedNumber],
    held: Sequence[Held],
    first: Pass,
    *,
    run: bool,
    progress: Progress | None,
) -> list[LoggedNumber]:
    """Numbers that are not reproduced, each with what was tried: what moves it towards the log comes first.

    Recomputed on at most 1000 samples and for at most twice the time of the first pass.

    Args:
        numbers: with their outcomes.
        held: the same, with what they were held against.
        first: the run; the numbers of others stay as they are.
        run: whether to try at all.
        progress: is told how far the work is.
    """
    report = first.report
    own = [any(one is each for each in first.held) for one in held]
    lost = [number for number, of_it in zip(numbers, own, strict=True) if of_it and number.outcome == "no match"]
    attempts = list(_attempts(first, report, first.batch)) if lost else []
    if not attempts:
        return list(numbers)
    done = _recomputed(attempts, first, report, _wanted(lost, first), progress) if run else {}
    shown = []
    for number, one in zip(numbers, held, strict=True):
        if number in lost:
            tried = [_tried(attempt.what, number, one, report, done) for attempt in attempts]
            tried.sort(key=lambda each: (not each.towards, each.remaining or 0.0))
            number = replace(number, tried_reasons=tuple(tried))
        shown.append(number)
    return shown


def _attempts(first: Pass, report: Report, batch: int | None) -> Iterator[_Attempt]:
    """What the networks and results speak for, the strongest evidence first."""
    request, model = first.request, first.model
    built = model.networks.values()
    if request.mode == "eval":
        if any(result.batch_dependent and result.network for result in report.results):
            used = request.batch_size or max((entry.count for entry in report.inputs), default=0)
            for size in (batch,) if batch else BATCHES:
                if size != used:
                    yield _Attempt(what=f"batches of {size}", request=replace(request, batch_size=size))
        layers = _acting_in_train(callee.module for network in built for callee in network.callees)
        if layers:
            sized = replace(request, mode="train", batch_size=batch or request.batch_size)
            yield _Attempt(what=f"train mode ({', '.join(layers)})", request=sized)
    if not request.network_range and any(entry.kind == "image" for entry in report.inputs):
        assumed = {network.range for network in built if network.range_origin == "assumed"}
        for low, high in RANGES if assumed else ():
            if (low, high) not in assumed:
                changed = replace(request, network_range={None: (low, high)})
                yield _Attempt(what=f"network range [{low:g}, {high:g}]", request=changed)
    if request.weights is None and any(map(model.has_both, model.roles())):
        weighed = {result.weights for result in report.results if result.weights}
        others: tuple[tuple[Weights, Weights], ...] = (("ema", "raw"), ("raw", "ema"))
        for weights, other in others:
            if other in weighed:
                yield _Attempt(what=f"{weights} weights", request=replace(request, weights=weights))


def _acting_in_train(modules: Iterator[nn.Module]) -> list[str]:
    """The layers that compute something else in train mode."""
    layers = list(chain.from_iterable(module.modules() for module in modules))
    found = {
        "batch norm": any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers),
        "dropout": any(isinstance(layer, nn.modules.dropout._DropoutNd) and layer.p > 0 for layer in layers),
    }
    return [name for name, held in found.items() if held]


def _wanted(numbers: Sequence[LoggedNumber], first: Pass) -> list[Selected]:
    """The conventions of the numbers that are not reproduced."""
    named = {(number.loss, number.convention) for number in numbers if number.outcome == "no match"}
    return [entry for entry in first.selected if (entry.loss.name, entry.convention.name) in named]


def _recomputed(
    attempts: Sequence[_Attempt],
    first: Pass,
    report: Report,
    wanted: Sequence[Selected],
    progress: Progress | None,
) -> dict[str, Report | str]:
    """The report of each attempt, or why it could not be run; "" is the run as it was, on as many samples."""
    most = max((entry.count for entry in report.inputs), default=0)
    share = min(1.0, MOST_SAMPLES / most) if most else 1.0
    plain = _Attempt(what="", request=first.request)
    done: dict[str, Report | str] = {} if most > MOST_SAMPLES else {"": report}
    budget, costs = MOST_TIMES * first.seconds, [share * first.seconds]
    for attempt in (*(() if done else (plain,)), *attempts):
        if costs[-1] > budget:
            break
        started = time.perf_counter()
        try:
            done[attempt.what] = first.evaluate(_few(attempt.request), wanted, progress)
        except GanlossError as error:
            done[attempt.what] = error.message
        costs.append(time.perf_counter() - started)
        budget -= costs[-1]
    return done


def _few(request: Request) -> Request:
    limit = min(request.limit or MOST_SAMPLES, MOST_SAMPLES)
    return replace(request, limit=limit, samples=request.samples and min(request.samples, MOST_SAMPLES))


def _tried(what: str, number: LoggedNumber, held: Held, report: Report, done: dict[str, Report | str]) -> TriedReason:
    found, plain = done.get(what), done.get("", report)
    if found is None or isinstance(found, str) or isinstance(plain, str):
        return TriedReason(what=what, failed=found if isinstance(found, str) else None)
    before, after = (_value(number, held, each) for each in (plain, found))
    if before is None or after is None or number.logged is None:
        return TriedReason(what=what, failed="it has no value")
    remaining = abs(after - number.logged)
    towards = remaining < abs(before - number.logged) - (number.bound or 0.0)
    return TriedReason(what=what, before=before, after=after, towards=towards, remaining=remaining)


def _value(number: LoggedNumber, held: Held, report: Report) -> float | None:
    """The formula of a number as another run has it."""
    if held.term is not None:
        return next((r.value for r in report.results if r.typed == held.values[0].result.typed), None)
    for result in report.results:
        if (result.loss, result.convention) == (number.loss, number.convention) and held.entry.meaning:
            part = part_of(result, held.entry.meaning)
            if part is not None and part.value is not None and math.isfinite(part.value):
                return (number.factor or 1.0) * part.value
    return None
