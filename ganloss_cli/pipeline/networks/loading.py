"""From checkpoint files to networks that can be called, each with its role, range and where that was learnt from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures import Match, Shapes, rebuild, recognise
from ganloss_cli.io.architectures.autoencoder import loss_settings
from ganloss_cli.io.architectures.backbones import FEATURES
from ganloss_cli.io.architectures.known import known_network
from ganloss_cli.io.architectures.recipes import ARCH, PART, UndecidedError
from ganloss_cli.io.checkpoints import UNKNOWN_ROLE, Checkpoint, Network
from ganloss_cli.io.networks.restoration import hint_for_restoration, restoration_network
from ganloss_cli.io.user_networks import load_into, load_user_network
from ganloss_cli.pipeline.networks.backbones import Backbones
from ganloss_cli.pipeline.networks.calling import Callee, last_activation_is_sigmoid, matching_modules, second_parameter
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model, is_discriminator
from ganloss_cli.pipeline.networks.opening import Files, named_by_options, open_files, record_of
from ganloss_cli.pipeline.networks.ranges import ASSUMED
from ganloss_cli.records.report import CheckpointRecord, Finding
from ganloss_cli.records.request import Request, UserNetwork

# what configs tell of a training: how its images are read, and the weights of its losses
_TOLD = ("dataset_mode", "direction", "lambda_melloss", "mel_loss_coeff", "mrd_loss_coeff", "lambda_aux",
         "lambda_adv", "lambda_feat_match")  # fmt: skip
LABEL_NAMES = frozenset({"label", "labels", "y", "c", "cls", "class_id", "class_ids", "condition"})


def load_model(
    request: Request,
    device: torch.device,
    dtype: torch.dtype,
    open_: Callable[[Request], Files] = open_files,
) -> Model:
    """Open and check every checkpoint named, whatever is asked for, and build its networks.

    Args:
        request: names the checkpoints, and says how networks are run.
        device: where they will run.
        dtype: in which they will.
        open_: opens the files, or hands over those that were opened already.

    Raises:
        InputError: a file cannot be read, or a network is of an unknown architecture.
        UnsafeCheckpointError: a file would run code.
        UsageError: two files claim one role, or a `--network` has no weights.
    """
    classes = [_UserClass(spec=spec, module=load_user_network(spec)) for spec in request.networks]
    files = open_(request)
    model = Model(findings=[*files.findings])
    for checkpoint in files.checkpoints:
        model.running |= checkpoint.running
        if checkpoint.logged_step is not None:
            model.logged_steps[str(checkpoint.path)] = checkpoint.logged_step
        model.training |= _of_training(checkpoint.config) | _of_auto_encoder(checkpoint)
        model.running |= {name: value for name, value in _weights_in(checkpoint.config).items() if name in _OF_LOSSES}
    found = [(checkpoint, network) for checkpoint in files.checkpoints for network in checkpoint.networks]
    found = _with_named_roles(found, classes)
    raw = {network.role for _, network in found if network.weights == "raw"}
    for checkpoint, network in found:
        try:
            _add(model, checkpoint, network, classes, request)
        except InputError as error:
            if network.weights == "raw" or network.role not in raw or request.weights in ("ema", "both"):
                raise
            unknown = network.role == UNKNOWN_ROLE
            model.findings.append(
                _unused_part(_where(checkpoint, network), error) if unknown else _unused_average(network, error)
            )
    if model.unusable and not model.networks:
        raise model.unusable[0]
    _require_named(model, found, request)

    def user_network(checkpoint: Checkpoint, network: Network, where: str) -> nn.Module:
        found = _module_of(checkpoint, replace(network, role=FEATURES), classes, request, where)
        if found is None:
            raise _unknown_architecture(where, replace(network, role=FEATURES))
        return found[0]

    model.backbones = Backbones(model, files, device, dtype, user_network)
    unused = [entry.spec.text for entry in classes if not entry.used]
    if unused:
        raise UsageError(
            f"--network {unused[0]}: no checkpoint holds such a network",
            hint="give its weights with --ckpt or --disc; the files hold "
            + (", ".join(f"{n.role} ({n.part or c.path.name})" for c, n in found) or "nothing"),
        )
    for built in model.networks.values():
        _set_up(built, request, device, dtype)
    return model


def _of_training(config: Mapping[str, Any]) -> dict[str, Any]:
    """How a training read its data, and the weights of its losses, as its config has them."""
    train = config.get("train")
    weights = {key: train[key] for key in ("c_mel", "c_kl") if key in train} if isinstance(train, Mapping) else {}
    training = config.get("training")
    losses = training.get("loss_configs") if isinstance(training, Mapping) else None
    if isinstance(losses, Mapping):  # of stable-audio-tools: each loss with its weights
        for each in losses.values():
            weights |= each.get("weights", {}) if isinstance(each, Mapping) else {}
    model = config.get("model")
    places = (config.get("hyper_parameters"), model.get("init_args") if isinstance(model, Mapping) else None, config)
    told = [place for place in places if isinstance(place, Mapping)]
    return weights | {key: place[key] for place in told for key in _TOLD if key in place}


# settings of an auto-encoder's loss: those of recipes, and those of losses themselves
_OF_RECIPES = (
    "disc_weight", "codebook_weight", "kl_weight", "disc_factor", "reconstruction_weight", "perceptual_weight",
    "commit_loss_beta", "entropy_loss_ratio",
)  # fmt: skip
_OF_LOSSES = ("perceptual_weight",)


def _weights_in(config: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that a configuration of taming-transformers or latent-diffusion weighs its losses with."""
    model = config.get("model")
    params = model.get("params") if isinstance(model, Mapping) else None
    own = {"kl_weight": params["kl_weight"]} if isinstance(params, Mapping) and "kl_weight" in params else {}
    found = {**own, **loss_settings(config)}
    return {
        name: float(value)
        for name, value in found.items()
        if name in (*_OF_RECIPES, *_OF_LOSSES) and isinstance(value, int | float)
    }


def _of_auto_encoder(checkpoint: Checkpoint) -> dict[str, float]:
    """Its weights; the discriminator has none before the step at which it starts."""
    known = {name: value for name, value in _weights_in(checkpoint.config).items() if name in _OF_RECIPES}
    step = checkpoint.step if checkpoint.global_step is None else checkpoint.global_step
    start = loss_settings(checkpoint.config).get("disc_start")
    if isinstance(start, int | float) and step is not None and step < start:
        # LlamaGen's has no factor beside its weight
        known["disc_weight" if "commit_loss_beta" in known else "disc_factor"] = 0.0
    logvar = checkpoint.running.get("logvar")
    return known | ({} if logvar is None else {"logvar": logvar})


def _require_named(model: Model, found: list[tuple[Checkpoint, Network]], request: Request) -> None:
    """Refuse an `--arch` that no network is: one without a role may be meant for any."""
    name = request.arch.get(None)
    built = {network.architecture.casefold() for network in model.networks.values()}
    if found and name is not None and len(request.arch) == 1 and name.casefold() not in built:
        checkpoint, network = found[0]
        raise _unknown_architecture(_where(checkpoint, network), network)


@dataclass(kw_only=True)
class _UserClass:
    spec: UserNetwork
    module: nn.Module
    used: bool = False

    @property
    def role(self) -> str:
        return self.spec.role


def _with_named_roles(
    found: list[tuple[Checkpoint, Network]], classes: list[_UserClass]
) -> list[tuple[Checkpoint, Network]]:
    """A nameless network of a file gets the role of the one `--network` that has no weights yet."""
    taken = {name for _, network in found for name in (network.role, network.part)}
    homeless = [entry.role for entry in classes if entry.role not in {*taken, FEATURES}]
    nameless = [k for k, (_, network) in enumerate(found) if network.role == UNKNOWN_ROLE]
    if len(homeless) == 1 and len(nameless) == 1:
        checkpoint, network = found[nameless[0]]
        found[nameless[0]] = (checkpoint, replace(network, role=homeless[0]))
    return found


def _class_for(network: Network, classes: list[_UserClass]) -> _UserClass | None:
    """The class named for this part of the file, else for its role."""
    by_part = next((entry for entry in classes if entry.role == network.part and not entry.used), None)
    return by_part or next((entry for entry in classes if entry.role == network.role), None)


def _add(model: Model, checkpoint: Checkpoint, network: Network, classes: list[_UserClass], request: Request) -> None:
    where = _where(checkpoint, network)
    found = _module_of(checkpoint, network, classes, request, where)
    if found is None:
        unknown = _unknown_architecture(where, network)
        if network.weights == "ema":
            raise unknown
        model.unusable.append(unknown)
        model.findings.append(_unused_part(where, unknown))
        return
    module, match = found
    role = match.role if match and network.role == UNKNOWN_ROLE else network.role
    if role == UNKNOWN_ROLE:
        raise _unknown_role(where)
    own = checkpoint.format if network.module is not None else type(module).__name__
    architecture = match.architecture if match else own
    n_parameters = sum(parameter.numel() for parameter in module.parameters())
    callee = _callee(module, where, role, request, takes_label=bool(match and match.task.n_classes))
    present = model.networks.get((role, network.weights))
    if present is None:
        model.networks[role, network.weights] = BuiltNetwork(
            role=role,
            weights=network.weights,
            callees=[callee],
            subs=[network.sub],
            record=len(model.records),
            range=ASSUMED,
            range_origin="assumed",
            scores=None,
            task=match.task if match else None,
            architecture=architecture,
        )
    elif _is_part_of(present, model.records[present.record], checkpoint, network):
        present.callees.append(callee)
        present.subs.append(network.sub)
    else:
        raise UsageError(
            f"{where}: a second {role}; the first is {model.records[present.record].path}",
            hint="name one checkpoint a role",
        )
    model.records.append(record_of(checkpoint, network, role, architecture, n_parameters, match))


def _where(checkpoint: Checkpoint, network: Network) -> str:
    return f"{checkpoint.path}{f' ({network.part})' if network.part else ''}"


def _is_part_of(present: BuiltNetwork, record: CheckpointRecord, checkpoint: Checkpoint, network: Network) -> bool:
    """Whether it is a further part of a discriminator, as HiFi-GAN's msd beside its mpd is; each may have its file."""
    if record.path == str(checkpoint.path):
        return present.is_discriminator and record.name_in_file != network.part
    return present.is_discriminator and network.sub not in (None, *present.subs) and None not in present.subs


def _module_of(
    checkpoint: Checkpoint, network: Network, classes: list[_UserClass], request: Request, where: str
) -> tuple[nn.Module, Match | None] | None:
    """The network with its weights, and its match where it was recognised; None where nothing tells how to build it."""
    if network.module is not None:
        for name, value in [*network.module.named_parameters(), *network.module.named_buffers()]:
            value.data = network.state_dict[name]  # the model before this one may have been of another dtype
        return network.module, None
    if (entry := _class_for(network, classes)) is not None:
        # two sets of weights for one class (raw and EMA) need two modules
        module = load_user_network(entry.spec) if entry.used else entry.module
        entry.used = True
        load_into(module, network.state_dict, where)
        return module, None
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict.items()}
    options = named_by_options(network.role, request) | ({PART: network.sub} if network.sub else {})
    match = _recognised(shapes, {**checkpoint.config, **options}, where)
    if match is None and len(request.arch) == 1 and None in request.arch:  # what it names may be another network here
        match = _recognised(shapes, {**checkpoint.config, **{k: v for k, v in options.items() if k != ARCH}}, where)
    if match is not None:
        return rebuild(match, network.state_dict, where=where), match
    restored = None if is_discriminator(network.role) else restoration_network(network.state_dict, where)
    if restored is not None:
        return restored.module, restored.match
    return None


def _recognised(shapes: Shapes, config: Mapping[str, Any], where: str) -> Match | None:
    try:
        return recognise(shapes, config)
    except UndecidedError as error:
        raise UndecidedError(f"{where}: {error.message}", hint=error.hint, choices=error.choices) from error
    except InputError as error:
        raise InputError(f"{where}: {error.message}", hint=error.hint) from error


def _callee(module: nn.Module, where: str, role: str, request: Request, *, takes_label: bool) -> Callee:
    second = second_parameter(module)
    discriminates = is_discriminator(role)
    hooked = matching_modules(module, request.features) if discriminates and request.features else ()
    if discriminates and request.features and not hooked:
        names = [name for name, _ in module.named_modules() if name]
        raise UsageError(
            f"--features {','.join(request.features)}: no module of {where} matches",
            hint=f"its modules are {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}",
        )
    return Callee(
        module=module,
        name=where,
        generates=not discriminates,
        train=request.mode == "train",
        takes_label=takes_label or second in LABEL_NAMES,
        pair_call=discriminates and second is not None and second not in LABEL_NAMES,
        hooked=hooked,
    )


def _set_up(
    network: BuiltNetwork,
    request: Request,
    device: torch.device,
    dtype: torch.dtype,
) -> None:
    """Device, dtype, mode, range and scores of one network."""
    for callee in network.callees:
        callee.module.to(device=device, dtype=dtype).train(request.mode == "train")
        for parameter in callee.module.parameters():  # TorchScript modules have no requires_grad_ of their own
            parameter.requires_grad_(False)
    known = network.task.range if network.task else None
    ranges = request.network_range
    if network.role in ranges or None in ranges:
        network.range, network.range_origin = ranges.get(network.role, ranges.get(None, ASSUMED)), "option"
    elif known is not None:
        network.range, network.range_origin = known, "recipe"
    network.channels = request.channel_order or (network.task.channels if network.task else "RGB")
    if network.is_discriminator:
        network.scores = request.scores or (network.task.scores if network.task else None)
        if network.scores is None and all(last_activation_is_sigmoid(callee.module) for callee in network.callees):
            network.scores = "probabilities"
        network.features = bool(request.features) or bool(network.task and network.task.features)


def _unused_part(where: str, error: InputError) -> Finding:
    return Finding(
        check="unrecognised_network",
        severity="note",
        message=f"{error.message}; it is left out",
        evidence={"network": where},
        hint=error.hint,
    )


def _unused_average(network: Network, error: InputError) -> Finding:
    return Finding(
        check="average_not_opened",
        severity="warning",
        message=f"{error.message}; the averaged {network.role} is left out, and quality is that of its raw weights",
        hint=error.hint,
    )


def _unknown_architecture(where: str, network: Network) -> InputError:
    keys = list(network.state_dict)
    shown = ", ".join(f"{key} {tuple(network.state_dict[key].shape)}" for key in keys[:3])
    role = network.role if network.role != UNKNOWN_ROLE else "generator"
    known = known_network(keys)
    what = f"a {known.name} ({known.source}), which is not rebuilt" if known else "unknown architecture"
    hint = f"name its class with --network {role}=FILE.py:Class"
    install = hint_for_restoration(network.state_dict)
    return InputError(
        f"{where}: {what}; its {len(keys)} tensors begin with {shown}",
        hint=f"{hint}; {install}" if install else hint,
    )


def _unknown_role(where: str) -> InputError:
    return InputError(
        f"{where}: nothing tells whether this is a generator or a discriminator",
        hint="give a discriminator with --disc, or name the role with --network ROLE=FILE.py:Class",
    )
