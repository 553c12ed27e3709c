"""From the paths of an audit to its files and networks as checks see them; nothing is built or run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.checks.subjects import AuditedFile, AuditedModel, AuditedNetwork, Misfit, OptimizerState
from ganloss_cli.io.architectures import FAMILIES, Match, recognise
from ganloss_cli.io.checkpoints import UNKNOWN_ROLE, Checkpoint, Network
from ganloss_cli.io.networks.loading import COUNTER, Left, load_leniently
from ganloss_cli.io.user_networks import load_user_network
from ganloss_cli.pipeline.networks.opening import Files, named_by_options, open_files, record_of
from ganloss_cli.records.report import CheckpointRecord
from ganloss_cli.records.request import Request

_KEEPS_MOMENTS = ("betas", "alpha", "etas", "lr_decay")  # Adam and its kin, RMSprop, Rprop, Adagrad
_DEPTH = 4  # an optimizer lies as deep in a file as its networks do


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Everything that the files of an audit hold."""

    files: Files
    model: AuditedModel
    records: tuple[CheckpointRecord, ...]


def open_audited(request: Request) -> Opened:
    """Open every file named.

    Raises:
        InputError: a file cannot be read.
        UnsafeCheckpointError: a file would run code.
        UsageError: roles that two readings fit.
    """
    modules = {spec.role: load_user_network(spec) for spec in request.networks}
    opened = open_files(request, whole=not request.rescue)  # of a rescued file only the tensors can be relied on
    networks: list[AuditedNetwork] = []
    files: list[AuditedFile] = []
    records: list[CheckpointRecord] = []
    for checkpoint in opened.checkpoints:
        audited = [_audited(checkpoint, network, modules, request) for network in checkpoint.networks]
        networks += [network for network, _ in audited]
        records += [record for _, record in audited]
        files.append(_file(checkpoint, [network.role for network, _ in audited]))
    return Opened(
        files=replace(opened, checkpoints=tuple(replace(each, whole=None) for each in opened.checkpoints)),
        model=AuditedModel(networks=tuple(networks), files=tuple(files)),
        records=tuple(records),
    )


def _audited(
    checkpoint: Checkpoint, network: Network, modules: Mapping[str, nn.Module], request: Request
) -> tuple[AuditedNetwork, CheckpointRecord]:
    match = _match(network, {**checkpoint.config, **named_by_options(network.role, request)})
    role = match.role if match and network.role == UNKNOWN_ROLE else network.role
    own = modules.get(network.part) or modules.get(role)
    audited = AuditedNetwork(
        path=checkpoint.path,
        part=network.part,
        role=role,
        weights=network.weights,
        tensors=network.state_dict,
        step=checkpoint.step,
        misfit=_misfit(network.state_dict, own, match) if network.module is None else None,
    )
    architecture = type(own).__name__ if own else match.architecture if match else None
    n_values = sum(tensor.numel() for tensor in network.state_dict.values())
    return audited, record_of(checkpoint, network, role, architecture, n_values, match)


def _match(network: Network, config: Mapping[str, Any]) -> Match | None:
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict.items()}
    try:
        return recognise(shapes, config)
    except InputError:  # several recipes fit: which one matters to those who run it
        return None


def _misfit(tensors: Mapping[str, Tensor], own: nn.Module | None, match: Match | None) -> Misfit | None:
    """What would be left over, did the user's own class or the recognised architecture load the file."""
    if own is not None:
        return _left_over(type(own).__name__, own, tensors)
    if match is None:
        return None
    family = next(family for family in FAMILIES if family.name == match.architecture)
    used = {name: value for name, value in tensors.items() if not family.ignores(match, name)}
    with torch.device("meta"):  # names and shapes alone: no memory, no random numbers
        module = family.build(match)
        if _shapes(module.state_dict()) == _shapes(used):  # in the network's own spelling: told without torch
            return None
        return _left_over(match.architecture, module, {name: value.to("meta") for name, value in used.items()})


def _shapes(tensors: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    counted = (name for name, value in tensors.items() if isinstance(value, Tensor) and not name.endswith(COUNTER))
    return {name: tuple(tensors[name].shape) for name in counted}


def _left_over(architecture: str, module: nn.Module, tensors: Mapping[str, Tensor]) -> Misfit | None:
    left = load_leniently(module, tensors)
    if left == Left():
        return None
    return Misfit(
        architecture=architecture,
        missing=left.missing,
        unexpected=left.unexpected,
        of_another_shape=(*left.of_another_shape, *filter(None, [left.refused])),
    )


def _file(checkpoint: Checkpoint, roles: list[str]) -> AuditedFile:
    return AuditedFile(
        path=checkpoint.path,
        step=checkpoint.step,
        roles=tuple(roles),
        optimizers=tuple(_optimizers(checkpoint.whole, ())),
    )


def _optimizers(value: object, path: tuple[str, ...]) -> Iterator[OptimizerState]:
    """Every state of an optimizer in a file's object."""
    if not isinstance(value, (dict, list, tuple)) or len(path) > _DEPTH:
        return
    entries = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    if isinstance(value, dict) and isinstance(value.get("param_groups"), (list, tuple)):
        yield _optimizer(value, ".".join(path))
        return
    for key, entry in entries:
        if not isinstance(entry, Tensor):
            yield from _optimizers(entry, (*path, str(key)[:100]))


def _optimizer(saved: Mapping[str, Any], name: str) -> OptimizerState:
    groups = [group for group in saved["param_groups"] if isinstance(group, dict)]
    states = saved.get("state")
    states = states if isinstance(states, dict) else {}
    rates = [group.get("lr") for group in groups]
    return OptimizerState(
        name=name or "optimizer",
        n_parameters=sum(len(group.get("params") or ()) for group in groups),
        n_states=sum(bool(state) for state in states.values()),
        learning_rates=tuple(float(rate) for rate in rates if isinstance(rate, (int, float, Tensor))),
        non_finite=tuple(
            f"{key}.{moment}"
            for key, state in states.items()
            if isinstance(state, dict)
            for moment, value in state.items()
            if isinstance(value, Tensor) and value.is_floating_point() and not bool(torch.isfinite(value).all())
        ),
        keeps_moments=any(key in group or group.get("momentum") for group in groups for key in _KEEPS_MOMENTS),
    )
