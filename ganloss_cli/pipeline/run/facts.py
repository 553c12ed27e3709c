"""What only a call can tell of a network: a few samples are sent through each before the plan is made."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.data.batching import Chunk, stack_readings
from ganloss_cli.pipeline.networks.calling import first_layer, is_out_of_memory, out_of_memory
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model, input_channels
from ganloss_cli.pipeline.networks.ranges import ASSUMED, Ranged
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.roles import RULES, Domain, MissingError
from ganloss_cli.records.report import Finding

DOMAINS: tuple[Domain | None, ...] = (None, "A", "B")
# Two runs of the same sample may differ by rounding, other batch sizes by other kernels.
SAME = 1e-3


def first_samples(groups: tuple[Group, ...], count: int = 2) -> tuple[Chunk, ...]:
    """The first samples of every group, or one where they differ in shape."""
    return tuple(_first(group, count) for group in groups)


def probe(forward: Forward, groups: tuple[Group, ...]) -> tuple[list[Finding], dict[str, str]]:
    """Learn of each network whether it wants its input flat, is conditional, returns features, mixes samples.

    Args:
        forward: whose networks are completed in place.
        groups: whose first samples are used.

    Returns:
        what is worth reporting, and for networks that mix samples the reason why results depend on the batch.

    Raises:
        InputError: a network cannot take the data.
    """
    try:
        return _probed(forward, groups, first_samples(groups, max(2, _most_compared(forward.model))))
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    single = first_samples(groups, count=1)
    try:
        return _probed(forward, groups, single)
    except RuntimeError as error:
        raise out_of_memory(single[0].names[0], error) from error


def _probed(
    forward: Forward, groups: tuple[Group, ...], chunks: tuple[Chunk, ...]
) -> tuple[list[Finding], dict[str, str]]:
    findings: list[Finding] = []
    mixing: dict[str, str] = {}
    assumed: list[str] = []
    for (role, _), built in forward.model.networks.items():
        step = forward.step(groups, chunks)  # anew: what one network learns changes what the next one is fed
        fed = _food(step, built)
        if fed is None:
            continue
        food, label = fed
        _need_whole_group(built, food)
        if role.startswith("discriminator"):
            findings.extend(_learn_condition(built, step, food))
        _learn_flatness(built, step, food, label)
        if role.startswith("discriminator"):
            _learn_features(built, step, food, label)
        else:
            findings.extend(_learn_beside(built, food, label))
        if built.range_origin == "assumed" and (food.range is not None or _makes_images(built, step, food, label)):
            assumed.append(role)
        because = _mixing(built, step, food, label)
        if because:
            mixing[role] = because
    if assumed:
        findings.append(_range_assumed(assumed))
    forward.graph.gives_features = {role for (role, _), built in forward.model.networks.items() if built.features}
    forward.graph.gives = {
        role: {*built.beside, *(("mask",) if built.makes_masks else ())}
        for (role, _), built in forward.model.networks.items()
    }
    kinds = {group.kinds[role] for group in groups for role in group.roles if role in ("mixture", "target")}
    forward.graph.has_magnitudes = forward.stft is not None or kinds == {"tensor"}
    return findings, mixing


def _compared(built: BuiltNetwork) -> int | bool | None:
    """How many samples a layer compares with one another, True for a whole batch, None where none says that it does."""
    declared = (getattr(layer, "mixes_samples", None) for layer in built.module.modules())
    return next((value for value in declared if value), None)


def _most_compared(model: Model) -> int:
    return max((int(_compared(built) or 1) for built in model.networks.values()), default=1)


def _need_whole_group(built: BuiltNetwork, food: Ranged) -> None:
    group, count, name = int(_compared(built) or 1), food.tensor.shape[0], built.callees[0].name
    if count < group:
        raise UsageError(
            f"{name}: compares samples in groups of {group}, and the data begin with {count} of a size",
            hint=f"give at least {group} samples; --resize brings them to one size",
        )


def _first(group: Group, count: int) -> Chunk:
    readings = [group.read(index) for index in range(min(count, len(group.names)))]
    try:
        return stack_readings(group, tuple(range(len(readings))), readings)
    except InputError:
        return stack_readings(group, (0,), readings[:1])


def _food(step: Step, built: BuiltNetwork) -> tuple[Ranged, Tensor | None] | None:
    """What this network will be fed, in its range, with its labels; None where nothing feeds it."""
    graph = step.forward.graph
    for domain in DOMAINS:
        for rule in RULES:
            try:
                if graph.network(rule.network, domain) == built.role:
                    origin = graph.origin(rule.source, domain)
                    return step.food(origin, built, domain, built.weights), step.labels.get(origin.space)
            except MissingError:
                continue
    return None


def _learn_condition(built: BuiltNetwork, step: Step, food: Ranged) -> list[Finding]:
    condition = step.values.get("input")
    wanted = input_channels(built.module)
    if wanted is None or not isinstance(condition, Ranged) or food.tensor.dim() != 4 or condition.tensor.dim() != 4:
        return []
    channels, extra = food.tensor.shape[1], condition.tensor.shape[1]
    if wanted != channels + extra:
        return []
    built.conditional = True
    message = f"{built.role} takes {wanted} channels, so it is fed the input ({extra}) beside the image ({channels})"
    return [Finding(check="conditional_discriminator", severity="note", message=message)]


def _makes_images(built: BuiltNetwork, step: Step, food: Ranged, label: Tensor | None) -> bool:
    """Whether a generator makes images out of what are none: four axes, or as many values as a real image has."""
    if not built.role.startswith("generator") or built.makes_masks:
        return False
    made, real = _outputs(built, food.tensor, step, label)[0], step.values.get("real")
    if made.dim() == 4:
        return True
    if not isinstance(real, Ranged) or real.range is None or not len(real.tensor) or not len(made):
        return False
    return made[0].numel() == real.tensor[0].numel()


def _range_assumed(roles: list[str]) -> Finding:
    return Finding(
        check="network_range_assumed",
        severity="note",
        message=f"the range of images in {' and '.join(roles)} is assumed to be -1,1",
        evidence={"range": list(ASSUMED), "networks": roles},
        hint="name it with --network-range LOW,HIGH or --network-range ROLE=LOW,HIGH",
    )


def _learn_flatness(built: BuiltNetwork, step: Step, food: Ranged, label: Tensor | None) -> None:
    """Samples are flattened for a network whose first layer is linear and that does not do it itself."""
    layer = first_layer(built.module)
    if not (isinstance(layer, nn.Linear) and food.tensor.dim() > 2 and layer.in_features == food.tensor[0].numel()):
        return
    try:
        _outputs(built, food.tensor, step, label)
    except InputError:
        for callee in built.callees:
            callee.flatten = True


def _learn_features(built: BuiltNetwork, step: Step, food: Ranged, label: Tensor | None) -> None:
    with torch.no_grad():
        judged = step.judge_tensor(built, food.tensor, label)
    built.features = judged.features is not None
    built.features_have_logits = judged.features_have_logits() if built.features else None


def _learn_beside(built: BuiltNetwork, food: Ranged, label: Tensor | None) -> list[Finding]:
    """What an auto-encoder returns behind the reconstruction, by its recipe or as pytorch/examples has it."""
    if built.task is not None:
        built.beside = built.task.beside
        return []
    with torch.no_grad():
        made = built.callees[0].make_all(food.tensor, label)
    if len(made) != 3 or made[1].shape != made[2].shape or made[1].dim() < 2 or len(made[1]) != len(food.tensor):
        return []
    built.beside = ("mu", "logvar")
    message = (
        f"{built.role} returns three tensors: they are taken for what it makes, the mean and the log variance of its "
        "latent"
    )
    hint = "let it return the log variance third, which is twice the log of sigma"
    return [Finding(check="latent_assumed", severity="note", message=message, hint=hint)]


def _mixing(built: BuiltNetwork, step: Step, food: Ranged, label: Tensor | None) -> str | None:
    """Why a sample's output changes with its neighbours, or None where it does not."""
    group = _compared(built)
    if group is True:
        return f"{built.role} mixes the samples of a batch"
    if group:
        for callee in built.callees:
            callee.group = group
        return f"{built.role} compares the samples in groups of {group}"
    # a conditional discriminator reads the step's input beside the image, which is not exchanged here
    if built.task is not None or food.tensor.shape[0] < 2 or built.conditional or built.callees[0].train:
        return None
    beside_itself = food.tensor[:1].expand_as(food.tensor).contiguous()
    pairs = zip(_outputs(built, food.tensor, step, label), _outputs(built, beside_itself, step, label), strict=True)
    same = all(torch.allclose(a[:1], b[:1], rtol=SAME, atol=SAME, equal_nan=True) for a, b in pairs)
    return None if same else f"{built.role} mixes the samples of a batch"


def _outputs(built: BuiltNetwork, samples: Tensor, step: Step, label: Tensor | None) -> list[Tensor]:
    with torch.no_grad():
        if built.role.startswith("discriminator"):
            return step.judge_tensor(built, samples, label).logits
        return [callee.make(samples, label) for callee in built.callees]
