"""What a report says in words, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganloss_cli.records.outcomes import named
from ganloss_cli.records.report import CheckpointRecord, Gate, Input, Report, Result
from ganloss_cli.reporters.figures import count, figure, number, shape, span

_NAMES_SHOWN = 3


def described(network: CheckpointRecord) -> str:
    """What a network is: architecture, step, averaged or not, the file's own name for it."""
    parts = [network.architecture or "not recognised", "ema" if network.weights == "ema" else ""]
    if network.step is not None:
        parts.append(f"step {network.step}")
    if network.name_in_file not in ("", network.role):
        parts.append(f"{network.name_in_file} in the file")
    return ", ".join(part for part in parts if part)


def contents(input_: Input) -> str:
    """What a role holds: how many samples, of what shape, rate and range."""
    noun = {"image": "image", "audio": "recording", "tensor": "sample"}[input_.kind]
    parts = [count(input_.count, noun)]
    if input_.shape is not None:
        parts[0] += f" of {shape(input_.shape)}"
    if input_.sample_rate is not None:
        parts.append(f"{input_.sample_rate} Hz")
    if input_.range is not None:
        parts.append(f"in {span(input_.range)}")
    return ", ".join(parts)


def conditions(report: Report) -> str:
    """How it ran: device, dtype, modes of the networks, seed."""
    modes = dict.fromkeys(f"{result.mode} mode" for result in report.results if result.mode)
    return ", ".join([report.device, report.dtype, *modes, f"seed {report.seed}"])


def aim(higher_is_better: bool | None, equilibrium: float | None) -> str:
    """Which way is better; where neither is, the value at which neither network can gain."""
    if higher_is_better is not None:
        return "↑" if higher_is_better else "↓"
    return "" if equilibrium is None else f"eq {figure(equilibrium)}"


def note(result: Result, results: Sequence[Result]) -> str:
    """What must not be overlooked about a number: why it is absent, and what it depends on.

    Args:
        result: the number.
        results: all of them; raw weights are only worth a word beside averaged ones.
    """
    parts = [_absence(result)] if result.value is None else []
    parts += _place(result)
    if result.mistake:
        parts.append("a known mistake")
    if result.logs:
        parts.append(named(f"this family logs {result.logs}", result.logs_mistake))
    both = {other.weights for other in results if (other.typed, other.domain) == (result.typed, result.domain)}
    if result.weights and (result.weights == "ema" or len(both) > 1):
        parts.append(result.weights)
    if result.mode == "train":
        parts.append("train mode")
    if result.over == "batch":
        parts.append("mean over batches")
    if result.batch_dependent:
        parts.append("batch-dependent")
    return ", ".join(parts)


def _place(result: Result) -> list[str]:
    """What a result of a recipe is made of, and what it adds to the total."""
    place = result.recipe
    if place is None:
        return []
    if result.loss == "total":
        return [f"the {place.side}'s total"]
    parts = []
    if place.factor is not None:
        factor = "" if place.factor == 1 else f"{number(place.factor)} × "
        part = f", {place.part} alone" if place.part else ""
        parts.append(f"{factor}{result.loss}:{result.convention}{part}")
    if place.weight is not None and place.weight != 1:
        parts.append(f"× {number(place.weight)} in the total")
    return parts


def _absence(result: Result) -> str:
    reason = result.reason or "unavailable"
    if result.recipe is not None and result.recipe.unavailable:
        return f"{reason}: {result.recipe.unavailable}"
    if not result.non_finite:
        return reason
    names = ", ".join(result.non_finite_samples[:_NAMES_SHOWN])
    more = ", …" if len(result.non_finite_samples) > _NAMES_SHOWN else ""
    return f"{reason} in {result.non_finite} of {count(result.count, 'sample')}{': ' if names else ''}{names}{more}"


def observation(gate: Gate) -> str:
    """A gate and what was observed: "ssim<0.9: ssim is 0.871234"."""
    # six digits: four would show 0.9000 for a value that failed ssim<0.9 by a hair
    value = f"has no value ({gate.reason})" if gate.observed is None else f"is {number(gate.observed)}"
    return f"{gate.expression}: {gate.loss} {value}"


def lacking(not_applicable: Mapping[str, str]) -> dict[str, list[str]]:
    """What losses lack -> the losses that lack it, those first that come first."""
    by_reason: dict[str, list[str]] = {}
    for loss, reason in not_applicable.items():
        by_reason.setdefault(reason, []).append(loss)
    return by_reason
