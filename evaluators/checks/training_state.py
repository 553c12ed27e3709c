"""Checks of what a file keeps of training: optimizers, steps, and keys that a lenient loader would drop."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.checks.subjects import AuditedFile, AuditedModel, AuditedNetwork
from ganloss_cli.records.listing import listed

# Adam moves a weight by at most about its rate; less than this is rounded away from a float32 weight of 0.02
VANISHED_RATE = 1e-9
_HALVES = (
    ("weight_g", ("weight_v",)),
    ("weight_v", ("weight_g", "weight_orig", "weight_bar")),
    ("weight_orig", ("weight_u",)),
    ("running_mean", ("running_var",)),
    ("running_var", ("running_mean",)),
    ("parametrizations.weight.original0", ("parametrizations.weight.original1",)),
    ("parametrizations.weight.original1", ("parametrizations.weight.original0",)),
)


@check(severity="note")
def empty_optimizer_state(file: AuditedFile) -> Iterator[Observation]:
    """An optimizer was saved before its first step, or without its moments.

    Training that is resumed from this file starts with empty moments, which shows as a jump in the losses.
    """
    for optimizer in file.optimizers:
        if optimizer.n_parameters and not optimizer.n_states and optimizer.keeps_moments:
            yield Observation(
                message=f"optimizer {optimizer.name!r} has {optimizer.n_parameters} parameters and no state of any",
                evidence={"parameters": optimizer.n_parameters, "states": 0},
                hint="save the optimizer after training steps; losses of the networks are not affected",
            )


@check(severity="warning")
def broken_optimizer_state(file: AuditedFile) -> Iterator[Observation]:
    """An optimizer's moments hold NaN or infinity.

    The next step of a resumed training makes every weight NaN, even where the weights are still finite.
    """
    for optimizer in file.optimizers:
        if optimizer.non_finite:
            yield Observation(
                message=f"optimizer {optimizer.name!r} holds NaN or infinity in {listed(optimizer.non_finite)}",
                evidence={"moments": list(optimizer.non_finite)},
                hint="resume without the optimizer, or from an earlier checkpoint",
            )


@check(severity="warning")
def vanished_learning_rate(file: AuditedFile) -> Iterator[Observation]:
    """A learning rate is so small that training changes nothing.

    Below 1e-9 an Adam step is rounded away from a weight of usual size in float32. coqui-ai/TTS issue 1003 trained on
    at 7e-111. A rate of exactly 0 is what a linear schedule ends with, and only worth a note.
    """
    for optimizer in file.optimizers:
        tiny = [rate for rate in optimizer.learning_rates if rate < VANISHED_RATE]
        if tiny:
            yield Observation(
                message=f"optimizer {optimizer.name!r} has a learning rate of {min(tiny):.3g}",
                evidence={"learning_rates": list(optimizer.learning_rates), "least": VANISHED_RATE},
                hint="check the schedule: training stood still at the end",
                severity="note" if min(tiny) == 0 else None,
            )


@check(severity="warning")
def step_mismatch(model: AuditedModel) -> Iterator[Observation]:
    """Generator and discriminator were saved at different steps.

    An old generator is easy prey for a new discriminator: the pair's losses look better or worse than either was at
    its time (epoch 10 against epoch 300 of one training: AUC 0.997 where the matching pair has 0.748).
    """
    steps = {file.called: file.step for file in model.files if file.step is not None}
    kinds = {role.partition("_")[0] for file in model.files if file.step is not None for role in file.roles}
    if len(set(steps.values())) > 1 and {"generator", "discriminator"} <= kinds:
        told = ", ".join(f"{path} of step {step}" for path, step in steps.items())
        yield Observation(
            message=f"the files are of different steps: {told}",
            evidence={"steps": steps},
            hint="name a generator and a discriminator of the same step",
        )


@check(severity="error")
def keys_left_random(network: AuditedNetwork) -> Iterator[Observation]:
    """The file lacks tensors of its architecture, or has others: a lenient loader would leave layers random.

    `load_state_dict(strict=False)` says nothing: what is missing keeps its random initialisation, what is unexpected
    is dropped. Also found without a known architecture: half of a parametrisation, such as weight_g without weight_v.
    """
    misfit = network.misfit
    if misfit is not None:
        parts = {
            "lacks": misfit.missing,
            "has besides": misfit.unexpected,
            "has in another shape": misfit.of_another_shape,
        }
        told = "; ".join(f"{verb} {listed(keys)}" for verb, keys in parts.items() if keys)
        yield Observation(
            message=f"of {misfit.architecture} it {told}",
            evidence={
                "missing": list(misfit.missing),
                "unexpected": list(misfit.unexpected),
                "of_another_shape": list(misfit.of_another_shape),
            },
            hint="load it strictly; find out why the file and the architecture differ",
            severity=None if misfit.missing or misfit.of_another_shape else "warning",
        )
    lone = sorted({name for name in network.tensors if _lacks_other_half(name, network)})
    if lone:
        yield Observation(
            message=f"{listed(lone)} {'lack' if len(lone) > 1 else 'lacks'} the other half of a normalised weight",
            evidence={"tensors": lone},
            hint="a loader that does not complain computes with a random weight; export the file anew",
        )


def _lacks_other_half(name: str, network: AuditedNetwork) -> bool:
    for own, others in _HALVES:
        if name == own or name.endswith(f".{own}"):
            head = name.removesuffix(own)
            return not any(head + other in network.tensors for other in others)
    return False
