"""Checks of gradients: whether they arrive, are finite, are the value's, and train what they should."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ganloss_cli.pipeline.loss.audited_function import AuditedFunction
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import Severity

# Inputs whose gradient a loss is for; the rest are what it is compared with.
TRAINED = (
    "fake", "fake_logits", "fake_features", "mu", "sigma", "log_sigma", "logvar", "z_p", "m_p", "logs_p", "logs_q",
    "mask", "estimate", "rec_A", "rec_B", "idt_A", "idt_B", "latents",
)  # fmt: skip
_NOT_HERE = ("critic", "path")  # their inputs have gradients of their own


def gradients(function: AuditedFunction) -> Iterator[Finding]:
    """No gradient at all, one that is not finite where the value is, one that is not the value's."""
    trained = _trained(function)
    if not trained or function.kind in _NOT_HERE or function.loss.observed or function.layout == "array":
        return
    severity: Severity = "note" if function.loss.higher_is_better and not function.is_minimised else "error"
    usual = function.call(function.usual, grad=tuple(trained))
    arrived = usual.answer.get("gradients")
    if arrived is None:
        return
    lost = [name for name in trained if not arrived[name]]
    if lost:
        yield function.finding(
            "no_gradient", severity, f"no gradient reaches {', '.join(lost)}",
            "remove .detach(), .item(), .data, torch.no_grad() and numpy between input and loss",
        )  # fmt: skip
        return
    reached = usual.answer["reached"]
    left_out = {name: [k for k, some in enumerate(reached[name]) if not some] for name in trained}
    if function.layout == "list" and any(left_out.values()):
        told = "; ".join(
            f"{len(places)} of {len(reached[name])} of {name}" for name, places in left_out.items() if places
        )
        yield function.finding(
            "sub_discriminator_left_out", "error", f"no gradient reaches some of several sub-discriminators: {told}",
            "add up the terms of all of them: total = total + term", left_out=left_out,
        )  # fmt: skip
    yield from _not_finite(function, trained)
    message = _gradcheck(function, trained)
    if message:
        yield function.finding(
            "wrong_gradient",
            "error",
            f"its gradient is not that of its value: {message}",
            "detach nothing that is trained",
        )


def _not_finite(function: AuditedFunction, trained: Sequence[str]) -> Iterator[Finding]:
    for name, probe in function.probes.items():
        value = function.value(function.comparison.outcomes[name])
        if value is None or not math.isfinite(value) or probe.regular or probe.optional:
            continue
        found = function.call(probe, grad=tuple(trained)).answer.get("gradients") or {}
        if any(norm is not None and not math.isfinite(float(norm)) for norm in found.values()):
            yield function.finding(
                "gradient_not_finite", "warning", f"{name}: its value is {value:.6g}, its gradient is not finite",
                "keep a root or a logarithm away from 0 before it is taken", probe=name,
            )  # fmt: skip


def _gradcheck(function: AuditedFunction, trained: Sequence[str]) -> str | None:
    if function.comparison.dtype != "float64" or function.kind == "domains":
        return None
    # on large inputs the numerical derivative costs too much
    smallest = next((p for p in function.probes.values() if p.name == "one sample"), function.usual)
    checked = function.call(smallest, gradcheck=tuple(trained))
    message = checked.answer.get("gradcheck")
    return str(message) if message and "mismatch" in message else None


def _trained(function: AuditedFunction) -> list[str]:
    # losses of a discriminator are for what it says of the reals, too
    names = (*TRAINED, "real_logits") if function.loss.about == "discriminator" else TRAINED
    needed = {*function.loss.needs, *function.loss.optional}
    return [name for name in names if name in function.calls.binding.inputs and name in needed]


def detached(function: AuditedFunction) -> Iterator[Finding]:
    """Whether the gradient of feature matching also reaches what the discriminator said of the reals."""
    if function.kind != "features":
        return
    found = function.call(function.usual, grad=("real_features", "fake_features")).answer.get("gradients") or {}
    if found.get("real_features"):
        yield function.finding(
            "reals_not_detached", "note", "the gradient also reaches the features of the reals",
            "detach them, or clear the discriminator's gradients before its step",
        )  # fmt: skip


def penalty(function: AuditedFunction) -> Iterator[Finding]:
    """Whether a penalty on gradients trains the network that it punishes."""
    if function.kind not in _NOT_HERE or function.loss.family != "penalties":
        return
    network = "critic" if function.kind == "critic" else "synthesis"
    found = function.call(function.usual, grad=(network,))
    if "gradients" in found.answer and not found.answer["gradients"][network]:
        yield function.finding(
            "penalty_without_gradient", "error", "no gradient reaches the network that is penalised",
            "give create_graph=True to torch.autograd.grad",
        )  # fmt: skip


def draws(function: AuditedFunction) -> Iterator[Finding]:
    """Mixing coefficients: one a sample, not one for each element and not one for all."""
    if function.kind != "critic" or "random" not in function.loss.needs:
        return
    drawn = function.comparison.outcomes[function.usual.name].answer.get("draws", [])
    uniform = {int(count) for kind, count, _ in drawn if kind == "uniform"}
    counts = function.comparison.counts[function.usual.name]
    elements = int(counts["samples"] * counts["elements"])
    mixes = {"real", "fake"} <= {*function.loss.needs}
    if mixes and elements in uniform and int(counts["samples"]) not in uniform:
        yield function.finding(
            "mixing_per_element", "warning", "it draws a mixing coefficient for each element",
            "draw one for each sample, torch.rand(N, 1, 1, 1): the points then lie between the two samples",
        )  # fmt: skip
    if uniform == {1}:
        yield function.finding("one_mixing_coefficient", "note", "it draws one mixing coefficient for the whole batch")
