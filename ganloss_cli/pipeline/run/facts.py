"""Networks and data brought together, and network facts: what only a call tells, learnt from the first samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError, NothingEvaluatedError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.datasets import DataSet
from ganloss_cli.pipeline.data.autoencoder import lacking_prior
from ganloss_cli.pipeline.data.batching import Chunk, first_samples
from ganloss_cli.pipeline.data.inputs import prepare_inputs
from ganloss_cli.pipeline.networks.calling import first_layer, is_out_of_memory, out_of_memory
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model, input_channels, is_generator
from ganloss_cli.pipeline.networks.ranges import ASSUMED, Ranged
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.roles import LAST_LAYER, RULES, Domain, Graph, MissingError
from ganloss_cli.pipeline.run.told_range import told_range
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

DOMAINS: tuple[Domain | None, ...] = (None, "A", "B")
# Two runs of the same sample may differ by rounding, other batch sizes by other kernels.
SAME = 1e-3


def prepare(
    model: Model, data: DataSet, request: Request, device: torch.device, dtype: torch.dtype
) -> tuple[Forward, tuple[Finding, ...]]:
    """Give the networks their inputs, and learn of each whether it wants them flat, is conditional, returns features.

    Args:
        model: the networks as they were loaded; it stays as it is, and may be prepared for other data.
        data: as they were found.
        request: every choice.
        device: where the computing happens.
        dtype: in which it happens.

    Returns:
        what sends the data through the networks, of which all is known, and what is worth reporting.

    Raises:
        UsageError: the data lack something that a network takes.
        InputError: a network cannot take the data.
        NothingEvaluatedError: there are no samples.
    """
    inputs = prepare_inputs(data, model, request)
    if not any(group.names for group in inputs.groups):
        raise NothingEvaluatedError("no samples")
    graph = Graph(inputs.spaces(), model.roles(), ())
    loaded = Forward(model=model, groups=inputs.groups, graph=graph, request=request, device=device, dtype=dtype)
    known, findings = _network_facts(loaded)
    return replace(loaded, model=known, graph=_graph(known, loaded)), (*inputs.findings, *findings)


def _graph(known: Model, loaded: Forward) -> Graph:
    """Where each role comes from, now that it is known what the networks give."""
    networks = [(role, built) for (role, _), built in known.networks.items()]
    kinds = {group.kinds[role] for group in loaded.groups for role in group.roles if role in ("mixture", "target")}
    return replace(
        loaded.graph,
        gives_features={role for role, built in networks if built.features},
        gives={role: {*built.beside, *_given_besides(built)} for role, built in networks},
        has_magnitudes=loaded.stft is not None or kinds == {"tensor"},
        lacking={role: why for _, built in networks for role, why in lacking_prior(built).items()},
    )


def _given_besides(built: BuiltNetwork) -> Iterator[str]:
    if built.makes_masks:
        yield "mask"
    if hasattr(built.module, LAST_LAYER):
        yield LAST_LAYER


def _network_facts(loaded: Forward) -> tuple[Model, list[Finding]]:
    """The networks with all that two samples tell of them, or one, where memory runs out; findings."""
    compared = _most_compared(loaded.model)
    for count in dict.fromkeys((max(2, compared), compared)):
        chunks = first_samples(loaded.groups, count)
        try:
            return _learnt(loaded, chunks)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            failure = error
    raise out_of_memory(chunks[0].names[0], failure, together=compared) from failure


def _learnt(loaded: Forward, chunks: tuple[Chunk, ...]) -> tuple[Model, list[Finding]]:
    known = replace(loaded.model, networks=dict(loaded.model.networks))
    findings: list[Finding] = []
    assumed: list[str] = []
    for key, network in loaded.model.networks.items():
        step = replace(loaded, model=known).step(chunks)  # anew: what is known of one network changes what others take
        taken = _input_of(step, network)
        if taken is None:
            continue
        if (told := told_range(network, *taken)) is not None:
            network, taken = replace(network, range=told[0], range_origin="told"), (taken[0].to(told[0]), taken[1])
            findings.append(told[1])
        built, noticed = _facts_of(network, step, *taken)
        known.networks[key] = built
        findings += noticed
        if built.range_origin == "assumed" and (taken[0].range is not None or _makes_images(built, step, *taken)):
            assumed.append(built.role)
    return known, [*findings, *([_range_assumed(assumed)] if assumed else [])]


def _facts_of(
    built: BuiltNetwork, step: Step, taken: Ranged, label: Tensor | None
) -> tuple[BuiltNetwork, list[Finding]]:
    """One network with its facts, and what is worth reporting of them."""
    _need_whole_group(built, taken)
    findings = []
    if built.is_discriminator and (message := _condition(built, step, taken)):
        built = replace(built, conditional=True)
        findings.append(Finding(check="conditional_discriminator", severity="note", message=message))
    if _wants_flat(built, step, taken, label):
        built = replace(built, callees=[replace(callee, flatten=True) for callee in built.callees])
    if built.is_discriminator:
        built = _with_features(built, step, taken, label)
    else:
        built = replace(built, beside=_beside(built, step, taken, label))
        if built.beside and built.task is None:
            findings.append(_latent_assumed(built))
    group = _compared(built)
    if group and group is not True:
        built = replace(built, callees=[replace(callee, group=group) for callee in built.callees])
        return replace(built, mixes=f"{built.role} compares the samples in groups of {group}"), findings
    mixes = group or _mixes(built, step, taken, label)
    return replace(built, mixes=f"{built.role} mixes the samples of a batch" if mixes else None), findings


def _compared(built: BuiltNetwork) -> int | bool | None:
    """How many samples a layer compares with one another, True for a whole batch, None where none says that it does."""
    declared = (getattr(layer, "mixes_samples", None) for layer in built.module.modules())
    return next((value for value in declared if value), None)


def _most_compared(model: Model) -> int:
    return max((int(_compared(built) or 1) for built in model.networks.values()), default=1)


def _need_whole_group(built: BuiltNetwork, taken: Ranged) -> None:
    group, count, name = int(_compared(built) or 1), taken.tensor.shape[0], built.callees[0].name
    if count < group:
        raise UsageError(
            f"{name}: compares samples in groups of {group}, and the data begin with {count} of a size",
            hint=f"give at least {group} samples; --resize brings them to one size",
        )


def _input_of(step: Step, built: BuiltNetwork) -> tuple[Ranged, Tensor | None] | None:
    """What this network takes, in its range, with its labels; None where nothing gives it."""
    graph = step.forward.graph
    for domain in DOMAINS:
        for rule in RULES:
            try:
                if graph.network(rule.network, domain) == built.role:
                    origin = graph.origin(rule.source, domain)
                    return step.network_input(origin, built, domain, built.weights), step.labels.get(origin.space)
            except MissingError:
                continue
    return None


def _condition(built: BuiltNetwork, step: Step, taken: Ranged) -> str | None:
    """How many channels a conditional discriminator takes; None for one that takes the image alone."""
    condition = step.values.get("input")
    if not isinstance(condition, Ranged) or taken.tensor.dim() != 4 or condition.tensor.dim() != 4:
        return None
    wanted, channels, extra = input_channels(built.module), taken.tensor.shape[1], condition.tensor.shape[1]
    if wanted != channels + extra:
        return None
    return f"{built.role} takes {wanted} channels, so it is fed the input ({extra}) beside the image ({channels})"


def _makes_images(built: BuiltNetwork, step: Step, taken: Ranged, label: Tensor | None) -> bool:
    """Whether a generator makes images out of what are none: four axes, or as many values as a real image has."""
    if not is_generator(built.role) or built.makes_masks:
        return False
    made, real = _outputs(built, taken.tensor, step, label)[0], step.values.get("real")
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


def _wants_flat(built: BuiltNetwork, step: Step, taken: Ranged, label: Tensor | None) -> bool:
    """Samples are flattened for a network whose first layer is linear and that does not do it itself."""
    layer = first_layer(built.module)
    if not (isinstance(layer, nn.Linear) and taken.tensor.dim() > 2 and layer.in_features == taken.tensor[0].numel()):
        return False
    try:
        _outputs(built, taken.tensor, step, label)
    except InputError:
        return True
    return False


def _with_features(built: BuiltNetwork, step: Step, taken: Ranged, label: Tensor | None) -> BuiltNetwork:
    with torch.no_grad():
        output = step.discriminate(built, taken.tensor, label)
    if output.features is None:
        return replace(built, features=False, features_have_logits=None)
    return replace(built, features=True, features_have_logits=output.features_have_logits())


def _beside(built: BuiltNetwork, step: Step, taken: Ranged, label: Tensor | None) -> tuple[str, ...]:
    """What an auto-encoder returns behind the reconstruction, by its recipe or as pytorch/examples has it."""
    if (
        isinstance(built.task, AudioTask)
        and built.task.beside_prior
        and all(r in step.values for r in built.task.prior)
    ):
        return built.task.beside + built.task.beside_prior
    if built.task is not None:
        return built.task.beside
    with torch.no_grad():
        made = built.callees[0].make_all(taken.tensor, label)
    if len(made) != 3 or made[1].shape != made[2].shape or made[1].dim() < 2 or len(made[1]) != len(taken.tensor):
        return ()
    return ("mu", "logvar")


def _latent_assumed(built: BuiltNetwork) -> Finding:
    message = (
        f"{built.role} returns three tensors: they are taken for what it makes, the mean and the log variance of its "
        "latent"
    )
    hint = "let it return the log variance third, which is twice the log of sigma"
    return Finding(check="latent_assumed", severity="note", message=message, hint=hint)


def _mixes(built: BuiltNetwork, step: Step, taken: Ranged, label: Tensor | None) -> bool:
    """Whether a sample's output changes with its neighbours."""
    # a conditional discriminator reads the step's input beside the image, which is not exchanged here
    if built.task is not None or taken.tensor.shape[0] < 2 or built.conditional or built.callees[0].train:
        return False
    beside_itself = taken.tensor[:1].expand_as(taken.tensor).contiguous()
    pairs = zip(_outputs(built, taken.tensor, step, label), _outputs(built, beside_itself, step, label), strict=True)
    return not all(torch.allclose(a[:1], b[:1], rtol=SAME, atol=SAME, equal_nan=True) for a, b in pairs)


def _outputs(built: BuiltNetwork, samples: Tensor, step: Step, label: Tensor | None) -> list[Tensor]:
    with torch.no_grad():
        if built.is_discriminator:
            return step.discriminate(built, samples, label).logits
        return [callee.make(samples, label) for callee in built.callees]
