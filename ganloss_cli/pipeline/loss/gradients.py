"""Checks of gradients: whether they arrive, are finite, are the value's, and train what they should."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ganloss_cli.pipeline.loss.look import Look
from ganloss_cli.records.report import Finding, Severity

# Inputs whose gradient a loss is for; the rest are what it is compared with.
TRAINED = (
    "fake", "fake_logits", "fake_features", "mu", "sigma", "log_sigma", "logvar", "z_p", "m_p", "logs_p", "logs_q",
    "mask", "estimate", "rec_A", "rec_B", "idt_A", "idt_B", "latents",
)  # fmt: skip
BOTH_SIDES = "d_"  # losses of a discriminator are for what it says of the reals, too
MEASURES = ("d_accuracy", "real_score", "fake_score")  # nobody minimises them
_NOT_HERE = ("critic", "path")  # their inputs have gradients of their own


def gradients(look: Look) -> Iterator[Finding]:
    """No gradient at all, one that is not finite where the value is, one that is not the value's."""
    trained = _trained(look)
    if not trained or look.kind in _NOT_HERE or look.loss.name in MEASURES or look.layout == "array":
        return
    severity: Severity = "note" if look.loss.higher_is_better and not look.is_minimised else "error"
    usual = look.call(look.usual, grad=tuple(trained))
    arrived = usual.answer.get("gradients")
    if arrived is None:
        return
    lost = [name for name in trained if not arrived[name]]
    if lost:
        yield look.finding(
            "no_gradient", severity, f"no gradient reaches {', '.join(lost)}",
            "remove .detach(), .item(), .data, torch.no_grad() and numpy between input and loss",
        )  # fmt: skip
        return
    yield from _not_finite(look, trained)
    told = _gradcheck(look, trained)
    if told:
        yield look.finding(
            "wrong_gradient",
            "error",
            f"its gradient is not that of its value: {told}",
            "detach nothing that is trained",
        )


def _not_finite(look: Look, trained: Sequence[str]) -> Iterator[Finding]:
    for name, probe in look.probes.items():
        value = look.value(look.comparison.outcomes[name])
        if value is None or not math.isfinite(value) or probe.regular or probe.optional:
            continue
        found = look.call(probe, grad=tuple(trained)).answer.get("gradients") or {}
        if any(norm is not None and not math.isfinite(float(norm)) for norm in found.values()):
            yield look.finding(
                "gradient_not_finite", "warning", f"{name}: its value is {value:.6g}, its gradient is not finite",
                "keep a root or a logarithm away from 0 before it is taken", probe=name,
            )  # fmt: skip


def _gradcheck(look: Look, trained: Sequence[str]) -> str | None:
    if look.comparison.dtype != "float64" or look.kind == "domains":
        return None
    # on large inputs the numerical derivative costs too much
    smallest = next((p for p in look.probes.values() if p.name == "one sample"), look.usual)
    checked = look.call(smallest, gradcheck=tuple(trained))
    told = checked.answer.get("gradcheck")
    return str(told) if told and "mismatch" in told else None


def _trained(look: Look) -> list[str]:
    names = (*TRAINED, "real_logits") if look.loss.name.startswith(BOTH_SIDES) else TRAINED
    needed = {*look.loss.needs, *look.loss.optional}
    return [name for name in names if name in look.probing.binding.inputs and name in needed]


def detached(look: Look) -> Iterator[Finding]:
    """Whether the gradient of feature matching also reaches what the discriminator said of the reals."""
    if look.kind != "features":
        return
    found = look.call(look.usual, grad=("real_features", "fake_features")).answer.get("gradients") or {}
    if found.get("real_features"):
        yield look.finding(
            "reals_not_detached", "note", "the gradient also reaches the features of the reals",
            "detach them, or clear the discriminator's gradients before its step",
        )  # fmt: skip


def penalty(look: Look) -> Iterator[Finding]:
    """Whether a penalty on gradients trains the network that it punishes."""
    if look.kind not in _NOT_HERE or look.loss.family != "penalties":
        return
    network = "critic" if look.kind == "critic" else "synthesis"
    found = look.call(look.usual, grad=(network,))
    if "gradients" in found.answer and not found.answer["gradients"][network]:
        yield look.finding(
            "penalty_without_gradient", "error", "no gradient reaches the network that is penalised",
            "give create_graph=True to torch.autograd.grad",
        )  # fmt: skip


def draws(look: Look) -> Iterator[Finding]:
    """Mixing coefficients: one a sample, not one for each element and not one for all."""
    if look.loss.name not in ("gp", "dragan"):
        return
    drawn = look.comparison.outcomes[look.usual.name].answer.get("draws", [])
    uniform = {int(count) for kind, count, _ in drawn if kind == "uniform"}
    counts = look.comparison.counts[look.usual.name]
    elements = int(counts["samples"] * counts["elements"])
    if look.loss.name == "gp" and elements in uniform and int(counts["samples"]) not in uniform:
        yield look.finding(
            "mixing_per_element", "warning", "it draws a mixing coefficient for each element",
            "draw one for each sample, torch.rand(N, 1, 1, 1): the points then lie between the two samples",
        )  # fmt: skip
    if uniform == {1}:
        yield look.finding("one_mixing_coefficient", "note", "it draws one mixing coefficient for the whole batch")
